"""How much each source counts: non-negative weights of standardised fits, chosen on val.

A non-negative sum of standardised sources is hard to beat and stays readable. Explanations rest on how modalities stand
to each other, which the metric is too noisy to tell: they keep the proportion that a conditional logit of the val tips
finds, which is smooth. Their common scale and all other weights are searched on the metric, coordinate by
coordinate, from three starts: the best alone, the logit, and all alike. A source that does not raise val by at least
MIN_GAIN of itself gets weight zero.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import residuals
from mspa_model.ranking.order import top_k
from mspa_model.ranking.recency import weigh
from mspa_model.ranking.scorer import PreferenceTensors, Scorer
from mspa_model.training.metrics import CUTOFFS, metrics_of_top
from mspa_model.training.told import ToldUsers
from mspa_model.types import SOURCES, Source

GRID = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.4, 2.0)
ROUNDS = 3
MIN_GAIN = 0.003
MAX_CELLS = 200_000_000  # val users x sources x streamers held at once: 0.8 GB
# Of thousands of streamers only those that some source ranks high can be in a sum's top: the search asks these alone.
SHORTLIST = 100  # of each source, and of their plain sum
_BATCH = 256


@dataclass(frozen=True)
class ValScores:
    """Standardised fits of val users from their train histories, with what a ranking leaves out at -inf in `mask`.

    streamers: whose fits each user's row holds, in a shortlist; None where it holds everyone's in their order.
    """

    user_idx: Int[np.ndarray, " n_users"]
    fits: Float[Tensor, "n_users n_sources n_candidates"]
    mask: Float[Tensor, "n_users n_candidates"]
    pairs: EvalPairs
    metric: str
    streamers: Int[Tensor, "n_users n_candidates"] | None = None

    def shortlist(self) -> "ValScores":
        """The same users with the candidates that can matter; itself where that would leave out few."""
        n = self.fits.shape[2]
        if self.streamers is not None or n <= 2 * SHORTLIST * (self.fits.shape[1] + 1) or not len(self.user_idx):
            return self
        sums = torch.cat([self.fits, self.fits.sum(1, keepdim=True)], 1) + self.mask[:, None]
        listed = top_k(sums, SHORTLIST)[1].flatten(1).sort(1).values
        again = torch.zeros_like(listed, dtype=torch.bool)
        again[:, 1:] = listed[:, 1:] == listed[:, :-1]
        fits = self.fits.gather(2, listed[:, None].expand(-1, self.fits.shape[1], -1))
        mask = self.mask.gather(1, listed).masked_fill_(again, -torch.inf)
        return replace(self, fits=fits, mask=mask, streamers=listed)

    def grouped(self, groups: Float[Tensor, "n_groups n_sources"]) -> "ValScores":
        """The same users with fits added up, each row of `groups` one sum."""
        return replace(self, fits=torch.einsum("gs,usn->ugn", groups, self.fits))

    def measure(self, weights: Float[Tensor, " n_sources"], keep: Bool[np.ndarray, " n_users"] | None = None) -> float:
        """Mean of the metric over users (those where keep is True) under these weights; 0.0 where there is no user."""
        values = self.each(weights, keep)
        return float(values.mean()) if len(values) else 0.0

    def each(
        self, weights: Float[Tensor, " n_sources"], keep: Bool[np.ndarray, " n_users"] | None = None
    ) -> Float[np.ndarray, " _"]:
        """The metric of every user (those where keep is True) under these weights."""
        users = np.arange(len(self.user_idx)) if keep is None else np.flatnonzero(keep)
        if not len(users):
            return np.zeros(0)
        used = weights.nonzero()[:, 0]
        fits = self.fits[users][:, used] if keep is not None or len(used) < len(weights) else self.fits
        scores = torch.einsum("s,usn->un", weights[used], fits) + self.mask[users]
        top = top_k(scores, max(CUTOFFS))[1]  # called some 500 times, and faster than metrics.top_k
        top = (top if self.streamers is None else self.streamers[users].gather(1, top)).cpu().numpy()
        targets = self.pairs.target[self.user_idx[users]]
        return metrics_of_top(top, targets)[self.metric]


def val_users(pairs: EvalPairs, seed: int) -> Int[np.ndarray, " n_users"]:
    """Users with a val target; a seeded draw of them where their fits would be more than MAX_CELLS."""
    users = np.flatnonzero(np.diff(pairs.target.indptr))
    n = max(100, MAX_CELLS // (len(SOURCES) * pairs.target.shape[1]))
    if len(users) > n:
        users = np.sort(np.random.default_rng(seed).choice(users, n, replace=False))
    return users


def pairs_of(pairs: EvalPairs, users: Int[np.ndarray, " n_users"]) -> EvalPairs:
    """The same pairs with targets of these users alone, so that no other is measured."""
    kept = np.zeros(pairs.target.shape[0], dtype=pairs.target.dtype)
    kept[users] = 1
    target = sp.csr_matrix(sp.diags(kept) @ pairs.target)
    target.eliminate_zeros()
    return EvalPairs(pairs.mask, target, pairs.n_hidden)


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
    return ValScores(users, torch.cat([empty, *parts]), mask_of(pairs, users, scorer.device), pairs, metric)


def mask_of(
    pairs: EvalPairs, users: Int[np.ndarray, " n_users"], device: torch.device
) -> Float[Tensor, "n_users n_streamers"]:
    """-inf where a ranking leaves a streamer out, else 0."""
    mask = torch.from_numpy(pairs.mask[users].toarray().astype(np.float32)).to(device)
    return mask.masked_fill_(mask > 0, -torch.inf)


def choose_weights(scores: ValScores) -> Float[Tensor, " n_fits"]:
    """The base weights: the largest is 1. Popularity alone where there is no val user to choose by.

    Fits beyond those of SOURCES (a further part of co-tipping) are weighed with them, in their order.
    """
    if not len(scores.user_idx):
        return torch.eye(scores.fits.shape[1], device=scores.fits.device)[SOURCES.index(Source.POPULARITY)]
    logit, short = logit_weights(scores), scores.shortlist()
    groups = groups_of(logit)
    grouped = short.grouped(groups)
    alone = single_source_metrics(grouped)
    present = torch.tensor([value >= 0 for value in alone], device=logit.device)
    best = torch.eye(len(alone), device=logit.device)[max(range(len(alone)), key=lambda i: (alone[i], i))]
    starts = [best, torch.linalg.pinv(groups).T @ logit, present.to(logit.dtype)]
    found = max((_search(grouped, start, None, ROUNDS) for start in starts), key=grouped.measure) @ groups
    weights = _drop_idle(short, found, short.measure(found), _modalities(len(found)), None)
    return weights / weights.max()


def groups_of(weights: Float[Tensor, " n_fits"]) -> Float[Tensor, "n_groups n_fits"]:
    """What is searched: modalities together, in the proportion of these weights, and every other fit alone."""
    modalities, each = _modalities(len(weights)), torch.eye(len(weights), device=weights.device)
    rest = [i for i in range(len(weights)) if i not in modalities]
    together = (each[modalities] * weights[modalities][:, None]).sum(0)
    return torch.cat([together[None] / together.max(), each[rest]]) if together.any() else each[rest]


def _modalities(n_fits: int) -> list[int]:
    return [i for i in range(min(n_fits, len(SOURCES))) if SOURCES[i].modality is not None]


def logit_weights(scores: ValScores) -> Float[Tensor, " n_fits"]:
    """Non-negative weights under which the val tips are likeliest (softmax over what a ranking may hold), largest 1."""
    wanted = torch.from_numpy(scores.pairs.target[scores.user_idx].toarray()).to(scores.fits.device)
    raw = torch.full((scores.fits.shape[1],), -1.0, device=scores.fits.device, requires_grad=True)
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
    """The weights that the users outside each fold (user_idx mod n_folds) choose, searched from the base, in which
    modalities keep their proportion.
    """
    groups = groups_of(base)
    grouped, start = scores.shortlist().grouped(groups), torch.linalg.pinv(groups).T @ base
    rows = [_search(grouped, start, scores.user_idx % n_folds != f, 1) @ groups for f in range(n_folds)]
    return torch.stack([row / row.max() for row in rows])


def single_source_metrics(scores: ValScores) -> list[float]:
    """The val metric of each source alone, in SOURCES order; -1 for a source that the set lacks."""
    n = scores.fits.shape[1]
    unit = torch.eye(n, device=scores.fits.device)
    spread = scores.fits.abs().amax((0, 2)) if len(scores.user_idx) else torch.zeros(n)
    return [scores.measure(unit[i]) if spread[i] > 0 else -1.0 for i in range(n)]


def _search(scores: ValScores, start: Tensor, keep: np.ndarray | None, rounds: int) -> Tensor:
    if keep is not None and not keep.any():
        return start.clone()
    weights, best = start.clone(), scores.measure(start, keep)
    present = [i for i in range(scores.fits.shape[1]) if float(scores.fits[:, i].abs().max()) > 0]
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
