"""Two runs' figures user by user: in all, by train tips, by a user column and on cold targets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from jaxtyping import Bool, Int

from mspa_model.data import eval_pairs, interaction_matrix
from mspa_model.training.metrics import METRICS, metrics_of_top, paired_interval
from mspa_model.training.scorecard import BUCKETS, TOP_SHOWN
from mspa_model.types import Dataset, Difference
from mspa_model.types.comparison import FEWEST_USERS

MOST_WORDS = 30  # a text column with more distinct values is no category
MOST_NUMBERS = 6  # the same of any other column
MOST_VALUES = 8  # of one column that are shown, the most frequent first
LABEL_LIMIT = 60


@dataclass(frozen=True)
class MeasuredGroup:
    """Some of the measured users. rows: which; cold: on their cold targets alone, from the stored top 10."""

    kind: Literal["all", "train tips", "column", "cold targets"]
    label: str
    rows: Bool[np.ndarray, " n_users"]
    cold: sp.csr_matrix | None = None


def final_rows(users: pd.DataFrame, order: pd.Index | None = None) -> pd.DataFrame:
    """users.parquet to a row a measured user, its last kept step, by user_id (in the order given)."""
    final = users[users["final"]].set_index("user_id")
    return final if order is None else final.loc[order]


def groups_of_measured(dataset: Dataset, final: pd.DataFrame) -> list[MeasuredGroup]:
    """All, then by train tips, by value of each categorical user column, then those with a cold target."""
    everyone = MeasuredGroup("all", "all", np.ones(len(final), dtype=bool))
    return [everyone, *_by_tips(final), *_by_column(dataset, final), *_cold(dataset, final)]


def _by_tips(final: pd.DataFrame) -> Iterator[MeasuredGroup]:
    tips = final["n_train"].to_numpy()
    for low, high in BUCKETS:
        rows = (tips >= low) & (tips <= (np.inf if high is None else high))
        if rows.any():
            yield MeasuredGroup("train tips", f"{low}" if low == high else f"{low}-{high}" if high else f"{low}+", rows)


def _by_column(dataset: Dataset, final: pd.DataFrame) -> Iterator[MeasuredGroup]:
    users = dataset.users.set_index("user_id").loc[final.index]
    for column in users:
        told = users[column].dropna().astype(str)
        counts = told[told != ""].value_counts()
        is_text = isinstance(users[column].dtype, pd.StringDtype)
        if not 2 <= len(counts) <= (MOST_WORDS if is_text else MOST_NUMBERS):
            continue
        for value in counts[counts >= FEWEST_USERS].index[:MOST_VALUES]:
            rows = (users[column].astype(str) == value).to_numpy(dtype=bool)
            yield MeasuredGroup("column", f"{_plain(str(column))}: {_plain(value)}", rows)


def _plain(text: str) -> str:
    """Text from data on one line, without control characters."""
    return "".join(c if c.isprintable() else " " for c in text[:LABEL_LIMIT]).strip()


def _cold(dataset: Dataset, final: pd.DataFrame) -> Iterator[MeasuredGroup]:
    """Those who have a test tip to a streamer without any train tip."""
    tipped = np.asarray(interaction_matrix(dataset, ("train",)).sum(0)).ravel()
    target = eval_pairs(dataset, "test").target[_positions(dataset.users["user_id"], final.index)]
    cold = sp.csr_matrix(target.multiply(tipped == 0))
    cold.eliminate_zeros()
    rows = np.diff(cold.indptr) > 0
    if rows.any():
        yield MeasuredGroup("cold targets", "cold targets", rows, cold[rows])


def differences_of(
    dataset: Dataset,
    groups: Sequence[MeasuredGroup],
    before: pd.DataFrame,
    after: pd.DataFrame,
    seeds: tuple[pd.DataFrame, pd.DataFrame] | None,
    seed: int,
) -> tuple[Difference, ...]:
    """Every metric of every group, after less before; seeds: the two runs that differ in the seed alone.

    All frames have the same users in the same order. seed: of the resampling.
    """
    found = []
    for group in groups:
        first, last = _values(dataset, group, before), _values(dataset, group, after)
        pair = None if seeds is None else [_values(dataset, group, frame) for frame in seeds]
        for metric in first:
            apart = None if pair is None else float(pair[1][metric].mean() - pair[0][metric].mean())
            means = float(first[metric].mean()), float(last[metric].mean())
            between = paired_interval(last[metric], first[metric], seed)
            found.append(Difference(group.kind, group.label, int(group.rows.sum()), metric, *means, between, apart))
    return tuple(found)


def _values(dataset: Dataset, group: MeasuredGroup, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per metric the group's users; on cold targets only what the stored top 10 can tell."""
    if group.cold is None:
        return {metric: frame[metric].to_numpy()[group.rows] for metric in METRICS}
    tops = stored_tops(dataset, frame[group.rows])
    found = metrics_of_top(tops, group.cold)
    return {metric: values for metric, values in found.items() if metric.endswith(f"@{TOP_SHOWN}")}


def stored_tops(dataset: Dataset, frame: pd.DataFrame) -> Int[np.ndarray, "n_users k"]:
    """streamer_idx of the stored top 10, -1 where there are fewer candidates."""
    lengths = frame["top10"].str.len().to_numpy(dtype=np.int64)
    inside = np.arange(TOP_SHOWN) < lengths[:, None]
    tops = np.full(inside.shape, -1, dtype=np.int64)
    tops[inside] = _positions(dataset.streamers["streamer_id"], [s for top in frame["top10"] for s in top])
    return tops


def _positions(known: pd.Series, ids: Sequence[str] | pd.Index) -> Int[np.ndarray, " n"]:
    return pd.Index(known).get_indexer(pd.Index(ids)).astype(np.int64)
