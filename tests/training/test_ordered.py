"""What is tipped next, on sequences whose answer is known by hand; and val decides whether it joins."""

import math

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.ranking.cotipping import CoTipsSetting
from mspa_model.ranking.recency import is_timed
from mspa_model.training.ordered import FUTURE, PAST, RANK, ordered_cotips, weigh_ordered
from mspa_model.training.scorecard import _order_notes
from mspa_model.types import SOURCES, Source
from tests.training.test_likening import MIN_USERS, scorer_of, val_of
from tests.training.test_step0 import leads_to

PLAIN = CoTipsSetting(ridge=2.0, degree_power=0.0)
COTIPS = SOURCES.index(Source.COTIPS)


def places_of(*sequences: list[int], n: int = 4) -> sp.csr_matrix:
    """One user a sequence of streamers, oldest first."""
    places = np.zeros((len(sequences), n), dtype=np.float32)
    for row, sequence in enumerate(sequences):
        places[row, sequence] = np.arange(len(sequence), 0, -1)
    return sp.csr_matrix(places)


def nexts(places: sp.csr_matrix, setting: CoTipsSetting = PLAIN) -> np.ndarray:
    """Row: the streamer tipped; column: what follows."""
    return ordered_cotips(places, setting, 0).rows(torch.arange(places.shape[1])).numpy()


def test_after_the_first_comes_the_second_and_not_the_other_way_round():
    found = nexts(places_of(*[[0, 1]] * 6))
    wanted = np.zeros((4, 4))
    wanted[0, 1] = 6 / (6 + PLAIN.ridge)  # inv(A + ridge I) C with A = C = 6 in that one place
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_three_in_order_are_solved_by_hand():
    """Moments 0|1 2 and 0 1|2: past (1, 0), (exp(-1/3), 1); future (1, exp(-1/10)) of 1 and 2, then 1 of 2."""
    near, later = math.exp(-1 / PAST), math.exp(-1 / FUTURE)
    past_past = np.array([[1 + near**2, near], [near, 1.0]]) + PLAIN.ridge * np.eye(2)
    past_future = np.array([[1.0, later + near], [0.0, 1.0]])  # columns: streamers 1 and 2
    wanted = np.linalg.solve(past_past, past_future)
    found = nexts(places_of([0, 1, 2]))
    np.testing.assert_allclose(found[0, [1, 2]], wanted[0], atol=1e-6)
    np.testing.assert_allclose(found[1, 2], wanted[1, 1], atol=1e-6)
    assert found[1, 1] == 0, "a tip does not find its own streamer"


def test_a_long_history_counts_for_less_where_the_setting_says_so():
    places = places_of([0, 1, 2])
    half = nexts(places, CoTipsSetting(ridge=1.0, degree_power=1.0))  # two moments: A and C halved
    np.testing.assert_allclose(half, nexts(places, CoTipsSetting(ridge=2.0, degree_power=0.0)), atol=1e-6)


def test_users_of_one_tip_or_none_say_nothing_of_order():
    assert not nexts(places_of([0], [], [3])).any()


def test_of_many_streamers_the_strongest_directions_are_kept():
    rng = np.random.default_rng(1)
    n = RANK + 40
    chains = [[int(i), int(i + 1)] for i in rng.integers(0, 20, size=400)]  # of the first twenty each leads to the next
    found = ordered_cotips(places_of(*chains, n=n), PLAIN, 0)
    assert found.tipped.shape == found.found.shape == (n, RANK)
    rows = found.rows(torch.arange(20)).numpy()
    np.testing.assert_array_equal(rows.argmax(1), np.arange(1, 21))


def test_an_order_is_known_where_places_differ():
    assert is_timed(places_of([0, 1]))
    assert not is_timed(sp.csr_matrix(np.ones((2, 3), dtype=np.float32)))
    assert not is_timed(sp.csr_matrix((2, 3), dtype=np.float32))


@pytest.mark.parametrize(("streamer", "joins"), [(20, True), (5, False)])
def test_it_joins_where_val_rises_by_more_than_chance_and_leaves_all_alone_elsewhere(streamer: int, joins: bool):
    scorer, (scores, places) = scorer_of(leads_to(3)), val_of(MIN_USERS, 20)
    model, weights = scorer.cotips, scorer.base_weights.clone()
    share = weigh_ordered(scorer, leads_to(streamer), scores, places)
    assert (share > 0) is joins
    assert (scorer.cotips is not model) is joins
    if joins:
        assert scorer.base_weights[COTIPS] > 0
    else:
        torch.testing.assert_close(scorer.base_weights, weights)


def test_nobody_to_ask_changes_nothing():
    scorer, (scores, places) = scorer_of(leads_to(3)), val_of(0, 20)
    assert weigh_ordered(scorer, leads_to(20), scores, places) == 0.0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"ordered": 0.5}, ["co-tipping: 50\u00a0% of its weight goes by order, by what comes next."]),
        ({"ordered": 0.0}, ["co-tipping: it does not go by order, by what comes next, for on val that does not pay."]),
        ({}, []),
    ],
)
def test_what_val_found_of_the_order_is_said_beside_the_numbers(setting: dict[str, float], said: list[str]):
    assert list(_order_notes({"step0": {"cotips": setting}})) == said
