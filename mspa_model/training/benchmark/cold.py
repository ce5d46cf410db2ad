"""Streamers without any train tip, ranked among themselves: who can, and how well."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Int

from mspa_model.data.split import EvalPairs
from mspa_model.training.metrics import Scorer, UserMetrics, measure

MAX_CELLS = 50_000_000  # of the mask, which names every streamer that has a tip; a seeded draw of users above it
_LEVEL = 1e-6  # scores that differ by less, beside the largest, are one


def cold_streamers(train: sp.csr_matrix) -> Int[np.ndarray, " n"]:
    """streamer_idx of those without a train tip."""
    return np.flatnonzero(np.asarray(train.sum(0)).ravel() == 0)


def cold_pairs(train: sp.csr_matrix, pairs: EvalPairs, seed: int) -> EvalPairs:
    """The targets among cold streamers, and a mask of all other streamers for the users who have such a target."""
    is_cold = np.zeros(train.shape[1], dtype=np.float32)
    is_cold[cold_streamers(train)] = 1
    target = sp.csr_matrix(pairs.target @ sp.diags(is_cold))
    target.eliminate_zeros()
    users = np.flatnonzero(np.diff(target.indptr))
    at_most = max(1, MAX_CELLS // max(1, train.shape[1]))
    if len(users) > at_most:
        users = np.sort(np.random.default_rng(seed).choice(users, at_most, replace=False))
    kept = np.zeros(train.shape[0], dtype=np.float32)
    kept[users] = 1
    target = sp.csr_matrix(sp.diags(kept) @ target)
    target.eliminate_zeros()
    warm = sp.csr_matrix(kept[:, None]) @ sp.csr_matrix(1 - is_cold[None])
    mask = sp.csr_matrix(warm + sp.diags(kept) @ pairs.mask @ sp.diags(is_cold), dtype=np.float32)
    return EvalPairs(mask, target, 0)


def measure_cold(scorer: Scorer, pairs: EvalPairs) -> tuple[UserMetrics, Bool[np.ndarray, " n_users"]]:
    """Metrics of cold_pairs, and for each user whether the candidates were told apart at all."""
    ranked: list[np.ndarray] = []
    return measure(_noting(scorer, pairs, ranked), pairs), np.concatenate(ranked or [np.zeros(0, dtype=bool)])


def told_apart(scorer: Scorer, pairs: EvalPairs) -> Bool[np.ndarray, " n_users"]:
    """The second of measure_cold alone."""
    return measure_cold(scorer, pairs)[1]


def _noting(scorer: Scorer, pairs: EvalPairs, ranked: list[np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    def scores_of(user_idx: np.ndarray) -> np.ndarray:
        scores = np.array(scorer(user_idx), dtype=np.float32)
        open_to = pairs.mask[user_idx].toarray() == 0
        high = np.where(open_to, scores, -np.inf).max(1)
        low = np.where(open_to, scores, np.inf).min(1)
        ranked.append(high - low > _LEVEL * np.maximum(np.abs(high), np.abs(low)))
        return scores

    return scores_of
