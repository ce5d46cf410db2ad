"""What step 0 chooses beyond weights: which latent part co-tipping has, and how popular the yet untipped pass for."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.data.split import EvalPairs
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.scorer import POPULARITY, Scorer
from mspa_model.runs import load_run
from mspa_model.training.step0 import place_the_cold, weigh_with_latent
from mspa_model.training.weights import ValScores
from mspa_model.types import SOURCES, Source
from tests.training.test_likening import MIN_USERS, scorer_of, val_of

N_USERS = 30


@pytest.fixture
def scorer(tiny_run) -> Scorer:
    made = copy(load_run(tiny_run, None, "cpu").recommender.scorer)
    counts = torch.linspace(2.0, 4.0, len(made.popularity))
    counts[0] = 0.0
    made.popularity = counts - counts.mean()
    made.base_weights, made.spreads = torch.zeros(len(SOURCES)), torch.ones(len(SOURCES))
    made.base_weights[[0, POPULARITY]] = 1.0
    return made


def scores(scorer: Scorer, wants_cold: bool) -> ValScores:
    """Everyone's content fits streamer 0, whom nobody has tipped, by 2; they want it, or the most popular one."""
    n = len(scorer.popularity)
    fits, target = torch.zeros(N_USERS, len(SOURCES), n), np.zeros((N_USERS, n), np.float32)
    fits[:, 0, 0], fits[:, POPULARITY] = 2.0, scorer.popularity
    target[:, 0 if wants_cold else n - 1] = 1.0
    pairs = EvalPairs(sp.csr_matrix(target.shape, dtype=np.float32), sp.csr_matrix(target), 0)
    return ValScores(np.arange(N_USERS), fits, torch.zeros(N_USERS, n), pairs, "ndcg@10")


def test_where_val_asks_for_the_new_they_pass_for_more_popular(scorer):
    cold = np.arange(len(scorer.popularity)) == 0
    before = scorer.popularity[0]
    quantile = place_the_cold(scorer, scores(scorer, wants_cold=True), cold)
    assert quantile > 0
    assert scorer.popularity[0] > before
    assert float(scorer.popularity.mean()) == pytest.approx(0, abs=1e-5)


def test_where_val_does_not_they_stay_below_everyone(scorer):
    cold = np.arange(len(scorer.popularity)) == 0
    assert place_the_cold(scorer, scores(scorer, wants_cold=False), cold) == 0.0
    assert int(scorer.popularity.argmin()) == 0


def test_nobody_new_or_nobody_to_ask_changes_nothing(scorer):
    before = scorer.popularity.clone()
    assert place_the_cold(scorer, scores(scorer, wants_cold=True), np.zeros(len(before), bool)) == 0.0
    torch.testing.assert_close(scorer.popularity, before)


@pytest.mark.parametrize("by_share", [False, True])
def test_val_takes_the_latent_part_that_finds_its_tips(by_share: bool):
    scorer, (scores, places) = scorer_of(leads_to(3)), val_of(MIN_USERS, 20)
    good, bad = replace(leads_to(20), by_share=int(by_share)), replace(leads_to(5), by_share=int(not by_share))
    told = weigh_with_latent(scorer, [bad, good], scores, places)
    assert told == {"latent": 1.0, "latent_by_share": float(by_share)}
    assert scorer.cotips is good
    assert scorer.base_weights[SOURCES.index(Source.COTIPS)] > 0


def leads_to(streamer: int) -> LowRankCoTips:
    """Of 30 streamers, a tip to the first finds this one."""
    tipped, found = torch.zeros(30, 1), torch.zeros(30, 1)
    tipped[0], found[streamer] = 1.0, 1.0
    return LowRankCoTips(tipped, found)
