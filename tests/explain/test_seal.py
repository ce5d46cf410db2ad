"""The seal follows its rules, check by check."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from explain.checks import check_tie
from explain.pipeline import explain
from explain.report.gather import gather_evidence
from explain.seal import seal_of
from explain.types import Case, Check
from mspa_model.config import RunConfig
from mspa_model.types import SOURCES, Source
from tests.explain.closed_form import closed_form_run, trace_of

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


def test_of_a_tie_nothing_may_be_quoted(tiny_world: Path, small_config: RunConfig) -> None:
    """Popularity alone counts, and many streamers have as many tippers: the first row of two alike stands first."""
    run = closed_form_run(tiny_world, small_config, {s: float(s is Source.POPULARITY) for s in SOURCES})
    trace = trace_of(run, "u000")
    ranking, ids = trace.final.ranking, run.dataset.streamers["streamer_id"]
    pair = next((a, b) for a, b in pairwise(ranking.order.tolist()) if ranking.scores[a] == ranking.scores[b])
    assert pair[0] < pair[1]
    case = Case("u000", str(ids.iloc[pair[0]]), rival_id=str(ids.iloc[pair[1]]))
    told = explain(run, case, trace)
    assert told.margin == 0.0
    assert told.seal.colour == "red"
    assert told.seal.sentence.startswith("Nothing to quote: the two are tied")
    assert "are tied" in told.answer
    assert not re.search(r"\d(st|nd|rd|th)", told.answer)
    assert gather_evidence(run, case, trace=trace).question.startswith("What tells ")


def test_two_that_differ_have_no_check_of_a_tie() -> None:
    assert check_tie(1.1e-5) == ()
    (check,) = check_tie(-1e-5)
    assert (check.verdict, check.grave) == ("fail", True)
