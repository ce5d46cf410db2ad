"""Witnesses: a user's own tips, each scored from the history without it by weights that have not seen the user."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.ranking.cases import Cases


@dataclass(frozen=True)
class Witnesses:
    """What a correction is judged on.

    idx: the witnesses' streamer_idx, newest last; own: their positions among the tipped; without: the history without
    each; base: weights fitted without the user's fold.
    """

    idx: Int[Tensor, " n"]
    own: Int[Tensor, " n"]
    without: Cases
    base: Float[Tensor, " n_sources"]

    def __len__(self) -> int:
        return len(self.idx)


def ranks_among_others(
    scores: Float[Tensor, "n n_streamers"], idx: Int[Tensor, " n"], tipped: Int[Tensor, " n_tipped"]
) -> Int[Tensor, " n"]:
    """Rank of each row's own streamer among those that the user has not tipped, 1 the best."""
    own = scores.gather(1, idx[:, None])
    # The tipped are a few: counted apart, so that all the rest needs no mask.
    return (scores >= own).sum(1, dtype=torch.int32).long() - (scores[:, tipped] >= own).sum(1) + 1
