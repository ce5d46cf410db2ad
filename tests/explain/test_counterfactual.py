"""Scenarios: no edit changes nothing to the bit; each edit does what it says; unknown keys are refused by name."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from explain.counterfactual import apply_scenario, edit_preference, headroom, suggest
from explain.types import Edit, Scenario
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, RankingTrace, Source
from tests.explain.closed_form import trace_of


@pytest.fixture(scope="module")
def trace(closed: Run) -> RankingTrace:
    return trace_of(closed, "u000")


@pytest.mark.parametrize("world", ["checkerboard", "matrix", "no-features", "few-users"])
def test_no_edit_changes_nothing(make_closed: Callable[[str], Run], world: str) -> None:
    run = make_closed(world)
    trace = trace_of(run, "u002")
    result = apply_scenario(run, trace, Scenario())
    assert torch.equal(result.before.scores, result.after.scores)
    assert torch.equal(result.before.order, result.after.order)
    assert torch.equal(result.before.order, trace.final.ranking.order)
    torch.testing.assert_close(result.before.scores, trace.final.ranking.scores)
    assert (result.moves, result.top_k_changed) == ((), 0)


def test_muted_modality_adds_nothing(closed: Run, trace: RankingTrace) -> None:
    result = apply_scenario(closed, trace, Scenario((Edit("mute modality", "visual"),)))
    assert not result.after.contributions[SOURCES.index(Source.VISUAL)].any()
    kept = SOURCES.index(Source.COTIPS)
    assert torch.equal(result.after.contributions[kept], result.before.contributions[kept])


def test_dropping_a_tip_equals_composing_without_it(closed: Run, trace: RankingTrace) -> None:
    preference = trace.final.preference
    edited = edit_preference(closed, preference, (Edit("drop tip", "2"), Edit("drop tip", "0,4")))
    mask = np.ones(len(preference.history), dtype=bool)
    mask[[0, 2, 4]] = False
    assert edited.history.streamer_idx.tolist() == preference.history.streamer_idx[mask].tolist()
    fresh = closed.composer.compose(preference.history.keep(mask))
    assert {(s.value_idx, s.polarity) for s in edited.statements} == {
        (s.value_idx, s.polarity) for s in fresh.statements
    }


def test_added_tip_leaves_the_candidates_when_new(closed: Run, trace: RankingTrace) -> None:
    first = int(trace.final.ranking.order[0])
    added = Edit("add tip", closed.dataset.streamers["streamer_id"].iloc[first])
    result = apply_scenario(closed, trace, Scenario((added,)))
    assert result.after.rank_of(first) is None
    assert len(result.after.order) == len(result.before.order) - 1
    assert first in [move.streamer_idx for move in result.moves]


def test_dropping_all_tips_leaves_popularity(closed: Run, trace: RankingTrace) -> None:
    everything = ",".join(str(i) for i in range(len(trace.final.preference.history)))
    result = apply_scenario(closed, trace, Scenario((Edit("drop tip", everything),)))
    assert not result.after.contributions[: SOURCES.index(Source.POPULARITY)].any()


def test_statement_edits(closed: Run, trace: RankingTrace) -> None:
    preference = trace.final.preference
    stated = preference.statements[0]
    key = f"{stated.aspect}: {stated.value}"
    changed = edit_preference(closed, preference, (Edit("set statement", key, 0.1, -1),))
    now = next(s for s in changed.statements if s.value_idx == stated.value_idx)
    assert (now.strength, now.polarity) == (0.1, -1)
    assert changed.residual is preference.residual
    deleted = edit_preference(closed, preference, (Edit("delete statement", key),))
    assert stated.value_idx not in {s.value_idx for s in deleted.statements}
    assert len(deleted.statements) == len(preference.statements) - 1
    assert deleted.text != preference.text
    back = edit_preference(closed, deleted, (Edit("set statement", key, 0.5),))
    assert stated.value_idx in {s.value_idx for s in back.statements}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Edit("drop tip", "99"), "positions from 0 to 9"),
        (Edit("drop tip", "-1"), "positions from 0 to 9"),
        (Edit("add tip", "s0000"), "s000"),
        (Edit("mute modality", "smell"), "visual, audio, text"),
        (Edit("set statement", "category: Comed"), "category: Comedy"),
        (Edit("set statement", "category: Comedy", 2.0), "0 to 1"),
        (Edit("delete statement", "language: fr"), "category: Comedy"),
    ],
)
def test_unknown_keys_are_refused_with_what_is_known(closed: Run, trace: RankingTrace, edit: Edit, said: str) -> None:
    with pytest.raises(MspaError, match=said):
        apply_scenario(closed, trace, Scenario((edit,)))


def test_suggestions_do_what_they_say(closed: Run, trace: RankingTrace) -> None:
    target = int(trace.final.ranking.order[3])
    streamer_id = str(closed.dataset.streamers["streamer_id"].iloc[target])
    for direction, sign in (("up", 1), ("down", -1)):
        found = suggest(closed, trace, streamer_id, direction)
        assert found
        for suggestion in found:
            again = apply_scenario(closed, trace, Scenario((suggestion.edit,))).after
            assert again.rank_of(target) == suggestion.rank_after
            assert sign * (suggestion.rank_before - suggestion.rank_after) >= 0
    with pytest.raises(UnknownIdError):
        suggest(closed, trace, "nobody")


def test_headroom_is_the_gap_to_place_k(closed: Run, trace: RankingTrace) -> None:
    order, scores = trace.final.ranking.order, trace.final.ranking.scores
    ids = closed.dataset.streamers["streamer_id"]
    room = headroom(closed, trace.final.ranking, ids.iloc[int(order[12])], k=10)
    assert room.gap == pytest.approx(float(scores[order[12]] - scores[order[9]]))
    assert room.rank == 13
    assert "holds place 10 itself" in headroom(closed, trace.final.ranking, ids.iloc[int(order[9])], k=10).sentence


def test_mute_of_unused_modality_changes_nothing(closed: Run, trace: RankingTrace) -> None:
    assert trace.final.ranking.weights[SOURCES.index(Source.AUDIO)] == 0
    result = apply_scenario(closed, trace, Scenario((Edit("mute modality", Modality.AUDIO.value),)))
    assert torch.equal(result.before.scores, result.after.scores)
