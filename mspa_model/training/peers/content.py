"""Content kNN: streamers that look, sound and read like those a user tipped; the only simple one to know newcomers."""

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from mspa_model.training.baselines import BaselineAbsent, Try, nearest_by_cosine, neighbor_weights
from mspa_model.types import Features

NEIGHBORS = (20, 100, 500)  # and all streamers
ALL = 0  # stands for all of them in a setting


def content_knn(train: sp.csr_matrix, features: Features) -> Iterable[Try]:
    """Sum of content cosines with a user's tipped streamers, each streamer keeping its n most similar tipped ones."""
    unit = content_rows(features)
    warm = np.flatnonzero(np.asarray(train.sum(0)).ravel())
    yield Try({"neighbors": ALL}, lambda rows: np.asarray((rows @ unit) @ unit.T, dtype=np.float32))
    # Among the tipped alone: a streamer whom nobody tipped would take a place and never vote.
    cosines, columns = nearest_by_cosine(unit, max(NEIGHBORS), warm)
    for n in NEIGHBORS:
        weights = neighbor_weights(cosines, columns, n)
        yield Try({"neighbors": n}, lambda rows, weights=weights: (rows @ weights).toarray().astype(np.float32))


def content_rows(features: Features) -> Float[np.ndarray, "n_streamers feature_dim"]:
    """Modalities side by side so that a product of rows is the mean cosine over them; a missing one counts as 0.

    Raises BaselineAbsent where the set has no modality.
    """
    if not features.modalities:
        raise BaselineAbsent("the set has no features to compare streamers by")
    rows = [features.arrays[m].astype(np.float32) for m in features.modalities]
    unit = [r / np.maximum(np.linalg.norm(r, axis=1, keepdims=True), 1e-12) for r in rows]
    return np.concatenate(unit, 1) / np.float32(np.sqrt(len(rows)))
