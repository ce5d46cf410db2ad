"""Witnesses: a user's own tips, each scored from the history without it by weights that have not seen the user."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.ranking.scorer import MIN_SPREAD, PreferenceTensors, Scorer, deviation


@dataclass(frozen=True)
class Witnesses:
    """What a correction is judged on.

    idx: the witnesses' streamer_idx, newest last; others: streamers that the user has not tipped.
    fits: of every streamer, from the history without each witness; spread: their deviations over streamers; base:
    weights fitted without the user's fold.
    """

    idx: Int[Tensor, " n"]
    others: Bool[Tensor, " n_streamers"]
    fits: Float[Tensor, "n n_sources n_streamers"]
    spread: Float[Tensor, "n n_sources"]
    base: Float[Tensor, " n_sources"]

    def __len__(self) -> int:
        return len(self.idx)

    def own(self, values: Float[Tensor, "n *rest n_streamers"]) -> Float[Tensor, "n *rest"]:
        """Each witness's own entry of a row of streamers."""
        return values[torch.arange(len(self.idx), device=values.device), ..., self.idx]


def gather_witnesses(
    scorer: Scorer,
    without: PreferenceTensors,
    idx: Int[Tensor, " n"],
    trained_on: Int[Tensor, " m"],
    base: Float[Tensor, " n_sources"],
) -> Witnesses:
    """Witnesses idx with the fits of the preferences `without` them (row i leaves out idx[i]).

    trained_on: the user's distinct train tips, taken out of the co-tipping model before it scores.
    """
    tipped = without.tips.amax(0).nonzero()[:, 0] if len(idx) else idx
    factors, rows = scorer.cotips.parts(tipped, without.tips[:, tipped], trained_on)
    fits = scorer.fits(without, factors @ rows)
    others = torch.ones(fits.shape[-1], dtype=torch.bool, device=fits.device)
    others[tipped] = False
    others[idx] = False
    return Witnesses(idx, others, fits, deviation(fits), base)


def ranks_among_others(witnesses: Witnesses, scores: Float[Tensor, "n n_streamers"]) -> Int[Tensor, " n"]:
    """Rank of each witness among the streamers that the user has not tipped, 1 the best."""
    own = witnesses.own(scores)[:, None]
    taken = scores[:, ~witnesses.others]  # a few: counted apart, so that all the rest needs no mask
    return (scores >= own).sum(1, dtype=torch.int32).long() - (taken >= own).sum(1) + 1


def standing_of(witnesses: Witnesses, scores: Float[Tensor, "n n_streamers"]) -> Float[Tensor, " n"]:
    """How far each witness stands above the streamers that the user has not tipped, in deviations of their scores.

    Unlike a rank it moves with every change of a score, so that few witnesses suffice to tell a gain from chance.
    """
    taken, n = scores[:, ~witnesses.others], int(witnesses.others.sum())
    mean = (scores.sum(1) - taken.sum(1)) / n
    # Norms read the scores once, and scores are centred, so that nothing is lost in the difference.
    square = torch.linalg.vector_norm(scores, dim=1).square() - torch.linalg.vector_norm(taken, dim=1).square()
    spread = (square / n - mean.square()).clamp(min=MIN_SPREAD**2).sqrt()
    return (witnesses.own(scores) - mean) / spread
