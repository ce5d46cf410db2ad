"""Parts add up to what they are parts of, on every world."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explain.contribution import (
    residual_margins,
    source_margins,
    statement_margins,
    statement_reach,
    tip_margins,
    tips_by_streamer,
    total_margin,
)
from mspa_model.config import RunConfig
from mspa_model.runs import Run
from mspa_model.types import SOURCES, History, Source
from tests.explain.closed_form import closed_form_run, pair_of, trace_of

WORLDS = ("checkerboard", "no-features", "no-audio", "some-lack-audio", "matrix", "hostile", "few-users")


@pytest.mark.parametrize("world", WORLDS)
def test_parts_add_up(make_closed: Callable[[str], Run], world: str) -> None:
    run = make_closed(world)
    trace = trace_of(run, "u001")
    step, pair = trace.final, pair_of(trace)
    ranking = step.ranking
    sources = source_margins(ranking, pair)
    scores = ranking.scores.double()
    assert total_margin(sources) == pytest.approx(float(scores[pair[0]] - scores[pair[1]]), abs=1e-5)
    tips = tip_margins(run, step, ranking, pair)
    assert len(tips) == len(set(step.preference.history.streamer_idx.tolist()))
    assert total_margin(tips) == pytest.approx(_margin(sources, Source.COTIPS), abs=1e-5)
    inside = (*statement_margins(run, step, ranking, pair), *residual_margins(run, step, ranking, pair))
    for modality in run.features.modalities:
        source = Source(modality.value)
        assert total_margin(inside, source) == pytest.approx(_margin(sources, source), abs=1e-5)


def test_tips_that_count_less_with_age_still_add_up(tiny_world: Path, small_config: RunConfig) -> None:
    run = closed_form_run(tiny_world, small_config)
    run.recommender.scorer.half_life = 3.0
    step = trace_of(run, "u000").final
    pair = int(step.ranking.order[0]), int(step.ranking.order[-1])
    tips = tip_margins(run, step, step.ranking, pair)
    assert total_margin(tips) == pytest.approx(_margin(source_margins(step.ranking, pair), Source.COTIPS), abs=1e-5)


def test_source_of_weight_zero_has_no_parts(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    step, pair = trace.final, pair_of(trace)
    inside = (
        *statement_margins(closed, step, step.ranking, pair),
        *residual_margins(closed, step, step.ranking, pair),
    )
    assert {part.source for part in inside} == {Source.VISUAL, Source.TEXT}
    assert _margin(source_margins(step.ranking, pair), Source.AUDIO) == 0.0


def test_user_without_tips_has_popularity_alone(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("user-without-tips")
    trace = trace_of(run, "u060")
    step, pair = trace.final, pair_of(trace)
    margins = {part.source: part.margin for part in source_margins(step.ranking, pair)}
    assert margins[Source.POPULARITY] > 0
    assert all(margins[s] == 0 for s in SOURCES if s is not Source.POPULARITY)
    assert tip_margins(run, step, step.ranking, pair) == ()


def test_tips_to_one_streamer_are_one_part() -> None:
    idx = np.array([4, 2, 4, 4])
    history = History("u", idx, np.ones(4), np.full(4, "NaT", "datetime64[us]"), np.arange(4))
    assert tips_by_streamer(history) == {4: "0,2,3", 2: "1"}


def test_reach_counts_the_places_that_statements_move(closed: Run) -> None:
    step = trace_of(closed, "u000").final
    reach = statement_reach(closed, step, step.ranking, k=10)
    scores = step.ranking.scores.numpy().astype(float).copy()
    for modality in ("visual", "text"):
        weight = float(step.ranking.weights[SOURCES.index(Source(modality))])
        scores -= weight * closed.recommender.statement_fits(step.preference, Source(modality).modality).sum(0).numpy()
    order = step.ranking.order.numpy()
    without = order[np.argsort(-scores[order], kind="stable")][:10]
    assert step.preference.statements
    assert reach == len(set(order[:10]) - set(without))
    assert statement_reach(closed, step, step.ranking, k=len(order)) == 0


def _margin(sources: tuple, source: Source) -> float:
    return next(part.margin for part in sources if part.source is source)
