"""The contract of every recommender: additive, deterministic, honest about what it kept."""

import dataclasses

import numpy as np
import pytest
import torch

from mspa_model.pipeline import candidates_for, compose_user, history_for, history_of_tips, rank_tips, rank_user
from mspa_model.runs import Run, load_run
from mspa_model.types import SOURCES, Source, Step


@pytest.fixture(scope="module", params=["checkerboard", "no-features", "one-tip-users", "matrix"])
def run(request, make_run) -> Run:
    return load_run(make_run(request.param), device="cpu")


def users_of(run: Run) -> list[str]:
    ids = run.dataset.users["user_id"].tolist()
    return [*ids[:3], ids[-1]]


def test_sources_add_up_and_centre(run):
    for user in users_of(run):
        for step in rank_user(run, user).steps:
            ranking = step.ranking
            torch.testing.assert_close(ranking.contributions.sum(0), ranking.scores, atol=1e-5, rtol=0)
            assert float(ranking.fits.mean(1).abs().max()) < 1e-4


def test_parts_of_every_source_add_up_to_it(run):
    for user in users_of(run):
        preference = compose_user(run, user)
        everyone = np.ones(run.dataset.n_streamers, dtype=bool)
        fits = run.recommender.score(preference, everyone).fits
        cotips = run.recommender.tip_fits(preference).sum(0)
        torch.testing.assert_close(cotips, fits[SOURCES.index(Source.COTIPS)], atol=1e-4, rtol=1e-4)
        for m in run.features.modalities:
            stated = run.recommender.statement_fits(preference, m).sum(0)
            whole = stated + run.recommender.residual_fit(preference, m)
            torch.testing.assert_close(whole, fits[SOURCES.index(Source(m.value))], atol=1e-4, rtol=1e-4)
            vector = run.recommender.user_vector(preference, m)
            by_tower = run.recommender.tower(m)(torch.from_numpy(run.features.arrays[m])) @ vector
            missing = torch.from_numpy(~run.features.present[m])
            torch.testing.assert_close(by_tower.masked_fill(missing, 0.0), whole, atol=1e-3, rtol=1e-3)


def test_the_same_user_gets_the_same_trace(run):
    user = run.dataset.users["user_id"].iloc[0]
    first, second = rank_user(run, user), rank_user(run, user)
    assert [s.ranking.order.tolist() for s in first.steps] == [s.ranking.order.tolist() for s in second.steps]
    assert first.stop == second.stop


def test_tipped_streamers_are_left_out_or_kept_as_asked(run):
    user = run.dataset.users["user_id"].iloc[0]
    tipped = set(history_for(run, user, "all").streamer_idx.tolist())
    assert not tipped & set(rank_user(run, user, "all", "new").final.ranking.order.tolist())
    assert len(rank_user(run, user, "all", "all").final.ranking.order) == run.dataset.n_streamers


def test_few_witnesses_are_never_corrected_and_kept_steps_beat_their_uncertainty(run):
    for user in users_of(run):
        trace = rank_user(run, user)
        n = len(np.unique(history_for(run, user).streamer_idx))
        if n < run.config.corrector.min_witnesses:
            assert len(trace.steps) == 1
            assert trace.rejected is None
            assert trace.stop in ("too few witnesses", "no tips")
        for step in trace.steps[1:]:
            assert step.witness_gain > needed(run, step)
            assert step.changes
        if trace.rejected is not None:
            assert trace.stop == "no gain"
            assert trace.rejected.witness_gain <= needed(run, trace.rejected)


def needed(run: Run, step: Step) -> float:
    config = run.config.corrector
    return (config.fade_caution if step.fades else config.caution) * step.witness_uncertainty


def test_a_new_user_is_a_list_of_tips(run):
    streamer = run.dataset.streamers["streamer_id"].iloc[2]
    history = history_of_tips(run, [(streamer, 5.0)])
    trace = rank_tips(run, history)
    assert 2 not in trace.final.ranking.order.tolist()
    assert len(trace.final.ranking.order) == run.dataset.n_streamers - 1


def test_a_muted_source_adds_nothing(run):
    preference = compose_user(run, run.dataset.users["user_id"].iloc[0])
    emphasis = torch.ones(len(SOURCES))
    emphasis[SOURCES.index(Source.COTIPS)] = 0.0
    allowed = candidates_for(run, preference.history)
    muted = run.recommender.score(preference, allowed, emphasis)
    assert float(muted.contributions[SOURCES.index(Source.COTIPS)].abs().max()) == 0.0


def test_an_edited_statement_stands_on_every_held_out_history(run):
    """A false statement must not vanish when a witness is held out, or the critic could not see what it does."""
    user = run.dataset.users["user_id"].iloc[0]
    preference = compose_user(run, user)
    if not run.vocabulary.values or not run.features.modalities:
        assert preference.statements == () or run.features.modalities == ()
        return
    strengths = torch.zeros(len(run.vocabulary.values))
    strengths[-1] = 1.0
    edited = run.composer.restate(preference, strengths, preference.residual)
    assert [s.value_idx for s in edited.statements] == [len(run.vocabulary.values) - 1]
    trace = run.recommender.rank(edited, candidates_for(run, edited.history))
    assert dataclasses.replace(trace.steps[0].preference, text="") == dataclasses.replace(edited, text="")


def test_a_user_without_tips_is_ranked_by_popularity(run):
    """Nothing is known of them, so the streamers most tipped come first, and the source says so."""
    trace = rank_tips(run, history_of_tips(run, []))
    parts = trace.final.ranking.contributions[:, trace.final.ranking.order]
    popularity = run.recommender.scorer.popularity[trace.final.ranking.order]
    assert torch.equal(popularity.argsort(descending=True, stable=True), torch.arange(len(popularity)))
    assert float(parts[SOURCES.index(Source.POPULARITY)].std()) > 0
    assert trace.stop == "no tips"


def test_every_step_that_was_judged_says_where_the_held_out_stood_before_and_after_it(run):
    for user in users_of(run):
        trace = rank_user(run, user)
        assert trace.steps[0].held_out is None
        for step in (*trace.steps[1:], *([trace.rejected] if trace.rejected else [])):
            n = len(step.held_out.streamer_idx)
            assert n == len(step.held_out.before) == len(step.held_out.after) > 0
            if step.critique is not None:
                assert step.held_out.before == step.critique.witness_rank
                assert step.held_out.streamer_idx == step.critique.witness_idx
