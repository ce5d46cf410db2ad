"""What is tipped next: co-tipping that knows in which order tips were given.

A linear model from the tips just before a moment to those just after it, in closed form (ours after Choi et al. 2021,
"Session-aware Linear Item-Item Models for Session-based Recommendation", its transition model):
    B = inv(A + ridge I) C,   A = sum of w past past',   C = sum of w past future'
over every moment between two tips of a user. A tip k tips before the moment counts exp(-k / PAST) in `past`, one k
after it exp(-k / FUTURE) in `future`; w is a user's weight, 1 / moments ** degree_power. What is kept of B is its
strongest directions, so it joins co-tipping as a low-rank part and every tip's share stays exact.

On some sets the order says much, on others nothing: it joins only where val rises by more than chance.
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from scipy.linalg import solve
from scipy.sparse.linalg import svds

from mspa_model.ranking.cotipping import CoTipsSetting
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.scorer import MIN_SPREAD, Scorer
from mspa_model.training.cotips import join, latent_fits
from mspa_model.training.weights import ValScores, choose_weights

PAST, FUTURE = 3.0, 10.0  # tips
RANK = 64
SURE = 2.0  # standard errors by which val must rise


def ordered_cotips(
    places: sp.csr_matrix, setting: CoTipsSetting, seed: int, device: torch.device | None = None
) -> LowRankCoTips:
    """The model of everyone's distinct train tips. places: (n_users, n_streamers), 1 the newest tip, 0 not tipped;
    setting: whose ridge and degree power it takes; device: where it is put, the processor if None. Holds two dense
    squares while it is made.
    """
    n = places.shape[1]
    past_past, past_future = np.zeros((n, n)), np.zeros((n, n))
    for user in range(places.shape[0]):
        start, end = places.indptr[user], places.indptr[user + 1]
        if end - start < 2:
            continue
        order = places.indices[start:end][np.argsort(-places.data[start:end], kind="stable")]
        past, future = _around(len(order))
        weight = len(past) ** -setting.degree_power
        rows = np.ix_(order, order)
        past_past[rows] += weight * (past.T @ past)
        past_future[rows] += weight * (past.T @ future)
    past_past[np.diag_indices(n)] += setting.ridge
    nexts = solve(past_past, past_future, assume_a="pos", overwrite_a=True, overwrite_b=True)
    nexts[np.diag_indices(n)] = 0.0
    return _strongest(nexts, seed, device)


def _around(n: int) -> tuple[Float[np.ndarray, "moments n"], Float[np.ndarray, "moments n"]]:
    """What each of n tips in order counts before and after each of the n - 1 moments between two of them."""
    since = np.arange(n - 1)[:, None] - np.arange(n)  # tips between one and the last before the moment
    past = np.where(since >= 0, np.exp(-since / PAST), 0.0)
    return past, np.where(since < 0, np.exp((since + 1) / FUTURE), 0.0)


def _strongest(nexts: Float[np.ndarray, "n n"], seed: int, device: torch.device | None) -> LowRankCoTips:
    if len(nexts) > RANK + 1:
        left, scale, right = svds(nexts, k=RANK, rng=seed)
    else:
        left, scale, right = np.linalg.svd(nexts)
    root = np.sqrt(scale)
    sides = left * root, right.T * root
    return LowRankCoTips(*(torch.from_numpy(np.ascontiguousarray(side, np.float32)).to(device) for side in sides))


def weigh_ordered(scorer: Scorer, ordered: LowRankCoTips, scores: ValScores, places: sp.csr_matrix) -> float:
    """Choose on val whether the ordered model joins co-tipping: gives its share of co-tipping's weight, 0 where val
    does not rise by more than SURE standard errors over its users.

    scores: of the scorer as it is, whose weights are over no spread, and is left with both where it joins; places:
    rows of the same users.
    """
    if not len(scores.user_idx):
        return 0.0
    fits = latent_fits(ordered, places, scorer.half_life).to(scores.fits.device)
    spread = fits.std(1, correction=0).mean().clamp(min=MIN_SPREAD)
    joined = replace(scores, fits=torch.cat([scores.fits, (fits / spread)[:, None]], 1))
    weights = choose_weights(joined)
    risen = joined.each(weights) - scores.each(scorer.base_weights * scorer.spreads)
    if risen.mean() <= SURE * risen.std() / len(risen) ** 0.5:
        return 0.0
    return join(scorer, ordered, weights, spread)
