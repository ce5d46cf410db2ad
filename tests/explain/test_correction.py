"""Differences between steps: exact by source, also for the proposal."""

from dataclasses import replace

import pytest
import torch

from explain.correction import rank_moves, step_difference, step_of
from mspa_model.errors import MspaError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Change, RankingTrace, Source


@pytest.fixture(scope="module")
def trace(closed: Run) -> RankingTrace:
    """One kept step that mutes co-tipping, and a proposal that mutes nothing."""
    first = rank_user(closed, "u000").steps[0]
    emphasis = torch.ones(len(SOURCES))
    emphasis[SOURCES.index(Source.COTIPS)] = 0.0
    candidates = torch.zeros(closed.dataset.n_streamers, dtype=torch.bool)
    candidates[first.ranking.order] = True
    after = closed.recommender.score(first.preference, candidates.numpy(), emphasis)
    change = Change("source weight", "cotips", 1.0, 0.0, "co-tipping is left out")
    kept = replace(first, index=1, emphasis=emphasis, ranking=after, changes=(change,))
    proposed = replace(first, index=2, kept=False, changes=(change, change))
    whole = rank_user(closed, "u000")
    return replace(whole, steps=(first, kept), rejected=proposed)


def test_moves_are_exact_by_source(closed: Run, trace: RankingTrace) -> None:
    difference = step_difference(closed, trace, 0, 1)
    before, after = trace.steps[0].ranking, trace.steps[1].ranking
    assert difference.moves
    for move in difference.moves:
        changed = float(after.scores[move.streamer_idx] - before.scores[move.streamer_idx])
        assert move.score_change == pytest.approx(changed, abs=1e-5)
        assert sum(change for _, change in move.by_source) == pytest.approx(move.score_change, abs=1e-9)
        assert [s for s, change in move.by_source if change] == [Source.COTIPS]
    sizes = [abs(m.rank_before - m.rank_after) for m in difference.moves]
    assert sizes == sorted(sizes, reverse=True)
    assert difference.sentence.startswith("Step 1 makes 1 change.")


def test_proposal_is_told_apart(closed: Run, trace: RankingTrace) -> None:
    difference = step_difference(closed, trace, 1, 2)
    assert len(difference.changes) == 2
    assert "proposed and not kept" in difference.sentence
    assert len(step_difference(closed, trace, 0, 2).changes) == 3


def test_same_step_moves_nothing(closed: Run, trace: RankingTrace) -> None:
    assert rank_moves(closed, trace.final.ranking, trace.final.ranking) == ()
    assert step_difference(closed, trace, 1, 1).changes == ()


def test_unknown_step_names_the_known(trace: RankingTrace) -> None:
    assert step_of(trace, None).index == 1
    assert step_of(trace, 2) is trace.rejected
    with pytest.raises(MspaError, match="0, 1, 2"):
        step_of(trace, 3)
