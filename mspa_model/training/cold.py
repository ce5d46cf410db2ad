"""Streamers without a train tip: who ranks them well among themselves, and what places kept for them bring and cost."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Float, Int

from mspa_model.data.split import EvalPairs
from mspa_model.errors import MspaError
from mspa_model.ranking.places import cold_streamers, with_places
from mspa_model.training.metrics import (
    CUTOFFS,
    METRICS,
    Scorer,
    UserMetrics,
    interval,
    measure,
    measured_users,
    metrics_of_top,
    paired_interval,
)
from mspa_model.training.scorecard import Measured
from mspa_model.types import Dataset

MAX_CELLS = 50_000_000  # of the mask, which names every streamer that has a tip; a seeded draw of users above it
SHARES = (0.0, 0.1, 0.2)  # of the places kept for cold streamers, that are measured
AMONG = ("recall@20", "ndcg@20")  # metrics of cold streamers
_FEW = 40  # with so few, half of them or more are in any first 20: recall@20 tells little
_LEVEL = 1e-6  # scores that differ by less, beside the largest, are one


def hide(dataset: Dataset, share: float, seed: int) -> Dataset:
    """The set in which this share of the streamers, drawn by the seed, has no train tip: theirs are taken out.

    Their val and test tips stay and are the targets. For sets that have too few cold streamers to measure. Raises
    MspaError on a share that is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise MspaError(f"{share:g} of the streamers to hide", "a share between 0 and 1", "0.15 hides 15 %.")
    n_hidden = int(share * dataset.n_streamers + 0.5)
    hidden = np.random.default_rng(seed).choice(dataset.n_streamers, n_hidden, replace=False)
    known = (dataset.tips["split"] != "train") | ~dataset.tips["streamer_idx"].isin(hidden)
    name = hashlib.sha256(f"{dataset.fingerprint} without {share:g} by {seed}".encode()).hexdigest()
    return replace(dataset, tips=dataset.tips[known].reset_index(drop=True), fingerprint=name)


# --- among themselves ------------------------------------------------------------------------------------------------


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


def cold_at(measured: Sequence[Measured], step: int, pairs: EvalPairs) -> UserMetrics:
    """Cold streamers ranked among themselves at one step, of the users who have a target in `pairs` (cold_pairs)."""
    own = _with_target(measured, pairs)
    users = np.array([m.user_idx for m in own], dtype=np.int64)
    rows = [m.colds[step if step < 0 else min(step, len(m.colds) - 1)] for m in own]
    target = pairs.target[users]
    top = np.stack(rows) if rows else np.zeros((0, max(CUTOFFS)), dtype=np.int64)
    return UserMetrics(users, np.diff(target.indptr), metrics_of_top(top, target), top)


def by_chance(pairs: EvalPairs) -> dict[str, float] | None:
    """Mean of AMONG over the users of cold_pairs if their candidates were shuffled, worked out; None without users."""
    users = measured_users(pairs)
    if not len(users):
        return None
    n_candidates = pairs.mask.shape[1] - np.diff(pairs.mask[users].indptr)
    n_targets = np.diff(pairs.target[users].indptr)
    gains = np.cumsum(1 / np.log2(np.arange(2, 22)))
    places = np.minimum(n_candidates, 20)
    ndcg = n_targets / n_candidates * gains[places - 1] / gains[np.minimum(n_targets, 20) - 1]
    return {"recall@20": float((places / n_candidates).mean()), "ndcg@20": float(ndcg.mean())}


def _with_target(measured: Sequence[Measured], pairs: EvalPairs) -> list[Measured]:
    wanted = set(measured_users(pairs).tolist())
    return [m for m in measured if m.user_idx in wanted]


# --- in the full ranking ---------------------------------------------------------------------------------------------


def cold_metrics(
    train: sp.csr_matrix, pairs: EvalPairs, measured: Sequence[Measured], seed: int
) -> dict[str, Any] | None:
    """What metrics.json says of cold streamers; None where the run has none.

    metric: which of AMONG tells more; among: AMONG, of cold streamers ranked among themselves: mspa and mspa@step0 with
    intervals, random worked out.
    places: per share of places kept, recall@20 of the same targets in the full ranking, and the paired change of every
    metric over all test users against no place kept.
    """
    cold = np.zeros(train.shape[1], dtype=bool)
    cold[cold_streamers(train)] = True
    if not cold.any():
        return None
    own = cold_pairs(train, pairs, seed)
    among = {"mspa": cold_at(measured, -1, own), "mspa@step0": cold_at(measured, 0, own)}
    found = {name: _intervals(metrics.values, AMONG, seed) for name, metrics in among.items()}
    return {
        "n_streamers": int(cold.sum()),
        "n_pairs": int(own.target.nnz),
        "n_users": len(measured_users(own)),
        "metric": "ndcg@20" if cold.sum() <= _FEW else "recall@20",
        "among": {**found, "random": by_chance(own)},
        "places": [_with_share(measured, pairs, own, cold, share, seed) for share in SHARES],
    }


def _with_share(
    measured: Sequence[Measured],
    pairs: EvalPairs,
    own: EvalPairs,
    cold: Bool[np.ndarray, " n_streamers"],
    share: float,
    seed: int,
) -> dict[str, Any]:
    seen = _values(_with_target(measured, own), own.target, cold, share)
    told = {"share": share, **_intervals(seen, ("recall@20",), seed), "change": None}
    if share:
        after, before = (_values(measured, pairs.target, cold, s) for s in (share, 0.0))
        told["change"] = {m: asdict(paired_interval(after[m], before[m], seed)) for m in METRICS}
    return told


def _values(
    measured: Sequence[Measured], target: sp.csr_matrix, cold: Bool[np.ndarray, " n_streamers"], share: float
) -> Mapping[str, Float[np.ndarray, " n_users"]]:
    """Every metric of the last step with this share of its places kept."""
    tops = [placed_top(m.tops[-1], m.colds[-1], cold, share) for m in measured]
    top = np.stack(tops) if tops else np.zeros((0, max(CUTOFFS)), dtype=np.int64)
    return metrics_of_top(top, target[np.array([m.user_idx for m in measured], dtype=np.int64)])


def placed_top(
    top: Int[np.ndarray, " k"], colds: Int[np.ndarray, " k"], cold: Bool[np.ndarray, " n_streamers"], share: float
) -> Int[np.ndarray, " k"]:
    """The first k with kept places, from the first k by score and the first k cold ones: no other can stand there."""
    known = dict.fromkeys([*top[top >= 0].tolist(), *colds[colds >= 0].tolist()])
    order, _ = with_places(torch.tensor(list(known), dtype=torch.int64), cold, share)
    placed = np.full(len(top), -1, dtype=np.int64)
    first = order[: int((top >= 0).sum())].numpy()
    placed[: len(first)] = first
    return placed


def _intervals(values: Mapping[str, np.ndarray], names: Sequence[str], seed: int) -> dict[str, Any]:
    return {name: asdict(interval(values[name], seed)) for name in names}
