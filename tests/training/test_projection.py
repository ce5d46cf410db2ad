"""The map on points whose neighbourhoods are known."""

import numpy as np
import pytest

from mspa_model.config import MapConfig
from mspa_model.training.projection import fit_map, map_quality


def clusters(n_each: int, seed: int) -> np.ndarray:
    """float32 (5 n_each, 12): five clear groups, one direction each."""
    rng = np.random.default_rng(seed)
    return (np.repeat(np.eye(5, 12) * 8, n_each, axis=0) + rng.normal(0, 1, (5 * n_each, 12))).astype(np.float32)


@pytest.fixture(scope="module")
def fitted():
    return fit_map(clusters(30, 0), clusters(10, 1), np.arange(100, 150), MapConfig(), seed=3)


def test_clear_groups_stay_together(fitted):
    places = np.concatenate([fitted.streamer_xy, fitted.user_xy])
    group = np.concatenate([np.repeat(np.arange(5), 30), np.repeat(np.arange(5), 10)])
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (group[distance.argmin(1)] == group).mean() > 0.98


def test_quality_beats_random_on_clear_groups(fitted):
    quality = fitted.quality
    assert quality["knn15"] > 3 * quality["knn15_random"]
    assert quality["trustworthiness"] > 0.9
    assert quality["continuity"] > 0.9
    assert quality["n_points"] == 200


def test_same_seed_same_map(fitted):
    again = fit_map(clusters(30, 0), clusters(10, 1), np.arange(100, 150), MapConfig(), seed=3)
    assert np.array_equal(fitted.streamer_xy, again.streamer_xy)


def test_all_streamers_are_mapped_and_users_drawn_to_the_bound():
    mapped = fit_map(clusters(10, 0), clusters(10, 1), np.arange(50), MapConfig(max_points=60), seed=0)
    assert mapped.streamer_xy.shape == (50, 2)
    assert mapped.user_xy.shape == (10, 2)
    assert len(set(mapped.users.tolist())) == 10


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 14, 16])
def test_few_points_are_placed(n):
    vectors = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    mapped = fit_map(vectors, np.zeros((0, 3), np.float32), np.arange(0), MapConfig(), seed=0)
    assert mapped.streamer_xy.shape == (n, 2)
    assert np.isfinite(mapped.streamer_xy).all()


def test_equal_and_zero_vectors_are_placed():
    mapped = fit_map(np.zeros((30, 4), np.float32), np.ones((5, 4), np.float32), np.arange(5), MapConfig(), seed=0)
    assert np.isfinite(mapped.streamer_xy).all()
    assert np.isfinite(mapped.user_xy).all()


@pytest.mark.parametrize("n", [3, 40])
def test_points_that_are_all_alike_are_placed_without_a_warning(n):
    mapped = fit_map(np.ones((n, 4), np.float32), np.ones((0, 4), np.float32), np.arange(0), MapConfig(), seed=0)
    assert np.isfinite(mapped.streamer_xy).all()
    assert np.isfinite(list(mapped.quality.values())).all()


def test_a_perfect_map_scores_one_and_a_shuffled_one_as_random():
    plane = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    perfect = map_quality(plane, plane, seed=0)
    assert [perfect["knn15"], perfect["trustworthiness"], perfect["continuity"]] == [1, 1, 1]
    assert perfect["knn15_random"] < 0.15
