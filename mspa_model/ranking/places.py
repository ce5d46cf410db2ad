"""Places kept for the new: cold streamers, whom nobody has tipped in train, get a share of every top k.

Scores stay as they are; only the order changes. The share is a floor, as in fair top-k ranking (Zehlike et al. 2017):
a cold streamer that stands high by its own score counts, and nobody is moved for it.
"""

import math
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mspa_model.errors import MspaError
from mspa_model.types import Ranking, RankingTrace

_DIGITS = 9  # share x place is exact to so many: 0.29 x 50 is 14.5, not 14.499999999999998


def cold_streamers(train: sp.csr_matrix) -> Int[np.ndarray, " n"]:
    """streamer_idx of those without a train tip. train: distinct train pairs (n_users, n_streamers)."""
    return np.flatnonzero(np.asarray(train.sum(0)).ravel() == 0)


def is_cold(train: sp.csr_matrix) -> Bool[np.ndarray, " n_streamers"]:
    """The same as a mask."""
    mask = np.zeros(train.shape[1], dtype=bool)
    mask[cold_streamers(train)] = True
    return mask


def owed(share: float, k: int) -> int:
    """How many of the first k places are kept: floor(share x k + .5), and none of the first place short of all."""
    if k == 1 and share < 1:
        return 0
    return math.floor(round(share * k, _DIGITS) + 0.5)


def with_places(
    by_score: Int[Tensor, " n_candidates"], cold: Bool[np.ndarray, " n_streamers"], share: float
) -> tuple[Int[Tensor, " n_candidates"], tuple[int, ...]]:
    """The order in which every first k holds owed(share, k) cold streamers while there are any, and who was moved up.

    The best cold streamer by score goes first; all others stay in the order of their scores. Raises MspaError on a
    share outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise MspaError(f"a share of {share:g} for the new", "a number from 0 to 1", "0.2 keeps every fifth place.")
    queue = by_score.tolist()
    waiting = [streamer for streamer in queue if cold[streamer]]
    if share == 0 or not waiting:
        return by_score, ()
    order: list[int] = []
    placed: dict[int, None] = {}  # an ordered set
    head = n_cold = 0
    while n_cold < len(waiting):
        while queue[head] in placed:
            head += 1
        streamer = queue[head]
        if not cold[streamer] and n_cold < owed(share, len(order) + 1):
            streamer = waiting[n_cold]  # cold ones come up best first, by score or by a place: this is the next
            placed[streamer] = None
        n_cold += bool(cold[streamer])
        order.append(streamer)
        head += streamer == queue[head]
    done = set(order)
    order += [streamer for streamer in queue if streamer not in done]
    return torch.tensor(order, dtype=by_score.dtype), tuple(placed)


def keep_places(ranking: Ranking, cold: Bool[np.ndarray, " n_streamers"], share: float) -> Ranking:
    """The ranking with this share of its places kept for cold streamers; the same object where none is."""
    if share == ranking.new_share:
        return ranking
    order, placed = with_places(ranking.by_score, cold, share)
    return replace(ranking, order=order, new_share=float(share), placed=placed)


def keep_places_in(trace: RankingTrace, cold: Bool[np.ndarray, " n_streamers"], share: float) -> RankingTrace:
    """The same in every step, the proposal too. The correction itself never sees a kept place: witnesses, critique and
    what is kept go by scores.
    """
    if share == 0:
        return trace
    steps = tuple(replace(step, ranking=keep_places(step.ranking, cold, share)) for step in trace.steps)
    rejected = trace.rejected
    if rejected is not None:
        rejected = replace(rejected, ranking=keep_places(rejected.ranking, cold, share))
    return replace(trace, steps=steps, rejected=rejected)
