"""What many users and many streamers cost, held in the same run against bare computations of the same shapes."""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from mspa_model.ranking.batch import BatchScorer, preference_rows
from mspa_model.ranking.recommender import Recommender
from tests.benchmarks.test_ratios import _fastest, _reference
from tests.ranking.parts import VALUES, random_history, random_recommender
from tests.ranking.test_batch import empty_set

N_STREAMERS = 20_000
N_USERS = 256
K = 20
BATCH = 2.0
TRACE = 40.0  # three steps; one score of all sources is the unit


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return random_recommender(empty_set(N_STREAMERS), "low rank")


def test_a_batch_costs_at_most_two_bare_products_and_top_k(benchmark: BenchmarkFixture, recommender: Recommender):
    preferences = [recommender.composer.compose(random_history(N_STREAMERS, 10, seed)) for seed in range(N_USERS)]
    rows = preference_rows(recommender.scorer, preferences, VALUES)
    batch = BatchScorer(recommender.scorer)
    assert batch.batch_size >= N_USERS
    left, right = torch.randn(N_USERS, batch.width), torch.randn(N_STREAMERS, batch.width)
    ours = _fastest(benchmark, lambda: batch.top_k(rows, K, rows.tips), rounds=9)
    assert ours < BATCH * _reference(lambda: (left @ right.T).topk(K, dim=1), rounds=9)


def test_a_trace_of_three_steps_costs_a_bounded_number_of_scores(benchmark: BenchmarkFixture, recommender: Recommender):
    preference = recommender.composer.compose(random_history(N_STREAMERS, 10, 0))
    allowed = np.ones(N_STREAMERS, dtype=bool)
    assert len(recommender.rank(preference, allowed).steps) == 4
    whole = _fastest(benchmark, lambda: recommender.rank(preference, allowed))
    assert whole < TRACE * _reference(lambda: recommender.score(preference, allowed))
