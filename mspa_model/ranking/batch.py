"""Step 0 for many users at once: the scores of Recommender.score as matrix products, in batches of bounded memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.preference.statements import signed_strengths
from mspa_model.ranking.cotipping import BlendedCoTips, CoTips, DenseCoTips
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.order import top_k
from mspa_model.ranking.recency import MIN_WEIGHT, places_of, unfaded, weigh
from mspa_model.ranking.scorer import POPULARITY, Scorer, deviation
from mspa_model.types import FADED, SOURCES, History, Modality, Preference, Source

BYTES_AT_ONCE = 1 << 28  # of scores; a product and its top k hold about three times as much
COTIPS = SOURCES.index(Source.COTIPS)


@dataclass(frozen=True)
class PreferenceRows:
    """Many preferences without a number for each streamer.

    tips: weight of each distinct tipped streamer (recency.py), csr (n, n_streamers); strengths: signed strength of each
    value.
    """

    tips: sp.csr_matrix
    strengths: Float[Tensor, "n n_values"]
    residual: Mapping[Modality, Float[Tensor, "n feature_dim"]]

    def __len__(self) -> int:
        return len(self.strengths)

    def part(self, rows: slice) -> "PreferenceRows":
        """Some of them."""
        residual = {m: each[rows] for m, each in self.residual.items()}
        return PreferenceRows(self.tips[rows], self.strengths[rows], residual)


def preference_rows(scorer: Scorer, preferences: Sequence[Preference], n_values: int) -> PreferenceRows:
    """The numbers of these preferences, on the scorer's device; at least one preference."""
    found = [places_of(preference.history) for preference in preferences]
    ends = np.cumsum([0, *(len(idx) for idx, _ in found)])
    told = zip(preferences, found, strict=True)
    weights = np.concatenate([_weights(p.history, *each, scorer.half_life) for p, each in told])
    shape = (len(found), len(scorer.popularity))
    tips = sp.csr_matrix((weights, np.concatenate([idx for idx, _ in found]), ends), shape=shape)
    strengths = torch.stack([signed_strengths(p.statements, n_values) for p in preferences])
    residual = {
        m: torch.from_numpy(np.stack([p.residual[m] for p in preferences]).astype(np.float32)).to(scorer.device)
        for m in scorer.modalities
    }
    return PreferenceRows(tips, strengths.to(scorer.device), residual)


def _weights(
    history: History, streamer_idx: Int[np.ndarray, " n"], places: Int[np.ndarray, " n"], half_life: float
) -> Float[np.ndarray, " n"]:
    counts = torch.from_numpy(np.where(np.isin(streamer_idx, unfaded(history)), 1.0, FADED).astype(np.float32))
    return weigh(torch.from_numpy(places.astype(np.float32)), half_life, counts).numpy()


class BatchScorer:
    """Scores of many users: one product of what is known of a user with what is known of every streamer.

    A modality's part is its user vector times the source's weight; of co-tipping, which is linear too, the low-rank
    form joins the product and the dense form is the product of a user's few tips with their rows. What centring takes
    off a user's fit is one number, and stands in a column of ones.
    """

    def __init__(self, scorer: Scorer, bytes_at_once: int = BYTES_AT_ONCE) -> None:
        """bytes_at_once: of the scores of one batch; how many users that is follows from the number of streamers."""
        self.scorer, n_streamers = scorer, len(scorer.popularity)
        self.batch_size = max(1, bytes_at_once // (4 * n_streamers))
        self._cotips = _form_of(scorer.cotips)
        blocks = [scorer.embeddings[m] for m in scorer.modalities]
        blocks += [scorer.popularity[:, None], torch.ones(n_streamers, 1, device=scorer.device)]
        self._streamers = torch.cat([*blocks, self._cotips.streamers], 1)
        self._means = {m: scorer.embeddings[m].mean(0) for m in scorer.modalities}
        self._grams = {m: torch.cov(scorer.embeddings[m].T, correction=0) for m in scorer.modalities}
        self._popularity = deviation(scorer.popularity[None])

    @property
    def width(self) -> int:
        """Numbers a streamer that the product reads."""
        return self._streamers.shape[1]

    @torch.no_grad()
    def top_k(
        self, users: PreferenceRows, k: int, taken: sp.csr_matrix | None = None
    ) -> tuple[Float[np.ndarray, "n k"], Int[np.ndarray, "n k"]]:
        """Scores and streamer_idx of each user's k best, best first, ties by row; -inf and -1 where there are
        fewer. taken: pairs (n, n_streamers) that a ranking leaves out.
        """
        scores, found = [], []
        for start in range(0, max(len(users), 1), self.batch_size):
            rows = slice(start, start + self.batch_size)
            batch = self.scores(users.part(rows))
            if taken is not None:
                batch[_positions(taken[rows], batch.device)] = -torch.inf
            best, idx = top_k(batch, min(k, batch.shape[1]))
            scores.append(best.cpu().numpy())
            found.append(torch.where(best > -torch.inf, idx, -1).cpu().numpy())
        return np.concatenate(scores), np.concatenate(found)

    def batches(self, users: PreferenceRows) -> Iterator[tuple[slice, Float[Tensor, "batch n_streamers"]]]:
        """All scores, batch by batch, with the rows that they belong to."""
        for start in range(0, len(users), self.batch_size):
            rows = slice(start, start + self.batch_size)
            yield rows, self.scores(users.part(rows))

    @torch.no_grad()
    def scores(self, users: PreferenceRows) -> Float[Tensor, "batch n_streamers"]:
        """Score of every streamer for these users, in one batch: as many as batch_size at most fit the memory."""
        scorer, device = self.scorer, self.scorer.device
        vectors = {m: scorer.user_vectors(m, users.strengths, users.residual[m]) for m in scorer.modalities}
        cotips = self._cotips.of(_tensor(users.tips, device), users.tips)
        spread = torch.zeros(len(users), len(SOURCES), device=device)
        for m, vector in vectors.items():
            variance = ((vector @ self._grams[m]) * vector).sum(1)
            spread[:, SOURCES.index(Source(m.value))] = variance.clamp(min=0.0).sqrt()
        spread[:, COTIPS], spread[:, POPULARITY] = cotips.spread, self._popularity
        weights = scorer.weights_of(spread)
        weight = {m: weights[:, SOURCES.index(Source(m.value)), None] for m in scorer.modalities}
        shift = -sum((weight[m][:, 0] * (vectors[m] @ self._means[m]) for m in vectors), start=0 * cotips.mean)
        shift = shift - weights[:, COTIPS] * cotips.mean
        left = [weight[m] * vectors[m] for m in scorer.modalities]
        left += [weights[:, POPULARITY, None], shift[:, None], weights[:, COTIPS, None] * cotips.users]
        product = torch.cat(left, 1)
        if cotips.fit is None:
            scores = product @ self._streamers.T
        else:
            scores = torch.addmm(cotips.fit.mul_(weights[:, COTIPS, None]), product, self._streamers.T)
        row, column = _positions(users.tips, device)
        scores[row, column] += weights[row, COTIPS] * cotips.at_tips
        return scores


@dataclass(frozen=True)
class _CoTipped:
    """Co-tipping of a batch: users and fit, whose product with the streamers and sum is the uncentred fit, but for
    at_tips, which is added at the tipped streamers; mean and spread of the whole over streamers.
    """

    users: Float[Tensor, "batch _"]
    fit: Float[Tensor, "batch n_streamers"] | None
    at_tips: Float[Tensor, " n_tips"]
    mean: Float[Tensor, " batch"]
    spread: Float[Tensor, " batch"]


class _LowRank:
    """tipped @ found', less what a tip says of its own streamer."""

    def __init__(self, model: LowRankCoTips) -> None:
        self.model, self.streamers, self._n = model, model.found, len(model.found)
        self._mean, self._gram = model.found.mean(0), model.found.T @ model.found

    def of(self, tips: Tensor, rows: sp.csr_matrix) -> _CoTipped:
        row, column = _positions(rows, tips.device)
        users, at_tips = _heard(self.model, tips, row, column)
        own = self.model.found[column]
        mean = users @ self._mean + torch.zeros_like(users[:, 0]).index_add(0, row, at_tips) / self._n
        # Sum of squares of (users x found + at_tips), without the fit itself.
        cross = (2.0 * (own * users[row]).sum(1) + at_tips) * at_tips
        squares = ((users @ self._gram) * users).sum(1).index_add(0, row, cross) / self._n
        return _CoTipped(users, None, at_tips, mean, (squares - mean.square()).clamp(min=0.0).sqrt())


class _Dense:
    """B = I - P / diag(P), and a latent part where there is one: a user tips a few, and only their rows are read."""

    def __init__(self, model: DenseCoTips, latent: LowRankCoTips | None = None) -> None:
        self.model, self.latent, self._diagonal = model, latent, model.inverse.diagonal()
        self.streamers = model.inverse[:, :0]

    def of(self, tips: Tensor, rows: sp.csr_matrix) -> _CoTipped:
        fit = torch.sparse.mm(tips, self.model.inverse).div_(-self._diagonal)
        row, column = _positions(rows, tips.device)
        fit[row, column] += tips.values()
        if self.latent is not None:
            users, at_tips = _heard(self.latent, tips, row, column)
            fit.addmm_(users, self.latent.found.T)
            fit[row, column] += at_tips
        mean = fit.mean(1)
        spread = (torch.linalg.vector_norm(fit, dim=1).square() / fit.shape[1] - mean.square()).clamp(min=0.0).sqrt()
        return _CoTipped(fit[:, :0], fit, torch.zeros_like(tips.values()), mean, spread)


def _heard(
    model: LowRankCoTips, tips: Tensor, row: Int[Tensor, " n_tips"], column: Int[Tensor, " n_tips"]
) -> tuple[Float[Tensor, "batch rank"], Float[Tensor, " n_tips"]]:
    """What found is multiplied with, of sparse histories, and what leaves the fit at each tip's own streamer."""
    total = torch.zeros(tips.shape[0], device=tips.device).index_add(0, row, tips.values())
    by_weight, by_share = model.own(column)
    share = tips.values() / total[row].clamp(min=MIN_WEIGHT)
    users = model.heard(torch.sparse.mm(tips, model.tipped), total)
    return users, -(tips.values() * by_weight + share * by_share)


def _form_of(cotips: CoTips) -> _LowRank | _Dense:
    if isinstance(cotips, LowRankCoTips):
        return _LowRank(cotips)
    if isinstance(cotips, BlendedCoTips):
        return _Dense(cotips.dense, cotips.latent)
    assert isinstance(cotips, DenseCoTips)
    return _Dense(cotips)


def _tensor(rows: sp.csr_matrix, device: torch.device) -> Tensor:
    place, values = torch.stack(_positions(rows, device)), torch.from_numpy(rows.data.astype(np.float32)).to(device)
    return torch.sparse_coo_tensor(place, values, rows.shape, is_coalesced=True, check_invariants=False)


def _positions(rows: sp.csr_matrix, device: torch.device) -> tuple[Int[Tensor, " n"], Int[Tensor, " n"]]:
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    return torch.from_numpy(row).to(device), torch.from_numpy(rows.indices.astype(np.int64)).to(device)
