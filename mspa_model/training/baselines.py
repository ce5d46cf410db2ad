"""Simple recommenders that MSPA is compared with, each with at most four settings tried on val and one test.

popularity; item kNN (Sarwar et al. 2001, cosine); EASE (Steck 2019); implicit's ALS (Hu, Koren and Volinsky 2008).
They see what MSPA's co-tipping sees: the 0/1 matrix of train tips.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from mspa_model.data.split import EvalPairs
from mspa_model.ranking.cotipping import inverse_of
from mspa_model.training.metrics import Scorer, Scores, UserMetrics, measure, top_k

RowScorer = Callable[[sp.csr_matrix], Scores]  # rows of tips (batch, n_streamers) to scores

KNN_NEIGHBORS = (20, 50, 100, 200)
EASE_RIDGES = (10.0, 50.0, 200.0, 800.0)
ALS_SETTINGS = ((64, 10.0, 1.0), (32, 10.0, 5.0), (32, 30.0, 5.0), (64, 10.0, 20.0))  # factors, regularization, alpha
MAX_DENSE_STREAMERS = 20_000
_BLOCK = 512


class Try(NamedTuple):
    """One setting of a baseline and the recommender fitted with it. note: a sentence on how its fitting ended."""

    setting: Mapping[str, int | float]
    scorer: RowScorer
    note: str = ""


class UserTry(NamedTuple):
    """The same for a recommender that learns something of each user, and so is asked by user_idx (batch,)."""

    setting: Mapping[str, int | float]
    scorer: Scorer
    note: str = ""


@dataclass(frozen=True)
class Chosen:
    """The setting that was best on val. seconds: fitting it; note: how that ended; tries as in BaselineResult."""

    setting: Mapping[str, int | float]
    scorer: Scorer
    val: UserMetrics
    tries: tuple[tuple[Mapping[str, int | float], float], ...]
    seconds: float
    note: str


@dataclass(frozen=True)
class BaselineResult:
    """What a baseline reached. val, test, setting: of the setting that was best on val; None where `absent` says why.

    tries: every setting tried, with the selecting metric's mean on val.
    """

    name: str
    setting: Mapping[str, int | float] | None
    tries: tuple[tuple[Mapping[str, int | float], float], ...]
    val: UserMetrics | None
    test: UserMetrics | None
    absent: str | None
    seconds: float


class BaselineAbsent(Exception):
    """A baseline that cannot be scored here; its text says why, and ends up in BaselineResult.absent."""


def popularity(train: sp.csr_matrix) -> Iterable[Try]:
    """Number of train tippers, the same for every user."""
    counts = np.asarray(train.sum(0), dtype=np.float32).reshape(1, -1)
    yield Try({}, lambda rows: np.repeat(counts, rows.shape[0], axis=0))


def item_knn(train: sp.csr_matrix) -> Iterable[Try]:
    """Sum of cosines of a user's tipped streamers, each streamer keeping its n most similar."""
    cosines, columns = nearest_by_cosine(_unit_columns(train).T.tocsr(), max(KNN_NEIGHBORS))
    for n in KNN_NEIGHBORS:
        weights = neighbor_weights(cosines, columns, n)
        yield Try({"neighbors": n}, lambda rows, weights=weights: (rows @ weights).toarray().astype(np.float32))


def neighbor_weights(cosines: np.ndarray, columns: np.ndarray, n: int) -> sp.csr_matrix:
    """What a tip to a row's streamer adds to a column's: their cosine, where the column's n nearest hold the row."""
    shape = (len(cosines), len(cosines))
    row = np.repeat(np.arange(len(cosines)), min(n, cosines.shape[1]))
    # Row j keeps the neighbours of j: a candidate's score sums over its own neighbours among the tipped ones.
    return sp.csr_matrix((cosines[:, :n].ravel(), (row, columns[:, :n].ravel())), shape=shape).T.tocsr()


def _unit_columns(train: sp.csr_matrix) -> sp.csr_matrix:
    norms = np.sqrt(np.asarray(train.multiply(train).sum(0)).ravel())
    return train @ sp.diags(1 / np.maximum(norms, 1e-12))


def nearest_by_cosine(
    unit: sp.csr_matrix | np.ndarray, n: int, among: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and columns (n_streamers, n) of each streamer's nearest, best first, by blocks: never a dense square.

    unit: a row of length 1 (or 0) a streamer; among: which streamers can be a neighbour, all where None.
    """
    barred = np.ones(unit.shape[0], dtype=bool)
    barred[slice(None) if among is None else among] = False
    others, n = unit.T, min(n, int((~barred).sum()))
    cosines, columns = [], []
    for start in range(0, unit.shape[0], _BLOCK):
        block = unit[start : start + _BLOCK] @ others
        block = block.toarray() if sp.issparse(block) else block
        block[np.arange(len(block)), start + np.arange(len(block))] = 0  # a streamer is no neighbour of itself
        best = top_k(np.where(barred, -np.inf, block), n)
        columns.append(best)
        cosines.append(np.take_along_axis(block, best, 1))
    return np.concatenate(cosines), np.concatenate(columns)


def ease(train: sp.csr_matrix, max_dense: int = MAX_DENSE_STREAMERS) -> Iterable[Try]:
    """Linear item-item model with zero diagonal, closed form: B = I - P / diag(P), P = inv(X'X + ridge I)."""
    if train.shape[1] > max_dense:
        raise BaselineAbsent(
            f"EASE needs a dense square of {train.shape[1]:,} columns; it is scored up to {max_dense:,}"
        )
    gram = (train.T @ train).toarray().astype(np.float64)
    for ridge in EASE_RIDGES:
        weights = _ease_weights(gram, ridge)
        yield Try({"ridge": ridge}, lambda rows, weights=weights: np.asarray(rows @ weights, dtype=np.float32))


def _ease_weights(gram: Float[np.ndarray, "n_streamers n_streamers"], ridge: float) -> np.ndarray:
    """float32 (n_streamers, n_streamers); the gram matrix stays as it is."""
    regular = gram.copy()
    regular[np.diag_indices(len(gram))] += ridge
    inverse = inverse_of(regular)
    weights = (-inverse / np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(weights, 0)
    return weights


def als(train: sp.csr_matrix, seed: int, settings: Sequence[tuple[int, float, float]] = ALS_SETTINGS) -> Iterable[Try]:
    """Weighted matrix factorisation by implicit; a user's factors are solved anew from the rows given."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares
    except ImportError as error:
        raise BaselineAbsent(
            "ALS wants implicit, which is not installed; `pip install implicit` before training scores it"
        ) from error
    for factors, regularization, alpha in settings:
        # implicit spreads rows over threads itself and warns where BLAS does the same.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(factors, regularization, alpha, iterations=15, random_state=seed)
            model.fit(train.astype(np.float32), show_progress=False)
        setting = {"factors": factors, "regularization": regularization, "alpha": alpha}
        yield Try(setting, lambda rows, model=model: _als_scores(model, rows))


def _als_scores(model, rows: sp.csr_matrix) -> Scores:
    users = model.recalculate_user(np.arange(rows.shape[0]), rows.astype(np.float32))
    return np.asarray(users @ model.item_factors.T, dtype=np.float32)


def score_baselines(
    train: sp.csr_matrix, val: EvalPairs, test: EvalPairs, metric: str, seed: int
) -> tuple[BaselineResult, ...]:
    """Every baseline, its setting chosen on val by `metric` and tested once.

    train: 0/1 (n_users, n_streamers). Takes 1 (ml100k) to 90 s (tiktok) on two cores.
    """
    makers: dict[str, Callable[[], Iterable[Try]]] = {
        "popularity": lambda: popularity(train),
        "itemknn": lambda: item_knn(train),
        "ease": lambda: ease(train),
        "als": lambda: als(train, seed),
    }
    return tuple(score_baseline(name, make, train, val, test, metric) for name, make in makers.items())


def score_baseline(
    name: str, make: Callable[[], Iterable[Try]], train: sp.csr_matrix, val: EvalPairs, test: EvalPairs, metric: str
) -> BaselineResult:
    """One baseline; the first of equally good settings is taken, so without val users the first."""
    began = time.perf_counter()
    try:
        chosen = choose(make(), train, val, metric)
    except BaselineAbsent as absent:
        return BaselineResult(name, None, (), None, None, str(absent), time.perf_counter() - began)
    on_test = measure(chosen.scorer, test)
    return BaselineResult(name, chosen.setting, chosen.tries, chosen.val, on_test, None, time.perf_counter() - began)


def choose(attempts: Iterable[Try | UserTry], train: sp.csr_matrix, val: EvalPairs, metric: str) -> Chosen:
    """The best of the attempts on val, the first of equals; raises BaselineAbsent where they cannot be made here."""
    best, tries, began = None, [], time.perf_counter()
    for attempt in attempts:
        seconds, scorer = time.perf_counter() - began, _by_user(attempt, train)
        on_val = measure(scorer, val)
        tries.append((attempt.setting, on_val.mean(metric)))
        if best is None or on_val.mean(metric) > best.val.mean(metric):
            best = Chosen(attempt.setting, scorer, on_val, (), seconds, attempt.note)
        began = time.perf_counter()
    assert best is not None, "a baseline tries at least one setting"
    return replace(best, tries=tuple(tries))


def _by_user(attempt: Try | UserTry, train: sp.csr_matrix) -> Scorer:
    if isinstance(attempt, UserTry):
        return attempt.scorer
    return lambda user_idx: attempt.scorer(train[user_idx])
