"""How much each source counts: non-negative weights of standardised fits, chosen on val.

A non-negative sum of standardised sources is hard to beat and stays readable. Coordinate search on the metric from
three starts: the best source alone, a conditional logit of the val tips (smooth, so less led astray by a noisy metric),
and modalities in the proportion in which they were learnt together; a source that does not raise val by at least
MIN_GAIN of itself gets weight zero.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import residuals
from mspa_model.ranking.recency import weigh
from mspa_model.ranking.scorer import PreferenceTensors, Scorer
from mspa_model.training.metrics import CUTOFFS, metrics_of_top
from mspa_model.training.told import ToldUsers
from mspa_model.types import SOURCES, Source

GRID = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.4, 2.0)
ROUNDS = 3
MIN_GAIN = 0.003
MAX_USERS = 3000
_BATCH = 256


@dataclass(frozen=True)
class ValScores:
    """Standardised fits of val users from their train histories, with what a ranking leaves out at -inf in `mask`."""

    user_idx: Int[np.ndarray, " n_users"]
    fits: Float[Tensor, "n_users n_sources n_streamers"]
    mask: Float[Tensor, "n_users n_streamers"]
    pairs: EvalPairs
    metric: str

    def measure(self, weights: Float[Tensor, " n_sources"], keep: Bool[np.ndarray, " n_users"] | None = None) -> float:
        """Mean of the metric over users (those where keep is True) under these weights; 0.0 where there is no user."""
        users = np.arange(len(self.user_idx)) if keep is None else np.flatnonzero(keep)
        if not len(users):
            return 0.0
        used = weights.nonzero()[:, 0]
        fits = self.fits[users][:, used] if keep is not None or len(used) < len(weights) else self.fits
        scores = torch.einsum("s,usn->un", weights[used], fits) + self.mask[users]
        # Ten times faster than metrics.top_k and called some 500 times; how ties fall decides no figure that is shown.
        top = scores.topk(min(max(CUTOFFS), scores.shape[1]), dim=1).indices.cpu().numpy()
        targets = self.pairs.target[self.user_idx[users]]
        return float(metrics_of_top(top, targets)[self.metric].mean())


def val_users(pairs: EvalPairs, seed: int) -> Int[np.ndarray, " n_users"]:
    """Users with a val target, a seeded draw of MAX_USERS where there are more."""
    users = np.flatnonzero(np.diff(pairs.target.indptr))
    if len(users) > MAX_USERS:
        users = np.sort(np.random.default_rng(seed).choice(users, MAX_USERS, replace=False))
    return users


def val_scores(
    scorer: Scorer, composer: Composer, places: sp.csr_matrix, whole: ToldUsers, pairs: EvalPairs, metric: str
) -> ValScores:
    """Fits of val users from their train histories in the composer's words; places: of everyone's train tips."""
    users, parts = whole.user_idx, []
    for start in range(0, len(users), _BATCH):
        rows = np.arange(start, min(start + _BATCH, len(users)))
        tips, strengths = whole.dense(rows, scorer.device)
        parts.append(_standard(scorer, told_fits(scorer, composer, places[users[rows]], tips, strengths)))
    empty = torch.zeros(0, len(SOURCES), places.shape[1], device=scorer.device)
    mask = torch.from_numpy(pairs.mask[users].toarray()).to(scorer.device)
    return ValScores(users, torch.cat([empty, *parts]), mask.masked_fill_(mask > 0, -torch.inf), pairs, metric)


def choose_weights(
    scores: ValScores, spreads: Float[Tensor, " n_sources"] | None = None
) -> Float[Tensor, " n_sources"]:
    """The base weights: the largest is 1. Popularity alone where there is no val user to choose by.

    spreads: typical deviation of each fit, which is a modality's say in what modalities learnt together.
    """
    alone = single_source_metrics(scores)
    best = max(range(len(SOURCES)), key=lambda i: (alone[i], i))
    start = torch.zeros(len(SOURCES), device=scores.fits.device)
    start[best] = 1.0
    if not len(scores.user_idx):
        return start
    starts = [start, logit_weights(scores), *([] if spreads is None else [_as_learnt(scores, spreads)])]
    found = [_search(scores, s, None, ROUNDS) for s in starts]
    return max(found, key=scores.measure)


def _as_learnt(scores: ValScores, spreads: Float[Tensor, " n_sources"]) -> Float[Tensor, " n_sources"]:
    """Modalities by their spread, co-tipping as much as the strongest of them."""
    weights = spreads * (scores.fits.abs().amax((0, 2)) > 0)
    weights[[i for i, s in enumerate(SOURCES) if s.modality is None]] = 0.0
    weights[SOURCES.index(Source.COTIPS)] = weights.max().clamp(min=1e-6)
    return weights / weights.max()


def logit_weights(scores: ValScores) -> Float[Tensor, " n_sources"]:
    """Non-negative weights under which the val tips are likeliest (softmax over what a ranking may hold), largest 1."""
    wanted = torch.from_numpy(scores.pairs.target[scores.user_idx].toarray()).to(scores.fits.device)
    raw = torch.full((len(SOURCES),), -1.0, device=scores.fits.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([raw], max_iter=50, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        weighted = torch.einsum("s,usn->un", torch.nn.functional.softplus(raw), scores.fits) + scores.mask
        log_share = weighted.log_softmax(1)
        lost = -(torch.where(wanted > 0, log_share, 0.0).sum(1) / wanted.sum(1)).mean()
        lost.backward()
        return lost

    optimizer.step(loss)
    # A source that the set lacks has no say in the likelihood, so its weight would stay where it began.
    weights = torch.nn.functional.softplus(raw).detach() * (scores.fits.abs().amax((0, 2)) > 0)
    return torch.where(weights < 0.02 * weights.max(), 0.0, weights) / weights.max()


def fold_weights(
    scores: ValScores, base: Float[Tensor, " n_sources"], n_folds: int
) -> Float[Tensor, "n_folds n_sources"]:
    """The weights that the users outside each fold (user_idx mod n_folds) choose, searched from the base."""
    rows = [_search(scores, base, scores.user_idx % n_folds != f, 1) for f in range(n_folds)]
    return torch.stack(rows)


def single_source_metrics(scores: ValScores) -> list[float]:
    """The val metric of each source alone, in SOURCES order; -1 for a source that the set lacks."""
    unit = torch.eye(len(SOURCES), device=scores.fits.device)
    spread = scores.fits.abs().amax((0, 2)) if len(scores.user_idx) else torch.zeros(len(SOURCES))
    return [scores.measure(unit[i]) if spread[i] > 0 else -1.0 for i in range(len(SOURCES))]


def _search(scores: ValScores, start: Tensor, keep: np.ndarray | None, rounds: int) -> Tensor:
    if keep is not None and not keep.any():
        return start.clone()
    weights, best = start.clone(), scores.measure(start, keep)
    present = [i for i in range(len(SOURCES)) if float(scores.fits[:, i].abs().max()) > 0]
    for _ in range(rounds):
        before = best
        for i in present:
            weights, best = _best_on_grid(scores, weights, best, i, keep)
        if best - before <= MIN_GAIN * before:
            break
    weights = _drop_idle(scores, weights, best, present, keep)
    return weights / weights.max()


def _best_on_grid(scores: ValScores, weights: Tensor, best: float, i: int, keep) -> tuple[Tensor, float]:
    chosen = weights
    for value in GRID:
        attempt = weights.clone()
        attempt[i] = value
        if attempt.sum() > 0 and (reached := scores.measure(attempt, keep)) > best * (1 + MIN_GAIN):
            chosen, best = attempt, reached
    return chosen, best


def _drop_idle(scores: ValScores, weights: Tensor, best: float, present: list[int], keep) -> Tensor:
    for i in sorted(present, key=lambda j: float(weights[j])):
        without = weights.clone()
        without[i] = 0.0
        if weights[i] > 0 and without.sum() > 0 and scores.measure(without, keep) >= best * (1 - MIN_GAIN):
            weights = without
    return weights


def told_fits(
    scorer: Scorer, composer: Composer, places: sp.csr_matrix, tips: Tensor, strengths: Tensor
) -> Float[Tensor, "batch n_sources n_streamers"]:
    """Fits of users (rows of places and of 0/1 tips) with these statements."""
    weights = weigh(torch.from_numpy(places.toarray()).to(scorer.device), scorer.half_life)
    residual = residuals(tips, strengths, composer.features, composer.vocabulary)
    return scorer.fits(PreferenceTensors(weights, strengths, residual))


def _standard(scorer: Scorer, fits: Tensor) -> Float[Tensor, "batch n_sources n_streamers"]:
    return fits * scorer.weights(fits, torch.ones(len(SOURCES), device=scorer.device))[:, :, None]
