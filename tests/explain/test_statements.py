"""Cards: what a statement rests on, what deleting it does, and which doubts are said."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from explain.cards import Support
from explain.counterfactual import apply_scenario, edit_preference
from explain.statements import mark_of, statement_views, support_sentence, supports_of
from explain.types import Edit, Scenario
from mspa_model.preference.claims import STRENGTHS
from mspa_model.preference.lift import Lift
from mspa_model.preference.statements import make_statement
from mspa_model.runs import Run, load_run
from mspa_model.types import Statement
from tests.explain.closed_form import trace_of
from tests.preference import rooms

LIKES = Statement("category", "Music", 1, 0.6, (0, 2), 0)
UNBORNE = replace(LIKES, evidence=())
AVOIDS = replace(LIKES, polarity=-1, evidence=())


def support(n_with: int, n_tipped: int, everyone: float, taught: float) -> Support:
    return Support(rooms.lift(n_with, n_tipped, everyone), taught)


OFTEN, SELDOM = support(8, 10, 0.2, 0.7), support(1, 30, 0.4, -0.5)


@pytest.mark.parametrize(
    ("statement", "support", "kind"),
    [
        (LIKES, OFTEN, None),
        (AVOIDS, SELDOM, None),
        (UNBORNE, OFTEN, "no tip"),
        (LIKES, SELDOM, "opposite"),
        (AVOIDS, OFTEN, "opposite"),
        (LIKES, support(1, 10, 0.4, 0.0), "rarer"),
        (AVOIDS, support(5, 10, 0.4, 0.0), "rarer"),
        (LIKES, support(2, 10, 0.19, 0.05), "silent"),
        (AVOIDS, support(0, 3, 0.1, 0.0), "silent"),
        (LIKES, support(4, 4, 0.1, 0.9), "silent"),  # four tips tell nothing for certain
        (AVOIDS, support(1, 10, 0.4, -0.5), "silent"),
        (LIKES, support(300, 1000, 0.25, 0.05), None),  # weak by strength, yet beyond chance
    ],
)
def test_what_the_tips_do_not_bear_out_is_marked(statement: Statement, support: Support, kind: str | None, closed: Run):
    mark = mark_of(statement, support, 0.15, closed.dataset.info)
    assert (mark.kind if mark else None) == kind
    if mark:
        assert mark.words
        assert mark.sentence.endswith(".")


def test_what_is_less_common_and_what_is_more_common_are_told_apart(closed: Run):
    info = closed.dataset.info
    assert mark_of(LIKES, support(1, 10, 0.4, 0.0), 0.15, info).words == "less common than usual"
    assert mark_of(AVOIDS, support(5, 10, 0.4, 0.0), 0.15, info).words == "more common than usual"


def test_support_counts_streamers_once_and_knows_everyone_s_share(closed: Run):
    trace = trace_of(closed, "u004")
    history = trace.final.preference.history
    twice = replace(
        history,
        **{
            name: np.concatenate([getattr(history, name)] * 2)
            for name in ("streamer_idx", "amount", "tipped_at", "tip_row")
        },
    )
    comedy = next(i for i, v in enumerate(closed.vocabulary.values) if (v.aspect, v.name) == ("category", "Comedy"))
    found = supports_of(closed, twice, [comedy])[0]
    assert (found.lift.n_with, found.lift.n_tipped, found.lift.share) == (10, 10, 1.0)
    assert found.lift.everyone == pytest.approx(0.5, abs=0.02)
    assert found.taught > 0
    said = support_sentence(found, closed.dataset.info)
    assert said.startswith(
        "It holds for 10 of the 10 streamers in this user's tips (100\u00a0%), and for 50\u00a0% of everyone's "
    )
    assert re.search(r": (1\.9|2\.0)\d times as often \(95 % interval 1\.[0-9]{2} to 2\.[0-9]{2}\)\.$", said)
    assert "has no tip" in support_sentence(support(0, 0, 0.5, 0.0), closed.dataset.info)


def test_what_a_card_counts_is_what_strengths_rest_on_faded_tips_for_less(closed: Run):
    history = trace_of(closed, "u004").final.preference.history
    history = replace(history, tipped_at=np.array([f"2024-01-{day + 1:02}" for day in range(len(history))], "<M8[us]"))
    half = replace(history, faded_before=datetime(2024, 1, 1 + len(history) // 2))
    value = next(i for i, v in enumerate(closed.vocabulary.values) if closed.vocabulary.membership[:, i].any())
    other = np.flatnonzero(closed.vocabulary.membership[:, value] == 0)
    old = len(half) // 2
    mixed = replace(half, streamer_idx=np.concatenate([half.streamer_idx[:old], other[: len(half) - old]]))
    plain, faded = (supports_of(closed, each, [value])[0] for each in (replace(mixed, faded_before=None), mixed))
    assert faded.lift.n_with == plain.lift.n_with
    assert faded.lift.share < plain.lift.share
    assert f"where tips before {half.faded_before.day} January 2024 count for 30\u00a0%" in support_sentence(
        faded, closed.dataset.info
    )


@pytest.mark.parametrize(("low", "high", "said"), [(0.9962, 1.7, "0.996 to 1.70"), (1.0004, 1.7, "1.0004 to 1.70")])
def test_an_interval_that_all_but_touches_as_often_says_on_which_side(low: float, high: float, said: str, closed: Run):
    near = Support(Lift(12, 30, 0.4, 0.3, 4 / 3, low, high), 0.3)
    assert f"(95 % interval {said})" in support_sentence(near, closed.dataset.info)


def test_every_statement_has_a_card_and_its_effect_is_that_of_the_scenario(closed: Run):
    trace = trace_of(closed, "u004")
    views = statement_views(closed, trace.final)
    assert {view.statement for view in views} == set(trace.final.preference.statements)
    assert [view.rank for view in views] == sorted(view.rank for view in views)
    for view in views:
        deleted = Scenario((Edit("delete statement", f"{view.statement.aspect}: {view.statement.value}"),))
        result = apply_scenario(closed, trace, deleted)
        assert (view.effect.top_k_changed, view.effect.moves) == (result.top_k_changed, result.moves)
        assert view.effect.sentence.startswith("Without it, ")
        assert view.word in STRENGTHS
        assert (view.mark is None) == (view.grade in ("far", "clear"))
        assert view.claim.startswith("possibly ") == (view.mark is not None)


def test_a_statement_against_the_tips_is_marked_on_its_card(closed: Run):
    step = trace_of(closed, "u004").final
    music = next(i for i, v in enumerate(closed.vocabulary.values) if (v.aspect, v.name) == ("category", "Music"))
    wrong = make_statement(music, 1, 0.9, step.preference.history, closed.vocabulary)
    step = replace(step, preference=replace(step.preference, statements=(wrong,)))
    (view,) = statement_views(closed, step)
    assert view.mark.kind == "no tip"
    assert view.word == "very strong"


def test_no_statements_give_no_cards(closed: Run):
    step = trace_of(closed, "u004").final
    assert statement_views(closed, replace(step, preference=replace(step.preference, statements=()))) == ()


@pytest.fixture(scope="module")
def shipped() -> Run:
    return load_run(Path(__file__).parents[2] / "sample_data" / "run", device="cpu")


def sentence_of(text: str, label: str) -> str:
    """The sentence of a text that says a value."""
    return next(s for s in re.split(r"(?<=\.) ", text) if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", s))


HEDGED = re.compile(r"(Possibly|Perhaps|May|Seems)\b")
FIRM = re.compile(r"Far more |Clearly |Above all |Drawn most ")


@pytest.mark.parametrize("user", ["u1362", "u1527", "u0780", "u0003"])
def test_prose_is_as_sure_as_its_cards_composed_corrected_and_edited(shipped: Run, user: str):
    """By both writers of the shipped run; before adverbs were earned, each of these users had a text that was surer."""
    trace = trace_of(shipped, user)
    edits = [Edit("drop tip", "0"), Edit("set statement", "category: Creative", 0.9)]
    edited = edit_preference(shipped, trace.final.preference, edits)
    steps = [trace.steps[0], trace.final, replace(trace.final, preference=edited)]
    for step in steps:
        text, views = step.preference.text, statement_views(shipped, step)
        assert views
        for view in views:
            said = sentence_of(text, shipped.vocabulary.values[view.statement.value_idx].label)
            assert bool(HEDGED.match(said)) == (view.mark is not None)
            assert not FIRM.match(said) or view.grade == "far"
        hedged = [bool(HEDGED.match(s)) for s in re.split(r"(?<=\.) ", text) if not s.startswith(("Read", "Otherwise"))]
        assert hedged == sorted(hedged)
