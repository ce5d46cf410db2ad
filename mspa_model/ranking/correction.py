"""One correction step as tensors: a stance and its witnesses to the next stance. Shared by training and ranking."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.config import CorrectorConfig
from mspa_model.preference.composer import Composer
from mspa_model.ranking.cases import Cases, OwnTips, gather_cases
from mspa_model.ranking.corrector import Corrector, Proposal
from mspa_model.ranking.critic import CritiqueTensors, Standing, criticise, mean_row, top_candidates
from mspa_model.ranking.recency import hold_out
from mspa_model.ranking.scorer import MIN_SPREAD, PreferenceTensors, Scorer, deviation
from mspa_model.ranking.witnesses import Witnesses
from mspa_model.types import SOURCES, Modality, Source

# Below these a change is not worth a line on a screen: strengths are read to one decimal.
MIN_STRENGTH = 0.1
MIN_CHANGE = 0.05
# Smaller ones moved sound preferences and repaired nothing (docs/LOG.md); a muted source asks for a factor of ten.
MIN_FACTOR = 2.0  # up or down
MIN_SHIFT = 0.5


@dataclass(frozen=True)
class Stance:
    """What correction alters: signed strengths, residual per modality (1 row), factor on each source's weight.

    Of a batch of stances every field has a row each.
    """

    strengths: Float[Tensor, "*batch n_values"]
    residual: Mapping[Modality, Float[Tensor, "_ feature_dim"]]
    emphasis: Float[Tensor, "*batch n_sources"]

    def part(self, which: slice) -> "Stance":
        """Some of a batch."""
        residual = {m: r[which] for m, r in self.residual.items()}
        return Stance(self.strengths[which], residual, self.emphasis[which])

    def row(self, i: int) -> "Stance":
        """One of a batch."""
        return Stance(self.strengths[i], {m: r[i : i + 1] for m, r in self.residual.items()}, self.emphasis[i])


@dataclass(frozen=True)
class Moved:
    """A stance, and the fits of the whole history under it."""

    stance: Stance
    fits: Float[Tensor, "n_sources n_streamers"]


@dataclass(frozen=True)
class Bench:
    """What stays the same while one user's preference is corrected.

    given: the stance as it was handed in; own_fits: fits of the whole history under it; others: streamers not tipped.
    """

    given: Stance
    own_fits: Float[Tensor, "n_sources n_streamers"]
    others: Bool[Tensor, " n_streamers"]
    witnesses: Witnesses


class SelfCorrection:
    """Critic and corrector around a frozen scorer."""

    def __init__(self, scorer: Scorer, composer: Composer, corrector: Corrector, config: CorrectorConfig) -> None:
        self.scorer, self.composer, self.corrector, self.config = scorer, composer, corrector, config
        self.membership = torch.from_numpy(composer.vocabulary.membership).to(scorer.device)
        self.everyone = self.membership.mean(0)

    @torch.no_grad()
    def bench(
        self,
        tips: Float[Tensor, " n_streamers"],
        given: Stance,
        witness_idx: Int[Tensor, " n"],
        own: OwnTips,
        base: Float[Tensor, " n_sources"],
        own_fits: Float[Tensor, "n_sources n_streamers"] | None = None,
        counts: Float[Tensor, " n_streamers"] | None = None,
    ) -> Bench:
        """Fits of a user's history (tips by weight) and the history without each witness.

        What was handed in beyond the teacher's statements (a false one, an edit) stands on every held-out history too.
        own: all of the user's tips; base: weights fitted without the user's fold; own_fits: of the whole history, else
        it is scored by the co-tipping model without the user as well, as training needs it; counts: what each tipped
        streamer counts for, 1 where it is None.
        """
        # A user tips a few of a hundred thousand streamers: only these say anything.
        tipped = own.streamer_idx
        position = (tipped == witness_idx[:, None]).int().argmax(1)
        weights, counted = tips[None, tipped], 1.0 if counts is None else counts[tipped]
        without = hold_out(weights[0], position)
        # The whole history comes first: one composition for it and all that lack a witness.
        taught, left = self.composer.taught((torch.cat([weights, without]) > 0) * counted, tipped)
        strengths = (taught[1:] + given.strengths - taught[:1]).clamp(-1.0, 1.0)
        residual = {m: left[m][1:] + (given.residual[m] - left[m][:1]) for m in self.scorer.modalities}
        vectors = {m: self.scorer.user_vectors(m, strengths, residual[m]) for m in self.scorer.modalities}
        witnesses = Witnesses(witness_idx, position, gather_cases(self.scorer, own, without, vectors), base)
        if own_fits is None:
            whole = PreferenceTensors(tips[None], given.strengths[None], given.residual)
            cotips = own.rows.combined(self.scorer.cotips.factors(weights)).written
            own_fits = self.scorer.fits(whole, cotips)[0]
        return Bench(given, own_fits, tips == 0, witnesses)

    @torch.no_grad()
    def recounted(
        self, given: PreferenceTensors, counts: Float[Tensor, " n_streamers"], emphasis: Float[Tensor, " n_sources"]
    ) -> Stance:
        """The stance of a history that was handed in with every tip counted alike, counted anew."""
        tipped = counts.nonzero()[:, 0]
        taught, left = self.composer.taught(torch.stack([torch.ones_like(counts[tipped]), counts[tipped]]), tipped)
        strengths = (taught[1:] + given.strengths - taught[:1]).clamp(-1.0, 1.0)[0]
        strengths = torch.where(strengths.abs() < MIN_STRENGTH, 0.0, strengths)
        residual = {m: given.residual[m] + left[m][1:] - left[m][:1] for m in self.scorer.modalities}
        return Stance(strengths, residual, emphasis)

    def move(self, bench: Bench, stance: Stance) -> Moved:
        """A stance with the fits of the whole history under it."""
        rows = dict(zip(SOURCES, bench.own_fits, strict=True))
        for m, vectors in self._added(bench, batch_of_one(stance)).items():
            rows[Source(m.value)] = rows[Source(m.value)] + self.scorer.vector_fit(m, vectors)[0]
        return Moved(stance, torch.stack([*rows.values()]))

    def scores(
        self, own_fits: Float[Tensor, "n_sources n_streamers"], emphasis: Float[Tensor, " n_sources"]
    ) -> Float[Tensor, " n_streamers"]:
        """The user's scores under the run's base weights."""
        return (self.scorer.weights(own_fits[None], None, emphasis)[0][:, None] * own_fits).sum(0)

    @torch.no_grad()
    def view(
        self, bench: Bench, moved: Moved, keep: Bool[Tensor, "batch n"]
    ) -> tuple[CritiqueTensors, Int[Tensor, " k"]]:
        """Critiques of the stance that was moved to, each from the witnesses where its row of keep is True, and the
        present top k.
        """
        stance, witnesses, fits = moved.stance, bench.witnesses, moved.fits
        top = top_candidates(self.scores(fits, stance.emphasis), bench.others, self.config.top_k)
        at_top = fits[:, top] / deviation(fits).clamp(min=MIN_SPREAD)[:, None]
        without = self._without(bench, batch_of_one(stance))
        own = without.fits(witnesses.own) / without.spread.clamp(min=MIN_SPREAD)
        standing = Standing(own, mean_row(at_top.T), top)
        weights = self.scorer.base_weights * stance.emphasis
        view = criticise(standing, keep, witnesses.idx, weights, stance.strengths, self.membership, self.everyone)
        return view, top

    def propose(self, bench: Bench, moved: Moved, keep: Bool[Tensor, "batch n"], snap: bool) -> Stance:
        """The stances after one step from the one that was moved to, each proposed from its row's witnesses alone.

        snap: leave out what is too small to tell, as the ranking does; training keeps it, for its gradient.
        """
        view, top = self.view(bench, moved, keep)
        return self.answer(bench, moved, keep, snap, view, top)

    def answer(
        self,
        bench: Bench,
        moved: Moved,
        keep: Bool[Tensor, "batch n"],
        snap: bool,
        view: CritiqueTensors,
        top: Int[Tensor, " k"],
    ) -> Stance:
        """propose() for a critique that is there already; a critique is given, and learnt from only by strengths."""
        stance = moved.stance
        proposal = self.corrector(replace(view, strengths=stance.strengths.expand(len(keep), -1)))
        directions = self._directions(bench.witnesses.idx, keep, top)
        return _snapped(stance, proposal, directions) if snap else _moved(stance, proposal, directions)

    def advance(self, bench: Bench, stance: Stance, keep: Bool[Tensor, " n"], snap: bool) -> Stance:
        """The stance after one step proposed from the witnesses where keep is True."""
        return self.propose(bench, self.move(bench, stance), keep[None], snap).row(0)

    @torch.no_grad()
    def witness_ranks(self, bench: Bench, stances: Stance) -> Int[Tensor, " n"]:
        """The rank of each witness among the streamers that the user has not tipped, 1 the best; of very many about.

        Of b stances, witness i is asked under i % b.
        """
        without = self._without(bench, stances)
        return without.ranks(self._weights(bench, without, stances), bench.witnesses.own)

    @torch.no_grad()
    def witness_standing(self, bench: Bench, stances: Stance) -> Float[Tensor, " n"]:
        """How far each witness stands above them (Cases.standing); of b stances, witness i is asked under i % b."""
        without = self._without(bench, stances)
        return without.standing(self._weights(bench, without, stances), bench.witnesses.own)

    def _weights(self, bench: Bench, without: Cases, stances: Stance) -> Float[Tensor, "n n_sources"]:
        emphasis = stances.emphasis[torch.arange(len(without)) % len(stances.emphasis)]
        return self.scorer.weights_of(without.spread, bench.witnesses.base, emphasis)

    def _without(self, bench: Bench, stances: Stance) -> Cases:
        """The histories without each witness; of b stances, that without witness i is under stance i % b."""
        fold = torch.arange(len(bench.witnesses)) % len(stances.emphasis)
        return bench.witnesses.without.moved({m: rows[fold] for m, rows in self._added(bench, stances).items()})

    def _added(self, bench: Bench, stances: Stance) -> dict[Modality, Float[Tensor, "batch _"]]:
        """By how much stances move the user's vector of each modality away from the given one.

        The user's side is linear, so that it is the same for the whole history and for every history without a witness.
        """
        given = bench.given
        strengths = stances.strengths - given.strengths
        return {
            m: self.scorer.user_vectors(m, strengths, stances.residual[m] - given.residual[m])
            for m in self.scorer.modalities
        }

    def _directions(
        self, witness_idx: Int[Tensor, " n"], keep: Bool[Tensor, "batch n"], top: Int[Tensor, " k"]
    ) -> dict[Modality, Float[Tensor, "batch feature_dim"]]:
        directions = {}
        for m in self.scorer.modalities:
            features, present = self.scorer.features[m]
            there = _mean_rows(features[top], present[top], torch.ones(1, len(top), device=features.device))
            directions[m] = _mean_rows(features[witness_idx], present[witness_idx], keep.to(features.dtype)) - there
        return directions


def batch_of_one(stance: Stance) -> Stance:
    """The same stance with a row in every field."""
    return Stance(stance.strengths[None], stance.residual, stance.emphasis[None])


def _mean_rows(
    features: Float[Tensor, "n feature_dim"], present: Float[Tensor, " n"], counted: Float[Tensor, "batch n"]
) -> Float[Tensor, "batch feature_dim"]:
    return counted @ features / (counted @ present).clamp(min=1.0)[:, None]


def _moved(stance: Stance, proposal: Proposal, directions: Mapping[Modality, Tensor]) -> Stance:
    order = list(Modality)
    residual = {m: stance.residual[m] + proposal.shift[:, order.index(m), None] * d for m, d in directions.items()}
    return Stance(proposal.strengths, residual, stance.emphasis * proposal.emphasis)


def _snapped(stance: Stance, proposal: Proposal, directions: Mapping[Modality, Tensor]) -> Stance:
    strengths = torch.where(proposal.strengths.abs() < MIN_STRENGTH, 0.0, proposal.strengths)
    strengths = torch.where((strengths - stance.strengths).abs() < MIN_CHANGE, stance.strengths, strengths)
    factor = torch.where(proposal.emphasis.log().abs() < math.log(MIN_FACTOR), 1.0, proposal.emphasis)
    shift = torch.where(proposal.shift.abs() < MIN_SHIFT, 0.0, proposal.shift)
    return _moved(stance, Proposal(factor, strengths, shift), directions)
