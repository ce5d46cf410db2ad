"""Which users deserve a look, from what `evaluate` stored in the run."""

from dataclasses import dataclass

import pandas as pd

from explain.narrate import plural
from mspa_model.runs import Run

USER = "id"  # column of user ids
_TRIED = 8
_ROWS = 200  # a worklist is read by a person


@dataclass(frozen=True)
class Worklist:
    """Tables of users measured on test from their train tips, most telling first.

    changed: correction kept a step. missed: no test tip in the top 10. few: fewest train tips.
    openers: whom the pages may open on, the first choice first; never empty.
    """

    changed: pd.DataFrame
    missed: pd.DataFrame
    few: pd.DataFrame
    openers: tuple[str, ...]


def make_worklist(run: Run) -> Worklist:
    """Sort the run's measured users into lists; empty tables where nobody was measured."""
    final = _final_rows(run)
    known, to_find = final.columns[1], final.columns[2]
    changed = final[final["steps kept"] > 0].sort_values("ndcg@10 gained", ascending=False, kind="stable")
    missed = final[final["recall@10"] == 0].sort_values([to_find, known], ascending=False, kind="stable")
    few = final.sort_values([known, "ndcg@10"], kind="stable")
    return Worklist(changed.head(_ROWS), missed.head(_ROWS), few.head(_ROWS), _openers(run, changed, final))


def _final_rows(run: Run) -> pd.DataFrame:
    """One row a measured user: its last step, beside what step 0 had reached."""
    measured = run.users[run.users["n_test"] > 0]
    start = measured[measured["step"] == 0].set_index("user_id")
    final = measured[measured["final"]].set_index("user_id")
    tips = plural(run.dataset.info.tip_is)
    return pd.DataFrame(
        {
            USER: final.index,
            f"{tips} known": final["n_train"].to_numpy(),
            f"{tips} to find": final["n_test"].to_numpy(),
            "steps kept": final["step"].to_numpy(),
            "ndcg@10": final["ndcg@10"].to_numpy(),
            "ndcg@10 gained": (final["ndcg@10"] - start["ndcg@10"].reindex(final.index)).to_numpy(),
            "recall@10": final["recall@10"].to_numpy(),
        }
    )


def _openers(run: Run, changed: pd.DataFrame, final: pd.DataFrame) -> tuple[str, ...]:
    """Users worth opening: helped by correction, most tips first, as what helps on few may be luck."""
    helped = changed[changed["ndcg@10 gained"] > 0]
    best = helped if len(helped) else final[final["ndcg@10"] > 0]
    if len(best):
        return tuple(best.sort_values(best.columns[1], ascending=False, kind="stable")[USER].head(_TRIED))
    busiest = run.dataset.tips["user_idx"].value_counts()
    row = int(busiest.index[0]) if len(busiest) else 0
    return (str(run.dataset.users["user_id"].iat[row]),)
