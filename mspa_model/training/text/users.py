"""Which users teach the composer, which stop its teaching, and which it is scored on: never the same."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from mspa_model.types import Dataset

LONG = 10  # distinct streamers tipped in train, from which a history says more than a few tips would
ENOUGH = 4  # the same, below which even all of a history says too little to learn from or to stop by
MAX_SCORED, MAX_STOPPING = 200, 60


@dataclass(frozen=True)
class TextUsers:
    """user_idx of each part, ascending. teaching: every other user with a train tip, long history or not."""

    teaching: Int[np.ndarray, " n_teaching"]
    stopping: Int[np.ndarray, " n_stopping"]
    scored: Int[np.ndarray, " n_scored"]


def text_users(dataset: Dataset, seed: int) -> TextUsers:
    """A quarter of the users with a long history is scored (at most 200), a tenth stops the teaching (at most 60).

    Where too few are long for that, a tenth of those with enough stops it: else nothing would say what it is worth.
    """
    train = dataset.tips[dataset.tips["split"] == "train"][["user_idx", "streamer_idx"]].drop_duplicates()
    counts = np.bincount(train["user_idx"], minlength=dataset.n_users)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(counts >= LONG))
    n_scored = min(MAX_SCORED, len(order) // 4)
    n_stopping = min(MAX_STOPPING, len(order) // 10)
    scored, stopping = order[:n_scored], order[n_scored : n_scored + n_stopping]
    if not n_stopping:
        enough = np.random.default_rng(seed).permutation(np.setdiff1d(np.flatnonzero(counts >= ENOUGH), scored))
        stopping = enough[: min(MAX_STOPPING, len(enough) // 10)]
    teaching = np.setdiff1d(np.flatnonzero(counts), np.concatenate([scored, stopping]))
    return TextUsers(teaching, np.sort(stopping), np.sort(scored))
