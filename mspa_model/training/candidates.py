"""Whom a batch's tips are told from: everyone, or of very many streamers those tipped and a draw of the others.

A softmax over a draw needs the others' logits raised by what they stand for, so that it estimates the whole one
(Bengio and Senécal 2008, "Adaptive importance sampling to accelerate training of a neural probabilistic language
model", here with a uniform proposal).
"""

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor

MAX_CANDIDATES = 10_000  # streamers in a batch's softmax


def draw_candidates(
    rows: sp.csr_matrix, log_popularity: Float[Tensor, " n_streamers"], rng: np.random.Generator
) -> tuple[Int[Tensor, " n"] | None, Float[Tensor, " n"]]:
    """The streamers that a batch's tips (rows) are told from (None: all), and the logit that each brings."""
    n = rows.shape[1]
    if n <= MAX_CANDIDATES:
        return None, log_popularity
    tipped = np.unique(rows.indices)
    others = np.setdiff1d(np.arange(n), tipped)
    drawn = rng.choice(others, min(len(others), max(MAX_CANDIDATES - len(tipped), 1)), replace=False)
    among = torch.from_numpy(np.concatenate([tipped, drawn]).astype(np.int64)).to(log_popularity.device)
    level = log_popularity[among]
    level[len(tipped) :] += float(np.log(max(len(others), 1) / max(len(drawn), 1)))
    return among, level
