"""From tips to a preference and back to another, with edits kept; and what the text says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mspa_model.config import PreferenceConfig
from mspa_model.preference.composer import Composer
from mspa_model.preference.statements import make_statement, signed_strengths, statements_of, tip_weights
from mspa_model.preference.teacher import Teacher
from mspa_model.preference.vocabulary import prototypes_of
from mspa_model.types import Modality, Preference
from tests.preference import rooms

COMEDY_FAN = rooms.history(0, 1, 2, 3, 4)


@pytest.fixture
def composer() -> Composer:
    features = rooms.features()
    vocabulary = rooms.vocabulary(prototypes_of(rooms.vocabulary().membership, features))
    teacher = Teacher(vocabulary, np.full(3, 1 / 3, dtype=np.float32), PreferenceConfig())
    return Composer(rooms.dataset(), vocabulary, teacher, features)


def _strengths(preference: Preference) -> dict[str, float]:
    return {s.value: s.polarity * s.strength for s in preference.statements}


def test_statements_rest_on_the_tips_that_have_the_value(composer: Composer):
    preference = composer.compose(COMEDY_FAN)
    comedy = next(s for s in preference.statements if s.value == "Comedy")
    assert comedy.polarity == 1
    assert comedy.evidence == (0, 1, 2, 3)
    assert preference.composer == "teacher"
    assert set(preference.residual) == {Modality.VISUAL, Modality.AUDIO}


def test_without_tips_nothing_is_said(composer: Composer):
    preference = composer.compose(rooms.history())
    assert preference.statements == ()
    assert preference.text == "No tips yet: nothing can be said."
    assert not any(rows.any() for rows in preference.residual.values())


def test_recompose_of_an_unedited_preference_is_compose(composer: Composer):
    preference = composer.compose(COMEDY_FAN)
    for history in (COMEDY_FAN, rooms.history(0, 1, 4), rooms.history()):
        again, fresh = composer.recompose(preference, history), composer.compose(history)
        assert again.statements == fresh.statements
        assert again.text == fresh.text
        for m in fresh.residual:
            np.testing.assert_allclose(again.residual[m], fresh.residual[m], atol=1e-6)


def test_a_deleted_statement_stays_deleted(composer: Composer):
    preference = composer.compose(COMEDY_FAN)
    edited = replace(preference, statements=tuple(s for s in preference.statements if s.value != "Comedy"))
    assert "Comedy" not in _strengths(composer.recompose(edited, rooms.history(0, 1, 2, 3)))


def test_an_added_statement_stays(composer: Composer):
    preference = composer.compose(rooms.history(0, 1))
    chess = make_statement(2, 1, 0.7, preference.history, composer.vocabulary)
    edited = replace(preference, statements=(*preference.statements, chess))
    kept = _strengths(composer.recompose(edited, rooms.history(0, 1, 2)))
    assert kept["Chess"] == pytest.approx(0.7, abs=1e-5)
    assert kept["Comedy"] > _strengths(preference)["Comedy"]


def test_a_changed_strength_moves_with_the_tips(composer: Composer):
    preference = composer.compose(rooms.history(0, 1))
    lowered = tuple(replace(s, strength=s.strength - 0.1) if s.value == "Comedy" else s for s in preference.statements)
    more = rooms.history(0, 1, 2, 3)
    moved = _strengths(composer.recompose(replace(preference, statements=lowered), more))["Comedy"]
    assert moved == pytest.approx(_strengths(composer.compose(more))["Comedy"] - 0.1, abs=1e-5)


def test_a_shifted_residual_stays_shifted(composer: Composer):
    preference = composer.compose(COMEDY_FAN)
    shifted = replace(preference, residual={m: r + 1 for m, r in preference.residual.items()})
    fewer = rooms.history(0, 1, 2)
    for m, rows in composer.compose(fewer).residual.items():
        np.testing.assert_allclose(composer.recompose(shifted, fewer).residual[m], rows + 1, atol=1e-5)


def test_strengths_and_statements_are_each_others_inverse(composer: Composer):
    row = torch.tensor([0.5, -0.25, 0.0])
    statements = statements_of(row, COMEDY_FAN, composer.vocabulary)
    assert [(s.value, s.polarity) for s in statements] == [("Comedy", 1), ("Music", -1)]
    assert statements[1].evidence == ()
    torch.testing.assert_close(signed_strengths(statements, 3), row)


def test_repeated_tips_are_one_tip_to_the_teacher_and_all_are_evidence(composer: Composer):
    once, thrice = composer.compose(rooms.history(0, 4)), composer.compose(rooms.history(0, 4, 0, 0))
    assert _strengths(once) == _strengths(thrice)
    for statement in thrice.statements:
        if statement.value == "Comedy":
            assert statement.evidence == (0, 2, 3)


def test_the_text_is_two_to_four_sentences_and_names_the_tip(composer: Composer):
    preference = composer.compose(rooms.history(0, 1, 2, 3, 4, 5))
    text = preference.text
    assert text.startswith("Read from 6 tips.")
    assert "Comedy (4 tips)" in text
    assert 2 <= text.count(". ") + 1 <= 4


def test_few_tips_are_called_a_guess(composer: Composer):
    assert "guess" in composer.compose(rooms.history(0)).text


def test_no_clear_taste_is_said_plainly(composer: Composer):
    assert "no taste" in composer.compose(rooms.history(0, 1, 4, 5, 8, 9)).text


def test_many_histories_at_once_are_redrawn_as_one_by_one(composer: Composer):
    preference = composer.compose(COMEDY_FAN)
    edited = replace(preference, statements=preference.statements[1:])
    histories = [rooms.history(0, 1, 4), rooms.history(2), rooms.history(), rooms.history(0, 1, 2, 3, 4, 5)]
    among = torch.arange(6)
    tips = torch.stack([tip_weights(h, 6)[0] for h in histories])
    for given in (preference, edited):
        strengths, residual = composer.redrawn(given, tips, among)
        for row, history in enumerate(histories):
            alone = composer.recompose(given, history)
            torch.testing.assert_close(strengths[row], signed_strengths(alone.statements, 3))
            for m, rows in residual.items():
                np.testing.assert_allclose(rows[row].numpy(), alone.residual[m], atol=1e-6)
