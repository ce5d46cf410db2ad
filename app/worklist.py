"""Which users deserve a look, and which one the pages open on, from what `evaluate` stored in the run."""

from dataclasses import dataclass

import pandas as pd

from explain.narrate import counted, plural
from mspa_model.runs import Run

USER = "id"  # column of user ids
GAINED = "ndcg@10 gained"
OPENER_TIPS = 10  # with fewer, what correction gains may be luck
_LEVEL = 1e-9  # gains that differ by less are the same
_ROWS = 200  # a worklist is read by a person


@dataclass(frozen=True)
class Worklist:
    """Tables of users measured on test from their train tips, most telling first, of at most 200 rows.

    helped, harmed: correction kept a step, and ndcg@10 rose or fell by it; changed: it kept a step, the typical gain
    first. missed: no test tip in the top 10. few: fewest train tips. n_kept, n_helped, n_harmed: how many there are.
    opener: whom the pages open on where nobody was chosen; opener_is: by which rule, as "so this is ..." goes on.
    """

    helped: pd.DataFrame
    harmed: pd.DataFrame
    changed: pd.DataFrame
    missed: pd.DataFrame
    few: pd.DataFrame
    n_kept: int
    n_helped: int
    n_harmed: int
    opener: str
    opener_is: str


def make_worklist(run: Run) -> Worklist:
    """Sort the run's measured users into lists; empty tables where nobody was measured."""
    final = _final_rows(run)
    known, to_find = final.columns[1], final.columns[2]
    kept = final[final["steps kept"] > 0].sort_values(GAINED, ascending=False, kind="stable")
    helped, harmed = kept[kept[GAINED] > _LEVEL], kept[kept[GAINED] < -_LEVEL][::-1]
    typical = kept.iloc[(kept[GAINED] - kept[GAINED].median()).abs().argsort(kind="stable")]
    missed = final[final["recall@10"] == 0].sort_values([to_find, known], ascending=False, kind="stable")
    few = final.sort_values([known, "ndcg@10"], kind="stable")
    tables = (table.head(_ROWS) for table in (helped, harmed, typical, missed, few))
    return Worklist(*tables, len(kept), len(helped), len(harmed), *_opener(run, final))


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
            GAINED: (final["ndcg@10"] - start["ndcg@10"].reindex(final.index)).to_numpy(),
            "recall@10": final["recall@10"].to_numpy(),
        }
    )


def _opener(run: Run, final: pd.DataFrame) -> tuple[str, str]:
    """The median user by gain, those of equal gain by accuracy: a typical case and never the best one."""
    info = run.dataset.info
    user, tips = info.user_is, plural(info.tip_is)
    if final.empty:
        return _median_by_tips(run), f"the {user} with the median number of {tips}, as nobody was measured"
    long = final[final.iloc[:, 1] >= OPENER_TIPS]
    among = long if len(long) else final
    chosen = among.sort_values([GAINED, "ndcg@10"], kind="stable")[USER].iloc[(len(among) - 1) // 2]
    whom = f"{OPENER_TIPS} {tips} or more"
    of = counted(len(among), f"measured {user}")
    of = f"of {of} with {whom}" if len(long) else f"of {of}, none of whom has {whom}"
    return str(chosen), f"the median {user} by what correction gained, {of}"


def _median_by_tips(run: Run) -> str:
    busy = run.dataset.tips["user_idx"].value_counts(sort=False).sort_index().sort_values(kind="stable")
    row = int(busy.index[(len(busy) - 1) // 2]) if len(busy) else 0
    return str(run.dataset.users["user_id"].iat[row])
