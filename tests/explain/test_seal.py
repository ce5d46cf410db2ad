"""The seal follows its rules, check by check."""

import pytest

from explain.seal import seal_of
from explain.types import Check

PASSED = Check("Sum", 0.0, 1.0, "pass", "")
NOTHING = Check("Noise", None, None, "not applicable", "")
LIMIT = Check("Halves", 0.6, 0.8, "fail", "", grave=False)
GRAVE = Check("Order", 2.0, 1.0, "fail", "")


@pytest.mark.parametrize(
    ("checks", "colour"),
    [
        ((PASSED,), "green"),
        ((PASSED, NOTHING), "green"),
        ((PASSED, LIMIT), "amber"),
        ((LIMIT, LIMIT), "amber"),
        ((NOTHING,), "amber"),
        ((), "amber"),
        ((PASSED, GRAVE), "red"),
        ((PASSED, LIMIT, GRAVE), "red"),
    ],
)
def test_colour(checks: tuple[Check, ...], colour: str) -> None:
    assert seal_of(checks).colour == colour


def test_the_sentence_names_what_failed() -> None:
    assert seal_of((PASSED, LIMIT)).sentence == "May be quoted with its limit: 1 check passed, 1 did not (halves)."
    red = seal_of((PASSED, LIMIT, GRAVE)).sentence
    assert red == "Not to be quoted: 1 of 3 checks failed gravely (order)."
    assert seal_of((PASSED, NOTHING)).sentence == "May be quoted: 1 check passed, none failed, 1 did not apply."
    assert seal_of((PASSED, PASSED)).sentence == "May be quoted: 2 checks passed, none failed."
