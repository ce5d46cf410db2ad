"""Weights of sources whose worth is known: one that finds the targets, one of noise, one that the set lacks."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.data import EvalPairs
from mspa_model.training import weights as weights_module
from mspa_model.training.metrics import measured_users
from mspa_model.training.weights import (
    ValScores,
    choose_weights,
    fold_weights,
    groups_of,
    logit_weights,
    pairs_of,
    single_source_metrics,
    val_users,
)
from mspa_model.types import SOURCES, Source

VISUAL, AUDIO, TEXT, COTIPS, POPULARITY = range(len(SOURCES))
N_USERS, N_STREAMERS = 60, 30


@pytest.fixture
def scores() -> ValScores:
    """Visual and text each see half of what makes a target; co-tipping is noise; the set has no audio."""
    rng = np.random.default_rng(3)
    hidden = rng.normal(size=(2, N_USERS, N_STREAMERS)).astype(np.float32)
    target = np.zeros((N_USERS, N_STREAMERS), np.float32)
    target[np.arange(N_USERS), hidden.sum(0).argmax(1)] = 1.0
    fits = np.zeros((N_USERS, len(SOURCES), N_STREAMERS), np.float32)
    fits[:, VISUAL], fits[:, TEXT] = hidden
    fits[:, COTIPS] = rng.normal(size=(N_USERS, N_STREAMERS))
    fits[:, POPULARITY] = rng.normal(size=N_STREAMERS)
    empty = sp.csr_matrix(target.shape, dtype=np.float32)
    pairs = EvalPairs(empty, sp.csr_matrix(target), 0)
    return ValScores(np.arange(N_USERS), torch.from_numpy(fits), torch.zeros(target.shape), pairs, "ndcg@10")


def test_both_halves_are_weighted_alike_and_find_every_target(scores):
    weights = choose_weights(scores)
    assert weights[VISUAL].item() == pytest.approx(weights[TEXT].item(), rel=0.5)
    assert scores.measure(weights) > 0.97
    assert weights[COTIPS] < 0.2 * weights.max()


def test_modalities_keep_the_proportion_of_the_likelihood(scores):
    """Whatever the metric says of one against the other; nor do users outside a fold change it."""
    scores = replace(scores, fits=scores.fits.clone())
    scores.fits[:, TEXT] += 0.5 * torch.randn(N_USERS, N_STREAMERS, generator=torch.Generator().manual_seed(0))
    logit, weights = logit_weights(scores), choose_weights(scores)
    assert float(logit[TEXT] / logit[VISUAL]) < 0.95
    for each in (weights, *fold_weights(scores, weights, 3)):
        assert float(each[TEXT] / each[VISUAL]) == pytest.approx(float(logit[TEXT] / logit[VISUAL]), rel=1e-4)


def test_what_is_searched_is_modalities_together_and_all_else_alone():
    groups = groups_of(torch.tensor([0.5, 0.0, 1.0, 0.7, 0.0, 0.3]))
    together = [0.5, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert groups.tolist() == [together, *torch.eye(6)[[COTIPS, POPULARITY, 5]].tolist()]
    assert len(groups_of(torch.tensor([0.0, 0.0, 0.0, 1.0, 0.2]))) == 2


def test_a_source_that_the_set_lacks_has_weight_zero(scores):
    assert logit_weights(scores)[AUDIO] == 0
    assert choose_weights(scores)[AUDIO] == 0
    assert single_source_metrics(scores)[AUDIO] == -1.0


def test_the_largest_weight_is_one_and_none_is_negative(scores):
    for weights in (choose_weights(scores), logit_weights(scores), *fold_weights(scores, choose_weights(scores), 3)):
        assert weights.max() == 1.0
        assert weights.min() >= 0


def test_without_val_users_popularity_stands_alone(scores):
    nobody = ValScores(np.arange(0), scores.fits[:0], scores.mask[:0], scores.pairs, "ndcg@10")
    assert SOURCES[int(choose_weights(nobody).argmax())] is Source.POPULARITY
    assert float(choose_weights(nobody).sum()) == 1.0


def test_a_shortlist_finds_what_everyone_finds(scores):
    rng = np.random.default_rng(5)
    n = 3000
    fits = torch.from_numpy(rng.normal(size=(8, len(SOURCES), n)).astype(np.float32))
    mask = torch.zeros(8, n)
    mask[:, :5] = -torch.inf
    target = np.zeros((8, n), np.float32)
    best = (fits.sum(1) + mask).topk(3, dim=1).indices.numpy()
    np.put_along_axis(target, best, 1.0, 1)
    pairs = EvalPairs(sp.csr_matrix(target.shape, dtype=np.float32), sp.csr_matrix(target), 0)
    whole = ValScores(np.arange(8), fits, mask, pairs, "ndcg@10")
    short = whole.shortlist()
    assert short.fits.shape[2] < n / 2
    for weights in (torch.ones(len(SOURCES)), torch.eye(len(SOURCES))[2], torch.tensor([1.0, 0.5, 0.0, 0.2, 0.1])):
        assert short.measure(weights) == pytest.approx(whole.measure(weights))
    assert short.measure(torch.ones(len(SOURCES))) == 1.0
    assert scores.shortlist() is scores


def test_a_further_part_is_weighed_with_the_sources(scores):
    """What visual and text say together, handed in as one more fit, makes both needless."""
    told = scores.fits[:, [VISUAL, TEXT]].sum(1, keepdim=True)
    weights = choose_weights(replace(scores, fits=torch.cat([scores.fits, told], 1)))
    assert len(weights) == len(SOURCES) + 1
    assert weights[-1] == 1.0
    assert weights[[VISUAL, TEXT, COTIPS]].max() < 0.1


def test_pairs_of_some_users_measure_these_alone():
    target = sp.csr_matrix(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]], dtype=np.float32))
    mask = sp.csr_matrix(np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 1]], dtype=np.float32))
    pairs = EvalPairs(mask, target, 3)
    drawn = pairs_of(pairs, np.array([0, 3]))
    assert measured_users(drawn).tolist() == [0, 3]
    np.testing.assert_array_equal(drawn.target[[0, 3]].toarray(), target[[0, 3]].toarray())
    assert drawn.target.nnz == 4
    assert (drawn.mask is mask, drawn.n_hidden) == (True, 3)
    everyone = pairs_of(pairs, measured_users(pairs))
    assert (everyone.target != target).nnz == 0


def test_of_many_streamers_fewer_val_users_are_drawn(monkeypatch: pytest.MonkeyPatch):
    target = sp.csr_matrix(np.ones((500, 4), dtype=np.float32))
    pairs = EvalPairs(sp.csr_matrix((500, 4), dtype=np.float32), target, 0)
    assert len(val_users(pairs, 7)) == 500
    monkeypatch.setattr(weights_module, "MAX_CELLS", 200 * 4 * len(SOURCES))
    drawn = val_users(pairs, 7)
    assert len(np.unique(drawn)) == 200
    assert drawn.tolist() == val_users(pairs, 7).tolist() != val_users(pairs, 8).tolist()
