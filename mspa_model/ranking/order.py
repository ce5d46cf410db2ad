"""Weights and fits to a ranking."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.types import Ranking


def rank_by_score(
    weights: Float[Tensor, " n_sources"],
    fits: Float[Tensor, "n_sources n_streamers"],
    candidates: Bool[np.ndarray, " n_streamers"],
) -> Ranking:
    """The candidates by falling score, ties by streamer_id."""
    # On the processor, so that pages and reports never ask where a tensor lives.
    weights, fits = weights.cpu(), fits.cpu()
    scores = (weights[:, None] * fits).sum(0)
    allowed = torch.from_numpy(candidates).nonzero()[:, 0]
    return Ranking(weights, fits, allowed[_best_first(scores[allowed])])


def _best_first(scores: Float[Tensor, " n"]) -> Int[Tensor, " n"]:
    """Positions by falling score, ties by position: score and position in one integer, which sorts twice as fast as a
    stable argsort.
    """
    bits = (-scores + 0.0).numpy().view(np.int32).astype(np.int64)  # + 0.0: minus zero and zero are a tie
    # Of a negative float more bits mean less.
    keys = (np.where(bits < 0, bits ^ 0x7FFFFFFF, bits) << 32) | np.arange(len(bits))
    keys.sort()
    return torch.from_numpy(keys & 0xFFFFFFFF)
