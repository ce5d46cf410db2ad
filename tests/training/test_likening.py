"""The cold are found by what they are like: hand-solved regressions, exact tips, and val that chooses."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.data.split import EvalPairs
from mspa_model.ranking.cotipping import BlendedCoTips, DenseCoTips
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.recency import NO_DECAY
from mspa_model.ranking.scorer import Scorer
from mspa_model.training.likening import AS_LEARNT, MIN_USERS, UNASKED, liken, liken_the_cold
from mspa_model.training.weights import ValScores
from mspa_model.types import SOURCES, Source
from tests.ranking.parts import random_recommender
from tests.ranking.test_batch import empty_set

COLD = np.array([False, False, False, True])
# Streamer 3 is what streamers 0 and 1 are; 2 is something else.
CONTENT = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])


def dense(n: int, seed: int = 0) -> DenseCoTips:
    half = np.random.default_rng(seed).normal(size=(n, n))
    return DenseCoTips(torch.from_numpy((half @ half.T / n + np.eye(n)).astype(np.float32)), 0.5)


def low_rank(n: int, seed: int = 1) -> LowRankCoTips:
    rng = np.random.default_rng(seed)
    return LowRankCoTips(*(torch.from_numpy(rng.normal(size=(n, 3)).astype(np.float32)) for _ in range(2)))


def test_without_a_ridge_a_copy_is_found_as_the_mean_of_what_it_copies():
    model = low_rank(4)
    likened = liken(model, CONTENT, COLD, 1e-9)
    assert isinstance(likened, LowRankCoTips)
    torch.testing.assert_close(likened.found[3], model.found[:2].mean(0), atol=1e-5, rtol=0)
    torch.testing.assert_close(likened.found[:3], model.found[:3])
    torch.testing.assert_close(likened.tipped, model.tipped)


def test_under_an_endless_ridge_a_cold_streamer_is_the_mean_of_all_known():
    model = low_rank(4)
    likened = liken(model, CONTENT, COLD, 1e12)
    torch.testing.assert_close(likened.found[3], model.found[:3].mean(0), atol=1e-5, rtol=0)


@pytest.mark.parametrize("latent", [None, low_rank(4)])
def test_a_dense_model_is_likened_tip_by_tip(latent: LowRankCoTips | None):
    linear = dense(4)
    model = linear if latent is None else BlendedCoTips(linear, latent)
    likened = liken(model, CONTENT, COLD, 1e-9)
    everyone = torch.arange(4)
    before, after = model.rows(everyone), likened.rows(everyone)
    torch.testing.assert_close(after[:, :3], before[:, :3], atol=1e-4, rtol=0)
    # A row's own entry is no part of a fit: it is 0 in what the dense part adds, and so in the mean.
    adds = linear.rows(everyone)[:, :2].mean(1)
    if latent is not None:
        adds = adds + latent.tipped @ latent.found[:2].mean(0)
    torch.testing.assert_close(after[:3, 3], adds[:3], atol=1e-4, rtol=0)
    tips = torch.tensor([[1.0, 0.0, 0.5, 0.0]])
    torch.testing.assert_close(likened.fit(tips), tips @ after, atol=1e-4, rtol=0)


def test_a_tip_to_a_cold_streamer_still_finds_others():
    linear = dense(4)
    likened = liken(linear, CONTENT, COLD, 1.0)
    only = torch.tensor([3])
    torch.testing.assert_close(likened.rows(only)[:, :3], linear.rows(only)[:, :3], atol=1e-5, rtol=0)


def test_a_user_is_still_taken_out_of_what_judges_them():
    linear = dense(6)
    cold = np.arange(6) == 5
    likened = liken(linear, np.eye(6), cold, 1.0)
    idx, user = torch.tensor([0, 2]), torch.tensor([0, 2, 3])
    without = [m.factors(torch.eye(2)) @ m.told(idx, user).written for m in (likened, linear)]
    torch.testing.assert_close(without[0][:, :5], without[1][:, :5], atol=1e-4, rtol=0)


def val_of(n_users: int, wanted: int) -> tuple[ValScores, sp.csr_matrix]:
    """Users who tipped streamer 0 and tip `wanted`, one of the cold, on val; nothing but co-tipping counts."""
    tipped = sp.csr_matrix((np.ones(n_users, np.float32), (np.arange(n_users), np.zeros(n_users, int))), (n_users, 30))
    target = sp.csr_matrix((np.ones(n_users), (np.arange(n_users), np.full(n_users, wanted))), (n_users, 30))
    fits = torch.zeros(n_users, len(SOURCES), 30)
    pairs = EvalPairs(tipped, target, 0)
    return ValScores(np.arange(n_users), fits, torch.zeros(n_users, 30), pairs, "ndcg@10"), tipped


def scorer_of(cotips: LowRankCoTips) -> Scorer:
    """One in which co-tipping alone counts."""
    scorer = random_recommender(empty_set(len(cotips.found)), "low rank").scorer
    scorer.cotips, scorer.half_life = cotips, NO_DECAY
    scorer.base_weights = torch.tensor([float(source is Source.COTIPS) for source in SOURCES])
    return scorer


@pytest.fixture
def like_the_first() -> tuple[LowRankCoTips, np.ndarray, np.ndarray]:
    """What is tipped with streamer 0 finds streamers 0 to 4, and of the cold (20 to 29) streamer 29 is like them; as
    learnt, the model finds streamer 20.
    """
    tipped, found = torch.zeros(30, 1), torch.zeros(30, 1)
    tipped[0], found[:5], found[20] = 1.0, 1.0, 2.0
    content = np.zeros((30, 2))
    content[:5, 0], content[5:29, 1], content[29, 0] = 1.0, 1.0, 1.0
    return LowRankCoTips(tipped, found), content, np.arange(30) >= 20


def test_val_chooses_to_liken_where_that_finds_the_cold(like_the_first):
    model, content, cold = like_the_first
    scorer, (scores, places) = scorer_of(model), val_of(MIN_USERS, 29)
    assert liken_the_cold(scorer, scores, places, content, cold) != AS_LEARNT
    assert float(scorer.cotips.found[29]) > float(scorer.cotips.found[20])


def test_val_keeps_what_was_learnt_where_that_is_better(like_the_first):
    model, content, cold = like_the_first
    scorer, (scores, places) = scorer_of(model), val_of(MIN_USERS, 20)
    assert liken_the_cold(scorer, scores, places, content, cold) == AS_LEARNT
    assert scorer.cotips is model


def test_with_too_few_to_choose_by_a_modality_that_pays_is_left_alone(like_the_first):
    model, content, cold = like_the_first
    scorer, (scores, places) = scorer_of(model), val_of(MIN_USERS - 1, 29)
    scorer.base_weights[SOURCES.index(Source.VISUAL)] = 0.1
    assert liken_the_cold(scorer, scores, places, content, cold) == AS_LEARNT
    assert scorer.cotips is model


def test_where_no_modality_pays_the_cold_are_likened_unasked(like_the_first):
    """Else nothing would tell them apart."""
    model, content, cold = like_the_first
    scorer, (scores, places) = scorer_of(model), val_of(MIN_USERS - 1, 29)
    assert liken_the_cold(scorer, scores, places, content, cold) == UNASKED
    assert float(scorer.cotips.found[29]) > float(scorer.cotips.found[20])
    for nobody in (np.zeros(30, bool), np.ones(30, bool)):
        assert liken_the_cold(scorer_of(model), scores, places, content, nobody) == AS_LEARNT
