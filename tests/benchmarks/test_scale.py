"""What many users and many streamers cost, held in the same run against bare computations of the same shapes."""

import numpy as np
import pytest
import torch

from mspa_model.ranking.batch import BatchScorer, preference_rows
from mspa_model.ranking.recommender import Recommender
from tests.benchmarks.cpu import cost_ratio
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


def test_a_batch_costs_at_most_two_bare_products_and_top_k(recommender: Recommender):
    preferences = [recommender.composer.compose(random_history(N_STREAMERS, 10, seed)) for seed in range(N_USERS)]
    rows = preference_rows(recommender.scorer, preferences, VALUES)
    batch = BatchScorer(recommender.scorer)
    assert batch.batch_size >= N_USERS
    left, right = torch.randn(N_USERS, batch.width), torch.randn(N_STREAMERS, batch.width)
    assert cost_ratio(lambda: batch.top_k(rows, K, rows.tips), lambda: (left @ right.T).topk(K, dim=1)) < BATCH


def test_a_trace_of_three_steps_costs_a_bounded_number_of_scores(recommender: Recommender):
    preference = recommender.composer.compose(random_history(N_STREAMERS, 10, 0))
    allowed = np.ones(N_STREAMERS, dtype=bool)
    assert len(recommender.rank(preference, allowed).steps) == 4
    ratio = cost_ratio(lambda: recommender.rank(preference, allowed), lambda: recommender.score(preference, allowed))
    assert ratio < TRACE
