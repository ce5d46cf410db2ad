"""The critic: where the witnesses stand, and what the present top k has that they have not, by source and by value."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.ranking.scorer import MIN_SPREAD
from mspa_model.ranking.witnesses import Witnesses
from mspa_model.types import SOURCES, Critique, SourceGap, ValueGap, Vocabulary


@dataclass(frozen=True)
class CritiqueTensors:
    """The numbers of a critique.

    source_witnesses, source_uncertainty, source_top_k: mean fit in standard deviations over streamers, and its standard
        error over witnesses; source_weight: share of the weights, 0 where a source is off.
    value_witnesses, value_top_k, value_everyone: share of streamers with each value; strengths: the preference's.
    """

    source_witnesses: Float[Tensor, " n_sources"]
    source_uncertainty: Float[Tensor, " n_sources"]
    source_top_k: Float[Tensor, " n_sources"]
    source_weight: Float[Tensor, " n_sources"]
    value_witnesses: Float[Tensor, " n_values"]
    value_top_k: Float[Tensor, " n_values"]
    value_everyone: Float[Tensor, " n_values"]
    strengths: Float[Tensor, " n_values"]
    n_witnesses: int


def criticise(
    witnesses: Witnesses,
    fits: Float[Tensor, "n n_sources n_streamers"],
    own_fits: Float[Tensor, "n_sources n_streamers"],
    top_k: Int[Tensor, " k"],
    weights: Float[Tensor, " n_sources"],
    strengths: Float[Tensor, " n_values"],
    membership: Float[Tensor, "n_streamers n_values"],
) -> CritiqueTensors:
    """What the witnesses (fits: of their held-out histories) have that the top k (own_fits: of the whole) has not.

    weights: base x emphasis, before they are divided by spread.
    """
    spread = fits.std(-1, correction=0).clamp(min=MIN_SPREAD)
    standing = witnesses.own(fits) / spread
    own = own_fits[:, top_k] / own_fits.std(-1, correction=0).clamp(min=MIN_SPREAD)[:, None]
    n = len(witnesses)
    return CritiqueTensors(
        source_witnesses=standing.mean(0),
        source_uncertainty=standing.std(0, correction=0) / max(n - 1, 1) ** 0.5,
        source_top_k=_mean(own, 1),
        source_weight=weights / weights.sum().clamp(min=MIN_SPREAD),
        value_witnesses=membership[witnesses.idx].mean(0),
        value_top_k=_mean(membership[top_k], 0),
        value_everyone=membership.mean(0),
        strengths=strengths,
        n_witnesses=n,
    )


def _mean(rows: Float[Tensor, "n m"], dim: int) -> Float[Tensor, " _"]:
    """Zero where there is nothing to average: nobody is left for a user who has tipped every streamer."""
    return rows.mean(dim) if rows.shape[dim] else rows.sum(dim)


def top_candidates(
    scores: Float[Tensor, " n_streamers"], candidates: Bool[Tensor, " n_streamers"], k: int
) -> Int[Tensor, " k"]:
    """The k best candidates (fewer where there are fewer), best first."""
    allowed = scores.masked_fill(~candidates, -torch.inf)
    return allowed.topk(min(k, int(candidates.sum()))).indices


def spell_out(
    view: CritiqueTensors, witnesses: Witnesses, ranks: Int[Tensor, " n"], vocabulary: Vocabulary
) -> Critique:
    """The critique in words: every source in use, and the ten values whose gap is widest or that are stated."""
    sources = tuple(
        SourceGap(s, float(view.source_witnesses[i]), float(view.source_top_k[i]), float(view.source_weight[i]))
        for i, s in enumerate(SOURCES)
        if view.source_weight[i] > 0
    )
    gap = (view.value_witnesses - view.value_top_k).abs() + (view.strengths != 0)
    widest = gap.argsort(descending=True, stable=True)[:10].tolist()
    values = tuple(
        ValueGap(
            j,
            vocabulary.values[j].aspect,
            vocabulary.values[j].label,
            float(view.value_witnesses[j]),
            float(view.value_top_k[j]),
            float(view.value_everyone[j]),
            float(view.strengths[j]),
        )
        for j in widest
    )
    return Critique(tuple(witnesses.idx.tolist()), tuple(ranks.tolist()), sources, values, _sentence(ranks, values))


def _sentence(ranks: Int[Tensor, " n"], values: tuple[ValueGap, ...]) -> str:
    median = int(ranks.float().median())
    said = f"Half of the {len(ranks)} tips held out one at a time stand at place {median} or better."
    missing = max(values, key=lambda v: v.witnesses - v.top_k, default=None)
    if missing is not None and missing.witnesses - missing.top_k >= 0.2:
        said += (
            f" {missing.witnesses:.0%} of them are {missing.value}, but only {missing.top_k:.0%} of the present top."
        )
    return said
