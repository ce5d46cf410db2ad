"""The stored map: one seeded UMAP (McInnes et al. 2018) over streamers and users, and how far it can be believed."""

import warnings
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from mspa_model.config import MapConfig
from mspa_model.types import MapPoints

with warnings.catch_warnings():
    # umap says on import that its Tensorflow part, which is not used here, is not there.
    warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
    from umap import UMAP

QUALITY_POINTS = 3_000  # trustworthiness takes a square of distances: 72 MB at this size
QUALITY_NEIGHBORS = 15
_SPECTRAL_POINTS = 15  # below: too few for UMAP's spectral start, and for a neighbourhood to mean much

Points = Float[np.ndarray, "n_points dim"]
Plane = Float[np.ndarray, "n_points 2"]


def fit_map(
    streamer_vectors: Float[np.ndarray, "n_streamers dim"],
    user_vectors: Float[np.ndarray, "n_mapped_users dim"],
    user_idx: Int[np.ndarray, " n_mapped_users"],
    config: MapConfig,
    seed: int,
) -> MapPoints:
    """Coordinates of all streamers and of as many users as MapConfig.max_points leaves room for, and the map's quality.

    Vectors are compared by cosine, as neighbours are. The same seed on the same machine gives the same map. The first
    fit of a process takes 13 to 33 s more, while numba compiles.
    """
    room = max(0, config.max_points - len(streamer_vectors))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(user_idx))[:room])
    points = _unit_rows(np.concatenate([streamer_vectors, user_vectors[drawn]]))
    plane = _umap(points, config, seed)
    n = len(streamer_vectors)
    return MapPoints(plane[:n], user_idx[drawn], plane[n:], map_quality(points, plane, seed))


def _unit_rows(vectors: Points) -> Points:
    """Rows of length 1, so that Euclidean order is cosine order; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)


def _umap(points: Points, config: MapConfig, seed: int) -> Plane:
    if len(points) < 4:  # UMAP needs more points than that; their plane is exact
        return _pca(points)
    few = len(points) < _SPECTRAL_POINTS
    reducer = UMAP(
        n_neighbors=min(config.n_neighbors, len(points) - 1),
        min_dist=config.min_dist,
        metric="euclidean",
        init="random" if few else "spectral",
        random_state=seed,
        n_jobs=1,
    )
    with warnings.catch_warnings():
        # Groups that no neighbour links are common here (streamers of one group alone); UMAP then starts them apart.
        warnings.filterwarnings("ignore", message=".*(not fully connected|Spectral initialisation failed).*")
        return np.asarray(reducer.fit_transform(points), dtype=np.float32)


def _pca(points: Points) -> Plane:
    """The two directions of largest variance; zeros where there are fewer."""
    plane = np.zeros((len(points), 2), dtype=np.float32)
    n = min(2, *points.shape)
    if n and len(points) > 1 and np.ptp(points, axis=0).any():
        plane[:, :n] = PCA(n, svd_solver="full").fit_transform(points)
    return plane


def map_quality(points: Points, plane: Plane, seed: int) -> Mapping[str, float]:
    """How well the map keeps neighbourhoods, on at most QUALITY_POINTS points drawn by seed.

    trustworthiness: 1 where neighbours on the map are neighbours in truth; continuity: the reverse (Venna, Kaski 2001).
    knn15: share of a point's 15 true neighbours that are among its 15 on the map; knn15_pca, knn15_random: the same
    for PCA and for the map's places dealt out at random. With fewer than 31 points the neighbourhood is as large as
    these measures allow, and `neighbors` says how large; empty below 3 points, where neighbourhoods say nothing.
    """
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.permutation(len(points))[:QUALITY_POINTS])
    points, plane = points[drawn], plane[drawn]
    k = min(QUALITY_NEIGHBORS, (len(points) - 1) // 2)  # trustworthiness is defined for k < n / 2
    if k < 1:
        return {}
    truth = _neighbors(points, k)
    return {
        "trustworthiness": float(trustworthiness(points, plane, n_neighbors=k)),
        "continuity": float(trustworthiness(plane, points, n_neighbors=k)),
        "knn15": _kept(truth, _neighbors(plane, k)),
        "knn15_pca": _kept(truth, _neighbors(_pca(points), k)),
        "knn15_random": _kept(truth, _neighbors(rng.permutation(plane), k)),
        "neighbors": float(k),
        "n_points": float(len(points)),
    }


def _neighbors(points: Points, k: int) -> Int[np.ndarray, "n_points k"]:
    """The k nearest other points of each."""
    return NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)


def _kept(truth: Int[np.ndarray, "n_points k"], found: Int[np.ndarray, "n_points k"]) -> float:
    """Share of true neighbours that were found."""
    return float((truth[:, :, None] == found[:, None, :]).any(2).mean())
