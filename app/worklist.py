"""Which users deserve a look, from what `evaluate` stored in the run."""

from dataclasses import dataclass

import pandas as pd

from mspa_model.runs import Run

_ROWS = 200  # a worklist is read by a person


@dataclass(frozen=True)
class Worklist:
    """Tables of users measured on test from their train tips, most telling first.

    changed: correction kept a step. missed: no test tip in the top 10. few: fewest train tips.
    first: the user that pages open on, and why.
    """

    changed: pd.DataFrame
    missed: pd.DataFrame
    few: pd.DataFrame
    first: tuple[str, str]


def make_worklist(run: Run) -> Worklist:
    """Sort the run's measured users into lists; empty tables where nobody was measured."""
    final = _final_rows(run)
    changed = final[final["steps kept"] > 0].sort_values("ndcg@10 gained", ascending=False, kind="stable")
    missed = final[final["recall@10"] == 0].sort_values(["tips to find", "tips known"], ascending=False, kind="stable")
    few = final.sort_values(["tips known", "ndcg@10"], kind="stable")
    return Worklist(changed.head(_ROWS), missed.head(_ROWS), few.head(_ROWS), _first(run, changed, final))


def _final_rows(run: Run) -> pd.DataFrame:
    """One row a measured user: its last step, beside what step 0 had reached."""
    measured = run.users[run.users["n_test"] > 0]
    start = measured[measured["step"] == 0].set_index("user_id")
    final = measured[measured["final"]].set_index("user_id")
    return pd.DataFrame(
        {
            "user": final.index,
            "tips known": final["n_train"].to_numpy(),
            "tips to find": final["n_test"].to_numpy(),
            "steps kept": final["step"].to_numpy(),
            "ndcg@10": final["ndcg@10"].to_numpy(),
            "ndcg@10 gained": (final["ndcg@10"] - start["ndcg@10"].reindex(final.index)).to_numpy(),
            "recall@10": final["recall@10"].to_numpy(),
        }
    )


def _first(run: Run, changed: pd.DataFrame, final: pd.DataFrame) -> tuple[str, str]:
    """A user worth opening: changed by correction, else measured and found, else the one with most tips."""
    word = run.dataset.info.user_is
    if len(changed):
        return str(changed["user"].iloc[0]), f"a {word} whom correction helped most"
    if len(final):
        return str(final.sort_values("ndcg@10", ascending=False)["user"].iloc[0]), f"a {word} the model knows well"
    busiest = run.dataset.tips["user_idx"].value_counts()
    row = int(busiest.index[0]) if len(busiest) else 0
    return str(run.dataset.users["user_id"].iat[row]), f"the first {word} with data"
