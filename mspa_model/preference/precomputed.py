"""Preferences written ahead: what the compact language model wrote of each user's tips is kept in the run.

The model reads no tip of theirs again, and its library, seconds to import, waits until something new is to be written.
Kept are the model's own words as tokens, so that groups may be called otherwise later; statements, strengths and the
residual are made of them as they are of a fresh writing, to the bit. No user is named: a history is known by its hash.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from safetensors.numpy import load_file, save_file
from torch import Tensor

from mspa_model.manifest import ListedFiles
from mspa_model.once import once
from mspa_model.preference.claims import Claim, Writing
from mspa_model.preference.lift import Lifts
from mspa_model.preference.tokens import Tokens, tokens_of
from mspa_model.preference.wordings import spelled
from mspa_model.types import History, Vocabulary

PRECOMPUTED = "preferences.safetensors"


@dataclass(frozen=True)
class Tokenized:
    """A writing whose prose is still tokens."""

    claims: tuple[Claim, ...]
    prose: tuple[int, ...]
    parses: bool

    def spell(self, tokens: Tokens, vocabulary: Vocabulary) -> Writing:
        """With its prose in words."""
        return Writing(self.claims, spelled(tokens.spell(list(self.prose), vocabulary)), self.parses)


@runtime_checkable
class LanguageModel(Protocol):
    """What is asked where nothing was written ahead: the compact language model."""

    def write_tokens(self, histories: Sequence[History], lifts: Sequence[Lifts] | None) -> list[Tokenized]: ...

    def write_freely(self, histories: Sequence[History]) -> list[Writing]: ...


class PrecomputedWriter:
    """Writes as the model that `make` gives, which is made once a history comes that it wrote nothing of ahead.

    rows: the model's embeddings of statements (CompactWriter.statement_rows).
    """

    def __init__(
        self,
        make: Callable[[], LanguageModel],
        tokenized: Mapping[str, Tokenized],
        rows: Float[Tensor, "n_values _"],
        vocabulary: Vocabulary,
    ) -> None:
        self._make, self._tokenized, self._rows, self._vocabulary = once(make), tokenized, rows, vocabulary
        self._tokens = tokens_of(vocabulary)

    @property
    def model(self) -> LanguageModel:
        return self._make()

    def make(self) -> None:
        """The model now, before it is asked for anything."""
        self._make()

    def statement_rows(self) -> Float[Tensor, "n_values _"]:
        """As CompactWriter.statement_rows."""
        return self._rows

    def write(self, histories: Sequence[History], lifts: Sequence[Lifts] | None = None) -> list[Writing]:
        """What was written ahead, with the lifts of each history; the rest, and all without lifts, by the model."""
        ahead = [self._tokenized.get(history_key(h)) if lifts is not None else None for h in histories]
        rest = [i for i, tokenized in enumerate(ahead) if tokenized is None]
        if rest:
            earned = None if lifts is None else [lifts[i] for i in rest]
            fresh = self.model.write_tokens([histories[i] for i in rest], earned)
            for i, tokenized in zip(rest, fresh, strict=True):
                ahead[i] = tokenized
        return [tokenized.spell(self._tokens, self._vocabulary) for tokenized in ahead if tokenized is not None]

    def write_freely(self, histories: Sequence[History]) -> list[Writing]:
        """By the model: nothing of this kind is kept."""
        return self.model.write_freely(histories)


def history_key(history: History) -> str:
    """SHA-256 of all that a composer reads of a history; the user is no part of it."""
    times = history.tipped_at.astype("datetime64[us]").astype(np.int64)
    digest = hashlib.sha256()
    for part in (history.streamer_idx, history.amount, times):
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(repr(history.faded_before).encode())
    return digest.hexdigest()


def save_precomputed(folder: Path, tokenized: Mapping[str, Tokenized], rows: Float[Tensor, "n_values _"]) -> None:
    """Writes preferences.safetensors into an existing folder."""
    texts = list(tokenized.values())
    claims = [(row, c) for row, text in enumerate(texts) for c in text.claims]
    arrays = {
        "keys": np.array([list(bytes.fromhex(key)) for key in tokenized], np.uint8).reshape(-1, 32),
        "parses": np.array([text.parses for text in texts], np.uint8),
        "prose": np.array([token for text in texts for token in text.prose], np.int32),
        "prose_length": np.array([len(text.prose) for text in texts], np.int32),
        "claims": np.array([(r, c.value_idx, c.polarity, c.strength) for r, c in claims], np.int32).reshape(-1, 4),
        "tips": np.array([tip for _, c in claims for tip in c.tips], np.int32),
        "n_tips": np.array([len(c.tips) for _, c in claims], np.int32),
        "statement_rows": rows.cpu().numpy(),
    }
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / PRECOMPUTED)


def _pieces(joined: np.ndarray, lengths: np.ndarray) -> list[tuple[int, ...]]:
    """An array of whole numbers cut into pieces of these lengths."""
    numbers, ends = joined.tolist(), np.cumsum(lengths).tolist()
    return [tuple(numbers[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def load_precomputed(
    files: ListedFiles, vocabulary: Vocabulary, make: Callable[[], LanguageModel]
) -> PrecomputedWriter:
    """What save_precomputed wrote; KeyError or RuntimeError where it is of another version."""
    arrays = load_file(files / PRECOMPUTED)
    rows = torch.from_numpy(arrays["statement_rows"])
    if len(rows) != len(vocabulary.values):
        raise RuntimeError(f"{len(rows)} statements for {len(vocabulary.values)} values")
    claims: list[list[Claim]] = [[] for _ in arrays["keys"]]
    tips = _pieces(arrays["tips"], arrays["n_tips"])
    for (row, value_idx, polarity, strength), pointed in zip(arrays["claims"].tolist(), tips, strict=True):
        claims[row].append(Claim(value_idx, 1 if polarity > 0 else -1, strength, pointed))
    prose, parses = _pieces(arrays["prose"], arrays["prose_length"]), arrays["parses"].tolist()
    digests = arrays["keys"].tobytes().hex()
    tokenized = {
        digests[64 * row : 64 * row + 64]: Tokenized(tuple(claims[row]), prose[row], bool(parses[row]))
        for row in range(len(claims))
    }
    return PrecomputedWriter(make, tokenized, rows, vocabulary)
