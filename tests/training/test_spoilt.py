"""False statements on a run whose scores follow them: what they cost, and what a correction of known worth repairs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from mspa_model.data import eval_pairs, history_of
from mspa_model.runs import Run, load_run
from mspa_model.training import spoilt
from mspa_model.training.metrics import measured_users
from mspa_model.training.metrics_words import repair_words
from mspa_model.training.spoilt import RULES, STATES, false_statements


@pytest.fixture(scope="module")
def run(tiny_run) -> Run:
    return load_run(tiny_run, None, "cpu")


@pytest.fixture
def steered(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], Run]:
    """The run with modalities alone in its score, so that statements steer it, and a correction whose worth is known:
    it drops every like that no tip bears out, or nothing.
    """
    monkeypatch.setattr(spoilt, "N_FALSE", 1)
    monkeypatch.setattr(run.recommender.scorer, "base_weights", torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0]))
    rank = type(run.recommender).rank

    def repair(preference, allowed, scope):
        trace = rank(run.recommender, preference, allowed, scope)
        has = run.vocabulary.membership[preference.history.streamer_idx].any(axis=0)
        strengths = torch.zeros(len(has))
        for s in preference.statements:
            strengths[s.value_idx] = s.polarity * s.strength * (has[s.value_idx] or s.polarity < 0)
        fixed = run.composer.restate(preference, strengths, preference.residual)
        step = replace(trace.steps[0], preference=fixed, ranking=run.recommender.score(fixed, allowed))
        return replace(trace, steps=(trace.steps[0], step))

    def idle(preference, allowed, scope):
        trace = rank(run.recommender, preference, allowed, scope)
        return replace(trace, steps=trace.steps[:1])

    def make(repairs: bool) -> Run:
        monkeypatch.setattr(run.recommender, "rank", repair if repairs else idle)
        return run

    return make


def test_false_values_are_of_no_tip_and_not_stated(run: Run):
    preference = run.composer.compose(history_of(run.dataset, 0, "train"))
    false = spoilt.false_values(run.recommender, preference, np.random.default_rng(0))
    has = run.vocabulary.membership[preference.history.streamer_idx].any(axis=0)
    assert not has[false].any()
    assert not {s.value_idx for s in preference.statements} & set(false.tolist())


def test_a_perfect_repair_recovers_all_and_an_idle_one_nothing(steered: Callable[[bool], Run]):
    whole, idle = (false_statements(steered(repairs), progress=False) for repairs in (True, False))
    assert whole["clean_corrected"] > whole["spoilt"], "the false statement costs nothing here"
    assert whole["corrected"] == pytest.approx(whole["clean_corrected"])
    assert whole["recovered"]["value"] == pytest.approx(1)
    assert whole["n_left"] == 0
    assert idle["corrected"] == idle["spoilt"]
    assert idle["recovered"]["value"] == 0
    assert idle["n_left"] == 1
    assert idle["kept_share"] == 0
    assert "gives 100\u00a0% of it back" in repair_words(whole)[0]
    less = whole["corrected_minus_ignored"]
    assert less["value"] == pytest.approx(whole["corrected"] - whole["ignored"])


def test_recovery_is_held_against_the_sound_preference_corrected():
    """What correction brings the sound preference too is no repair: of .2 lost, .1 comes back."""
    rows = [spoilt.Repaired((0.5, 0.6, 0.4, 0.5, 0.5), 1, True)] * 20
    found = spoilt._summary(rows, 0)
    assert found is not None
    assert found["recovered"]["value"] == pytest.approx(0.5)
    assert found["recovered_by_ignoring"]["value"] == pytest.approx(0.5)
    assert found["cost"]["value"] == pytest.approx(1 / 3)
    assert found["corrected_minus_ignored"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert spoilt._summary([], 0) is None


def test_values_of_similar_users_are_plausible_and_false(run: Run):
    preferences = [run.composer.compose(history_of(run.dataset, user, "train")) for user in range(20)]
    alike = spoilt._likeness(run, list(range(20)))
    assert np.diag(alike).tolist() == [0.0] * 20
    found = [spoilt.values_of_similar(run.vocabulary, preferences, i, alike[i]) for i in range(20)]
    for preference, values in zip(preferences, found, strict=True):
        has = run.vocabulary.membership[preference.history.streamer_idx].any(axis=0)
        assert not has[values].any()
        assert not {s.value_idx for s in preference.statements} & set(values.tolist())
    liked = {s.value_idx for p in preferences for s in p.statements if s.polarity > 0}
    assert set(np.concatenate(found).tolist()) <= liked
    nobody = spoilt.values_of_similar(run.vocabulary, preferences, 0, np.zeros(20))
    assert not len(nobody)


def test_a_swapped_modality_is_somebody_elses_and_the_rest_stays(run: Run):
    preferences = [run.composer.compose(history_of(run.dataset, user, "train")) for user in (0, 1)]
    swapped = spoilt.with_swapped_modality(run, preferences, 0, np.random.default_rng(0))
    assert swapped is not None
    (modality,) = [
        m for m in run.features.modalities if not np.array_equal(swapped.residual[m], preferences[0].residual[m])
    ]
    np.testing.assert_allclose(swapped.residual[modality], preferences[1].residual[modality], atol=1e-6)

    def said(preference, inside: bool) -> set:
        values = run.vocabulary.values
        return {s.value_idx for s in preference.statements if (values[s.value_idx].modality is modality) == inside}

    assert said(swapped, True) == said(preferences[1], True)
    assert said(swapped, False) == said(preferences[0], False)
    assert spoilt.with_swapped_modality(run, preferences[:1], 0, np.random.default_rng(0)) is None


def test_nobody_to_measure_is_none(run: Run):
    strict = replace(run, config=replace(run.config, corrector=replace(run.config.corrector, min_witnesses=10_000)))
    assert false_statements(strict, progress=False) is None
    assert repair_words(None) == ()


def test_figures_are_of_users_who_can_be_corrected(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spoilt, "N_FALSE", 1)
    found = false_statements(run, progress=False)
    assert found is not None
    assert set(STATES) <= set(found)
    assert set(found["rules"]) == set(RULES[1:])
    assert all(each is None or set(STATES) <= set(each) for each in found["rules"].values())
    assert 0 < found["n_users"] <= len(measured_users(eval_pairs(run.dataset, "test")))
    assert found["cost"]["low"] <= found["cost"]["value"] <= found["cost"]["high"]
