"""From a preference to a ranking, and from a ranking to a trace of correction steps."""

from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Literal

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from mspa_model.config import CorrectorConfig
from mspa_model.preference.composer import Composer
from mspa_model.preference.statements import signed_strengths
from mspa_model.ranking.changes import changes_between
from mspa_model.ranking.correction import Bench, Moved, SelfCorrection, Stance, batch_of_one
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.critic import spell_out
from mspa_model.ranking.fused import FusedSpace
from mspa_model.ranking.places import is_cold
from mspa_model.ranking.recency import places_of, weigh
from mspa_model.ranking.scorer import PreferenceTensors, Scorer
from mspa_model.types import (
    SOURCES,
    CandidateScope,
    HistoryScope,
    Modality,
    Preference,
    Ranking,
    RankingTrace,
    Source,
    Step,
    StopReason,
)

STOP_SENTENCES: dict[StopReason, str] = {
    "too few witnesses": "With fewer than {n} different streamers tipped there is too little to judge a correction by.",
    "no tips": "There are no tips yet, so there is nothing to correct from.",
    "no gain": "The next step did not raise the held-out tips by more than their uncertainty, so it was not kept.",
    "no change": "The corrector had nothing left to change.",
    "step bound": "The bound of {n} steps was reached.",
}


class Recommender:
    """A trained run's model: scores any preference, corrects it step by step, and opens its scores into exact parts."""

    sources: tuple[Source, ...] = SOURCES

    def __init__(
        self,
        scorer: Scorer,
        composer: Composer,
        corrector: Corrector,
        fused: FusedSpace,
        train_tips: sp.csr_matrix,
        user_ids: tuple[str, ...],
        config: CorrectorConfig,
    ) -> None:
        """train_tips: distinct train pairs (n_users, n_streamers): a user is taken out of what judges them.

        is_cold (n_streamers,): who has no train tip.
        """
        self.scorer, self.composer, self.fused, self.config = scorer, composer, fused, config
        self.correction = SelfCorrection(scorer, composer, corrector.eval().to(scorer.device), config)
        self._train_tips = train_tips
        self.is_cold = is_cold(train_tips)
        self._user_idx = {user_id: i for i, user_id in enumerate(user_ids)}

    @property
    def device(self) -> torch.device:
        return self.scorer.device

    @property
    def base_weights(self) -> Float[Tensor, " n_sources"]:
        """The run's weight of each standardised source; zero where val does not pay for it."""
        return self.scorer.base_weights

    def with_caution(self, caution: float) -> "Recommender":
        """The same model that keeps a step where the witnesses rise by more than this many standard errors."""
        other = copy(self)
        other.config = replace(self.config, caution=caution)
        return other

    # --- scoring -----------------------------------------------------------------------------------------------------

    def score(
        self,
        preference: Preference,
        candidates: Bool[np.ndarray, " n_streamers"],
        emphasis: Float[Tensor, " n_sources"] | None = None,
    ) -> Ranking:
        """The ranking of the candidates for a preference as it stands; emphasis is a factor on each source's weight."""
        fits = self.scorer.fits(self._tensors(preference))[0]
        return self._ranked(fits, None if emphasis is None else emphasis.to(self.device), candidates)

    def rank(
        self,
        preference: Preference,
        candidates: Bool[np.ndarray, " n_streamers"],
        history_scope: HistoryScope | Literal["given"] = "given",
        candidate_scope: CandidateScope = "new",
    ) -> RankingTrace:
        """Step 0 and every correction step; one is kept where the witnesses rise by more than their uncertainty."""
        steps, rejected, stop = self._correct(preference, candidates)
        known = preference.history.tipped_at[~np.isnat(preference.history.tipped_at)]
        last = known.max().astype("datetime64[us]").astype(datetime) if len(known) else None
        n = self.config.min_witnesses if stop == "too few witnesses" else self.config.max_steps
        return RankingTrace(
            preference.history.user_id,
            tuple(steps),
            rejected,
            stop,
            STOP_SENTENCES[stop].format(n=n),
            history_scope,
            candidate_scope,
            last,
        )

    # --- exact parts -------------------------------------------------------------------------------------------------

    def tip_fits(self, preference: Preference) -> Float[Tensor, "n_tips n_streamers"]:
        """What each tip adds to the co-tipping fit, by its weight; several tips to one streamer share equally."""
        idx = self._indices(preference.history.streamer_idx)
        if len(idx) == 0:
            return torch.zeros(0, self._train_tips.shape[1], device=self.device)
        distinct, inverse, counts = idx.unique(return_inverse=True, return_counts=True)
        rows = self.scorer.cotips.rows(distinct)
        weight = self._tensors(preference).tips[0, distinct]
        rows = (rows - rows.mean(1, keepdim=True)) * (weight / counts)[:, None]
        return rows[inverse]

    def statement_fits(self, preference: Preference, modality: Modality) -> Float[Tensor, "n_statements n_streamers"]:
        """What each statement adds to the modality's fit."""
        strength = torch.tensor([s.polarity * s.strength for s in preference.statements], device=self.device)
        idx = [s.value_idx for s in preference.statements]
        return self.scorer.vector_fit(modality, self.scorer.value_vectors[modality][idx] * strength[:, None])

    def residual_fit(self, preference: Preference, modality: Modality) -> Float[Tensor, " n_streamers"]:
        """What the part "not put into words" adds to the modality's fit."""
        return self.scorer.residual_fit(modality, self._residual(preference)[modality])[0]

    @torch.no_grad()
    def user_vector(self, preference: Preference, modality: Modality) -> Float[Tensor, " dim"]:
        """p_m: what a streamer's embedding of this modality is multiplied with."""
        aligner = self.scorer.aligner(modality)
        strengths = self._tensors(preference).strengths
        stated = aligner.statements(strengths @ self.scorer.value_rows[modality])
        return (stated + aligner.residual(self._residual(preference)[modality]))[0]

    def tower(self, modality: Modality) -> nn.Module:
        """The network from a streamer's features (batch, feature_dim) to its centred embedding (batch, dim)."""
        return self.scorer.aligner(modality).tower

    def streamer_embeddings(self, modality: Modality) -> Float[Tensor, "n_streamers dim"]:
        """Aligned embedding of every streamer; zero where it lacks the modality."""
        return self.scorer.embeddings[modality]

    @property
    def streamer_fused(self) -> Float[np.ndarray, "n_streamers fused_dim"]:
        """The space of map and neighbours: modalities side by side, each by its base weight."""
        return self.fused.streamers

    def user_fused(self, preference: Preference) -> Float[np.ndarray, " fused_dim"]:
        """The same user's place in that space."""
        vectors = {m: self.user_vector(preference, m).cpu().numpy() for m in self.scorer.modalities}
        return self.fused.place_user(vectors, preference.history.streamer_idx)

    # --- correction --------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def _correct(
        self, preference: Preference, candidates: Bool[np.ndarray, " n_streamers"]
    ) -> tuple[list[Step], Step | None, StopReason]:
        tensors = self._tensors(preference)
        stance = Stance(tensors.strengths[0], tensors.residual, torch.ones(len(SOURCES), device=self.device))
        fits = self.scorer.fits(tensors)[0]
        ranking = self._ranked(fits, stance.emphasis, candidates)
        steps = [Step(0, True, preference, stance.emphasis, ranking, None, (), None, None, "Before any correction.")]
        idx, _ = places_of(preference.history)
        if len(idx) < self.config.min_witnesses:
            return steps, None, "no tips" if len(idx) == 0 else "too few witnesses"
        bench = self._bench(preference, tensors.tips[0], stance, idx[-self.config.max_witnesses :], fits)
        moved = self.correction.move(bench, batch_of_one(stance))
        while len(steps) <= self.config.max_steps:
            step, after = self._step(bench, moved, steps[-1], candidates)
            if not step.changes:
                return steps, None, "no change"
            if not step.kept:
                return steps, step, "no gain"
            steps.append(step)
            moved = after
        return steps, None, "step bound"

    def _step(
        self, bench: Bench, moved: Moved, before: Step, candidates: Bool[np.ndarray, " n_streamers"]
    ) -> tuple[Step, Moved]:
        """The step proposed from all witnesses, and what each would gain by one proposed without it (its fold)."""
        n = len(bench.witnesses)
        folds = torch.arange(min(self.config.folds, n), device=self.device)[:, None]
        apart = torch.arange(n, device=self.device) % len(folds) != folds
        keep = torch.cat([torch.ones_like(apart[:1]), apart])
        ranks = self.correction.witness_ranks(bench, moved)
        view, top = self.correction.view(bench, moved, keep)
        each = self.correction.move(bench, self.correction.answer(bench, moved, keep, True, view, top))
        judged = self.correction.witness_standing(bench, each.part(slice(1, None)))
        gains = judged - self.correction.witness_standing(bench, moved)
        gain, uncertainty = float(gains.mean()), float(gains.std() / len(gains) ** 0.5)
        kept = gain > self.config.caution * uncertainty
        after = each.part(slice(0, 1))
        stance = after.stance.row(0)
        preference = self.composer.restate(
            before.preference, stance.strengths.cpu(), {m: r[0].cpu().numpy() for m, r in stance.residual.items()}
        )
        step = Step(
            before.index + 1,
            kept,
            preference,
            stance.emphasis,
            self._ranked(self.correction.own_fits(bench, after), stance.emphasis, candidates),
            spell_out(view.row(0), bench.witnesses, ranks, self.composer.vocabulary),
            changes_between(moved.stance.row(0), stance, self.base_weights, self.composer.vocabulary),
            gain,
            uncertainty,
            _reason(kept, gain, self.config.caution * uncertainty),
        )
        return step, after

    def _ranked(
        self,
        fits: Float[Tensor, "n_sources n_streamers"],
        emphasis: Float[Tensor, " n_sources"] | None,
        candidates: Bool[np.ndarray, " n_streamers"],
    ) -> Ranking:
        return _ranking(self.scorer.weights(fits[None], None, emphasis)[0], fits, candidates)

    def _bench(
        self,
        preference: Preference,
        tips: Float[Tensor, " n_streamers"],
        stance: Stance,
        idx: Int[np.ndarray, " n"],
        fits: Float[Tensor, "n_sources n_streamers"],
    ) -> Bench:
        user = self._user_idx.get(preference.history.user_id)
        trained_on = self._train_tips[user].indices if user is not None else np.zeros(0, np.int64)
        folds = self.scorer.fold_weights
        base = folds[user % len(folds)] if user is not None else self.base_weights
        witnesses, trained = self._indices(idx), self._indices(trained_on)
        return self.correction.bench(tips, stance, witnesses, trained, base, own_fits=fits)

    def _indices(self, idx: np.ndarray) -> Int[Tensor, " n"]:
        return torch.as_tensor(np.array(idx, dtype=np.int64), device=self.device)

    def _tensors(self, preference: Preference) -> PreferenceTensors:
        distinct, places = places_of(preference.history)
        tips = torch.zeros(1, self._train_tips.shape[1], device=self.device)
        tips[0, self._indices(distinct)] = torch.from_numpy(places.astype(np.float32)).to(self.device)
        tips = weigh(tips, self.scorer.half_life)
        n_values = len(self.composer.vocabulary.values)
        strengths = signed_strengths(preference.statements, n_values).to(self.device)
        return PreferenceTensors(tips, strengths[None], self._residual(preference))

    def _residual(self, preference: Preference) -> dict[Modality, Float[Tensor, "1 feature_dim"]]:
        return {
            m: torch.as_tensor(preference.residual[m], dtype=torch.float32, device=self.device)[None]
            for m in self.scorer.modalities
        }


def _ranking(weights: Tensor, fits: Tensor, candidates: Bool[np.ndarray, " n_streamers"]) -> Ranking:
    # On the processor, so that pages and reports never ask where a tensor lives.
    weights, fits = weights.cpu(), fits.cpu()
    scores = (weights[:, None] * fits).sum(0)
    allowed = torch.from_numpy(candidates).nonzero()[:, 0]
    return Ranking(weights, fits, allowed[_best_first(scores[allowed])])


def _best_first(scores: Float[Tensor, " n"]) -> Int[Tensor, " n"]:
    """Positions by falling score, ties by position: score and position in one integer, which sorts twice as fast as a
    stable argsort.
    """
    bits = (-scores + 0.0).numpy().view(np.int32).astype(np.int64)  # + 0.0: minus zero and zero are a tie
    # Of a negative float more bits mean less.
    keys = (np.where(bits < 0, bits ^ 0x7FFFFFFF, bits) << 32) | np.arange(len(bits))
    keys.sort()
    return torch.from_numpy(keys & 0xFFFFFFFF)


def _reason(kept: bool, gain: float, needed: float) -> str:
    rise = f"Held-out tips {'rose' if gain >= 0 else 'fell'} by {abs(gain):.2f} of the scores' spread on average"
    if kept:
        return f"{rise}, more than the {needed:.2f} of uncertainty that a step must beat: kept."
    return f"{rise}, not more than the {needed:.2f} of uncertainty that a step must beat: not kept."
