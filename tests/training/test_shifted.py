"""What correction is worth after a planted shift: the right users, their gain by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from mspa_model.data.split import EvalPairs
from mspa_model.training.scorecard import Measured
from mspa_model.training.shifted import shifted_tastes
from mspa_model.training.text.truth import days_of, shift_days
from mspa_model.types import Dataset
from tests.training.text import planted

WANTED = 7  # the streamer that each test tip went to


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """Users 0 and 1 shift on day 9, user 2 on day 10, no one else; every user's test tip is of day 9."""
    planted.write_truth(tmp_path)
    file = tmp_path / "truth" / "users.parquet"
    shift = pd.Series([9.0, 9.0, 10.0]).reindex(range(planted.N_USERS))
    pd.read_parquet(file).assign(shift_day=shift).to_parquet(file)
    found = planted.dataset(tmp_path)
    return replace(found, tips=found.tips.assign(split=np.where(found.tips["day"] == 9, "test", "train")))


def measured(user: int, *places: int) -> Measured:
    """A trace of kept steps, the wanted streamer at these places (from 0)."""
    tops = np.arange(20) + 100
    steps = [np.where(np.arange(20) == place, WANTED, tops) for place in places]
    return Measured(user, np.array(steps), np.array(steps), np.ones(5) / 5, "no gain")


def pairs() -> EvalPairs:
    target = csr_matrix((np.ones(planted.N_USERS), (np.arange(planted.N_USERS), [WANTED] * planted.N_USERS)), (18, 120))
    return EvalPairs(csr_matrix((planted.N_USERS, 120)), target, 0)


def test_only_those_whose_test_tips_come_after_their_shift_are_counted(data):
    # User 0 rises from the second place to the first, user 1 has no step; the others are not after a shift.
    traces = [measured(0, 1, 0), measured(1, 3), measured(2, 9, 0), measured(3, 9, 0)]
    found = shifted_tastes(data, pairs(), traces, 7)
    assert found["n_users"] == 2
    assert found["kept_share"] == 0.5
    assert found["ndcg@10"]["value"] == pytest.approx((1 - 1 / np.log2(3)) / 2)
    assert found["ndcg@10"]["low"] == pytest.approx(0.0)


def test_nobody_after_a_shift_is_said_so(data):
    found = shifted_tastes(data, pairs(), [measured(3, 9, 0)], 7)
    assert (found["n_users"], found["kept_share"], found["ndcg@10"]["value"]) == (0, None, None)


def test_a_set_that_does_not_say_who_shifts_has_no_such_figure(data):
    (data.folder / "truth" / "users.parquet").unlink()
    assert shift_days(data) is None
    assert shifted_tastes(data, pairs(), [measured(0, 1, 0)], 7) is None


def test_words_in_place_of_days_and_users_told_twice_are_no_shift(data):
    file = data.folder / "truth" / "users.parquet"
    users = pd.read_parquet(file).assign(shift_day="soon")
    pd.concat([users, users[:2]]).to_parquet(file)
    assert np.isnan(shift_days(data)).all()


def test_days_are_counted_from_the_worlds_first(data):
    assert days_of(data, "test", "min")[:2].tolist() == [9, 9]
    assert days_of(data, "train", "max")[:2].tolist() == [8, 8]
    assert np.isnan(days_of(data, "val", "min")).all()
