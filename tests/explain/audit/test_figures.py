"""The audit's figures, by hand."""

import numpy as np
import pytest

from explain.audit.counterfactual import RecipeFound, counterfactual_figures
from explain.audit.draw import mean_interval
from explain.audit.judged import Named, difference_interval, truth_figures
from explain.audit.truth import Planted, oracle_weights, pairs_right
from mspa_model.types import History

FIRST = np.datetime64("2025-03-01T10:00:00", "us")


def named(right: bool, faithful: bool = True, oracle: bool = True, pairs: float = 1.0) -> Named:
    return Named(right, faithful, oracle, pairs, 1.0)


def test_truth_by_colour_and_whose_fault() -> None:
    cases = [named(True), named(True), named(False), named(False, faithful=False, oracle=False, pairs=1 / 3), None]
    found = truth_figures(cases, ["green", "green", "red", "red", "green"])
    assert found["main_modality_share"] == 0.5
    assert found["oracle_main_modality_share"] == 0.75
    assert found["pairwise_order_share"] == pytest.approx((3 + 1 / 3) / 4)
    assert (found["green_right_share"], found["amber_right_share"], found["red_right_share"]) == (1.0, None, 0.0)
    assert found["green_minus_red"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert (found["wrong"], found["wrong_by_model"], found["wrong_by_explanation"]) == (2, 1, 1)
    assert found["n"] == 4
    assert found["n_by_colour"] == {"green": 2, "amber": 0, "red": 2}
    assert found["faithful_share"] == 0.75


def test_truth_without_a_case_is_not_known() -> None:
    found = truth_figures([None, None], ["green", "red"])
    assert found["main_modality_share"] is None
    assert found["green_minus_red"]["value"] is None
    assert found["n"] == 0


def test_intervals() -> None:
    assert mean_interval(np.array([2.0, 2.0])) == {"value": 2.0, "low": 2.0, "high": 2.0}
    assert mean_interval(np.zeros(0)) == {"value": None, "low": None, "high": None}
    found = mean_interval(np.array([0.0, 1.0] * 50))
    assert found["value"] == 0.5
    assert found["low"] == pytest.approx(0.4, abs=0.02)  # 1.96 standard errors of .05
    assert found["high"] == pytest.approx(0.6, abs=0.02)
    assert difference_interval(np.ones(3), np.zeros(0))["value"] is None
    apart = difference_interval(np.array([0.0, 1.0] * 50), np.array([0.0, 1.0] * 50))
    assert apart["value"] == 0.0
    assert apart["low"] == pytest.approx(-0.14, abs=0.03)


def test_recipes_beside_greedy() -> None:
    found = [
        RecipeFound(1, 1, True, 0.1, proven=True),
        RecipeFound(2, 3, True, 0.2, proven=True),
        RecipeFound(2, 2, True, 0.3, proven=True),
        RecipeFound(None, None, True, 0.4, proven=False),
    ]
    figures = counterfactual_figures(found)
    assert figures["valid_share"] == 1.0
    assert figures["median_edits"] == 2.0
    assert figures["never_more_than_greedy"] is True
    assert figures["fewer_than_greedy_share"] == 0.5  # of the two where greedy needs two or more
    assert figures["found_share"] == 0.75
    assert figures["p95_s"] == pytest.approx(0.385)
    assert counterfactual_figures([*found, RecipeFound(None, 2, True, 0.1, False)])["never_more_than_greedy"] is False
    assert counterfactual_figures([*found, RecipeFound(3, 2, True, 0.1, False)])["never_more_than_greedy"] is False
    assert counterfactual_figures([*found, RecipeFound(1, 2, False, 0.1, True)])["valid_share"] == 0.75
    assert set(counterfactual_figures([]).values()) == {None}
    assert (figures["greedy_three_or_more"], figures["smallest_proven"]) == (1, 1)
    larger = counterfactual_figures([*found, RecipeFound(3, 3, True, 0.1, True), RecipeFound(4, 5, True, 0.1, False)])
    assert (larger["greedy_three_or_more"], larger["smallest_proven"]) == (3, 2)


def test_pairs_in_order() -> None:
    true = np.array([0.5, 0.3, 0.2])
    assert pairs_right(np.array([3.0, 2.0, 1.0]), true) == 1.0
    assert pairs_right(np.array([2.0, 3.0, 1.0]), true) == pytest.approx(2 / 3)
    assert pairs_right(np.array([1.0, 2.0, 3.0]), true) == 0.0


def planted(shift: float = np.nan) -> Planted:
    """One user, 30 streamers: the first ten are loved for their looks, the next for sound, the last for words."""
    taste = np.zeros((1, 3, 30))
    for modality in range(3):
        taste[0, modality, 10 * modality : 10 * modality + 10] = 6.0
    return Planted(np.array([[1.0, 0.0, 0.0]]), taste, taste[:, ::-1], np.zeros(30), np.array([shift]))


def history(streamers: list[int], day: int = 0) -> History:
    n = len(streamers)
    at = np.full(n, FIRST + np.timedelta64(day, "D"))
    return History("u", np.array(streamers, dtype=np.int64), np.ones(n), at, np.arange(n))


def test_oracle_names_the_modality_that_the_tips_show() -> None:
    found = oracle_weights(planted(), 0, history([0, 1, 2, 3, 4]))
    assert found.argmax() == 0
    assert found.sum() == pytest.approx(1.0)
    assert found[1] == pytest.approx(found[2])
    assert oracle_weights(planted(), 0, history([10, 11, 12])).argmax() == 1
    # Without a tip nothing is learnt: the prior is even.
    np.testing.assert_allclose(oracle_weights(planted(), 0, history([])), [1 / 3] * 3, atol=1e-9)


def test_oracle_follows_a_shift() -> None:
    """After the shift looks and words have changed places, so tips to the first ten speak of words."""
    assert oracle_weights(planted(5.0), 0, history([0, 1, 2], day=5)).argmax() == 2
    assert oracle_weights(planted(5.0), 0, history([0, 1, 2], day=4)).argmax() == 0
