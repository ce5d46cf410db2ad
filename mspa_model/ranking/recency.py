"""How much each tip counts in co-tipping: newer tips more, by a half-life in tips that val chose (ours)."""

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.types import Dataset, History, Split

# A tip never counts for nothing: what was tipped must stay apart from what was not.
MIN_WEIGHT = 1e-6
NO_DECAY = 1e9  # every tip counts alike


def weigh(places: Float[Tensor, "*batch n_streamers"], half_life: float) -> Float[Tensor, "*batch n_streamers"]:
    """Places (1 the newest tip, 0 not tipped) to weights: 1 for the newest, half of it half_life tips earlier."""
    weights = torch.exp2(-(places - 1.0) / half_life).clamp(min=MIN_WEIGHT)
    return torch.where(places > 0, weights, 0.0)


def places_of(history: History) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Distinct streamers, newest last, and their places; every place is 1 where no time is known."""
    newest_first, first = np.unique(history.streamer_idx[::-1], return_index=True)
    distinct = newest_first[np.argsort(-first)]
    places = np.arange(len(distinct), 0, -1)
    return distinct, np.ones_like(places) if np.isnat(history.tipped_at).all() else places


def place_matrix(dataset: Dataset, splits: tuple[Split, ...]) -> sp.csr_matrix:
    """The places of every user's distinct tips in these splits, (n_users, n_streamers) float32."""
    tips = dataset.tips[dataset.tips["split"].isin(splits)]
    # Tips are ordered by user and time, so the last of a pair is its newest.
    tips = tips.drop_duplicates(["user_idx", "streamer_idx"], keep="last")
    if tips["tipped_at"].isna().all():
        places = np.ones(len(tips), np.float32)
    else:
        places = tips.groupby("user_idx").cumcount(ascending=False).to_numpy(np.float32) + 1.0
    pairs = (tips["user_idx"].to_numpy(), tips["streamer_idx"].to_numpy())
    return sp.csr_matrix((places, pairs), shape=(dataset.n_users, dataset.n_streamers), dtype=np.float32)
