"""Groups of users, by number of tips or a column of users.parquet, and one scenario tried on all of a group."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from explain.counterfactual import apply_scenario
from explain.narrate import counted, plain, plural
from explain.types import Edit, Scenario
from mspa_model.data.ids import streamer_idx_of
from mspa_model.data.repeats import differing_tips
from mspa_model.runs import Run
from mspa_model.types import RankingTrace

MAX_USERS = 25  # that are ranked for one answer: a page has to come back while an analyst waits
_MAX_VALUES = 6  # a column with more distinct values is no group


def groups_of(run: Run) -> dict[str, tuple[str, ...]]:
    """At most MAX_USERS user ids by group name; a seeded draw where a group is larger."""
    ids, n_tips = run.dataset.users["user_id"].to_numpy(), _n_tips(run)
    masks = {
        name: (n_tips >= (low or 0)) & (n_tips <= (high if high is not None else n_tips.max(initial=0)))
        for name, (low, high) in tip_ranges(run).items()
    }
    users = run.dataset.users
    masks |= {name: (users[c].astype(str) == v).to_numpy() for name, (c, v) in columns_of(run).items()}
    draw = np.random.default_rng(run.config.seed)
    return {name: _drawn(ids[mask], draw) for name, mask in masks.items() if mask.any()}


def tip_ranges(run: Run) -> dict[str, tuple[int | None, int | None]]:
    """Least and most tips of groups of users by how many they gave, in thirds of those who gave any; none is empty."""
    n_tips, tip = _n_tips(run), run.dataset.info.tip_is
    some = n_tips[n_tips > 0]
    low, high = (int(q) for q in np.quantile(some, [1 / 3, 2 / 3])) if len(some) else (0, 0)
    between = counted(high, tip) if high == low + 1 else f"{low + 1:,} to {counted(high, tip)}"
    ranges: dict[str, tuple[int, int | None]] = {
        f"all with {plural(tip)}": (1, None),
        f"up to {counted(low, tip)}": (1, low),
        between: (low + 1, high),
        f"more than {counted(high, tip)}": (high + 1, None),
    }
    everyone = next(iter(ranges))
    return {
        name: (least, most)
        for name, (least, most) in ranges.items()
        if name == everyone or ((some >= least) & (some <= (np.inf if most is None else most))).any()
    }


def columns_of(run: Run) -> dict[str, tuple[str, str]]:
    """Column and value by the name of a group, of the columns with few values."""
    users, found = run.dataset.users, {}
    for column in users.columns.drop("user_id"):
        values = users[column].dropna().astype(str)
        if 2 <= values.nunique() <= _MAX_VALUES:
            found |= {f"{plain(column)}: {plain(v)}": (str(column), v) for v in sorted(values.unique())}
    return found


def _n_tips(run: Run) -> np.ndarray:
    return differing_tips(run.dataset)


def _drawn(ids: np.ndarray, draw: np.random.Generator) -> tuple[str, ...]:
    kept = ids if len(ids) <= MAX_USERS else np.sort(draw.choice(ids, MAX_USERS, replace=False))
    return tuple(map(str, kept))


def try_on_group(
    run: Run, traces: Callable[[str], RankingTrace], users: tuple[str, ...], edits: tuple[Edit, ...], streamer_id: str
) -> pd.DataFrame:
    """Rank of the streamer before and after the edits for every user of the group in whose ranking it stands."""
    streamer_idx, rows = streamer_idx_of(run.dataset, streamer_id), []
    for user in users:
        result = apply_scenario(run, traces(user), Scenario(edits))
        ranks = result.before.rank_of(streamer_idx), result.after.rank_of(streamer_idx)
        if None not in ranks:
            rows.append((user, *ranks, result.top_k_changed))
    return pd.DataFrame(
        rows, columns=[run.dataset.info.user_is, "rank before", "rank after", "places of the top 10 changed"]
    )
