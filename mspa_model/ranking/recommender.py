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
from mspa_model.preference.statements import signed_strengths, tip_weights
from mspa_model.ranking.cases import OwnTips, own_tips
from mspa_model.ranking.changes import changes_between, fade_change, gain_reason, stop_sentence
from mspa_model.ranking.correction import Bench, Moved, SelfCorrection, Stance, batch_of_one
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.critic import held_out, spell_out
from mspa_model.ranking.fading import Fade, fade_ranks, find_fade
from mspa_model.ranking.fused import FusedSpace
from mspa_model.ranking.order import rank_by_score
from mspa_model.ranking.places import is_cold
from mspa_model.ranking.recency import places_of, unfaded, weigh
from mspa_model.ranking.scorer import PreferenceTensors, Scorer
from mspa_model.types import (
    SOURCES,
    CandidateScope,
    History,
    HistoryScope,
    Modality,
    Preference,
    Ranking,
    RankingTrace,
    Source,
    Step,
    StopReason,
)

Apart = tuple[OwnTips, Float[Tensor, " n_sources"]]  # a history by the model without its user


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
        self._train_tips, self._words = train_tips, (composer.vocabulary, composer.info)
        self.is_cold = is_cold(train_tips)
        self._user_idx = {user_id: i for i, user_id in enumerate(user_ids)}

    @property
    def device(self) -> torch.device:
        return self.scorer.device

    @property
    def base_weights(self) -> Float[Tensor, " n_sources"]:
        """The run's weight of each standardised source; zero where val does not pay for it."""
        return self.scorer.base_weights

    def with_caution(self, caution: float | None = None, fade_caution: float | None = None) -> "Recommender":
        """The same model that keeps a step (one that fades old tips) where the witnesses rise by more than this many
        standard errors; None leaves it as it is.
        """
        other, config = copy(self), self.config
        other.config = replace(
            config,
            caution=config.caution if caution is None else caution,
            fade_caution=config.fade_caution if fade_caution is None else fade_caution,
        )
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
        user, words = preference.history.user_id, stop_sentence(stop, steps, self.config, self.composer.info)
        return RankingTrace(user, tuple(steps), rejected, stop, words, history_scope, candidate_scope, last)

    # --- exact parts -------------------------------------------------------------------------------------------------

    def tip_fits(self, preference: Preference) -> Float[Tensor, "n_tips n_streamers"]:
        """What each tip adds to the co-tipping fit, as it counts; several tips to one streamer share equally."""
        idx = self._indices(preference.history.streamer_idx)
        if len(idx) == 0:
            return torch.zeros(0, self._train_tips.shape[1], device=self.device)
        distinct, inverse, counts = idx.unique(return_inverse=True, return_counts=True)
        weights = self._tensors(preference).tips[:, distinct]
        factors, rows = self.scorer.cotips.factors(weights), self.scorer.cotips.told(distinct, idx[:0]).written
        adds = (factors.T * (rows - rows.mean(1, keepdim=True))).unflatten(0, (-1, len(distinct))).sum(0)
        return (adds / counts[:, None])[inverse]

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
        steps = [self.step0(preference, candidates)]
        idx, _ = places_of(preference.history)
        if len(idx) < self.config.min_witnesses:
            return steps, None, "no tips" if len(idx) == 0 else "too few witnesses"
        own, base = self._apart(preference.history)
        shift = self._shift(preference, own, base)
        if shift is not None and shift.beats(self.config.fade_caution):
            steps.append(self._faded(shift, steps[0], candidates, (own, base)))
            shift, idx = None, unfaded(steps[-1].preference.history)
            if len(idx) < self.config.min_witnesses:
                return steps, None, "too few witnesses"
        last, given = steps[-1], self._tensors(steps[-1].preference)
        stance, fits = Stance(given.strengths[0], given.residual, last.emphasis), last.ranking.fits.to(self.device)
        judges, counts = self._indices(idx[-self.config.max_witnesses :]), self._spread_out(last.preference.history)
        bench = self.correction.bench(given.tips[0], stance, judges, own, base, fits, counts)
        moved = Moved(stance, fits)  # as it was handed in
        while len(steps) <= self.config.max_steps:
            proposed = self._step(bench, moved, steps[-1], candidates)
            if proposed is None:
                unsure = None if shift is None else self._faded(shift, steps[0], candidates, (own, base))
                return steps, unsure, "no change" if unsure is None else "no gain"
            step, moved = proposed
            if not step.kept:
                return steps, step, "no gain"
            steps.append(step)
        return steps, None, "step bound"

    def step0(self, preference: Preference, candidates: Bool[np.ndarray, " n_streamers"]) -> Step:
        """The ranking before any correction."""
        ranking = self.score(preference, candidates)
        even = torch.ones(len(SOURCES), device=self.device)
        return Step(0, True, preference, even, ranking, None, (), None, None, "Before any correction.")

    @torch.no_grad()
    def fade(self, before: Step, candidates: Bool[np.ndarray, " n_streamers"]) -> Step | None:
        """The step that fades what was tipped before the day on which a taste seems to have shifted; or None."""
        apart = self._apart(before.preference.history)
        found = self._shift(before.preference, *apart)
        return None if found is None else self._faded(found, before, candidates, apart)

    def _shift(self, preference: Preference, own: OwnTips, base: Float[Tensor, " n_sources"]) -> Fade | None:
        given, most = self._tensors(preference), self.config.max_witnesses
        return find_fade(self.scorer, self.composer, preference.history, given, own, base, most)

    def _faded(self, found: Fade, before: Step, candidates: Bool[np.ndarray, " n_streamers"], apart: Apart) -> Step:
        preference, kept = before.preference, found.beats(self.config.fade_caution)
        given, history = self._tensors(preference), preference.history.faded(found.before)
        stance = self.correction.recounted(given, self._spread_out(history), before.emphasis)
        after = self._restated(replace(preference, history=history), stance)
        was = Stance(given.strengths[0], given.residual, before.emphasis)
        return Step(
            before.index + 1,
            kept,
            after,
            before.emphasis,
            self.score(after, candidates, before.emphasis),
            None,
            (fade_change(found), *changes_between(was, stance, self.base_weights, *self._words)),
            found.gain,
            found.uncertainty,
            gain_reason(kept, found.gain, self.config.fade_caution * found.uncertainty, self.composer.info),
            fade_ranks(self.scorer, self.composer, preference.history, given, *apart, self.config, found.n_new),
        )

    def _step(
        self, bench: Bench, moved: Moved, before: Step, candidates: Bool[np.ndarray, " n_streamers"]
    ) -> tuple[Step, Moved] | None:
        """The step proposed from all witnesses, and what each would gain by one proposed without it (its fold); None
        where nothing is to change.
        """
        n = len(bench.witnesses)
        folds = torch.arange(min(self.config.folds, n), device=self.device)[:, None]
        apart = torch.arange(n, device=self.device) % len(folds) != folds
        keep = torch.cat([torch.ones_like(apart[:1]), apart])
        view, top = self.correction.view(bench, moved, keep)
        stances = self.correction.answer(bench, moved, keep, True, view, top)
        changes = changes_between(moved.stance, stances.row(0), self.base_weights, *self._words)
        if not changes:
            return None
        standing = self.correction.witness_standing(bench, batch_of_one(moved.stance))
        by_fold = stances.part(slice(1, None))
        gains = self.correction.witness_standing(bench, by_fold) - standing
        gain, uncertainty = float(gains.mean()), float(gains.std() / len(gains) ** 0.5)
        kept, stance = gain > self.config.caution * uncertainty, stances.row(0)
        after = self.correction.move(bench, stance)
        ranks = self.correction.witness_ranks(bench, batch_of_one(moved.stance))
        critique = spell_out(view.row(0), bench.witnesses, ranks, *self._words)
        preference = self._restated(before.preference, stance)
        step = Step(
            before.index + 1,
            kept,
            preference,
            stance.emphasis,
            self._ranked(after.fits, stance.emphasis, candidates),
            critique,
            changes,
            gain,
            uncertainty,
            gain_reason(kept, gain, self.config.caution * uncertainty, self.composer.info),
            held_out(critique, self.correction.witness_ranks(bench, by_fold)),
        )
        return step, after

    def _ranked(
        self,
        fits: Float[Tensor, "n_sources n_streamers"],
        emphasis: Float[Tensor, " n_sources"] | None,
        candidates: Bool[np.ndarray, " n_streamers"],
    ) -> Ranking:
        return rank_by_score(self.scorer.weights(fits[None], None, emphasis)[0], fits, candidates)

    def _apart(self, history: History) -> Apart:
        """The tips, newest first, by the model without the user, and weights fitted without the user's fold; by the
        model as it is and with the run's for one that is new.
        """
        user, mine, base = self._user_idx.get(history.user_id), np.zeros(0, np.int64), self.base_weights
        if user is not None:
            mine = self._train_tips.indices[slice(*self._train_tips.indptr[user : user + 2])]
            base = self.scorer.fold_weights[user % len(self.scorer.fold_weights)]
        newest_first = self._indices(places_of(history)[0][::-1])
        return own_tips(self.scorer, newest_first, self._indices(mine)), base

    def _indices(self, idx: np.ndarray) -> Int[Tensor, " n"]:
        return torch.as_tensor(np.array(idx, dtype=np.int64), device=self.device)

    def _tensors(self, preference: Preference) -> PreferenceTensors:
        distinct, places = places_of(preference.history)
        tips = torch.zeros(1, self._train_tips.shape[1], device=self.device)
        tips[0, self._indices(distinct)] = torch.from_numpy(places.astype(np.float32)).to(self.device)
        tips = weigh(tips, self.scorer.half_life, self._spread_out(preference.history))
        n_values = len(self.composer.vocabulary.values)
        strengths = signed_strengths(preference.statements, n_values).to(self.device)
        return PreferenceTensors(tips, strengths[None], self._residual(preference))

    def _restated(self, preference: Preference, stance: Stance) -> Preference:
        rows = {m: r[0].cpu().numpy() for m, r in stance.residual.items()}
        return self.composer.restate(preference, stance.strengths.cpu(), rows)

    def _spread_out(self, history: History) -> Float[Tensor, " n_streamers"] | None:
        """What each tipped streamer counts for; None where all count alike."""
        return None if history.faded_before is None else tip_weights(history, len(self.is_cold))[0].to(self.device)

    def _residual(self, preference: Preference) -> dict[Modality, Float[Tensor, "1 feature_dim"]]:
        return {
            m: torch.as_tensor(preference.residual[m], dtype=torch.float32, device=self.device)[None]
            for m in self.scorer.modalities
        }
