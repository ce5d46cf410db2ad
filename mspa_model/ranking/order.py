"""The one rule of order: falling score, then row in the table. And weights and fits to a ranking by it.

What is equal keeps the order of its rows: streamers that of streamers.parquet, values that of the vocabulary. torch's
own topk is free among equals and so is argsort from 17 values on: nothing that is ranked goes through them.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.types import Ranking

ROUNDING = 1e-5  # scores, whose spread is about one, are tied within this
_CELLS = 1 << 24  # of rows that are looked through at once for what is equal to their last


def rank_by_score(
    weights: Float[Tensor, " n_sources"],
    fits: Float[Tensor, "n_sources n_streamers"],
    candidates: Bool[np.ndarray, " n_streamers"],
) -> Ranking:
    """The candidates by falling score, ties by row."""
    # On the processor, so that pages and reports never ask where a tensor lives.
    weights, fits = weights.cpu(), fits.cpu()
    scores = (weights[:, None] * fits).sum(0)
    allowed = torch.from_numpy(candidates).nonzero()[:, 0]
    return Ranking(weights, fits, allowed[best_first(scores[allowed])])


def best_first(scores: Float[Tensor, " n"]) -> Int[Tensor, " n"]:
    """Positions by falling score, ties by position."""
    if scores.dtype != torch.float32 or scores.device.type != "cpu":
        return scores.argsort(descending=True, stable=True)
    # Score and position in one integer, which sorts twice as fast as a stable argsort.
    bits = (-scores + 0.0).numpy().view(np.int32).astype(np.int64)  # + 0.0: minus zero and zero are a tie
    # Of a negative float more bits mean less.
    keys = (np.where(bits < 0, bits ^ 0x7FFFFFFF, bits) << 32) | np.arange(len(bits))
    keys.sort()
    return torch.from_numpy(keys & 0xFFFFFFFF)


def top_k(scores: Float[Tensor, "*batch n"], k: int) -> tuple[Float[Tensor, "*batch k"], Int[Tensor, "*batch k"]]:
    """Scores and positions of the k best of each row (all where there are fewer), best first, ties by position."""
    k, n = min(k, scores.shape[-1]), scores.shape[-1]
    if k == 0:
        return scores[..., :0], torch.zeros_like(scores[..., :0], dtype=torch.int64)
    rows = scores.reshape(-1, n)
    best, idx = rows.topk(min(k + 1, n), dim=1)
    contested = (best[:, k - 1] == best[:, k]).nonzero()[:, 0] if n > k else idx[:0, 0]
    idx, at_once = idx[:, :k].clone(), max(1, _CELLS // n)
    for start in range(0, len(contested), at_once):
        part = contested[start : start + at_once]
        idx[part] = _first_rows(rows[part], best[part, k - 1, None], k)
    idx = idx.sort(dim=1).values
    best, order = rows.gather(1, idx).sort(dim=1, descending=True, stable=True)
    shape = (*scores.shape[:-1], k)
    return best.reshape(shape), idx.gather(1, order).reshape(shape)


def _first_rows(scores: Float[Tensor, "batch n"], last: Float[Tensor, "batch 1"], k: int) -> Int[Tensor, "batch k"]:
    """The k best of each row by rising position, where `last` is the k-th best score and others share it."""
    above, level = ~(scores <= last), scores == last
    left = k - above.sum(1, keepdim=True)
    return (above | (level & (level.cumsum(1) <= left))).nonzero()[:, 1].reshape(len(scores), k)


def ahead(
    scores: Float[Tensor, "*batch n"],
    rows: Int[Tensor, " n"],
    own: Float[Tensor, "*batch 1"],
    row: int | Int[Tensor, "*batch 1"],
) -> Bool[Tensor, "*batch n"]:
    """Which of these (`rows` of the table) stand ahead of the streamer in `row`, whose score is `own`."""
    return (scores > own) | ((scores == own) & (rows < row))
