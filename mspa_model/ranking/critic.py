"""The critic: where the witnesses stand, and what the present top k has that they have not, by source and by value."""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.number_format import percent
from mspa_model.ranking.order import best_first, top_k
from mspa_model.ranking.scorer import MIN_SPREAD
from mspa_model.ranking.tip_rows import MAX_CROWD
from mspa_model.ranking.witnesses import Witnesses
from mspa_model.types import SOURCES, Critique, DatasetInfo, HeldOut, SourceGap, ValueGap, Vocabulary
from mspa_model.words import counted


@dataclass(frozen=True)
class CritiqueTensors:
    """The numbers of a critique, or of a batch of them, each from a part of the witnesses.

    source_witnesses, source_uncertainty, source_top_k: mean fit in standard deviations over streamers, and its standard
        error over witnesses; source_weight: share of the weights, 0 where a source is off.
    value_witnesses, value_top_k, value_everyone: share of streamers with each value; strengths: the preference's.
    """

    source_witnesses: Float[Tensor, "*batch n_sources"]
    source_uncertainty: Float[Tensor, "*batch n_sources"]
    source_top_k: Float[Tensor, "*batch n_sources"]
    source_weight: Float[Tensor, "*batch n_sources"]
    value_witnesses: Float[Tensor, "*batch n_values"]
    value_top_k: Float[Tensor, "*batch n_values"]
    value_everyone: Float[Tensor, "*batch n_values"]
    strengths: Float[Tensor, "*batch n_values"]
    n_witnesses: Float[Tensor, "*batch 1"]

    def row(self, i: int) -> "CritiqueTensors":
        """One of a batch."""
        return CritiqueTensors(**{f.name: getattr(self, f.name)[i] for f in fields(self)})


@dataclass(frozen=True)
class Standing:
    """Under one stance: fit of each witness and mean fit of the top k in standard deviations, and who the top k are."""

    witnesses: Float[Tensor, "n n_sources"]
    top_k: Float[Tensor, " n_sources"]
    top_idx: Int[Tensor, " k"]


def criticise(
    standing: Standing,
    keep: Bool[Tensor, "batch n"],
    witness_idx: Int[Tensor, " n"],
    weights: Float[Tensor, " n_sources"],
    strengths: Float[Tensor, " n_values"],
    membership: Float[Tensor, "n_streamers n_values"],
    everyone: Float[Tensor, " n_values"],
) -> CritiqueTensors:
    """What the witnesses have that the top k has not, once for each row of `keep`, the witnesses that it looks at.

    weights: base x emphasis, before they are divided by spread; everyone: mean of membership over streamers.
    """
    counted = keep.to(standing.witnesses.dtype)
    n = counted.sum(1, keepdim=True)
    mean = counted @ standing.witnesses / n
    apart = (standing.witnesses[None] - mean[:, None]).square() * counted[:, :, None]
    error = (apart.sum(1) / n).clamp(min=MIN_SPREAD**2).sqrt() / (n - 1.0).clamp(min=1.0).sqrt()
    share = weights / weights.sum().clamp(min=MIN_SPREAD)
    alike = [row.expand(len(keep), -1) for row in (standing.top_k, share, everyone, strengths)]
    return CritiqueTensors(
        source_witnesses=mean,
        source_uncertainty=error,
        source_top_k=alike[0],
        source_weight=alike[1],
        value_witnesses=counted @ membership[witness_idx] / n,
        value_top_k=mean_row(membership[standing.top_idx]).expand(len(keep), -1),
        value_everyone=alike[2],
        strengths=alike[3],
        n_witnesses=n,
    )


def mean_row(rows: Float[Tensor, "n m"]) -> Float[Tensor, " m"]:
    """Zero where there is no row: nobody is left for a user who has tipped every streamer."""
    return rows.mean(0) if len(rows) else rows.sum(0)


def top_candidates(
    scores: Float[Tensor, " n_streamers"], candidates: Bool[Tensor, " n_streamers"], k: int
) -> Int[Tensor, " k"]:
    """The k best candidates (fewer where there are fewer), best first, ties by row."""
    allowed = scores.masked_fill(~candidates, -torch.inf)
    return top_k(allowed, min(k, int(candidates.sum())))[1]


def spell_out(
    view: CritiqueTensors, witnesses: Witnesses, ranks: Int[Tensor, " n"], vocabulary: Vocabulary, info: DatasetInfo
) -> Critique:
    """The critique in words: every source in use, and the ten values whose gap is widest or that are stated."""
    sources = tuple(
        SourceGap(s, float(view.source_witnesses[i]), float(view.source_top_k[i]), float(view.source_weight[i]))
        for i, s in enumerate(SOURCES)
        if view.source_weight[i] > 0
    )
    gap = (view.value_witnesses - view.value_top_k).abs() + (view.strengths != 0)
    widest = best_first(gap)[:10].tolist()
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
    about = len(vocabulary.membership) > MAX_CROWD
    said = _sentence(ranks, values, about, info)
    return Critique(tuple(witnesses.idx.tolist()), tuple(ranks.tolist()), sources, values, said, about)


def held_out(critique: Critique, ranks_after: Int[Tensor, " n"]) -> HeldOut:
    """The witnesses' ranks when a step was judged, beside those after it."""
    return HeldOut(critique.witness_idx, critique.witness_rank, tuple(ranks_after.tolist()), critique.about)


def _sentence(ranks: Int[Tensor, " n"], values: tuple[ValueGap, ...], about: bool, info: DatasetInfo) -> str:
    median, told = int(ranks.float().median()), counted(len(ranks), info.tip_is)
    place = f"about place {float(f'{median:.2g}'):,.0f}" if about else f"place {median}"
    said = f"Half of the {told} held out one at a time stand at {place} or better."
    missing = max(values, key=lambda v: v.witnesses - v.top_k, default=None)
    if missing is not None and missing.witnesses - missing.top_k >= 0.2:
        said += f" {percent(missing.witnesses)} of them are {missing.value}, "
        said += f"but only {percent(missing.top_k)} of the present top."
    return said
