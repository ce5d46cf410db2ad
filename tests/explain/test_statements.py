"""Cards: what a statement rests on, what deleting it does, and which doubts are said."""

from dataclasses import replace

import numpy as np
import pytest

from explain.cards import Support
from explain.counterfactual import apply_scenario
from explain.statements import mark_of, statement_views, support_sentence, supports_of
from explain.types import Edit, Scenario
from mspa_model.preference.claims import STRENGTHS
from mspa_model.preference.statements import make_statement
from mspa_model.runs import Run
from mspa_model.types import Statement
from tests.explain.closed_form import trace_of

LIKES = Statement("category", "Music", 1, 0.6, (0, 2), 0)
UNBORNE = replace(LIKES, evidence=())
AVOIDS = replace(LIKES, polarity=-1, evidence=())
OFTEN, SELDOM = Support(8, 10, 0.2, 0.7), Support(1, 10, 0.4, -0.5)


@pytest.mark.parametrize(
    ("statement", "support", "kind"),
    [
        (LIKES, OFTEN, None),
        (AVOIDS, SELDOM, None),
        (UNBORNE, OFTEN, "no tip"),
        (LIKES, SELDOM, "opposite"),
        (AVOIDS, OFTEN, "opposite"),
        (LIKES, Support(1, 10, 0.4, 0.0), "rarer"),
        (AVOIDS, Support(5, 10, 0.4, 0.0), "rarer"),
        (LIKES, Support(2, 10, 0.19, 0.05), "silent"),
        (AVOIDS, Support(0, 3, 0.1, 0.0), "silent"),
    ],
)
def test_what_the_tips_do_not_bear_out_is_marked(statement: Statement, support: Support, kind: str | None, closed: Run):
    mark = mark_of(statement, support, 10, 0.15, closed.dataset.info)
    assert (mark.kind if mark else None) == kind
    if mark:
        assert mark.words
        assert mark.sentence.endswith(".")


def test_what_is_less_common_and_what_is_more_common_are_told_apart(closed: Run):
    info = closed.dataset.info
    assert mark_of(LIKES, Support(1, 10, 0.4, 0.0), 10, 0.15, info).words == "less common than usual"
    assert mark_of(AVOIDS, Support(5, 10, 0.4, 0.0), 10, 0.15, info).words == "more common than usual"


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
    support = supports_of(closed, twice, [comedy])[0]
    assert (support.n_with, support.n_tipped, support.share) == (10, 10, 1.0)
    assert support.everyone == pytest.approx(0.5, abs=0.02)
    assert support.taught > 0
    said = support_sentence(support, closed.dataset.info)
    assert (
        said
        == "It holds for 10 of the 10 streamers in this user's tips (100\u00a0%), and for 50\u00a0% of everyone's tips."
    )
    assert "has no tip" in support_sentence(Support(0, 0, 0.5, 0.0), closed.dataset.info)


def test_every_statement_has_a_card_and_its_effect_is_that_of_the_scenario(closed: Run):
    trace = trace_of(closed, "u004")
    views = statement_views(closed, trace.final)
    assert [view.statement for view in views] == list(trace.final.preference.statements)
    for view in views:
        deleted = Scenario((Edit("delete statement", f"{view.statement.aspect}: {view.statement.value}"),))
        result = apply_scenario(closed, trace, deleted)
        assert (view.effect.top_k_changed, view.effect.moves) == (result.top_k_changed, result.moves)
        assert view.effect.sentence.startswith("Without it, ")
        assert view.word in STRENGTHS
        assert view.mark is None  # the teacher's own statements are borne out by the teacher's own statistics


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
