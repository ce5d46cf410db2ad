"""The stored map: one seeded UMAP (McInnes et al. 2018) over streamers and users, and how far it can be believed."""

import warnings
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from jaxtyping import Int

from mspa_model.config import MapConfig
from mspa_model.training.map_quality import (
    NEIGHBORS,
    MapSpace,
    Plane,
    Points,
    flat,
    kept,
    lost_neighbors,
    map_quality,
    nearest,
    sample_of,
)
from mspa_model.types import MapPlane, MapPoints, Modality

with warnings.catch_warnings():
    # umap says on import that its Tensorflow part, which is not used here, is not there.
    warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
    from umap import UMAP

_SPECTRAL_POINTS = 15  # below: too few for UMAP's spectral start, and for a neighbourhood to mean much


def fit_map(
    fused: MapSpace,
    modalities: Mapping[Modality, MapSpace],
    user_idx: Int[np.ndarray, " n_users_with_tips"],
    config: MapConfig,
    seed: int,
) -> MapPoints:
    """Coordinates of all streamers and of as many users as MapConfig.max_points leaves room for, for the fused space
    and for each modality, with each map's quality and each point's distortion.

    Vectors are compared by cosine, as neighbours are. The same seed on the same machine gives the same map. The first
    fit of a process takes 13 to 33 s more, while numba compiles.
    """
    room = max(0, config.max_points - len(fused.streamers))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(user_idx))[:room])
    whole = _fit_plane(fused, drawn, config, seed, n_seeds=config.seeds)
    planes = {m: _fit_plane(space, drawn, config, seed, sparse=True) for m, space in modalities.items()}
    return MapPoints(
        whole.streamer_xy,
        user_idx[drawn],
        whole.user_xy,
        whole.quality,
        whole.streamer_lost,
        whole.user_lost,
        planes,
    )


def _fit_plane(
    space: MapSpace,
    drawn: Int[np.ndarray, " n_mapped_users"],
    config: MapConfig,
    seed: int,
    n_seeds: int = 1,
    sparse: bool = False,
) -> MapPlane:
    """One map. sparse: who has nothing in this space is left out of it; else zeros are placed like any other vector."""
    points = _unit_rows(np.concatenate([space.streamers, space.users[drawn]]))
    there = points.any(1) if sparse else np.ones(len(points), dtype=bool)
    plane = np.full((len(points), 2), np.nan, dtype=np.float32)
    lost = np.full(len(points), np.nan, dtype=np.float32)
    quality: Mapping[str, float] = {}
    if there.any():
        plane[there] = _umap(points[there], config, seed)
        lost[there] = lost_neighbors(points[there], plane[there])
        overlap = seed_overlap(points[there], plane[there], config, seed, n_seeds)
        quality = {**map_quality(points[there], plane[there], seed), **overlap}
    n = len(space.streamers)
    return MapPlane(plane[:n], plane[n:], lost[:n], lost[n:], quality)


def _unit_rows(vectors: Points) -> Points:
    """Rows of length 1, so that Euclidean order is cosine order; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)


def _umap(points: Points, config: MapConfig, seed: int) -> Plane:
    if len(points) < 4:  # UMAP needs more points than that; their plane is exact
        return flat(points)
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


def seed_overlap(points: Points, plane: Plane, config: MapConfig, seed: int, n_seeds: int) -> Mapping[str, float]:
    """How alike maps of other seeds are: the share of a point's 15 neighbours on one map that are so on another, mean
    over all pairs of n_seeds maps of the same points; beside it what chance would give. Empty for one seed.

    Of more than map_quality's QUALITY_POINTS points as many are drawn, and all maps fitted to these.
    """
    drawn = sample_of(len(points), seed)
    k = min(NEIGHBORS[0], (len(drawn) - 1) // 2)
    if n_seeds < 2 or k < 1:
        return {}
    first = plane if len(drawn) == len(points) else _umap(points[drawn], config, seed)
    others = [_umap(points[drawn], config, seed + n) for n in range(1, n_seeds)]
    found = [nearest(each, k) for each in (first, *others)]
    shared = [kept(one, other) for one, other in combinations(found, 2)]
    return {
        "seed_overlap": float(np.mean(shared)),
        "seed_overlap_random": k / (len(drawn) - 1),
        "n_seeds": float(n_seeds),
    }
