"""How far a map can be believed: neighbourhoods kept, beside a flat PCA and beside the same places dealt at random."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

QUALITY_POINTS = 2_000  # trustworthiness takes a square of distances, for each of three planes and two sizes
NEIGHBORS = (15, 50)  # at which a map is measured; the first also for each point

Points = Float[np.ndarray, "n_points dim"]
Plane = Float[np.ndarray, "n_points 2"]


@dataclass(frozen=True)
class MapSpace:
    """What a map is fitted to: vectors of the streamers and, in the same space, of the users with train tips."""

    streamers: Float[np.ndarray, "n_streamers dim"]
    users: Float[np.ndarray, "n_users_with_tips dim"]


def map_quality(points: Points, plane: Plane, seed: int) -> Mapping[str, float]:
    """How well the map keeps neighbourhoods, on at most QUALITY_POINTS points drawn by seed.

    trustworthiness: 1 where neighbours on the map are neighbours in truth; continuity: the reverse (Venna, Kaski 2001).
    knn15: share of a point's 15 true neighbours that are among its 15 on the map. trustworthiness50, continuity50 and
    knn50: at 50 neighbours. Each ends in _pca and _random for a flat PCA and for the map's places dealt out at random.
    With fewer than 31 (101) points the neighbourhood is as large as these measures allow, and `neighbors`
    (`neighbors50`) says how large; empty below 3 points, where neighbourhoods say nothing.
    """
    drawn = sample_of(len(points), seed)
    points, plane = points[drawn], plane[drawn]
    if len(points) < 3:
        return {}
    dealt = np.random.default_rng(seed).permutation(plane)
    quality: dict[str, float] = {"n_points": float(len(points))}
    for size in NEIGHBORS:
        k = min(size, (len(points) - 1) // 2)  # trustworthiness is defined for k < n / 2
        ending = "" if size == NEIGHBORS[0] else str(size)
        truth = nearest(points, k)
        for beside, flat_map in (("", plane), ("_pca", flat(points)), ("_random", dealt)):
            quality[f"trustworthiness{ending}{beside}"] = float(trustworthiness(points, flat_map, n_neighbors=k))
            quality[f"continuity{ending}{beside}"] = float(trustworthiness(flat_map, points, n_neighbors=k))
            quality[f"knn{size}{beside}"] = kept(truth, nearest(flat_map, k))
        quality[f"neighbors{ending}"] = float(k)
    return quality


def lost_neighbors(points: Points, plane: Plane) -> Float[np.ndarray, " n_points"]:
    """Share of each point's 15 true neighbours (fewer where there are fewer) that are not among its 15 on the map."""
    k = min(NEIGHBORS[0], (len(points) - 1) // 2)
    if k < 1:
        return np.zeros(len(points), dtype=np.float32)
    return 1 - _shared(nearest(points, k), nearest(plane, k)).astype(np.float32)


def flat(points: Points) -> Plane:
    """The two directions of largest variance; zeros where there are fewer."""
    plane = np.zeros((len(points), 2), dtype=np.float32)
    n = min(2, *points.shape)
    if n and len(points) > 1 and np.ptp(points, axis=0).any():
        plane[:, :n] = PCA(n, svd_solver="full").fit_transform(points)
    return plane


def sample_of(n_points: int, seed: int) -> Int[np.ndarray, " n"]:
    """Rows that a map is measured on, in order."""
    return np.sort(np.random.default_rng(seed).permutation(n_points)[:QUALITY_POINTS])


def nearest(points: Points, k: int) -> Int[np.ndarray, "n_points k"]:
    """The k nearest other points of each."""
    return NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)


def kept(truth: Int[np.ndarray, "n_points k"], found: Int[np.ndarray, "n_points k"]) -> float:
    """Share of true neighbours that were found."""
    return float(_shared(truth, found).mean())


def _shared(truth: Int[np.ndarray, "n_points k"], found: Int[np.ndarray, "n_points k"]) -> Float[np.ndarray, " n"]:
    return (truth[:, :, None] == found[:, None, :]).any(2).mean(1)
