"""One correction step as tensors: a stance and its witnesses to the next stance. Shared by training and ranking."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.config import CorrectorConfig
from mspa_model.preference.composer import Composer
from mspa_model.ranking.corrector import Corrector, Proposal
from mspa_model.ranking.critic import CritiqueTensors, criticise, top_candidates
from mspa_model.ranking.scorer import PreferenceTensors, Scorer
from mspa_model.ranking.witnesses import Witnesses, gather_witnesses, hold_out, ranks_among_others, scores_of
from mspa_model.types import SOURCES, Modality, Source

# Below these a change is not worth a line on a screen: strengths are read to one decimal.
MIN_STRENGTH = 0.1
MIN_CHANGE = 0.05
MIN_FACTOR = 0.02
MIN_SHIFT = 0.01


@dataclass(frozen=True)
class Stance:
    """What correction alters: signed strengths, residual per modality (1 row), factor on each source's weight."""

    strengths: Float[Tensor, " n_values"]
    residual: Mapping[Modality, Float[Tensor, "1 feature_dim"]]
    emphasis: Float[Tensor, " n_sources"]


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

    @torch.no_grad()
    def bench(
        self,
        tips: Float[Tensor, " n_streamers"],
        given: Stance,
        witness_idx: Int[Tensor, " n"],
        trained_on: Int[Tensor, " m"],
        base: Float[Tensor, " n_sources"],
        blind: bool = False,
    ) -> Bench:
        """Fits of a user's history (tips by weight) and of the history without each witness.

        What was handed in beyond the teacher's statements (a false one, an edit) stands on every held-out history too.
        trained_on: the user's train tips; base: weights fitted without the user's fold; blind: the whole history is
        scored by the co-tipping model without the user as well, as training needs it.
        """
        whole = PreferenceTensors(tips[None], given.strengths[None], given.residual)
        rows = hold_out(tips, witness_idx)
        taught, taught_residual = self.composer.taught((tips[None] > 0).float())
        held, held_residual = self.composer.taught((rows > 0).float())
        strengths = (held + given.strengths - taught).clamp(-1.0, 1.0)
        residual = {m: held_residual[m] + given.residual[m] - taught_residual[m] for m in self.scorer.modalities}
        without = PreferenceTensors(rows, strengths, residual)
        witnesses = gather_witnesses(self.scorer, without, witness_idx, trained_on, base)
        tipped = tips.nonzero()[:, 0]
        own_cotips = tips[None, tipped] @ self.scorer.cotips.rows_without(tipped, trained_on) if blind else None
        return Bench(given, self.scorer.fits(whole, own_cotips)[0], tips == 0, witnesses)

    def fits_at(
        self, fits: Float[Tensor, "*n n_sources n_streamers"], stance: Stance, given: Stance
    ) -> Float[Tensor, "*n n_sources n_streamers"]:
        """Fits of `given` moved to `stance`: the user's side is linear, so every row moves by the same amount."""
        moved = torch.zeros(fits.shape[-2:], device=fits.device)
        for m in self.scorer.modalities:
            stated = (stance.strengths - given.strengths) @ self.scorer.value_fits[m]
            vector = self.scorer.aligner(m).residual(stance.residual[m] - given.residual[m])
            row = stated + self.scorer.vector_fit(m, vector)[0]
            moved = moved.index_add(0, torch.tensor([SOURCES.index(Source(m.value))], device=fits.device), row[None])
        return fits + moved

    def scores(
        self, own_fits: Float[Tensor, "n_sources n_streamers"], emphasis: Float[Tensor, " n_sources"]
    ) -> Float[Tensor, " n_streamers"]:
        """The user's scores under the run's base weights."""
        return (self.scorer.weights(own_fits[None], None, emphasis)[0][:, None] * own_fits).sum(0)

    @torch.no_grad()
    def view(self, bench: Bench, stance: Stance, keep: Bool[Tensor, " n"]) -> tuple[CritiqueTensors, Int[Tensor, " k"]]:
        """The critique from the witnesses where keep is True, and the present top k."""
        own_fits = self.fits_at(bench.own_fits, stance, bench.given)
        witnesses = bench.witnesses.keep(keep)
        top = top_candidates(self.scores(own_fits, stance.emphasis), bench.others, self.config.top_k)
        weights = self.scorer.base_weights * stance.emphasis
        fits = self.fits_at(witnesses.fits, stance, bench.given)
        return criticise(witnesses, fits, own_fits, top, weights, stance.strengths, self.membership), top

    def advance(self, bench: Bench, stance: Stance, keep: Bool[Tensor, " n"], snap: bool) -> Stance:
        """The stance after one step proposed from the witnesses where keep is True.

        snap: leave out what is too small to tell, as the ranking does; training keeps it, for its gradient.
        """
        view, top = self.view(bench, stance, keep)
        proposal = self.corrector(view)
        directions = self._directions(bench.witnesses.idx[keep], top)
        return _snapped(stance, proposal, directions) if snap else _moved(stance, proposal, directions)

    def witness_ranks(self, bench: Bench, stance: Stance, keep: Bool[Tensor, " n"]) -> Int[Tensor, " n_kept"]:
        """Where the witnesses stand among the streamers that the user has not tipped."""
        witnesses = bench.witnesses.keep(keep)
        fits = self.fits_at(witnesses.fits, stance, bench.given)
        return ranks_among_others(witnesses, scores_of(self.scorer, witnesses, fits, stance.emphasis))

    def _directions(
        self, witness_idx: Int[Tensor, " n"], top: Int[Tensor, " k"]
    ) -> dict[Modality, Float[Tensor, "1 feature_dim"]]:
        directions = {}
        for m in self.scorer.modalities:
            features, present = self.scorer.features[m]
            directions[m] = (_mean_row(features, present, witness_idx) - _mean_row(features, present, top))[None]
        return directions


def _mean_row(features: Tensor, present: Tensor, idx: Tensor) -> Float[Tensor, " feature_dim"]:
    return features[idx].sum(0) / present[idx].sum().clamp(min=1.0)


def _moved(stance: Stance, proposal: Proposal, directions: Mapping[Modality, Tensor]) -> Stance:
    order = list(Modality)
    residual = {m: stance.residual[m] + proposal.shift[order.index(m)] * d for m, d in directions.items()}
    return Stance(proposal.strengths, residual, stance.emphasis * proposal.emphasis)


def _snapped(stance: Stance, proposal: Proposal, directions: Mapping[Modality, Tensor]) -> Stance:
    strengths = torch.where(proposal.strengths.abs() < MIN_STRENGTH, 0.0, proposal.strengths)
    strengths = torch.where((strengths - stance.strengths).abs() < MIN_CHANGE, stance.strengths, strengths)
    factor = torch.where((proposal.emphasis - 1.0).abs() < MIN_FACTOR, 1.0, proposal.emphasis)
    shift = torch.where(proposal.shift.abs() < MIN_SHIFT, 0.0, proposal.shift)
    return _moved(stance, Proposal(factor, strengths, shift), directions)
