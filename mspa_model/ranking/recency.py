"""How much each tip counts in co-tipping: newer tips more, by a half-life in tips that val chose (ours)."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.data.split import rows_in
from mspa_model.types import Dataset, History, Split

# A tip never counts for nothing: what was tipped must stay apart from what was not.
MIN_WEIGHT = 1e-6
NO_DECAY = 1e9  # every tip counts alike


def weigh(
    places: Float[Tensor, "*batch n_streamers"],
    half_life: float,
    counts: Float[Tensor, " n_streamers"] | None = None,
) -> Float[Tensor, "*batch n_streamers"]:
    """Places (1 the newest tip, 0 not tipped) to weights: the newest most, half as much half_life tips earlier.

    Over the root of their sum: a long history says more than a short one, but not so much as it is longer. counts: what
    each tip counts for beside its place (History.counts); None: all alike.
    """
    weights = torch.where(places > 0, torch.exp2(-(places - 1.0) / half_life).clamp(min=MIN_WEIGHT), 0.0)
    weights = weights if counts is None else weights * counts
    return weights / weights.sum(-1, keepdim=True).clamp(min=MIN_WEIGHT).sqrt()


def hold_out(weights: Float[Tensor, " n_streamers"], idx: Int[Tensor, " n"]) -> Float[Tensor, "n n_streamers"]:
    """One row a held-out streamer: the history's weights without any tip to it, over the root of what is left."""
    rows = weights.repeat(len(idx), 1)
    rows[torch.arange(len(idx)), idx] = 0.0
    left = rows.sum(-1, keepdim=True) / weights.sum().clamp(min=MIN_WEIGHT)
    return rows / left.clamp(min=MIN_WEIGHT).sqrt()


def places_of(history: History) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Distinct streamers, newest last, and their places; every place is 1 where no time is known."""
    newest_first, first = np.unique(history.streamer_idx[::-1], return_index=True)
    distinct = newest_first[np.argsort(-first)]
    places = np.arange(len(distinct), 0, -1)
    return distinct, np.ones_like(places) if np.isnat(history.tipped_at).all() else places


def unfaded(history: History) -> Int[np.ndarray, " n"]:
    """Distinct streamers with a tip that is not faded, newest last."""
    distinct, _ = places_of(history)
    return distinct[np.isin(distinct, history.streamer_idx[history.counts == 1.0])]


def is_timed(places: sp.csr_matrix) -> bool:
    """Whether places (place_matrix) tell an order."""
    return bool(places.nnz > 0 and places.data.max() > 1)


def place_matrix(dataset: Dataset, splits: tuple[Split, ...]) -> sp.csr_matrix:
    """The places of every user's distinct tips in these splits, (n_users, n_streamers) float32."""
    rows, tips = rows_in(dataset, splits), dataset.tips
    timed = bool(tips["tipped_at"].iloc[rows].notna().any())
    pairs = tips["user_idx"].to_numpy()[rows] * dataset.n_streamers + tips["streamer_idx"].to_numpy()[rows]
    # Tips are ordered by user and time, so the last of a pair is its newest.
    user_idx, streamer_idx = np.divmod(pairs[~pd.Series(pairs).duplicated(keep="last").to_numpy()], dataset.n_streamers)
    ends = np.cumsum(np.bincount(user_idx, minlength=dataset.n_users))
    places = ends[user_idx] - np.arange(len(user_idx)) if timed else np.ones(len(user_idx))
    shape = (dataset.n_users, dataset.n_streamers)
    return sp.csr_matrix((places.astype(np.float32), (user_idx, streamer_idx)), shape=shape)
