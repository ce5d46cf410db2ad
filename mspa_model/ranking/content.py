"""What streamers are like, over all modalities, and labels, at once: unit rows along principal directions."""

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from sklearn.decomposition import TruncatedSVD

from mspa_model.preference.columns import column_terms
from mspa_model.types import Dataset, Features

DIRECTIONS = 128  # of each modality and column
MIN_STREAMERS = 2  # a label of one streamer likens it to nobody


def likeness_rows(features: Features) -> Float[np.ndarray, "n_streamers _"]:
    """Half-whitened principal directions of each modality, side by side; zero where a streamer lacks the modality.

    A streamer's row of each modality has length one, so that a product of two streamers' rows is a sum of cosines.
    """
    blocks = [np.zeros((len(next(iter(features.arrays.values()), ())), 0))] if not features.modalities else []
    for m in features.modalities:
        rows, present = torch.from_numpy(features.arrays[m]), torch.from_numpy(features.present[m])
        directions = principal_directions(rows[present], DIRECTIONS)
        blocks.append(_unit(((rows @ directions) * present[:, None]).numpy().astype(np.float64)))
    return np.concatenate(blocks, 1)


def likeness_with_labels(dataset: Dataset, features: Features) -> Float[np.ndarray, "n_streamers _"]:
    """The same, and beside it the labels of each of the set's columns."""
    modalities = likeness_rows(features) if features.modalities else np.zeros((dataset.n_streamers, 0))
    return np.concatenate([modalities, *map(label_rows, column_terms(dataset, MIN_STREAMERS).values())], 1)


def label_rows(terms: sp.csr_matrix) -> Float[np.ndarray, "n_streamers _"]:
    """Unit rows of 0/1 labels, a rare label weighing more (log of the inverse share): along their leading directions
    where there are more labels than DIRECTIONS.
    """
    counts = np.asarray(terms.sum(0)).ravel()
    weighed = sp.csr_matrix(terms @ sp.diags(np.log(terms.shape[0] / counts)))
    if terms.shape[1] <= DIRECTIONS:
        return _unit(weighed.toarray())
    return _unit(TruncatedSVD(DIRECTIONS, random_state=0).fit_transform(weighed))


def _unit(rows: Float[np.ndarray, "n_streamers _"]) -> Float[np.ndarray, "n_streamers _"]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-6)


def principal_directions(rows: Float[torch.Tensor, "n feature_dim"], k: int) -> Float[torch.Tensor, "feature_dim _"]:
    """The leading k (fewer where there are fewer) principal directions over the root of their scale; the same each
    time.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the factorisation starts from random directions
        _, scale, directions = torch.pca_lowrank(rows, q=min(k, *rows.shape), niter=6)
    return directions / scale.clamp(min=1e-6).sqrt()
