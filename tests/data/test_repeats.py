"""Rows of tips that repeat others: told with their count, and no reason to know a user better."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.data import check_folder, history_of, load_dataset
from mspa_model.data.repeats import differing_tips, n_differing, repeats
from tests.data.small_world import NOW, tips


def thrice(world: Path) -> Path:
    pd.concat([tips()] * 3, ignore_index=True).to_parquet(world / "tips.parquet")
    return world


def test_every_row_three_times_over_is_a_warning_with_the_count(world: Path) -> None:
    assert not [warning for warning in check_folder(world, NOW).warnings if "earlier row" in warning.value]
    report = check_folder(thrice(world), NOW)
    assert report.sound
    (warning,) = [warning for warning in report.warnings if "earlier row" in warning.value]
    assert (warning.file, warning.row, warning.count) == ("tips.parquet", len(tips()), 2 * len(tips()))


def test_it_makes_no_user_better_known(world: Path) -> None:
    once = load_dataset(world, NOW)
    known = [n_differing(history_of(once, user, "all")) for user in range(once.n_users)]
    assert known == np.bincount(once.tips["user_idx"], minlength=once.n_users).tolist()
    many = load_dataset(thrice(world), NOW)
    assert [n_differing(history_of(many, user, "all")) for user in range(many.n_users)] == known
    assert differing_tips(many).tolist() == differing_tips(once).tolist() == known
    assert len(many.tips) == 3 * len(once.tips), "they are kept as they stand"


@pytest.mark.parametrize("column", ["user_idx", "streamer_idx", "tipped_at", "amount"])
def test_tips_that_differ_in_anything_are_other_tips(column: str) -> None:
    moment = np.array(["2026-01-01", "2026-01-01"], dtype="datetime64[us]")
    rows = {"user_idx": [1, 1], "streamer_idx": [2, 2], "tipped_at": moment, "amount": [3.0, 3.0]}
    assert repeats(pd.DataFrame(rows)).tolist() == [False, True]
    other = moment + np.array([0, 1]) if column == "tipped_at" else [rows[column][0], rows[column][1] + 1]
    assert repeats(pd.DataFrame(rows | {column: other})).tolist() == [False, False]


def test_unknown_times_are_equal() -> None:
    unknown = np.array(["NaT", "NaT"], dtype="datetime64[us]")
    rows = {"user_idx": [1, 1], "streamer_idx": [2, 2], "tipped_at": unknown, "amount": [3.0, 3.0]}
    assert repeats(pd.DataFrame(rows)).tolist() == [False, True]


def test_a_fast_giver_is_no_warning(world: Path) -> None:
    many = pd.concat([tips().assign(amount=n) for n in range(1, 400)], ignore_index=True)
    pd.concat([many, many.head(5)], ignore_index=True).to_parquet(world / "tips.parquet")
    assert not [warning for warning in check_folder(world, NOW).warnings if "earlier row" in warning.value]
