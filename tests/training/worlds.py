"""Small worlds with known answers for metrics and baselines."""

import numpy as np
import scipy.sparse as sp

from mspa_model.data.split import EvalPairs
from mspa_model.types import DatasetInfo, Modality, SplitInfo

INFO = DatasetInfo(  # a set that speaks of nothing as the sample world does
    "films",
    "Films",
    "events",
    "film",
    "viewer",
    "rating",
    "stars",
    "UTC",
    (Modality.VISUAL,),
    "CC0-1.0",
    "made by hand",
    SplitInfo("time", ("train",), ("train", "val"), "ndcg@10"),
)


def csr(pairs: list[tuple[int, int]], shape: tuple[int, int]) -> sp.csr_matrix:
    """0/1 matrix with a 1 at each (user_idx, streamer_idx)."""
    rows, columns = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    return sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def checkerboard(n: int, seed: int) -> tuple[sp.csr_matrix, EvalPairs, EvalPairs]:
    """Users tip streamers of their own parity alone (implicit's test world); one pair a user for val, one for test.

    Every streamer is tipped by about as many users, so popularity knows nothing.
    """
    rng = np.random.default_rng(seed)
    train, val, test = [], [], []
    for user in range(n):
        streamers = rng.permutation(np.arange(user % 2, n, 2))
        val.append((user, streamers[0]))
        test.append((user, streamers[1]))
        train += [(user, s) for s in streamers[2:]]
    shape = (n, n)
    train_csr, val_csr = csr(train, shape), csr(val, shape)
    return train_csr, EvalPairs(train_csr, val_csr, 0), EvalPairs((train_csr + val_csr).tocsr(), csr(test, shape), 0)
