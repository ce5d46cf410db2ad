"""F1 and pointers on claims that can be counted by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from mspa_model.preference.claims import Claim, Writing
from mspa_model.training.text import overlap
from mspa_model.training.text.draws import sparse_draws
from mspa_model.training.text.truth import Planted, Truth
from mspa_model.types import Modality, Preference, Statement, Value, Vocabulary
from tests.preference import rooms

# Values 0 and 1 stand for "beach", 2 for "piano", 3 for nothing; "stage" cannot be said.
TRUTH = Truth(
    (
        Planted("scene", "beach", Modality.VISUAL),
        Planted("style", "piano", Modality.AUDIO),
        Planted("scene", "stage", Modality.VISUAL),
    ),
    np.array([[True, False, False]] * 4 + [[False, True, False]] * 8),
    np.array([[1, -1, 1]]),
    np.array([0, 0, 1, -1]),
)
VALUES = tuple(Value("group", str(i), f"g{i}", Modality.VISUAL, 4, ()) for i in range(4))
MEMBERSHIP = np.zeros((12, 4), dtype=np.float32)
MEMBERSHIP[:6, :2] = MEMBERSHIP[6:, 2:] = 1
WORDS = Vocabulary(VALUES, MEMBERSHIP, {})


def said(*claims: tuple[int, int], evidence: tuple[int, ...] = ()) -> tuple[Statement, ...]:
    return tuple(Statement("group", str(v), polarity, 0.5, evidence, v) for v, polarity in claims)


def test_two_statements_on_one_planted_value_count_once_and_unmapped_ones_are_wrong():
    true = overlap.planted_claims(TRUTH, 0)
    assert len(true) == 3
    # One hit of one claim (the two are one), beside three true: 2 * 1 / (1 + 3).
    assert overlap.f1(overlap.claims_on_truth(said((0, 1), (1, 1)), TRUTH), true) == pytest.approx(0.5)
    # The unmapped value is one more that is said: 2 * 1 / (2 + 3).
    assert overlap.f1(overlap.claims_on_truth(said((0, 1), (1, 1), (3, 1)), TRUTH), true) == pytest.approx(0.4)
    # A wrong polarity is no hit, and beside the right one of the same value a claim of its own: 2 * 1 / (2 + 3).
    assert overlap.f1(overlap.claims_on_truth(said((0, 1), (1, -1)), TRUTH), true) == pytest.approx(0.4)


def test_nothing_said_of_nothing_is_right_and_of_something_wrong():
    assert overlap.f1(frozenset(), frozenset()) == 1
    assert overlap.f1(frozenset(), frozenset({(0, 1)})) == 0


def test_a_modality_counts_what_is_mapped_into_it_and_its_own_unmapped_values():
    claims = overlap.claims_on_truth(said((0, 1), (2, -1), (3, 1)), TRUTH)
    visual = overlap.of_modality(claims, Modality.VISUAL, TRUTH, WORDS)
    audio = overlap.of_modality(claims, Modality.AUDIO, TRUTH, WORDS)
    assert visual == {(0, 1), (-4, 1)}
    assert audio == {(1, -1)}  # value 2 is a visual group, but stands for a style


def test_evidence_holds_in_the_vocabulary_and_in_truth():
    preference = Preference(rooms.history(0, 5, 8), said((0, 1), evidence=(0, 1)), "", {}, "x")
    assert overlap.evidence_precision(preference, WORDS) == 1
    assert overlap.evidence_truth(preference, TRUTH) == 0.5  # streamer 5 is in the group, yet shows no beach
    wrong = Preference(rooms.history(0, 5, 8), said((0, 1), evidence=(0, 2)), "", {}, "x")
    assert overlap.evidence_precision(wrong, WORDS) == 0.5


def test_pointers_of_values_that_stand_for_nothing_are_not_held_against_truth():
    unmapped = Preference(rooms.history(8), said((3, 1), evidence=(0,)), "", {}, "x")
    assert math.isnan(overlap.evidence_truth(unmapped, TRUTH))
    assert math.isnan(overlap.evidence_precision(Preference(rooms.history(), (), "", {}, "x"), WORDS))


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (Claim(0, 1, 0, (0, 1, 2)), 2 / 3),
        (Claim(0, 1, 0, (0, 7, -1)), 1 / 3),
        (Claim(9, 1, 0, (0,)), 0),
        (Claim(0, -1, 0, (0,)), 0),
        (Claim(0, 1, 0, ()), math.nan),
    ],
    ids=["lacks the value", "no such tip", "no such value", "dislike", "no pointer"],
)
def test_free_pointers_are_judged_before_the_check(claim: Claim, expected: float):
    found = overlap.written_precision(Writing((claim,), None, True), rooms.history(0, 5, 8), WORDS)
    assert found == pytest.approx(expected, nan_ok=True)


def test_draws_take_three_streamers_and_any_tip_of_each():
    history = rooms.history(4, 7, 4, 9, 2, 4)
    draws = sparse_draws(history, 40, 1, 5)
    for draw in draws:
        assert len(draw) == len(set(draw.streamer_idx)) == 3
        assert (np.diff(draw.tip_row) > 0).all()
    assert {int(row) for draw in draws for row in draw.tip_row} == set(range(6))
    again = sparse_draws(history, 40, 1, 5)
    assert all((a.tip_row == b.tip_row).all() for a, b in zip(draws, again, strict=True))
    assert any((a.tip_row != b.tip_row).any() for a, b in zip(draws, sparse_draws(history, 40, 1, 6), strict=True))


def test_a_short_history_is_drawn_whole(tmp_path: Path):
    assert [len(draw) for draw in sparse_draws(rooms.history(4, 4, 7), 3, 0, 0)] == [2, 2, 2]
    assert [len(draw) for draw in sparse_draws(rooms.history(), 2, 0, 0)] == [0, 0]
