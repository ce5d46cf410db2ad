"""Witnesses: a user's own tips, each scored from the history without it by weights that have not seen the user."""

from dataclasses import dataclass

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
