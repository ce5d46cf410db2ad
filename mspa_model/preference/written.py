"""A composer around a language model: it writes, what it wrote is checked, and quick edits need no new writing."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mspa_model.preference.claims import Writing, checked_statements
from mspa_model.preference.composer import UNCHANGED, Composer
from mspa_model.preference.lift import Lifts
from mspa_model.preference.prose import contrary_sentence
from mspa_model.preference.statements import signed_strengths
from mspa_model.preference.teacher import Teacher
from mspa_model.types import Dataset, Features, History, Modality, Preference, Statement, Vocabulary

KEPT = 512  # compositions remembered, so that an edit need not write the unedited preference again


@runtime_checkable
class Writer(Protocol):
    """A language model behind the composer. Writing the same histories again gives the same text.

    lifts: of each history, so that its prose is no surer than they allow; what the tips contradict it leaves unsaid.
    """

    def write(self, histories: Sequence[History], lifts: Sequence[Lifts] | None = None) -> list[Writing]: ...


@runtime_checkable
class StatementReader(Protocol):
    """A writer whose embeddings of statements the aligners read: the compact language model."""

    def statement_rows(self) -> Float[Tensor, "n_values _"]: ...


class WrittenComposer(Composer):
    """Preferences in a model's words. What towers and witnesses read of many histories at once stays the teacher's."""

    def __init__(
        self,
        dataset: Dataset,
        vocabulary: Vocabulary,
        teacher: Teacher,
        features: Features,
        writer: Writer,
        name: str,
    ) -> None:
        super().__init__(dataset, vocabulary, teacher, features)
        self.writer, self.name = writer, name
        self._written: OrderedDict[tuple, Preference] = OrderedDict()

    def statement_embeddings(self) -> Float[Tensor, "n_values _"] | None:
        """Half of what the writer's embedding of liking a value differs from that of avoiding it, to unit mean square:
        a strength times a row is then the same with the opposite sign for a dislike. None where the writer has none.
        """
        if not isinstance(self.writer, StatementReader) or not self.vocabulary.values:
            return None
        return self.writer.statement_rows()

    def compose(self, history: History) -> Preference:
        """Checked statements, the model's prose (else plain sentences of them) and the residual; written once, kept."""
        return self.compose_many([history])[0]

    def compose_many(self, histories: Sequence[History]) -> list[Preference]:
        """compose() of each, in order, written in batches."""
        keys = [_key(h) for h in histories]
        missing = {k: h for k, h in zip(keys, histories, strict=True) if k not in self._written}
        lifts = [self.lifts(h) for h in missing.values()]
        written = dict(zip(missing, self.writer.write(list(missing.values()), lifts), strict=True))
        found = {k: self._checked(missing[k], writing) for k, writing in written.items()}
        found |= {k: self._written[k] for k in keys if k in self._written}
        for k in found:
            self._written[k] = found[k]
            self._written.move_to_end(k)
        while len(self._written) > KEPT:
            self._written.popitem(last=False)
        # Another user may have given the same tips.
        return [replace(found[k], history=h) for k, h in zip(keys, histories, strict=True)]

    def recompose(self, preference: Preference, history: History) -> Preference:
        """The preference after tips were dropped or added, without writing anew: strengths move as the teacher's
        reading of the tips does, statements that lost their last tip go, and what was edited stays edited.
        """
        return preference if _key(history) == _key(preference.history) else super().recompose(preference, history)

    def redrawn(
        self,
        preference: Preference,
        tips: Float[Tensor, "batch n_streamers"],
        among: Int[Tensor, " n_streamers"] | None = None,
    ) -> tuple[Float[Tensor, "batch n_values"], dict[Modality, Float[Tensor, "batch feature_dim"]]]:
        """recompose() for many other histories of the same user at once, without words."""
        before = signed_strengths(self.compose(preference.history).statements, len(self.vocabulary.values))
        given = signed_strengths(preference.statements, len(self.vocabulary.values))
        drift = self.teacher.all_strengths(tips, among) - self._read(preference.history)
        membership = self.vocabulary.membership if among is None else self.vocabulary.membership[among.numpy()]
        has = tips @ torch.from_numpy(membership) > 0
        left = self._residuals(tips, _drifted(before, drift, has), among)
        strengths = _drifted(given, drift, has)
        edited = ((given - before).abs() > UNCHANGED) & (given != 0)
        strengths = torch.where(edited & (strengths == 0), given, strengths)
        return strengths, self._shifted(preference, before, left)

    def restate(
        self, preference: Preference, strengths: Tensor, residual: Mapping[Modality, Float[np.ndarray, " feature_dim"]]
    ) -> Preference:
        """As Composer.restate; statements that stay keep the evidence that the model pointed at."""
        rows = super().restate(preference, strengths, residual)
        pointed = {s.value_idx: s for s in preference.statements}
        statements = tuple(_with_evidence(s, pointed.get(s.value_idx)) for s in rows.statements)
        text = self.prose(statements, rows.history)
        return Preference(rows.history, statements, text, rows.residual, rows.composer)

    def _checked(self, history: History, writing: Writing) -> Preference:
        statements = checked_statements(writing.claims, history, self.vocabulary, self._read(history).numpy())
        strengths = signed_strengths(statements, len(self.vocabulary.values))
        residual = {m: row.numpy() for m, row in self._residual(history, strengths).items()}
        # Prose that speaks of a claim that was not kept would be an unchecked claim; no tips leave nothing to write of.
        told = len(statements) == len(writing.claims) and writing.prose is not None and len(history) > 0
        text = self._completed(writing, statements, history) if told else self.prose(statements, history)
        return Preference(history, statements, text, residual, self.name)

    def _completed(self, writing: Writing, statements: Sequence[Statement], history: History) -> str:
        """The model's prose, then what it may not say as its own: statements that the tips contradict."""
        contrary = contrary_sentence(statements, self.lifts(history), self.vocabulary, self.info)
        return " ".join(filter(None, [writing.prose, contrary]))


def _drifted(
    strengths: Float[Tensor, " n_values"],
    drift: Float[Tensor, "batch n_values"],
    has: Bool[Tensor, "batch n_values"],
) -> Float[Tensor, "batch n_values"]:
    """Strengths after a drift, signs kept; a like that no tip bears out any more is zero. has: values still tipped."""
    sign = strengths.sign()
    moved = sign * (sign * (strengths + drift)).clamp(0, 1)
    return torch.where((sign > 0) & ~has, 0, moved)


def _with_evidence(statement: Statement, pointed: Statement | None) -> Statement:
    if pointed is None or pointed.polarity != statement.polarity:
        return statement
    return Statement(
        statement.aspect,
        statement.value,
        statement.polarity,
        statement.strength,
        pointed.evidence,
        statement.value_idx,
    )


def _key(history: History) -> tuple:
    times = history.tipped_at.astype("datetime64[us]").astype(np.int64)
    return (history.streamer_idx.tobytes(), history.amount.tobytes(), times.tobytes(), history.faded_before)
