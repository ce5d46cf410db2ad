"""The composer: from a user's tips to a preference."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.preference.lift import Lifts, lifts_of
from mspa_model.preference.prose import write_prose
from mspa_model.preference.statements import signed_strengths, statements_of, tip_weights
from mspa_model.preference.teacher import LinearMap, Teacher, residuals, train_pairs
from mspa_model.types import Dataset, Features, History, Modality, Preference, Statement, Vocabulary

UNCHANGED = 1e-4  # a strength that differs by less was not edited


class Composer:
    """Writes the teacher's statements. The same history gives the same preference, always."""

    name = "teacher"

    def __init__(self, dataset: Dataset, vocabulary: Vocabulary, teacher: Teacher, features: Features) -> None:
        self.vocabulary, self.teacher, self.features = vocabulary, teacher, features
        self.info, self._n_streamers, self._dataset = dataset.info, dataset.n_streamers, dataset

    def compose(self, history: History) -> Preference:
        """Statements (none without tips), their text, and the residual."""
        strengths = self._taught(history)
        return self._preference(history, strengths, self._residual(history, strengths), self.name)

    def compose_many(self, histories: Sequence[History]) -> list[Preference]:
        """compose() of each, in order; a language model writes them in batches."""
        return [self.compose(history) for history in histories]

    def recompose(self, preference: Preference, history: History) -> Preference:
        """The preference after tips were dropped or added: the teacher's new statements, with what an analyst or the
        corrector had changed (strengths, statements added or deleted, a residual shifted) kept on top.

        With nothing changed it equals compose(history). A deleted statement stays deleted.
        """
        strengths, residual = self.redrawn(preference, tip_weights(history, self._n_streamers))
        return self._preference(history, strengths[0], {m: r[0] for m, r in residual.items()}, preference.composer)

    def redrawn(
        self,
        preference: Preference,
        tips: Float[Tensor, "batch n_streamers"],
        among: Int[Tensor, " n_streamers"] | None = None,
    ) -> tuple[Float[Tensor, "batch n_values"], dict[Modality, Float[Tensor, "batch feature_dim"]]]:
        """recompose() for many other histories of the same user at once, without words: strengths and residuals.

        tips: 1 for each streamer tipped; among: the streamers that its columns stand for, all where it is None.
        """
        before = self._taught(preference.history)
        given = signed_strengths(preference.statements, len(self.vocabulary.values))
        after = self.teacher.strengths(tips, among)
        edited = (given - before).abs() > UNCHANGED
        read = self.teacher.all_strengths(tips, among)
        moved = (read + given - self._read(preference.history)).clamp(-1, 1)
        strengths = torch.where(edited, torch.where(given == 0, 0, moved), after)
        return strengths, self._shifted(preference, before, self._residuals(tips, after, among))

    def restate(
        self, preference: Preference, strengths: Tensor, residual: Mapping[Modality, Float[np.ndarray, " feature_dim"]]
    ) -> Preference:
        """The same history under other strengths and another residual, as the corrector leaves them; text anew."""
        rows = {m: torch.as_tensor(r) for m, r in residual.items()}
        return self._preference(preference.history, strengths, rows, preference.composer)

    def taught(
        self,
        tips: Float[Tensor, "batch n_streamers"],
        among: Int[Tensor, " n_streamers"] | None = None,
        maps: Mapping[Modality, LinearMap] | None = None,
    ) -> tuple[Float[Tensor, "batch n_values"], dict[Modality, Float[Tensor, "batch feature_dim"]]]:
        """Strengths and residuals of many histories at once, without words: what towers and witnesses read.

        among: the streamers that the columns of tips stand for; all of them where it is None. maps: see residuals().
        """
        strengths = self.teacher.strengths(tips, among)
        return strengths, residuals(tips, strengths, self.features, self.vocabulary, among, maps)

    def lifts(self, history: History) -> Lifts:
        """How much more often each value is tipped in this history than by everyone, with intervals."""
        return lifts_of(history, self.vocabulary.membership, self.teacher.base_rate, self._n_everyone)

    def prose(self, statements: Sequence[Statement], history: History) -> str:
        """The statements in plain sentences, no surer than this history allows."""
        return write_prose(statements, history, self.lifts(history), self.vocabulary, self.info)

    @cached_property
    def _n_everyone(self) -> int:
        return len(train_pairs(self._dataset))

    def statement_embeddings(self) -> Float[Tensor, "n_values _"] | None:
        """A row a value that its statements bring to the aligners beside its prototype; the teacher has none."""
        return None

    def _taught(self, history: History) -> Float[Tensor, " n_values"]:
        return self.teacher.strengths(tip_weights(history, self._n_streamers))[0]

    def _read(self, history: History) -> Float[Tensor, " n_values"]:
        return self.teacher.all_strengths(tip_weights(history, self._n_streamers))[0]

    def _residual(self, history: History, strengths: Tensor) -> dict[Modality, Tensor]:
        rows = self._residuals(tip_weights(history, self._n_streamers), strengths[None], None)
        return {modality: row[0] for modality, row in rows.items()}

    def _residuals(self, tips: Tensor, strengths: Tensor, among: Tensor | None) -> dict[Modality, Tensor]:
        return residuals(tips, strengths, self.features, self.vocabulary, among)

    def _shifted(
        self, preference: Preference, before: Tensor, residual: dict[Modality, Tensor]
    ) -> dict[Modality, Tensor]:
        """Residuals (batch, feature_dim) moved as far as the preference's own stands from what `before` leaves."""
        taught = self._residual(preference.history, before)
        given = {m: torch.as_tensor(preference.residual[m]) for m in residual}
        return {m: residual[m] + given[m] - taught[m] for m in residual}

    def _preference(
        self, history: History, strengths: Tensor, residual: dict[Modality, Tensor], composer: str
    ) -> Preference:
        statements = statements_of(strengths, history, self.vocabulary)
        text = self.prose(statements, history)
        return Preference(history, statements, text, {m: r.numpy() for m, r in residual.items()}, composer)
