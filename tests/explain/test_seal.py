"""The seal follows its rules, check by check."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from explain.checks import check_tie
from explain.pipeline import explain
from explain.report.gather import gather_evidence
from explain.seal import RULES, seal_of, truth_line
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
    assert seal_of((PASSED, LIMIT)).sentence == "Faithful, with this limit: 1 check passed, 1 did not (halves)."
    red = seal_of((PASSED, LIMIT, GRAVE)).sentence
    assert red == "Do not quote: 1 of 3 checks failed gravely (order)."
    assert seal_of((PASSED, NOTHING)).sentence == "Faithful to the model: 1 check passed, none failed, 1 did not apply."
    assert seal_of((PASSED, PASSED)).sentence == "Faithful to the model: 2 checks passed, none failed."


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
    assert told.seal.sentence.startswith("Do not quote: the two are tied")
    assert "are tied" in told.answer
    assert not re.search(r"\d(st|nd|rd|th)", told.answer)
    assert gather_evidence(run, case, trace=trace).question.startswith("What tells ")


def test_two_that_differ_have_no_check_of_a_tie() -> None:
    assert check_tie(1.1e-5) == ()
    (check,) = check_tie(-1e-5)
    assert (check.verdict, check.grave) == ("fail", True)


PLANTED = {"truth": {"n_by_colour": {"green": 107, "amber": 1, "red": 0}, "green_right_share": 96 / 107,
                     "amber_right_share": 1.0, "red_right_share": None}}  # fmt: skip


def test_what_is_known_of_a_seal_is_counted_by_the_audit_of_a_planted_truth() -> None:
    green, amber, red = (
        seal_of(checks, PLANTED).truth for checks in ((PASSED,), (PASSED, LIMIT), (PASSED, LIMIT, GRAVE))
    )
    assert green == (
        "On this made-up world 96 of 107 green answers also named the true main reason; on real data that is not known "
        "until analysts' verdicts say so (Verdicts: 0)."
    )
    assert amber.startswith("On this made-up world 1 of 1 amber answer also named")
    assert "made-up worlds only" in red
    assert truth_line("green", PLANTED, n_verdicts=31).endswith("(Verdicts: 31).")


@pytest.mark.parametrize("audit", [None, {}, {"truth": None}, {"truth": {"green_right_share": None, "n": 0}}])
def test_without_a_planted_truth_no_number_speaks_of_it(audit: dict | None) -> None:
    line = seal_of((PASSED,), audit).truth
    assert line == (
        "Whether such an answer names the true main reason was tested on made-up worlds only; here it is not known "
        "until analysts' verdicts say so (Verdicts: 0)."
    )


def test_no_seal_promises_that_the_model_is_right() -> None:
    seals = [seal_of(checks, PLANTED) for checks in ((PASSED,), (NOTHING,), (PASSED, LIMIT), (GRAVE,))]
    words = " ".join([RULES, *(seal.sentence for seal in seals)])
    assert "may be quoted" not in words.lower()
    assert "faithful to the model, not whether the model is right" in RULES
