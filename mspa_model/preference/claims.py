"""What a model wrote, before and after it was checked: only what vocabulary and history bear out gets through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from mspa_model.types import History, Statement, Vocabulary

EDGES = (0.3, 0.5, 0.7)  # between the strength buckets
STRENGTHS = ("slight", "clear", "strong", "very strong")
MIDDLES = (0.22, 0.4, 0.6, 0.8)  # the strength that a bucket stands for
BOUNDS = ((0.15, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 1.0))  # what strengths a bucket holds
MAX_STATEMENTS = 8


@dataclass(frozen=True)
class Claim:
    """One statement as written. tips: positions in the history; strength: position in STRENGTHS."""

    value_idx: int
    polarity: Literal[1, -1]
    strength: int
    tips: tuple[int, ...]


@dataclass(frozen=True)
class Writing:
    """All that a model wrote of one history. prose: None where the model's own is not to be shown.

    parses: False where what was written could not be read to its end.
    """

    claims: tuple[Claim, ...]
    prose: str | None
    parses: bool


def bucket_of(strength: float) -> int:
    """Position in STRENGTHS of a strength in 0..1."""
    return int(np.searchsorted(EDGES, strength, side="right"))


def value_of(aspect: str, name: str, vocabulary: Vocabulary) -> int | None:
    """value_idx by aspect and name; None where the vocabulary has no such value."""
    return next((i for i, v in enumerate(vocabulary.values) if v.aspect == aspect and v.name == name), None)


def checked_statements(
    claims: Sequence[Claim],
    history: History,
    vocabulary: Vocabulary,
    read: Float[np.ndarray, " n_values"] | None = None,
) -> tuple[Statement, ...]:
    """The claims that may be shown, strongest first.

    A claim's bucket is the model's word. read: signed strengths by the statistics of the same tips, which say where in
    the bucket it lies, as far as they agree; its middle without.

    Left out: values outside the vocabulary, all but the first claim on a value, likes that no pointed tip bears out,
    and whatever exceeds MAX_STATEMENTS. A pointer to a tip that is not there, or whose streamer lacks the value, is
    dropped. A dislike rests on absence and has no evidence.
    """
    found: dict[int, Statement] = {}
    for claim in claims:
        if not 0 <= claim.value_idx < len(vocabulary.values) or claim.value_idx in found:
            continue
        if claim.polarity not in (1, -1) or not 0 <= claim.strength < len(STRENGTHS):
            continue
        evidence = borne_out(claim, history, vocabulary)
        if claim.polarity > 0 and not evidence:
            continue
        value = vocabulary.values[claim.value_idx]
        strength = _within(claim, 0.0 if read is None else float(read[claim.value_idx]))
        found[claim.value_idx] = Statement(
            value.aspect, value.name, claim.polarity, strength, evidence, claim.value_idx
        )
    kept = list(found.values())[:MAX_STATEMENTS]
    return tuple(sorted(kept, key=lambda s: -s.strength))


def _within(claim: Claim, read: float) -> float:
    low, high = BOUNDS[claim.strength]
    return min(max(abs(read), low), high) if claim.polarity * read > 0 else MIDDLES[claim.strength]


def borne_out(claim: Claim, history: History, vocabulary: Vocabulary) -> tuple[int, ...]:
    """The claim's pointers that hold: tips of this history to streamers with the value, in order, each once."""
    if claim.polarity < 0:
        return ()
    has = vocabulary.membership[:, claim.value_idx] > 0
    return tuple(sorted({t for t in claim.tips if 0 <= t < len(history) and has[history.streamer_idx[t]]}))
