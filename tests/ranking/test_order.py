"""The one rule of order: falling score, then row, however many are equal."""

import numpy as np
import pytest
import torch

from mspa_model.ranking.critic import top_candidates
from mspa_model.ranking.order import ahead, best_first, rank_by_score, top_k
from mspa_model.training.metrics import top_k as top_of_baselines
from mspa_model.types import SOURCES

MANY = [20, 20_000]


@pytest.mark.parametrize("n", MANY)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_scores_go_by_row(n: int, dtype: torch.dtype):
    equal = torch.zeros(n, dtype=dtype)
    assert best_first(equal).tolist() == list(range(n))
    assert top_k(equal, 10)[1].tolist() == list(range(10))
    assert top_k(equal[None].repeat(3, 1), n)[1].tolist() == [list(range(n))] * 3
    assert ahead(equal, torch.arange(n), equal[:1], 7).sum() == 7


@pytest.mark.parametrize("n", MANY)
def test_a_ranking_the_critique_and_the_baselines_name_the_same_of_equals(n: int):
    weights, fits, candidates = torch.ones(len(SOURCES)), torch.zeros(len(SOURCES), n), np.ones(n, dtype=bool)
    candidates[[0, 5]] = False
    ranked = rank_by_score(weights, fits, candidates).order[:10].tolist()
    assert ranked == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert top_candidates(torch.zeros(n), torch.from_numpy(candidates), 10).tolist() == ranked
    masked = np.where(candidates, 0.0, -np.inf).astype(np.float32)
    assert top_of_baselines(masked[None], 10)[0].tolist() == ranked


@pytest.mark.parametrize("n", MANY)
def test_few_levels_are_cut_by_row_within_a_level(n: int):
    scores = torch.from_numpy(np.random.default_rng(0).integers(0, 3, (4, 5, n)).astype(np.float32))
    expected = scores.sort(dim=-1, descending=True, stable=True)
    for k in (1, 10, n // 2, n + 1):
        best, idx = top_k(scores, k)
        torch.testing.assert_close(idx, expected.indices[..., :k])
        torch.testing.assert_close(best, expected.values[..., :k])


def test_none_asked_for_and_none_there():
    assert top_k(torch.zeros(3, 4), 0)[1].shape == (3, 0)
    assert top_k(torch.zeros(0, 4), 2)[1].shape == (0, 2)
    assert top_k(torch.zeros(2, 0), 2)[1].shape == (2, 0)


def test_minus_zero_is_zero_and_nan_breaks_nothing():
    assert best_first(torch.tensor([0.0, -0.0, 1.0, -0.0])).tolist() == [2, 0, 1, 3]
    assert top_k(torch.tensor([[torch.nan, 1.0, 1.0, 1.0, 0.0]]), 2)[1].shape == (1, 2)
