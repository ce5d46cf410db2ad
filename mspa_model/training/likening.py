"""Streamers without a train tip are likened to known ones: what would be tipped with them is a regression on content.

Co-tipping as it is learnt knows them by what content it met while it learnt tips. A ridge regression from content to
what known streamers are tipped with says more of them on some sets, less on others (docs/LOG.md): val chooses. It is
linear in the tips too, so that a tip's part of a score stays exact.
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mspa_model.ranking.cotipping import BlendedCoTips, CoTips, DenseCoTips
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.order import top_k
from mspa_model.ranking.recency import weigh
from mspa_model.ranking.scorer import Scorer
from mspa_model.training.metrics import metrics_of_top
from mspa_model.training.weights import ValScores
from mspa_model.types import SOURCES, Source

RIDGES = (1.0, 3.0, 10.0, 30.0)  # of content rows, which have length one a modality
AS_LEARNT, UNASKED = 0.0, 10.0  # unasked: the cold are ranked by nothing else, and nobody is there to choose by
MIN_USERS = 20  # with a val tip to a cold streamer; fewer choose nothing
FIRST = 20  # places
_COTIPS = SOURCES.index(Source.COTIPS)


def liken_the_cold(
    scorer: Scorer,
    scores: ValScores,
    places: sp.csr_matrix,
    content: Float[np.ndarray, "n_streamers _"],
    cold: Bool[np.ndarray, " n_streamers"],
) -> float:
    """Choose on val how the cold are likened, by how well they are ranked among themselves: gives the ridge, or
    AS_LEARNT where that is better. Leaves the scorer with the co-tipping that was chosen.

    With nobody to choose by the cold stay as learnt where a modality tells them apart; where none pays for those who
    are known, likening is all there is.

    scores, places: of the same val users; content: rows of what streamers are like (content.py).
    """
    target = sp.csr_matrix(scores.pairs.target[scores.user_idx][:, np.flatnonzero(cold)])
    asked = np.flatnonzero(np.diff(target.indptr))
    if cold.all() or not cold.any() or not content.size:
        return AS_LEARNT
    if len(asked) < MIN_USERS:
        if any(weight > 0 for s, weight in zip(SOURCES, scorer.base_weights, strict=True) if s.modality is not None):
            return AS_LEARNT
        scorer.cotips = liken(scorer.cotips, content, cold, UNASKED)
        return UNASKED
    best = AS_LEARNT, scorer.cotips, _reached(scorer, scorer.cotips, scores, places, cold, asked, target)
    for ridge in RIDGES:
        likened = liken(scorer.cotips, content, cold, ridge)
        reached = _reached(scorer, likened, scores, places, cold, asked, target)
        if reached > best[2]:
            best = ridge, likened, reached
    scorer.cotips = best[1]
    return best[0]


def liken(
    cotips: CoTips, content: Float[np.ndarray, "n_streamers _"], cold: Bool[np.ndarray, " n_streamers"], ridge: float
) -> CoTips:
    """The same model for known streamers; a cold one is found with what a ridge regression on content makes of them."""
    known, told = content[~cold], content[cold]
    mean = known.mean(0)
    apart = known - mean
    solved = np.linalg.solve(apart.T @ apart + ridge * np.eye(apart.shape[1]), (told - mean).T).T
    known_idx, cold_idx = (torch.from_numpy(np.flatnonzero(which)) for which in (~cold, cold))
    if isinstance(cotips, LowRankCoTips):
        return replace(cotips, found=_predicted(cotips.found, apart, solved, known_idx, cold_idx))
    dense, latent = (cotips.dense, cotips.latent) if isinstance(cotips, BlendedCoTips) else (cotips, None)
    assert isinstance(dense, DenseCoTips)
    # What a tip adds to a cold streamer: the mean of what it adds to known ones, and along what they are like.
    adds = dense.rows(torch.arange(len(cold), device=dense.inverse.device))[:, known_idx]
    tipped = torch.cat([adds.mean(1, keepdim=True), adds @ torch.from_numpy(apart).to(adds)], 1)
    found = tipped.new_zeros(len(cold), tipped.shape[1])
    found[cold_idx] = torch.cat([torch.ones(len(solved), 1), torch.from_numpy(solved).float()], 1).to(found)
    if latent is not None:
        whole = _predicted(latent.found, apart, solved, known_idx, cold_idx)
        tipped, found = torch.cat([tipped, latent.tipped], 1), torch.cat([found, whole], 1)
    by_share = 0 if latent is None else latent.by_share
    return BlendedCoTips(_without(dense, cold_idx), LowRankCoTips(tipped, found, by_share))


def _predicted(found: Tensor, apart: np.ndarray, solved: np.ndarray, known_idx: Tensor, cold_idx: Tensor) -> Tensor:
    """Vectors of all streamers, those of the cold predicted from the known ones'."""
    known = found[known_idx].cpu().double().numpy()
    after = found.clone()
    after[cold_idx] = torch.from_numpy(known.mean(0) + solved @ (apart.T @ known)).to(found)
    return after


def _without(dense: DenseCoTips, cold_idx: Tensor) -> DenseCoTips:
    """The linear model that finds no cold streamer; a tip to one still finds others."""
    inverse, diagonal = dense.inverse.clone(), dense.inverse.diagonal()[cold_idx].clone()
    inverse[:, cold_idx] = 0.0
    inverse[cold_idx, cold_idx] = diagonal
    return DenseCoTips(inverse, dense.degree_power)


def _reached(
    scorer: Scorer,
    cotips: CoTips,
    scores: ValScores,
    places: sp.csr_matrix,
    cold: Bool[np.ndarray, " n_streamers"],
    asked: np.ndarray,
    target: sp.csr_matrix,
) -> float:
    """Mean of the selecting metric over the users asked, the cold ranked among themselves by all sources."""
    device = scorer.device
    cold_idx = torch.from_numpy(np.flatnonzero(cold)).to(device)
    tips = weigh(torch.from_numpy(places[asked].toarray()).to(device), scorer.half_life)
    weights = scorer.base_weights.clone()
    by_cotips = weights[_COTIPS] * cotips.fit(tips)[:, cold_idx]
    rest = scorer.base_weights * scorer.spreads
    rest[_COTIPS] = 0.0
    fits = scores.fits[torch.from_numpy(asked)][:, :, cold_idx]
    total = torch.einsum("s,usn->un", rest, fits) + by_cotips
    top = top_k(total, FIRST)[1].cpu().numpy()
    return float(metrics_of_top(top, target[asked])[scores.metric].mean())
