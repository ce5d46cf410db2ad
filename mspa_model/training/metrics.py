"""How good a ranking is: recall and ndcg over all streamers, per user, and how sure the mean over users is.

recall@k = hits in the top k / number of the user's targets (not min(k, targets): with 30 targets
no ranking reaches 1 at 10).
ndcg@k = sum over hits of 1 / log2(rank + 1), over the same sum for an ideal top k (Järvelin and Kekäläinen 2002).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.data.split import EvalPairs
from mspa_model.errors import MspaError
from mspa_model.types import Interval, Ranking

CUTOFFS: tuple[int, ...] = (10, 20)
METRICS: tuple[str, ...] = tuple(f"{name}@{k}" for k in CUTOFFS for name in ("ndcg", "recall"))
Scores = Float[np.ndarray, "batch n_streamers"]
Scorer = Callable[[Int[np.ndarray, " batch"]], Scores]

RESAMPLES = 2000
_CELLS_A_BATCH = 8_000_000  # scores held at once: 32 MB of float32, whatever the number of streamers


@dataclass(frozen=True)
class UserMetrics:
    """One row a measured user.

    values: per name in METRICS, float64 (n_users,); top: the first streamers, best first, -1 where there are fewer
    candidates than places.
    """

    user_idx: Int[np.ndarray, " n_users"]
    n_targets: Int[np.ndarray, " n_users"]
    values: Mapping[str, Float[np.ndarray, " n_users"]]
    top: Int[np.ndarray, "n_users k"]

    def mean(self, metric: str) -> float:
        """Mean over users; -inf where none was measured, so that any measured model is chosen above it."""
        return float(self.values[metric].mean()) if len(self.user_idx) else float("-inf")

    def intervals(self, seed: int) -> dict[str, Interval]:
        """Every metric's mean with its 95 % interval."""
        return {name: interval(self.values[name], seed) for name in METRICS}


def top_k(scores: Scores, k: int) -> Int[np.ndarray, "batch k"]:
    """The k best columns of each row, best first; equal scores go by column, so that a constant score is not lucky.

    -1 where a row has fewer than k columns above -inf. Raises MspaError on NaN, which has no rank.
    """
    if np.isnan(scores).any():
        raise MspaError(
            "scores with NaN", "a number for every streamer", "Look for NaN in the features or a diverged model."
        )
    n_batch, n_streamers = scores.shape
    k = min(k, n_streamers)
    # NumPy's partition takes ten times as long on a hundred thousand columns, many of them equal.
    last_in = torch.from_numpy(scores).topk(k, dim=1).values[:, -1:].numpy()
    above, level = scores > last_in, scores == last_in
    places_left = k - above.sum(1, keepdims=True)
    chosen = above | (level & (np.cumsum(level, axis=1) <= places_left))
    columns = np.nonzero(chosen)[1].reshape(n_batch, k)
    picked = np.take_along_axis(scores, columns, 1)
    best_first = np.argsort(-picked, axis=1, kind="stable")
    columns, picked = np.take_along_axis(columns, best_first, 1), np.take_along_axis(picked, best_first, 1)
    return np.where(np.isneginf(picked), -1, columns)


def top_of(ranking: Ranking, among: Bool[np.ndarray, " n_streamers"] | None = None) -> Int[np.ndarray, " k"]:
    """The first streamers of a ranking (among: of these alone), -1 where there are fewer candidates than places."""
    top = np.full(max(CUTOFFS), -1, dtype=np.int64)
    order = ranking.order.cpu().numpy()
    order = (order if among is None else order[among[order]])[: len(top)]
    top[: len(order)] = order
    return top


def metrics_of_top(top: Int[np.ndarray, "batch k"], targets: sp.csr_matrix) -> dict[str, Float[np.ndarray, " batch"]]:
    """recall and ndcg of rankings already cut; row i of `targets` (batch, n_streamers) belongs to row i of `top`.

    Every row needs a target. Rankings shorter than a cutoff count as missing the rest.
    """
    n_targets = np.diff(targets.indptr)
    hits = _is_target(top, targets)
    gains = 1 / np.log2(np.arange(2, max(CUTOFFS) + 2))
    ideal = np.cumsum(gains)
    values = {}
    for k in CUTOFFS:
        cut = hits[:, :k]
        values[f"ndcg@{k}"] = cut @ gains[: cut.shape[1]] / ideal[np.minimum(n_targets, k) - 1]
        values[f"recall@{k}"] = cut.sum(1) / n_targets
    return {name: values[name] for name in METRICS}


def _is_target(top: Int[np.ndarray, "batch k"], targets: sp.csr_matrix) -> Bool[np.ndarray, "batch k"]:
    if top.size == 0:  # scipy answers an empty question with a sparse matrix
        return np.zeros(top.shape, dtype=bool)
    rows = np.repeat(np.arange(len(top)), top.shape[1])
    return (np.asarray(targets[rows, np.maximum(top, 0).ravel()]).reshape(top.shape) > 0) & (top >= 0)


def metrics_of_scores(
    scores: Scores | Tensor, mask: sp.csr_matrix, targets: sp.csr_matrix, user_idx: Int[np.ndarray, " batch"]
) -> UserMetrics:
    """Metrics of one batch: row i of scores, mask and targets is user_idx[i]. The scores given stay as they are."""
    array = scores.detach().cpu().numpy() if isinstance(scores, Tensor) else scores
    array = np.array(array, dtype=np.float32)  # a copy: the mask is written into it
    rows = np.repeat(np.arange(len(array)), np.diff(mask.indptr))
    array[rows, mask.indices] = -np.inf
    top = top_k(array, max(CUTOFFS))
    return UserMetrics(user_idx, np.diff(targets.indptr), metrics_of_top(top, targets), top)


def measured_users(pairs: EvalPairs) -> Int[np.ndarray, " n_users"]:
    """user_idx of those with at least one target: the users that a mean is taken over."""
    return np.flatnonzero(np.diff(pairs.target.indptr))


def measure(scorer: Scorer, pairs: EvalPairs) -> UserMetrics:
    """Metrics of every user with a target, all streamers ranked, scored in batches of bounded memory.

    scorer: user_idx (batch,) to scores (batch, n_streamers).
    """
    users = measured_users(pairs)
    n_streamers = pairs.target.shape[1]
    size = max(1, _CELLS_A_BATCH // max(1, n_streamers))
    starts = range(0, max(1, len(users)), size)
    return concatenate([_measure_batch(scorer, pairs, users[i : i + size]) for i in starts])


def _measure_batch(scorer: Scorer, pairs: EvalPairs, user_idx: Int[np.ndarray, " batch"]) -> UserMetrics:
    if not len(user_idx):
        empty = np.zeros(0, dtype=np.float64)
        return UserMetrics(
            user_idx, user_idx, dict.fromkeys(METRICS, empty), np.zeros((0, max(CUTOFFS)), dtype=np.int64)
        )
    return metrics_of_scores(scorer(user_idx), pairs.mask[user_idx], pairs.target[user_idx], user_idx)


def concatenate(parts: list[UserMetrics]) -> UserMetrics:
    """The users of all parts, in order; at least one part."""
    return UserMetrics(
        np.concatenate([p.user_idx for p in parts]),
        np.concatenate([p.n_targets for p in parts]),
        {name: np.concatenate([p.values[name] for p in parts]) for name in METRICS},
        np.concatenate([p.top for p in parts]),
    )


def interval(values: Float[np.ndarray, " n_users"], seed: int) -> Interval:
    """Mean over users and its 95 % percentile bootstrap interval (2,000 resamples); Nones where there is no user."""
    if not len(values):
        return Interval(None, None, None)
    rng = np.random.default_rng(seed)
    # Resampling users is drawing how often each occurs; in slices, so that 100,000 users do not need 1.6 GB.
    size = max(1, min(RESAMPLES, _CELLS_A_BATCH // len(values)))
    means = [
        values[rng.integers(0, len(values), (min(size, RESAMPLES - done), len(values)))].mean(1)
        for done in range(0, RESAMPLES, size)
    ]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def paired_interval(after: Float[np.ndarray, " _"], before: Float[np.ndarray, " _"], seed: int) -> Interval:
    """interval of after - before, the same users in the same order. Raises MspaError where their numbers differ."""
    if len(after) != len(before):
        raise MspaError(
            f"{len(after)} and {len(before)} users", "the same users twice", "Measure both models on the same pairs."
        )
    return interval(after - before, seed)
