"""Splits: docs/dataset.md's rule against a slow, plain reading of it, and the pairs that are measured."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspa_model.data import assign_split, eval_pairs, interaction_matrix, load_dataset
from mspa_model.data.split import tip_order
from mspa_model.types import DatasetInfo, SplitInfo
from tests.data.small_world import INFO, NOW, tips

TIME = DatasetInfo(
    *("small", "Small", "events", "streamer", "viewer", "tip", "coins", "UTC", (), "CC0-1.0", "by hand"),
    split=SplitInfo("time", ("train",), ("train", "val"), "ndcg@10"),
)


def plain_reading(user_idx: list[int], hours: list[int]) -> list[str]:
    """The rule's sentence, one user and one tip at a time."""
    split = [""] * len(user_idx)
    for user in set(user_idx):
        rows = sorted((row for row, one in enumerate(user_idx) if one == user), key=lambda row: (hours[row], row))
        n = len(rows)
        for place, row in enumerate(rows):
            if n < 5 or place < math.floor(0.8 * n):
                split[row] = "train"
            else:
                split[row] = "val" if place < math.floor(0.9 * n) else "test"
    return split


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=60))
def test_time_split_is_the_rule_of_the_document(pairs: list[tuple[int, int]]) -> None:
    users, hours = [user for user, _ in pairs], [hour for _, hour in pairs]
    start = datetime(2025, 1, 1, tzinfo=UTC)
    frame = pd.DataFrame({"user_idx": users, "tipped_at": [start + timedelta(hours=hour) for hour in hours]})
    assert assign_split(frame, TIME).tolist() == plain_reading(users, hours)


@pytest.mark.parametrize(("n", "sizes"), [(4, (4, 0, 0)), (5, (4, 0, 1)), (8, (6, 1, 1)), (10, (8, 1, 1))])
def test_sizes_of_the_time_split(n: int, sizes: tuple[int, int, int]) -> None:
    frame = pd.DataFrame({"user_idx": [7] * n, "tipped_at": pd.date_range("2025-01-01", periods=n, tz="UTC")})
    split = assign_split(frame, TIME)
    assert tuple((split == name).sum() for name in ("train", "val", "test")) == sizes


def test_given_split_is_taken_as_it_is() -> None:
    frame = pd.DataFrame({"user_idx": [0, 0], "tipped_at": [None, None], "split": ["test", "train"]})
    given_info = replace(TIME, split=replace(TIME.split, kind="given"))
    assert assign_split(frame, given_info).tolist() == ["test", "train"]


def test_interactions_are_distinct_pairs(world: Path) -> None:
    dataset = load_dataset(world, NOW)
    assert interaction_matrix(dataset, ("train",)).toarray().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert interaction_matrix(dataset, ("train", "val", "test")).toarray()[1].tolist() == [1, 1, 1]


def test_masked_targets_are_hidden_and_counted(world: Path) -> None:
    pairs = eval_pairs(load_dataset(world, NOW), "test")
    assert pairs.target.toarray().tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert pairs.n_hidden == 1  # ann's last tip goes to s1, whom she has tipped before
    assert pairs.target.multiply(pairs.mask).nnz == 0


def test_the_mask_of_the_folder_is_used(world: Path) -> None:
    (world / "dataset.toml").write_text(
        INFO.replace('mask_for_test = ["train", "val"]', "mask_for_test = []"), encoding="utf-8"
    )
    pairs = eval_pairs(load_dataset(world, NOW), "test")
    assert (pairs.mask.nnz, pairs.target.nnz, pairs.n_hidden) == (0, 2, 0)


def test_given_split_without_times_loads(world: Path) -> None:
    (world / "dataset.toml").write_text(
        INFO.replace('kind = "events"', 'kind = "matrix"').replace('kind = "time"', 'kind = "given"'), encoding="utf-8"
    )
    splits = ["train"] * 14 + ["val", "test"]
    nothing = pd.Series([pd.NaT] * 16, dtype="datetime64[us, UTC]")
    tips().assign(tipped_at=nothing, split=splits).to_parquet(world / "tips.parquet")
    dataset = load_dataset(world, NOW)
    assert dataset.tips["split"].tolist() == splits
    assert dataset.tips["tipped_at"].isna().all()


def test_order_is_user_then_time_then_row_and_unknown_times_come_last() -> None:
    times = pd.to_datetime(["2025-01-02", None, "2025-01-01", "2025-01-01", None], utc=True)
    frame = pd.DataFrame({"user_idx": [1, 0, 1, 1, 1], "tipped_at": times.astype("datetime64[us, UTC]")})
    assert tip_order(frame).tolist() == [1, 2, 3, 0, 4]
    in_order = frame.iloc[tip_order(frame)].reset_index(drop=True)
    assert tip_order(in_order).tolist() == [0, 1, 2, 3, 4]
