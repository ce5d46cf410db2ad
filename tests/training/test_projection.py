"""The map on points whose neighbourhoods are known."""

import numpy as np
import pytest

from mspa_model.config import MapConfig
from mspa_model.training.map_quality import MapSpace, lost_neighbors, map_quality
from mspa_model.training.projection import fit_map, seed_overlap
from mspa_model.types import Modality


def clusters(n_each: int, seed: int) -> np.ndarray:
    """float32 (5 n_each, 12): five clear groups, one direction each."""
    rng = np.random.default_rng(seed)
    return (np.repeat(np.eye(5, 12) * 8, n_each, axis=0) + rng.normal(0, 1, (5 * n_each, 12))).astype(np.float32)


@pytest.fixture(scope="module")
def fitted():
    return fit_map(MapSpace(clusters(30, 0), clusters(10, 1)), {}, np.arange(100, 150), MapConfig(seeds=1), seed=3)


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
    again = fit_map(MapSpace(clusters(30, 0), clusters(10, 1)), {}, np.arange(100, 150), MapConfig(seeds=1), seed=3)
    assert np.array_equal(fitted.streamer_xy, again.streamer_xy)


def test_all_streamers_are_mapped_and_users_drawn_to_the_bound():
    mapped = fit_map(
        MapSpace(clusters(10, 0), clusters(10, 1)), {}, np.arange(50), MapConfig(max_points=60, seeds=1), seed=0
    )
    assert mapped.streamer_xy.shape == (50, 2)
    assert mapped.user_xy.shape == (10, 2)
    assert len(set(mapped.users.tolist())) == 10


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 14, 16])
def test_few_points_are_placed(n):
    vectors = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    mapped = fit_map(MapSpace(vectors, np.zeros((0, 3), np.float32)), {}, np.arange(0), MapConfig(seeds=1), seed=0)
    assert mapped.streamer_xy.shape == (n, 2)
    assert np.isfinite(mapped.streamer_xy).all()


def test_equal_and_zero_vectors_are_placed():
    mapped = fit_map(
        MapSpace(np.zeros((30, 4), np.float32), np.ones((5, 4), np.float32)),
        {},
        np.arange(5),
        MapConfig(seeds=1),
        seed=0,
    )
    assert np.isfinite(mapped.streamer_xy).all()
    assert np.isfinite(mapped.user_xy).all()


@pytest.mark.parametrize("n", [3, 40])
def test_points_that_are_all_alike_are_placed_without_a_warning(n):
    mapped = fit_map(
        MapSpace(np.ones((n, 4), np.float32), np.ones((0, 4), np.float32)), {}, np.arange(0), MapConfig(seeds=1), seed=0
    )
    assert np.isfinite(mapped.streamer_xy).all()
    assert np.isfinite(list(mapped.quality.values())).all()


def test_a_perfect_map_scores_one_and_a_shuffled_one_as_random():
    plane = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    perfect = map_quality(plane, plane, seed=0)
    assert [perfect["knn15"], perfect["trustworthiness"], perfect["continuity"]] == [1, 1, 1]
    assert perfect["knn15_random"] < 0.15


def test_a_map_is_measured_beside_pca_and_random_at_both_sizes(fitted):
    quality = fitted.quality
    for size in ("", "50"):
        for name in (f"trustworthiness{size}", f"continuity{size}", f"knn{size or 15}"):
            assert quality[name] > quality[f"{name}_random"]
            assert 0 <= quality[f"{name}_pca"] <= 1
        assert quality[f"neighbors{size}"] == int(size or 15)


def test_on_a_flat_world_pca_is_perfect():
    plane = np.random.default_rng(1).normal(size=(120, 2)).astype(np.float32)
    quality = map_quality(plane, plane, seed=0)
    for name in ("trustworthiness", "continuity", "knn15", "trustworthiness50", "continuity50", "knn50"):
        assert quality[f"{name}_pca"] == pytest.approx(1)
        assert quality[f"{name}_random"] < 0.8


def test_lost_neighbours_by_hand():
    """Points 0 to 4 on a line; on the map 4 stands where 0 was and 0 far off. Two neighbours each."""
    line = np.array([[0.0, 0], [1.1, 0], [2.3, 0], [3.6, 0], [5.0, 0]], dtype=np.float32)  # 12 02 13 24 32
    plane = np.array([[9.0, 0], [1.1, 0], [2.3, 0], [3.6, 0], [0.0, 0]], dtype=np.float32)  # 32 42 13 21 12
    np.testing.assert_allclose(lost_neighbors(line, plane), [0.5, 0.5, 0.0, 0.5, 0.5])
    assert not lost_neighbors(line, line).any()
    assert lost_neighbors(line[:2], plane[:2]).tolist() == [0, 0]


def test_every_point_carries_its_distortion(fitted):
    lost = np.concatenate([fitted.streamer_lost, fitted.user_lost])
    assert lost.shape == (200,)
    assert 1 - lost.mean() == pytest.approx(fitted.quality["knn15"], abs=1e-6)


def test_maps_of_other_seeds_share_more_neighbours_than_chance():
    points = clusters(12, 0)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    config = MapConfig(seeds=3)
    fitted = fit_map(MapSpace(points, points[:0]), {}, np.arange(0), config, seed=3)
    assert fitted.quality["n_seeds"] == 3
    assert fitted.quality["seed_overlap_random"] == pytest.approx(15 / 59)
    assert fitted.quality["seed_overlap"] > 1.5 * fitted.quality["seed_overlap_random"]
    assert seed_overlap(points, fitted.streamer_xy, config, 3, 1) == {}


def test_each_modality_has_a_map_without_those_who_lack_it():
    vectors = clusters(12, 0)
    vectors[7] = 0
    users = clusters(2, 1)
    spaces = {Modality.AUDIO: MapSpace(vectors, users)}
    fitted = fit_map(MapSpace(clusters(12, 0), users), spaces, np.arange(10), MapConfig(seeds=1), seed=0)
    plane = fitted.planes[Modality.AUDIO]
    assert np.flatnonzero(np.isnan(plane.streamer_xy).any(1)).tolist() == [7]
    assert np.flatnonzero(np.isnan(plane.streamer_lost)).tolist() == [7]
    assert plane.user_xy.shape == (10, 2)
    assert plane.quality["n_points"] == 69
    assert plane.quality["knn15"] > plane.quality["knn15_random"]


def test_a_modality_that_nobody_has_is_an_empty_map():
    nothing = np.zeros((10, 3), np.float32)
    spaces = {Modality.TEXT: MapSpace(nothing, nothing[:0])}
    fitted = fit_map(MapSpace(clusters(2, 0), clusters(2, 0)[:0]), spaces, np.arange(0), MapConfig(seeds=1), seed=0)
    assert np.isnan(fitted.planes[Modality.TEXT].streamer_xy).all()
    assert fitted.planes[Modality.TEXT].quality == {}
