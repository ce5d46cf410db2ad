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
from mspa_model.training.spoilt import STATES, false_statements


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
    assert whole["clean"] > whole["spoilt"], "the false statement costs nothing here"
    assert whole["corrected"] == pytest.approx(whole["clean"])
    assert whole["recovered"]["value"] == pytest.approx(1)
    assert whole["n_left"] == 0
    assert idle["corrected"] == idle["spoilt"]
    assert idle["recovered"]["value"] == 0
    assert idle["n_left"] == 1
    assert idle["kept_share"] == 0
    assert "gives 100\u00a0% of it back" in repair_words(whole)[0]


def test_nobody_to_measure_is_none(run: Run):
    strict = replace(run, config=replace(run.config, corrector=replace(run.config.corrector, min_witnesses=10_000)))
    assert false_statements(strict, progress=False) is None
    assert repair_words(None) == ()


def test_figures_are_of_users_who_can_be_corrected(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spoilt, "N_FALSE", 1)
    found = false_statements(run, progress=False)
    assert found is not None
    assert set(STATES) <= set(found)
    assert 0 < found["n_users"] <= len(measured_users(eval_pairs(run.dataset, "test")))
    assert found["cost"]["low"] <= found["cost"]["value"] <= found["cost"]["high"]
