"""Lifts and their intervals against what is published and what is simulated, and the adverb that each earns."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspa_model.preference.lift import lifts_of, ratio_interval, wilson
from mspa_model.types import FADED
from tests.preference import rooms


def test_wilson_is_the_published_one():
    # Newcombe 1998, Table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for n_with, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        found = wilson(np.array([n_with / n]), float(n))
        assert [float(end[0]) for end in found] == pytest.approx([low, high], abs=1e-4)


def test_the_interval_of_a_ratio_solves_its_equation():
    """MOVER-R's ends are the roots of a quadratic (Donner and Zou 2012, equation 9)."""
    share, everyone = np.array([0.3]), np.array([0.12])
    (low,), (high,) = ratio_interval(share, 40.0, everyone, 900.0)
    (l1,), (u1,) = wilson(share, 40.0)
    (l2,), (u2,) = wilson(everyone, 900.0)
    mine, base = share[0], everyone[0]
    assert (mine - low * base) ** 2 == pytest.approx((mine - l1) ** 2 + (low * (u2 - base)) ** 2)
    assert (high * base - mine) ** 2 == pytest.approx((u1 - mine) ** 2 + (high * (base - l2)) ** 2)
    assert low < mine / base < high


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 50), st.integers(1, 50), st.floats(1e-6, 1 - 1e-6), st.integers(1, 10**6))
def test_ends_are_on_their_sides_and_numbers(n_with: int, n: int, everyone: float, n_everyone: int):
    share, base = np.array([min(n_with, n) / n]), np.array([everyone])
    (low,), (high,) = ratio_interval(share, float(n), base, float(n_everyone))
    assert 0 <= low <= share[0] / everyone * (1 + 1e-9)
    assert share[0] / everyone <= high * (1 + 1e-9)
    assert not np.isnan(high)


def test_the_interval_covers_the_true_ratio_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    for share, n, everyone, n_everyone in ((0.3, 30, 0.1, 5_000), (0.1, 20, 0.1, 300), (0.6, 12, 0.3, 2_000)):
        mine, all_ = rng.binomial(n, share, 4_000) / n, rng.binomial(n_everyone, everyone, 4_000) / n_everyone
        low, high = ratio_interval(mine, float(n), all_, float(n_everyone))
        covered = ((low <= share / everyone) & (share / everyone <= high)).mean()
        assert 0.93 < covered < 0.985


@pytest.mark.parametrize(
    ("n_with", "n_tipped", "everyone", "polarity", "grade"),
    [
        (12, 30, 0.1, 1, "far"),
        (19, 100, 0.1, 1, "clear"),  # 1.9 times: not twice
        (5, 20, 0.12, 1, "possible"),  # 2.1 times, but 0.96 at the low end
        (8, 20, 0.19, 1, "clear"),  # 2.1 times, the low end 1.15
        (12, 30, 0.35, 1, "possible"),
        (3, 30, 0.35, 1, "contrary"),
        (3, 30, 0.35, -1, "clear"),
        (6, 30, 0.35, -1, "possible"),
        (12, 30, 0.1, -1, "contrary"),
        (4, 4, 0.01, 1, "possible"),  # of four tipped nothing is certain
        (1, 1, 0.01, 1, "possible"),
        (1, 1, 0.01, -1, "contrary"),
        (0, 4, 0.9, -1, "possible"),
        (0, 0, 0.5, 1, "contrary"),
        (0, 0, 0.5, -1, "possible"),
    ],
)
def test_the_adverb_that_tips_earn(n_with: int, n_tipped: int, everyone: float, polarity: int, grade: str):
    assert rooms.lift(n_with, n_tipped, everyone).grade(polarity) == grade


def test_the_same_share_of_a_small_set_earns_less():
    assert rooms.lift(10, 20, 0.25).grade(1) == "clear"
    assert rooms.lift(10, 20, 0.25, n_everyone=40).grade(1) == "possible"
    assert rooms.lift(10, 20, 0.25, n_everyone=0).grade(1) == "possible"


def test_a_streamer_counts_once_and_a_faded_one_for_less():
    history = replace(rooms.history(0, 4, 4, 5), tipped_at=np.array(["2024-01-01"] * 2 + ["2024-03-01"] * 2, "<M8[us]"))
    membership, everyone = rooms.vocabulary().membership, np.full(3, 1 / 3, np.float32)
    whole = lifts_of(history, membership, everyone, 1_000)
    faded = lifts_of(replace(history, faded_before=datetime(2024, 2, 1)), membership, everyone, 1_000)
    assert whole.n_with.tolist() == faded.n_with.tolist() == [1, 2, 0]
    np.testing.assert_allclose(whole.share, [1 / 3, 2 / 3, 0])
    np.testing.assert_allclose(faded.share, [FADED / (2 + FADED), 2 / (2 + FADED), 0])  # the newest tip decides
    assert faded.high[0] / faded.ratio[0] > whole.high[0] / whole.ratio[0]
