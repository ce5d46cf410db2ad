"""The text is no surer than the tips: adverbs by the interval, what is possible last, what is contradicted as such."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from mspa_model.preference.lift import lifts_of
from mspa_model.preference.prose import contrary_sentence, listed, write_prose
from mspa_model.preference.statements import make_statement
from mspa_model.types import History, Statement
from tests.preference import rooms

WORDS = rooms.vocabulary()


def text_of(history: History, *stated: tuple[int, int, float], everyone: float = 1 / 3, **words: str) -> str:
    """The prose of (value, polarity, strength) statements of a history."""
    lifts = lifts_of(history, WORDS.membership, np.full(3, everyone, np.float32), 100_000)
    return write_prose([_made(history, *each) for each in stated], history, lifts, WORDS, rooms.info(**words))


def _made(history: History, value_idx: int, polarity: int, strength: float) -> Statement:
    return make_statement(value_idx, polarity, strength, history, WORDS)


COMEDY = rooms.history(0, 1, 2, 3, 4)


def test_an_adverb_is_earned_by_the_share_and_not_by_the_strength():
    assert "Far more often than others: Comedy (4 tips)." in text_of(COMEDY, (0, 1, 0.9), everyone=0.1)
    assert " More often than others: Comedy (4 tips)." in text_of(COMEDY, (0, 1, 0.2), everyone=0.1)
    assert " More often than others: Comedy (4 tips)." in text_of(COMEDY, (0, 1, 0.9), everyone=0.33)
    assert "Possibly more often than others: Comedy (4 tips)." in text_of(COMEDY, (0, 1, 0.9), everyone=0.6)


def test_what_tips_do_not_bear_out_stands_last_and_is_said_so():
    text = text_of(COMEDY, (1, 1, 0.99), (2, -1, 0.9), (0, 1, 0.3))
    assert text == (
        "Read from 5 tips. More often than others: Comedy (4 tips). Possibly less often than others: Chess. "
        "Possibly, though the tips do not show it: likes Music."
    )
    assert text_of(COMEDY, (0, -1, 0.9), (1, 1, 0.2)).endswith("do not show it: likes Music; avoids Comedy.")


def test_less_often_is_earned_too():
    many = rooms.history(0, 1, 2, 3, 4, 5, 6, 7)
    assert "Less often than others: Chess." in text_of(many, (2, -1, 0.2), everyone=0.5)
    assert "Possibly less often than others: Chess." in text_of(many, (2, -1, 0.9), everyone=0.2)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_of_few_tips_everything_is_possible(n: int):
    text = text_of(rooms.history(*range(n)), (0, 1, 0.99), (1, -1, 0.99), everyone=0.01)
    assert text.startswith(f"Only {n} tip")
    assert "Possibly more often than others: Comedy" in text
    assert " More often" not in text
    assert "Far more" not in text


def test_the_same_streamer_tipped_often_is_still_one():
    assert "Possibly more often than others: Comedy (6 tips)." in text_of(
        rooms.history(0, 0, 0, 0, 0, 0), (0, 1, 0.99), everyone=0.01
    )


def test_faded_tips_are_named_and_count_for_less():
    times = np.array(["2024-01-01"] * 4 + ["2024-03-01"] * 4, "<M8[us]")
    shifted = replace(rooms.history(0, 1, 2, 3, 4, 5, 6, 7), tipped_at=times)
    before = "More often than others: Comedy (4 tips) and Music (4 tips)."
    assert before in text_of(shifted, (0, 1, 0.3), (1, 1, 0.3), everyone=0.18)
    faded = replace(shifted, faded_before=datetime(2024, 2, 1))
    assert text_of(faded, (0, 1, 0.3), (1, 1, 0.3), everyone=0.18) == (
        "Read from 8 tips, of which the 4 before 1 February 2024 count for 30\u00a0% each. "
        "More often than others: Music (4 tips). Possibly more often than others: Comedy (4 tips)."
    )


def test_a_text_speaks_of_what_the_set_speaks_of():
    text = text_of(COMEDY, (0, 1, 0.9), (1, 1, 0.1), tip_is="rating", tip_unit="")
    assert text.startswith("Read from 5 ratings.")
    assert "Comedy (4 ratings)" in text
    assert "the ratings do not show it" in text
    assert "tip" not in text
    assert text_of(rooms.history(), tip_is="rating") == "No ratings yet: nothing can be said."


def test_without_tips_an_edited_statement_is_said_as_what_no_tip_shows():
    assert text_of(rooms.history(), (0, 1, 0.9)) == "Possibly, though the tips do not show it: likes Comedy."


def test_nothing_contrary_needs_no_sentence():
    lifts = lifts_of(COMEDY, WORDS.membership, np.full(3, 0.1, np.float32), 100)
    assert contrary_sentence([_made(COMEDY, 0, 1, 0.5)], lifts, WORDS, rooms.info()) == ""


def test_listed():
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
