"""The planted truth: which value stands for which, and what a user holds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.training.text.truth import load_truth, planted_values
from mspa_model.types import Dataset
from tests.training.text import planted


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    planted.write_truth(tmp_path)
    return planted.dataset(tmp_path)


def indicator(n: int, *members: list[int]) -> np.ndarray:
    has = np.zeros((n, len(members)), dtype=bool)
    for column, rows in enumerate(members):
        has[rows, column] = True
    return has


def test_a_value_stands_for_the_planted_one_it_meets_most_beyond_chance():
    has = indicator(8, [0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2], [])
    shows = indicator(8, [0, 1], [0, 1, 2, 4, 5, 6])
    # Lift of the first value: 2 * 8 / (4 * 2) = 2, just enough, against 3 * 8 / (4 * 6) = 1, though that meets it more.
    # The second: 0 and 1. The third: 2 * 8 / (3 * 2) = 8 / 3 and 3 * 8 / (3 * 6) = 4 / 3. The last has no streamer.
    assert planted_values(has, shows).tolist() == [0, -1, 0, -1]


def test_a_planted_value_that_nobody_shows_is_never_stood_for():
    assert planted_values(indicator(4, [0]), indicator(4, [])).tolist() == [-1]
    assert planted_values(np.zeros((4, 0), dtype=bool), indicator(4, [0])).tolist() == []


def test_shelves_stand_for_their_topics_and_the_odd_group_for_none(data):
    truth = load_truth(data, planted.vocabulary())
    named = [truth.planted[i].value if i >= 0 else None for i in truth.planted_of]
    assert named == ["cooking", "retro games", "folk songs", None]


def test_planted_statements_are_weight_times_liking(data):
    truth = load_truth(data, planted.vocabulary())
    held = {truth.planted[i].value: int(truth.holds[0, i]) for i in np.flatnonzero(truth.holds[0])}
    assert held == {"cooking": 1, "retro games": -1}


@pytest.mark.parametrize(("shift_day", "expected"), [(9.0, -1), (10.0, 1)])
def test_the_taste_at_the_end_of_the_train_tips_counts(data, shift_day: float, expected: int):
    folder = data.folder / "truth"
    users, tastes = pd.read_parquet(folder / "users.parquet"), pd.read_parquet(folder / "tastes.parquet")
    users.assign(shift_day=shift_day).to_parquet(folder / "users.parquet")
    tastes.assign(liking_after=-tastes["liking"]).to_parquet(folder / "tastes.parquet")
    truth = load_truth(data, planted.vocabulary())
    cooking = [p.value for p in truth.planted].index("cooking")
    assert truth.holds[0, cooking] == expected  # the last train tip is of day 9


def test_a_small_taste_and_a_user_that_never_tips_hold_nothing(data):
    folder = data.folder / "truth"
    tastes = pd.read_parquet(folder / "tastes.parquet")
    small = tastes["user_id"] == "u1"
    liking = tastes["liking"].where(~small, 0.24)  # x 0.8 is below 0.2
    tastes.assign(liking=liking)[tastes["user_id"] != "u2"].to_parquet(folder / "tastes.parquet")
    truth = load_truth(data, planted.vocabulary())
    assert not truth.holds[[1, 2]].any()
    assert truth.holds[0].any()


def test_a_streamer_without_the_modality_shows_nothing_of_it(data):
    folder = data.folder / "truth"
    streamers = pd.read_parquet(folder / "streamers.parquet")
    second = streamers["topic_after"].where(streamers.index != 1, "travel")
    changed = streamers.assign(has_text=streamers.index != 0, topic_after=second)
    changed.to_parquet(folder / "streamers.parquet")
    truth = load_truth(data, planted.vocabulary())
    shown = [{p.value for p, s in zip(truth.planted, row, strict=True) if s} for row in truth.shows]
    assert shown[0] & {"cooking", "travel"} == set()
    assert shown[1] & {"cooking", "travel"} == {"cooking", "travel"}
    assert shown[2] & {"cooking", "travel"} == {"cooking"}


def test_no_truth_and_truth_of_another_form_are_none(tmp_path: Path):
    assert load_truth(planted.dataset(tmp_path), planted.vocabulary()) is None
    planted.write_truth(tmp_path)
    tastes = pd.read_parquet(tmp_path / "truth" / "tastes.parquet").drop(columns="liking_after")
    tastes.to_parquet(tmp_path / "truth" / "tastes.parquet")
    assert load_truth(planted.dataset(tmp_path), planted.vocabulary()) is None
