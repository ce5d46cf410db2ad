"""What streamers are like, over all modalities at once: unit rows along principal directions."""

import numpy as np
import torch
from jaxtyping import Float

from mspa_model.types import Features

DIRECTIONS = 128  # of each modality


def likeness_rows(features: Features) -> Float[np.ndarray, "n_streamers _"]:
    """Half-whitened principal directions of each modality, side by side; zero where a streamer lacks the modality.

    A streamer's row of each modality has length one, so that a product of two streamers' rows is a sum of cosines.
    """
    blocks = [np.zeros((len(next(iter(features.arrays.values()), ())), 0))] if not features.modalities else []
    for m in features.modalities:
        rows, present = torch.from_numpy(features.arrays[m]), torch.from_numpy(features.present[m])
        directions = principal_directions(rows[present], DIRECTIONS)
        along = (rows @ directions) * present[:, None]
        blocks.append((along / along.norm(dim=1, keepdim=True).clamp(min=1e-6)).numpy().astype(np.float64))
    return np.concatenate(blocks, 1)


def principal_directions(rows: Float[torch.Tensor, "n feature_dim"], k: int) -> Float[torch.Tensor, "feature_dim _"]:
    """The leading k (fewer where there are fewer) principal directions over the root of their scale; the same each
    time.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the factorisation starts from random directions
        _, scale, directions = torch.pca_lowrank(rows, q=min(k, *rows.shape), niter=6)
    return directions / scale.clamp(min=1e-6).sqrt()
