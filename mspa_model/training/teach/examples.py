"""Examples to teach from: a random part of a history, and what the teacher says of all of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from mspa_model.data import history_of
from mspa_model.preference.entries import AmountScale, Entries, entries_of
from mspa_model.preference.teacher import Teacher
from mspa_model.preference.tokens import Tokens
from mspa_model.training.teach.synthetic import SyntheticUsers
from mspa_model.training.teach.targets import Target, target_of
from mspa_model.training.text.users import ENOUGH, LONG
from mspa_model.types import Dataset, History

SPARSE = 5  # tips in a small part, at most
WHOLE = 0.5  # chance that a part that is not small is all of the history


@dataclass(frozen=True)
class Example:
    """What is read and what is to be written."""

    entries: Entries
    target: Target


@dataclass(frozen=True)
class Told:
    """A history and what the teacher says of all of it."""

    history: History
    strengths: Float[np.ndarray, " n_values"]
    n_tipped: int


class Examples:
    """Draws examples from teaching users and synthetic ones."""

    def __init__(
        self,
        real: Sequence[Told],
        synthetic: SyntheticUsers | None,
        share: float,
        teacher: Teacher,
        tokens: Tokens,
        scale: AmountScale,
        max_tips: int,
    ) -> None:
        self.real, self.synthetic, self.teacher, self.tokens = real, synthetic, teacher, tokens
        self.scale, self.max_tips, self.vocabulary = scale, max_tips, teacher.vocabulary
        self.share = 1.0 if not real else share if synthetic is not None else 0.0
        size = np.array([t.n_tipped for t in real], dtype=float).clip(max=30)
        self._chance = size / size.sum() if len(real) else size
        long = [t.n_tipped for t in real if t.n_tipped >= LONG]
        self._sizes = np.array(long or [2 * LONG])

    def draw(self, rng: np.random.Generator, n: int, sparse: bool) -> list[Example]:
        """n examples with parts of like size: at most SPARSE streamers, or any number."""
        n_made = int(rng.binomial(n, self.share))
        told = [self.real[i] for i in rng.choice(len(self.real), n - n_made, p=self._chance)] if n > n_made else []
        told += self._synthetic(rng, n_made) if n_made else []
        return [self.example(t, part_size(t.n_tipped, sparse, rng), rng) for t in told]

    def example(self, told: Told, size: int, rng: np.random.Generator) -> Example:
        """A random part of `size` streamers of one history, with the target that the part can bear out."""
        part = part_of(told.history, size, rng)
        entries = entries_of(part, self.scale, self.max_tips)
        supported = self.vocabulary.membership[entries.streamer_idx].any(axis=0)
        return Example(entries, target_of(told.strengths, supported, entries.n_tipped, self.tokens, rng))

    def _synthetic(self, rng: np.random.Generator, n: int) -> list[Told]:
        assert self.synthetic is not None
        # As long as real long histories are: what a part of three tips tells of all depends on how many there are.
        sizes = rng.choice(self._sizes, n)
        drawn = [own[:size] for own, size in zip(self.synthetic.draw(rng, n), sizes, strict=True)]
        rows = np.zeros((n, len(self.vocabulary.membership)), dtype=np.float32)
        for row, own in zip(rows, drawn, strict=True):
            row[own] = 1.0
        strengths = self.teacher.strengths(torch.from_numpy(rows)).numpy()
        return [Told(self._history(own, rng), row, len(own)) for own, row in zip(drawn, strengths, strict=True)]

    def _history(self, streamers: Int[np.ndarray, " n_tips"], rng: np.random.Generator) -> History:
        """Amounts and times of a real teaching user's tips, drawn again; unknown where that user's are."""
        unknown = History(
            "made up", streamers, np.full(len(streamers), np.nan), _no_times(len(streamers)), _no_rows(streamers)
        )
        if not self.real:
            return unknown
        like = self.real[int(rng.integers(len(self.real)))].history
        picked = np.sort(rng.integers(0, len(like), len(streamers)))
        return History("made up", streamers, like.amount[picked], like.tipped_at[picked], _no_rows(streamers))


def part_size(n_tipped: int, sparse: bool, rng: np.random.Generator) -> int:
    """How many streamers of a history are shown."""
    if not sparse and rng.random() < WHOLE:
        return n_tipped
    return int(rng.integers(1, min(SPARSE, n_tipped) + 1 if sparse else n_tipped + 1))


def part_of(history: History, size: int, rng: np.random.Generator) -> History:
    """Tips to `size` random streamers of a history, in their order: for half the parts all of them, else one each."""
    tipped = np.unique(history.streamer_idx)
    chosen = tipped if size >= len(tipped) else rng.choice(tipped, size, replace=False)
    kept = np.isin(history.streamer_idx, chosen)
    if size < len(tipped) and rng.random() < 0.5:
        shuffled = rng.permutation(np.flatnonzero(kept))
        kept = np.zeros(len(history), dtype=bool)
        kept[shuffled[np.unique(history.streamer_idx[shuffled], return_index=True)[1]]] = True
    return history.keep(kept)


def told_of(dataset: Dataset, teacher: Teacher, users: Int[np.ndarray, " n_users"]) -> tuple[Told, ...]:
    """Train histories of these users with at least ENOUGH streamers, and what the teacher says of each."""
    histories = [history_of(dataset, int(user), "train") for user in users]
    histories = [h for h in histories if len(np.unique(h.streamer_idx)) >= ENOUGH]
    rows = np.zeros((len(histories), dataset.n_streamers), dtype=np.float32)
    for row, history in zip(rows, histories, strict=True):
        row[history.streamer_idx] = 1.0
    strengths = teacher.strengths(torch.from_numpy(rows)).numpy()
    return tuple(Told(h, s, int(r.sum())) for h, s, r in zip(histories, strengths, rows, strict=True))


def _no_times(n: int) -> np.ndarray:
    return np.full(n, np.datetime64("NaT"), dtype="datetime64[us]")


def _no_rows(streamers: np.ndarray) -> Int[np.ndarray, " n_tips"]:
    return np.full(len(streamers), -1, dtype=np.int64)
