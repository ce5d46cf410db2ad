"""Labelled values along which a modality's margin runs."""

import numpy as np
import pytest

from explain.attribution import attribute
from explain.concepts import MIN_LIKENESS, concepts_of
from mspa_model.runs import Run
from mspa_model.types import Modality
from tests.explain.closed_form import pair_of, trace_of


def test_points_of_a_linear_tower_by_hand(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    step, (streamer, rival) = trace.final, pair_of(trace)
    attribution = attribute(closed, step, step.ranking, Modality.VISUAL, streamer, rival)
    found = concepts_of(closed, attribution, streamer, rival)
    rows = closed.features.arrays[Modality.VISUAL].astype(float)
    moved = rows[streamer] - rows[rival]
    slope = attribution.values / moved  # exact: the tower is linear
    by_label = {v.label: i for i, v in enumerate(closed.vocabulary.values)}
    assert found
    for concept in found:
        direction = closed.vocabulary.prototypes[Modality.VISUAL][by_label[concept.label]].astype(float)
        along = direction @ moved
        assert concept.points == pytest.approx(along / (direction @ direction) * (direction @ slope), rel=1e-6)
        cosine = along / np.linalg.norm(direction) / np.linalg.norm(moved)
        assert concept.likeness == pytest.approx(cosine, rel=1e-6)
        assert abs(concept.likeness) >= MIN_LIKENESS
        assert closed.vocabulary.values[by_label[concept.label]].modality in (None, Modality.VISUAL)
    sizes = [abs(c.points) for c in found]
    assert sizes == sorted(sizes, reverse=True)
    assert len(concepts_of(closed, attribution, streamer, rival, k=2)) == min(2, len(found))


def test_no_difference_carries_no_concept(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    step, (streamer, _) = trace.final, pair_of(trace)
    attribution = attribute(closed, step, step.ranking, Modality.VISUAL, streamer, streamer)
    assert concepts_of(closed, attribution, streamer, streamer) == ()
