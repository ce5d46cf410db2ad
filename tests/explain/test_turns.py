"""How a margin changed between two steps: sources and changes add up, and the inside is the analytic answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from explain.__main__ import in_words, to_json
from explain.figures import turn_drawn
from explain.pipeline import explain
from explain.turns import moved_most, turn_between
from explain.types import Case
from mspa_model.config import RunConfig
from mspa_model.errors import MspaError
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, RankingTrace, Source
from tests.command import Command
from tests.explain.closed_form import closed_form_run, pair_of, trace_of
from tests.explain.test_swaps import step_from, trace_with

VISUAL = Modality.VISUAL
SAMPLE = Path(__file__).parents[2] / "sample_data" / "run"


def corrected(run: Run, kept: bool = True, emphasis: dict[Source, float] | None = None) -> RankingTrace:
    """A weight, a strength and the residual of the looks altered after step 0; or weights alone."""
    trace = trace_of(run, "u000")
    first = trace.steps[0]
    factors = emphasis or {Source.VISUAL: 3.0, Source.TEXT: 0.5}
    after = first.emphasis * torch.tensor([factors.get(source, 1.0) for source in SOURCES])
    preference = first.preference
    if emphasis is None:
        strength = replace(preference.statements[0], strength=0.1)
        noise = np.random.default_rng(0).normal(0, 3, preference.residual[VISUAL].shape).astype(np.float32)
        shifted = {**preference.residual, VISUAL: preference.residual[VISUAL] + noise}
        preference = replace(preference, statements=(strength, *preference.statements[1:]), residual=shifted)
    return trace_with(trace, step_from(run, first, preference, after, kept))


def steps_of(trace: RankingTrace):
    return trace.steps[0], trace.rejected or trace.steps[1]


@pytest.mark.parametrize("kept", [True, False])
def test_sources_and_changes_add_up_for_any_pair(closed: Run, kept: bool):
    trace = corrected(closed, kept)
    first, last = steps_of(trace)
    order = first.ranking.order.tolist()
    for pair in ((order[0], order[1]), (order[5], order[-1]), (order[-1], order[0])):
        turn = turn_between(closed, trace, 0, 1, pair)
        scores = [step.ranking.scores.double() for step in (first, last)]
        assert turn.margin_before == pytest.approx(float(scores[0][pair[0]] - scores[0][pair[1]]), abs=1e-5)
        assert turn.margin_after == pytest.approx(float(scores[1][pair[0]] - scores[1][pair[1]]), abs=1e-5)
        assert abs(turn.change) > 1e-3
        assert turn.off < 1e-5
        assert {part.kind for part in turn.parts} == {"source weight", "statement strength", "residual shift"}
        assert ("proposed, not kept" in turn.sentence) == (not kept)
        back = turn_between(closed, trace, 1, 0, pair)
        assert back.change == pytest.approx(-turn.change, abs=1e-9)
        assert turn_drawn(turn).table["change"].iloc[:-1].sum() == pytest.approx(turn.change, abs=1e-5)


def test_inside_a_linear_tower_the_difference_of_two_steps_is_known(closed: Run):
    trace = corrected(closed)
    first, last = steps_of(trace)
    pair = pair_of(trace)
    turn = turn_between(closed, trace, 0, 1, pair)
    assert turn.attribution is not None
    assert turn.attribution.modality is VISUAL
    i = SOURCES.index(Source.VISUAL)
    vectors = [
        float(step.ranking.weights[i]) * closed.recommender.user_vector(step.preference, VISUAL).numpy()
        for step in (first, last)
    ]
    skip = closed.recommender.tower(VISUAL).skip.weight.detach().numpy()
    rows = closed.features.arrays[VISUAL]
    by_hand = (rows[pair[0]] - rows[pair[1]]) * ((vectors[1] - vectors[0]) @ skip)
    np.testing.assert_allclose(turn.attribution.values, by_hand, atol=1e-4)
    assert turn.attribution.converged
    assert turn.attribution.total == pytest.approx(turn.sources[i].change, abs=1e-6)
    assert turn.attribution.reference == turn.rival
    assert turn.concepts
    assert f"“{turn.concepts[0].label}”" in turn.sentence


def test_a_curved_tower_converges_and_a_wrong_margin_is_marked(tiny_world: Path, small_config: RunConfig):
    run = closed_form_run(tiny_world, small_config, linear=False)
    trace = corrected(run)
    last = steps_of(trace)[1]
    turn = turn_between(run, trace, 0, 1, pair_of(trace))
    assert turn.attribution is not None
    assert turn.attribution.converged
    noise = torch.rand(last.ranking.fits.shape, generator=torch.manual_seed(0))
    wrong = replace(last, ranking=replace(last.ranking, fits=last.ranking.fits + noise))
    other = turn_between(run, trace_with(trace, wrong), 0, 1, pair_of(trace))
    assert other.attribution is not None
    assert not other.attribution.converged
    assert other.off > 1e-3  # the changes no longer tell what the ranking shows


def test_what_moved_no_modality_opens_none(closed: Run):
    trace = corrected(closed, emphasis={Source.COTIPS: 2.0})
    turn = turn_between(closed, trace, 0, 1, pair_of(trace))
    assert turn.attribution is None
    assert turn.concepts == ()
    assert moved_most(turn.sources) is None
    assert [part.subject for part in turn.parts] == ["cotips"]
    assert turn.off < 1e-5
    itself = turn_between(closed, trace, 0, 1, (3, 3))
    assert "level with" in itself.sentence
    same = turn_between(closed, trace, 0, 0, pair_of(trace))
    assert same.parts == ()
    assert "next to nothing changed" in same.sentence


def test_a_modality_that_one_of_the_two_lacks_stays_shut(make_closed: Callable[[str], Run]):
    run = make_closed("some-lack-audio")
    trace = corrected(run)
    lacking = replace(run, features=replace(run.features, present={**run.features.present, VISUAL: np.zeros(40, bool)}))
    assert turn_between(lacking, trace, 0, 1, pair_of(trace)).attribution is None
    assert turn_between(run, trace, 0, 1, pair_of(trace)).attribution is not None


def test_a_step_that_is_not_there_is_refused(closed: Run):
    with pytest.raises(MspaError, match="step 7"):
        turn_between(closed, corrected(closed), 7, 1, (0, 1))


def test_words_and_json_of_a_case_carry_the_turn(closed: Run):
    trace = corrected(closed)
    told = explain(closed, Case("u000", f"s{int(trace.final.ranking.order[0]):03}"), trace)
    turn = turn_between(closed, trace, 0, 1, (told.streamer_idx, told.rival_idx))
    words = in_words(told, turn)
    assert turn.sentence in words
    assert turn.parts[0].label in words
    assert "converged" in words.split(turn.sentence)[1]
    assert '"turn"' in to_json(told, turn)
    assert '"turn"' not in to_json(told)
    assert turn.sentence not in in_words(told)


def test_the_command_tells_the_turn_or_refuses_the_step(explain_command: Command):
    words = ("case", SAMPLE, "--user", "u0463", "--streamer", "s000", "--device", "cpu", "--json", "--against-step")
    done = explain_command(*words, 0)
    assert done.status == 0, done.err
    told = json.loads(done.out)
    turn = told["turn"]
    assert turn["off"] < 1e-5
    assert turn["margin_after"] == pytest.approx(told["margin"], abs=1e-5)
    assert (turn["step_before"], turn["step_after"]) == (0, told["case"]["step"])
    assert "a step of this trace" in explain_command(*words, 9).err
