"""Which modality a case names, beside the planted one, on a run whose weights are known: looks 1, texts .5, sound 0."""

from dataclasses import replace

import numpy as np
import pytest

from explain.audit import judged
from explain.audit.draw import AuditCase
from explain.audit.judged import name_modality
from explain.audit.truth import FEWEST_TIPS, Planted
from explain.types import Case
from mspa_model.runs import Run
from mspa_model.types import Modality
from tests.explain.closed_form import trace_of


@pytest.fixture
def each(closed: Run) -> AuditCase:
    """The user of the most tips."""
    user_idx = int(closed.dataset.tips["user_idx"].value_counts().index[0])
    user_id = str(closed.dataset.users["user_id"].iloc[user_idx])
    trace = trace_of(closed, user_id)
    assert len(trace.final.preference.history) >= FEWEST_TIPS
    streamer_idx = int(trace.final.ranking.order[0])
    streamer_id = str(closed.dataset.streamers["streamer_id"].iloc[streamer_idx])
    return AuditCase(Case(user_id, streamer_id), trace, user_idx, streamer_idx, None)


def planted(run: Run, each: AuditCase, *weights: float) -> Planted:
    """Weights of looks, sound and texts; no taste, so that an oracle has nothing but its prior to go by."""
    n_users, n_streamers = run.dataset.n_users, run.dataset.n_streamers
    own = np.zeros((n_users, 3))
    own[each.user_idx] = weights
    nothing = np.zeros((n_users, 3, n_streamers))
    return Planted(own, nothing, nothing, np.zeros(n_streamers), np.full(n_users, np.nan))


@pytest.mark.parametrize(
    ("weights", "right", "pairs"),
    [((0.6, 0.1, 0.3), True, 1.0), ((0.3, 0.1, 0.6), False, 2 / 3), ((0.1, 0.6, 0.3), False, 0.0)],
)
def test_it_is_right_where_the_widest_part_is_the_planted_one(
    closed: Run, each: AuditCase, weights: tuple[float, ...], right: bool, pairs: float
) -> None:
    found = name_modality(closed, planted(closed, each, *weights), each)
    assert found is not None
    assert (found.right, found.pairs) == (right, pytest.approx(pairs))


def test_it_is_faithful_where_muting_that_modality_moves_most(
    closed: Run, each: AuditCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = planted(closed, each, 0.6, 0.1, 0.3)
    for moves, faithful in (({Modality.VISUAL: 9.0}, True), ({Modality.TEXT: 9.0}, False)):
        monkeypatch.setattr(judged, "muting_moves", lambda run, each, m, moves=moves: moves.get(m, 1.0))
        found = name_modality(closed, truth, each)
        assert found is not None
        assert found.faithful is faithful


def test_muting_what_weighs_nothing_moves_nobody(closed: Run, each: AuditCase) -> None:
    assert judged.muting_moves(closed, each, Modality.AUDIO) == 0
    assert judged.muting_moves(closed, each, Modality.VISUAL) > 0


def test_few_tips_and_no_modality_name_nothing(closed: Run, each: AuditCase) -> None:
    truth, step = planted(closed, each, 0.6, 0.1, 0.3), each.trace.final
    history, n = step.preference.history, FEWEST_TIPS - 1
    columns = {name: getattr(history, name)[:n] for name in ("streamer_idx", "amount", "tipped_at", "tip_row")}
    short = replace(step.preference, history=replace(history, **columns))
    few = replace(each, trace=replace(each.trace, steps=(replace(step, preference=short),)))
    assert name_modality(closed, truth, few) is None
    silent = replace(step.ranking, fits=step.ranking.fits * 0)
    none = replace(each, trace=replace(each.trace, steps=(replace(step, ranking=silent),)))
    assert name_modality(closed, truth, none) is None
