"""The dataset's own words, and numbers near zero."""

import pytest

from mspa_model.words import NAME_LIMIT, counted, plain, plural, small


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0.0, "0.00"),
        (1.234, "1.23"),
        (-0.25, "0.25"),
        (0.1, "0.10"),
        (0.0042, "0.0042"),
        (0.04999, "0.05"),
        (0.000123, "0.00012"),
        (1e-7, "less than 0.0001"),
    ],
)
def test_a_small_number_keeps_two_digits_that_say_something(number: float, said: str):
    assert small(number) == said


def test_words_are_counted_as_the_set_has_them():
    assert counted(1, "rating of 4 or 5") == "1 rating of 4 or 5"
    assert counted(1200, "rating of 4 or 5") == "1,200 ratings of 4 or 5"
    assert [plural(word) for word in ("tip", "category", "day")] == ["tips", "categories", "days"]


def test_hostile_text_is_one_short_line():
    assert plain("a\x1b[31m\nb\u202ec\u2028 d") == "a [31m bc d"
    assert plain("x" * 90, 10) == "x" * 9 + "…"
    assert len(plain("x" * 90)) == NAME_LIMIT == 60
