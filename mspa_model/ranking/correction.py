"""One correction step as tensors: a stance and its witnesses to the next stance. Shared by training and ranking."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.config import CorrectorConfig
from mspa_model.preference.composer import Composer
from mspa_model.ranking.corrector import Corrector, Proposal
from mspa_model.ranking.critic import CritiqueTensors, Standing, criticise, mean_row, top_candidates
from mspa_model.ranking.recency import hold_out
from mspa_model.ranking.scorer import MIN_SPREAD, PreferenceTensors, Scorer, deviation
from mspa_model.ranking.witnesses import Witnesses, gather_witnesses, ranks_among_others, standing_of
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

    def row(self, i: int) -> "Stance":
        """One of a batch."""
        return Stance(self.strengths[i], {m: r[i : i + 1] for m, r in self.residual.items()}, self.emphasis[i])


@dataclass(frozen=True)
class Moved:
    """A batch of stances, and by how much each moves the fit of a source (its position) away from the given stance's.

    The user's side is linear, so a row holds for the whole history and for every history without a witness.
    """

    stance: Stance
    rows: Mapping[int, Float[Tensor, "batch n_streamers"]]

    def part(self, which: slice) -> "Moved":
        """Some of them."""
        stance = self.stance
        some = Stance(
            stance.strengths[which], {m: r[which] for m, r in stance.residual.items()}, stance.emphasis[which]
        )
        return Moved(some, {s: rows[which] for s, rows in self.rows.items()})

    def __len__(self) -> int:
        return len(self.stance.emphasis)


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
        trained_on: Int[Tensor, " m"],
        base: Float[Tensor, " n_sources"],
        blind: bool = False,
        own_fits: Float[Tensor, "n_sources n_streamers"] | None = None,
        counts: Float[Tensor, " n_streamers"] | None = None,
    ) -> Bench:
        """Fits of a user's history (tips by weight) and of the history without each witness.

        What was handed in beyond the teacher's statements (a false one, an edit) stands on every held-out history too.
        trained_on: the user's train tips; base: weights fitted without the user's fold; blind: the whole history is
        scored by the co-tipping model without the user as well, as training needs it; own_fits: of the whole history,
        where they are known already; counts: what each tipped streamer counts for, 1 where it is None.
        """
        rows, tipped = hold_out(tips, witness_idx), tips.nonzero()[:, 0]
        # A user tips a few of a hundred thousand streamers: only these say anything.
        counted = torch.ones(len(tipped), device=tips.device) if counts is None else counts[tipped]
        # The whole history comes first: one composition for it and all that lack a witness.
        histories = torch.cat([tips[None, tipped], rows[:, tipped]])
        taught, left = self.composer.taught((histories > 0) * counted, tipped)
        strengths = (taught[1:] + given.strengths - taught[:1]).clamp(-1.0, 1.0)
        residual = {m: left[m][1:] + (given.residual[m] - left[m][:1]) for m in self.scorer.modalities}
        without = PreferenceTensors(rows, strengths, residual)
        witnesses = gather_witnesses(self.scorer, without, witness_idx, trained_on, base)
        if own_fits is None:
            whole = PreferenceTensors(tips[None], given.strengths[None], given.residual)
            own_cotips = None
            if blind:
                factors, added = self.scorer.cotips.parts(tipped, tips[None, tipped], trained_on)
                own_cotips = factors @ added
            own_fits = self.scorer.fits(whole, own_cotips)[0]
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
        """What a batch of stances alters in the fits of the given one."""
        given, rows = bench.given, {}
        for m in self.scorer.modalities:
            vectors = self.scorer.user_vectors(
                m, stance.strengths - given.strengths, stance.residual[m] - given.residual[m]
            )
            rows[SOURCES.index(Source(m.value))] = self.scorer.vector_fit(m, vectors)
        return Moved(stance, rows)

    def own_fits(self, bench: Bench, moved: Moved, i: int = 0) -> Float[Tensor, "n_sources n_streamers"]:
        """Fits of the whole history under one of the stances."""
        fits = bench.own_fits
        return torch.stack([row + moved.rows[s][i] if s in moved.rows else row for s, row in enumerate(fits)])

    def scores(
        self, own_fits: Float[Tensor, "n_sources n_streamers"], emphasis: Float[Tensor, " n_sources"]
    ) -> Float[Tensor, " n_streamers"]:
        """The user's scores under the run's base weights."""
        return (self.scorer.weights(own_fits[None], None, emphasis)[0][:, None] * own_fits).sum(0)

    @torch.no_grad()
    def view(
        self, bench: Bench, moved: Moved, keep: Bool[Tensor, "batch n"]
    ) -> tuple[CritiqueTensors, Int[Tensor, " k"]]:
        """Critiques of the one stance that was moved to, each from the witnesses where its row of keep is True, and
        the present top k.
        """
        stance, idx = moved.stance.row(0), bench.witnesses.idx
        own_fits = self.own_fits(bench, moved)
        top = top_candidates(self.scores(own_fits, stance.emphasis), bench.others, self.config.top_k)
        at_top = own_fits[:, top] / deviation(own_fits).clamp(min=MIN_SPREAD)[:, None]
        spread = self._spreads(bench.witnesses, moved)
        fits = bench.witnesses.own(bench.witnesses.fits)
        fits = fits + _columns({s: rows[0, idx] for s, rows in moved.rows.items()}, fits)
        standing = Standing(fits / spread.clamp(min=MIN_SPREAD), mean_row(at_top.T), top)
        weights = self.scorer.base_weights * stance.emphasis
        return criticise(standing, keep, idx, weights, stance.strengths, self.membership, self.everyone), top

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
        return self.propose(bench, self.move(bench, batch_of_one(stance)), keep[None], snap).row(0)

    def witness_places(self, bench: Bench, moved: Moved) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
        """The rank of each witness among the streamers that the user has not tipped, and how far it stands above them
        (witnesses.standing_of), under its fold's stance.
        """
        scores = self._witness_scores(bench, moved)
        return ranks_among_others(bench.witnesses, scores), standing_of(bench.witnesses, scores)

    def witness_standing(self, bench: Bench, moved: Moved) -> Float[Tensor, " n"]:
        """The second of these alone."""
        return standing_of(bench.witnesses, self._witness_scores(bench, moved))

    @torch.no_grad()
    def _witness_scores(self, bench: Bench, moved: Moved) -> Float[Tensor, "n n_streamers"]:
        """Scores of the histories without each witness; of b stances, witness i is asked under stance i % b."""
        witnesses, n_folds = bench.witnesses, len(moved)
        emphasis = moved.stance.emphasis[torch.arange(len(witnesses)) % n_folds]
        weights = self.scorer.weights_of(self._spreads(witnesses, moved), witnesses.base, emphasis)
        # One product over the stored fits: moving them first would write a copy of all of them.
        scores = torch.bmm(weights[:, None], witnesses.fits)[:, 0]
        for f in range(n_folds if moved.rows else 0):
            rows = torch.stack([rows[f] for rows in moved.rows.values()])
            scores[f::n_folds] += weights[f::n_folds, list(moved.rows)] @ rows
        return scores

    def _spreads(self, witnesses: Witnesses, moved: Moved) -> Float[Tensor, "n n_sources"]:
        """Deviations of the fits of the histories without each witness, each under its fold's stance.

        Var(a + b) = Var a + 2 Cov(a, b) + Var b: one pass over the fits, and no copy.
        """
        n_folds, added = len(moved), {}
        fold = torch.arange(len(witnesses), device=witnesses.idx.device)
        for s, rows in moved.rows.items():
            shared = torch.cat([witnesses.fits[f::n_folds, s] @ rows[f] for f in range(n_folds)])
            in_order = torch.cat([fold[f::n_folds] for f in range(n_folds)]).argsort()
            own = rows.square().sum(1)[fold % n_folds]
            added[s] = (2.0 * shared[in_order] + own) / rows.shape[1]
        variance = witnesses.spread.square()
        # Rounding may take a variance that has become nothing below zero.
        return (variance + _columns(added, variance)).clamp(min=0.25 * MIN_SPREAD**2).sqrt()

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


def _columns(
    added: Mapping[int, Float[Tensor, " n"]], like: Float[Tensor, "n n_sources"]
) -> Float[Tensor, "n n_sources"]:
    """These columns beside zeros."""
    nothing = torch.zeros_like(like[:, 0])
    return torch.stack([added.get(s, nothing) for s in range(like.shape[1])], 1)


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
