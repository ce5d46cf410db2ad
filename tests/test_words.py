"""The dataset's own words, and numbers near zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspa_model.words import (
    NAME_LIMIT,
    counted,
    distinct_names,
    middle_cut,
    plain,
    plural,
    shortened,
    small,
    with_article,
)


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


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("dish", "dishes"),
        ("watch", "watches"),
        ("class of chess", "classes of chess"),
        ("box", "boxes"),
        ("series", "series"),
        ("person", "people"),
        ("purchase", "purchases"),
        ("café", "cafés"),
        ("观众", "观众"),
        ("طبق", "طبق"),
    ],
)
def test_the_plural_of_a_sets_word_is_spelled_as_english_does(word: str, said: str):
    assert plural(word) == said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tip", "a tip"),
        ("order", "an order"),
        ("Eater", "an Eater"),
        ("user", "a user"),
        ("unit", "a unit"),
        ("upload", "an upload"),
        ("", "a "),
    ],
)
def test_a_word_has_the_article_that_is_spoken(word: str, said: str):
    assert with_article(word) == said
    assert with_article(word, opening=True) == "A" + said[1:]


def test_hostile_text_is_one_short_line():
    assert plain("a\x1b[31m\nb\u202ec\u2028 d") == "a [31m bc d"
    assert plain("x" * 90, 10) == "x" * 9 + "…"
    assert len(plain("x" * 90)) == NAME_LIMIT == 60


LONG = "x" * 59


@pytest.mark.parametrize(
    ("names", "ids", "called"),
    [
        (["Lumi", "Kato"], ["s0", "s1"], ("Lumi", "Kato")),
        (["Live", "Kato", "Live"], ["s0", "s1", "s2"], ("Live (s0)", "Kato", "Live (s2)")),
        (["Live ", "Li\u200bve", "Live\n"], ["a", "b", "c"], ("Live (a)", "Live (b)", "Live (c)")),
        (["", "", "film s0"], ["s0", "s1", "s2"], ("film s0 (s0)", "film s1", "film s0 (s2)")),
        ([LONG + "aa", LONG + "bb"], ["s0", "s1"], ("x" * 54 + "… (s0)", "x" * 54 + "… (s1)")),
        (["Live", "Live"], ["a" * 201, "b" * 201], tuple(f"Live ({c * 11}…{c * 11})" for c in "ab")),
        (["Live", "Live", "Live (s1)"], ["s0", "s1", "s2"], ("Live (s0)", "Live (s1) (row 2)", "Live (s1) (row 3)")),
    ],
)
def test_no_two_are_called_the_same(names: list[str], ids: list[str], called: tuple[str, ...]):
    assert distinct_names(names, ids, "film") == called


def test_ids_that_differ_in_their_middle_are_told_apart_by_their_row():
    ids = ["p" * 100 + letter + "q" * 100 for letter in "12"]
    called = distinct_names(["", LONG + "!!"], ids, "film") + distinct_names(["Live"] * 2, ids, "film")
    assert len(set(called)) == 4
    assert all(len(name) <= NAME_LIMIT for name in called)


@given(
    st.lists(st.tuples(st.text(max_size=80), st.text(min_size=1, max_size=5)), max_size=12, unique_by=lambda t: t[1])
)
def test_whatever_the_names_are_all_are_told_apart_on_one_line(rows: list[tuple[str, str]]):
    names, ids = [name for name, _ in rows], [known for _, known in rows]
    called = distinct_names([*names, "Live", "Live"], [*ids, "live-1", "live-2"], "film")
    assert len(set(called)) == len(called)
    assert all(plain(name) == name for name in called)


def test_a_shortened_name_keeps_the_id_that_tells_it_from_others():
    assert shortened("A very long name indeed of a channel (s12)", 26) == "A very long name in… (s12)"
    assert shortened("Live (s12)", 26) == "Live (s12)"
    assert shortened("Live (" + "s" * 40 + ")", 26) == plain("Live (" + "s" * 40 + ")", 26)
    assert middle_cut("abcdefghij", 7) == "abc…hij"
    assert middle_cut("abc\ndef", 7) == "abc def"
