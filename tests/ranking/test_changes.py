"""What a step altered and why it was kept are told in the set's own words."""

import pytest

from mspa_model.config import CorrectorConfig
from mspa_model.ranking.changes import STOP_SENTENCES, gain_reason, stop_sentence
from tests.preference import rooms

FILMS = rooms.info(streamer_is="film", tip_is="rating of 4 or 5")


def test_a_kept_step_names_what_rose_and_what_it_had_to_beat():
    assert gain_reason(True, 0.05, 0.021, FILMS) == (
        "Held-out ratings of 4 or 5 rose by 0.05 of the scores' spread on average, "
        "more than the 0.021 of uncertainty that a step must beat: kept."
    )


def test_a_step_that_lost_says_so():
    reason = gain_reason(False, -0.3, 0.2, FILMS)
    assert reason.startswith("Held-out ratings of 4 or 5 fell by 0.30 ")
    assert reason.endswith("not kept.")


@pytest.mark.parametrize("stop", STOP_SENTENCES)
def test_why_correction_ended_has_no_word_of_another_set(stop):
    said = stop_sentence(stop, (), CorrectorConfig(), FILMS)
    assert "{" not in said
    assert "streamer" not in said
    assert " tips" not in said


def test_the_bounds_are_those_of_the_configuration():
    config = CorrectorConfig(min_witnesses=7, max_steps=4)
    assert stop_sentence("too few witnesses", (), config, FILMS).startswith("With fewer than 7 different films")
    assert stop_sentence("step bound", (), config, FILMS) == "The bound of 4 steps was reached."


def test_two_numbers_that_a_reason_compares_are_told_apart():
    """ "rose by 0.11, more than the 0.11" is no reason."""
    assert "rose by 0.112 of the scores' spread on average, more than the 0.108 of" in gain_reason(
        True, 0.112, 0.108, FILMS
    )
