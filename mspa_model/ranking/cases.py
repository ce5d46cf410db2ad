"""Many histories made of the same few tips, scored without writing a score out.

A fit is linear in what a history brings, so its deviation over streamers and how far a streamer stands above others
come from inner products of few numbers: of tips' rows and of what streamers are like.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.ranking.order import ROUNDING, ahead
from mspa_model.ranking.scorer import MIN_SPREAD, Scorer
from mspa_model.ranking.tip_rows import TipRows
from mspa_model.types import SOURCES, Modality, Source


@dataclass(frozen=True)
class OwnTips:
    """A user's distinct tipped streamers, and what each adds to co-tipping, by the model without the user."""

    streamer_idx: Int[Tensor, " n"]
    rows: TipRows


def own_tips(scorer: Scorer, streamer_idx: Int[Tensor, " n"], trained_on: Int[Tensor, " m"]) -> OwnTips:
    """trained_on: the user's distinct train tips (may be empty)."""
    return OwnTips(streamer_idx, scorer.cotips.told(streamer_idx, trained_on))


@dataclass(frozen=True)
class Cases:
    """Histories by what their fits are sums of.

    factors: of the rows; vectors: what each modality's embeddings are multiplied with; tipped: streamers that are no
    candidates; gram: inner products of all that factors and vectors multiply, over streamers; at_tipped: these at the
    tipped.
    """

    scorer: Scorer
    rows: TipRows
    factors: Float[Tensor, "cases r"]
    vectors: Mapping[Modality, Float[Tensor, "cases _"]]
    tipped: Int[Tensor, " n_tipped"]
    gram: Float[Tensor, "width width"]
    at_tipped: Float[Tensor, "width n_tipped"]

    def __len__(self) -> int:
        return len(self.factors)

    def moved(self, by: Mapping[Modality, Float[Tensor, "cases _"]]) -> "Cases":
        """The same histories under other preferences: these vectors added."""
        return replace(self, vectors={m: each + by[m] for m, each in self.vectors.items()})

    @cached_property
    def spread(self) -> Float[Tensor, "cases n_sources"]:
        """Deviation over streamers of each source's fit."""
        spread = torch.zeros(len(self), len(SOURCES), device=self.factors.device)
        for source, (told, block) in self._blocks().items():
            square = ((told @ self.gram[block, block]) * told).sum(1)
            spread[:, SOURCES.index(source)] = _root(square / len(self.scorer.popularity))
        return spread

    def fits(self, own: Int[Tensor, " cases"]) -> Float[Tensor, "cases n_sources"]:
        """Each case's fits of one tipped streamer, by its position among the tipped."""
        fits = torch.zeros(len(self), len(SOURCES), device=self.factors.device)
        for source, (told, block) in self._blocks().items():
            fits[:, SOURCES.index(source)] = (told * self.at_tipped[block][:, own].T).sum(1)
        return fits

    def standing(
        self, weights: Float[Tensor, "cases n_sources"], own: Int[Tensor, " cases"]
    ) -> Float[Tensor, " cases"]:
        """How far each case's own streamer (position among the tipped) stands above the streamers not tipped, in
        deviations of their scores.

        Unlike a rank it moves with every change of a score, so that few witnesses suffice to tell a gain from chance.
        """
        told = self._weighed(weights)
        square, at_tipped = ((told @ self.gram) * told).sum(1), told @ self.at_tipped
        n_others = max(len(self.scorer.popularity) - len(self.tipped), 1)
        mean = -at_tipped.sum(1) / n_others  # scores are centred over all streamers
        spread = _root((square - at_tipped.square().sum(1)) / n_others - mean.square())
        return (at_tipped.gather(1, own[:, None])[:, 0] - mean) / spread.clamp(min=MIN_SPREAD)

    def ranks(self, weights: Float[Tensor, "cases n_sources"], own: Int[Tensor, " cases"]) -> Int[Tensor, " cases"]:
        """The rank of each case's own streamer (position among the tipped) among the streamers not tipped, 1 the best,
        those alike by row; told from the crowd, so about where that is not everyone.
        """
        told, n, n_factors = self._weighed(weights), len(self.scorer.popularity), self.factors.shape[1]
        crowd = self.scorer.content.crowd
        assert crowd is not None
        scores = told[:, n_factors:] @ crowd.like
        scores.addmm_(told[:, :n_factors], self.rows.at_crowd(crowd))
        # Here the rows of co-tipping are not centred.
        stands = (told @ self.at_tipped).gather(1, own[:, None]) + (told[:, :n_factors] @ self.rows.sums() / n)[:, None]
        others = ~torch.isin(crowd.streamer_idx, self.tipped)
        scores = torch.where((scores - stands).abs() <= ROUNDING, stands, scores)
        above = (ahead(scores, crowd.streamer_idx, stands, self.tipped[own, None]) & others).sum(1)
        return 1 + (above * (n - len(self.tipped)) / others.sum().clamp(min=1)).round().long()

    def _weighed(self, weights: Float[Tensor, "cases n_sources"]) -> Float[Tensor, "cases width"]:
        """What a score is the inner product of with a streamer's column."""
        return torch.cat([each * weights[:, [SOURCES.index(s)]] for s, (each, _) in self._blocks().items()], 1)

    def _blocks(self) -> dict[Source, tuple[Float[Tensor, "cases _"], slice]]:
        """What each source in use is told of each case, and where it stands in gram."""
        ones = torch.ones(len(self), 1, device=self.factors.device)
        told = {Source.COTIPS: self.factors, **{Source(m.value): v for m, v in self.vectors.items()}}
        blocks, start = {}, 0
        for source, each in {**told, Source.POPULARITY: ones}.items():
            blocks[source] = each, slice(start, start + each.shape[1])
            start += each.shape[1]
        return blocks


def gather_cases(
    scorer: Scorer,
    own: OwnTips,
    weights: Float[Tensor, "cases n"],
    vectors: Mapping[Modality, Float[Tensor, "cases _"]],
) -> Cases:
    """Histories of a user's own tips, each weighing them so, under user vectors."""
    factors, rows = scorer.cotips.factors(weights), own.rows
    if len(rows) >= len(factors):  # no more cases than tips
        rows, factors = rows.combined(factors), torch.eye(len(factors), device=factors.device)
    content, n = scorer.content, len(scorer.popularity)
    sums, beside = rows.sums(), rows.against(content)
    among = rows.among() - sums[:, None] * sums / n
    gram = torch.cat([torch.cat([among, beside], 1), torch.cat([beside.T, scorer.content_gram], 1)])
    at_tipped = torch.cat([rows.at(own.streamer_idx) - sums[:, None] / n, content.at(own.streamer_idx).T])
    return Cases(scorer, rows, factors, vectors, own.streamer_idx, gram, at_tipped)


def _root(square: Tensor) -> Tensor:
    """Rounding may take what is nothing below zero."""
    return square.clamp(min=0.0).sqrt()
