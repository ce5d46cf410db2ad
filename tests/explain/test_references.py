"""The same modality against each reference: what it adds and which labelled value leads, by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from explain.attribution import popular_streamer
from explain.references import agreement, from_references, references_sentence
from explain.types import Concept, FromReference
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Source
from tests.explain.closed_form import pair_of, trace_of

VISUAL = Modality.VISUAL


def test_each_reference_gives_the_analytic_answer_of_a_linear_tower(closed: Run):
    trace = trace_of(closed, "u000")
    step, pair = trace.final, pair_of(trace)
    seen = from_references(closed, step, VISUAL, pair)
    assert [view.choice for view in seen] == ["rival", "mean", "popular"]
    rows = closed.features.arrays[VISUAL].astype(float)
    popular = popular_streamer(closed, VISUAL, pair)
    assert popular not in (None, *pair)
    starts = (rows[pair[1]], np.zeros(rows.shape[1]), rows[popular])
    skip = closed.recommender.tower(VISUAL).skip.weight.detach().numpy()
    slope = float(step.ranking.weights[SOURCES.index(Source.VISUAL)]) * (
        closed.recommender.user_vector(step.preference, VISUAL).numpy() @ skip
    )
    prototypes = closed.vocabulary.prototypes[VISUAL].astype(float)
    by_label = {value.label: i for i, value in enumerate(closed.vocabulary.values)}
    for view, start in zip(seen, starts, strict=True):
        moved = rows[pair[0]] - start
        np.testing.assert_allclose(view.attribution.values, moved * slope, atol=1e-4)
        assert view.attribution.total == pytest.approx(float(moved @ slope), abs=1e-4)
        assert view.attribution.converged
        assert view.leading is not None
        direction = prototypes[by_label[view.leading.label]]
        by_hand = (direction @ moved) / (direction @ direction) * (direction @ slope)
        assert view.leading.points == pytest.approx(by_hand, rel=1e-3)
        assert abs(view.leading.points) == max(abs(concept.points) for concept in view.concepts)
        assert view.share == pytest.approx(by_hand / float(moved @ slope), rel=1e-3)
        np.testing.assert_allclose(view.opinions.integrated.sum(), view.attribution.total, atol=1e-3)
    assert agreement(seen[0], seen[0]) == pytest.approx(1.0)
    assert agreement(seen[0], seen[1]) < 1.0
    assert seen[1].attribution.reference == "the mean streamer"


def test_nobody_else_with_the_modality_leaves_two_references(make_closed: Callable[[str], Run]):
    run = make_closed("two-streamers")
    trace = trace_of(run, "u000")
    seen = from_references(run, trace.final, VISUAL, (0, 1))
    assert [view.choice for view in seen] == ["rival", "mean"]


def test_the_sentence_says_against_whom_another_part_leads(closed: Run):
    trace = trace_of(closed, "u000")
    rival, mean, popular = from_references(closed, trace.final, VISUAL, pair_of(trace))
    same = [_led_by(view, "stage") for view in (rival, mean, popular)]
    assert references_sentence(same, same[1]) == "“stage” leads whichever of these it is compared with."
    mixed = [same[0], same[1], _led_by(popular, "garden")]
    other = popular.attribution.reference
    said = references_sentence(mixed, mixed[0])
    assert said == (
        f"“stage” leads against {rival.attribution.reference}, not against {other}: name the reference with it."
    )
    assert "not against" in references_sentence(mixed, mixed[2])
    nothing = replace(rival, concepts=())
    assert nothing.leading is None
    assert nothing.share is None
    assert "nothing leads" in references_sentence([nothing, mean], nothing)
    assert "not against" in references_sentence([nothing, same[1]], same[1])


def _led_by(view: FromReference, label: str) -> FromReference:
    return replace(view, concepts=(Concept(VISUAL, label, 1.0, 0.5),))
