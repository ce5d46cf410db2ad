"""What the composer is taught to write: the teacher's statements of a long history, and prose that says them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from mspa_model.preference.claims import bucket_of
from mspa_model.preference.decoding import tier_of
from mspa_model.preference.tokens import AVOIDS, LIKES, START, STOP, TOLD, Tokens
from mspa_model.preference.wordings import SLOT, SentenceKind, frames_of, sentences_of


@dataclass(frozen=True)
class Target:
    """One text to be written: tokens from START, and where each statement's strength token stands.

    told: number of tokens up to and with TOLD; ends: position of strength tokens; values: the statements' value_idx.
    """

    tokens: tuple[int, ...]
    told: int
    ends: tuple[int, ...]
    values: tuple[int, ...]


def target_of(
    strengths: Float[np.ndarray, " n_values"],
    supported: Bool[np.ndarray, " n_values"],
    n_tipped: int,
    tokens: Tokens,
    rng: np.random.Generator,
) -> Target:
    """Statements strongest first, then prose in a wording drawn at random.

    Likes that no tip given would bear out are left out: what cannot be pointed at must not be said.
    """
    stated = [v for v in np.argsort(-np.abs(strengths), kind="stable") if strengths[v] != 0]
    stated = [int(v) for v in stated if strengths[v] < 0 or supported[v]]
    written = [START]
    for v in stated:
        bucket = bucket_of(abs(float(strengths[v])))
        written += [tokens.value(v), LIKES if strengths[v] > 0 else AVOIDS, tokens.strength(bucket)]
    ends = tuple(3 * (i + 1) for i in range(len(stated)))
    written.append(TOLD)
    told = len(written)
    likes = [(v, float(strengths[v])) for v in stated]
    return Target((*written, *_prose(likes, n_tipped, tokens, rng), STOP), told, ends, tuple(stated))


def _prose(stated: Sequence[tuple[int, float]], n_tipped: int, tokens: Tokens, rng: np.random.Generator) -> list[int]:
    tiers: dict[SentenceKind, list[int]] = {"strong": [], "liked": [], "avoided": []}
    for value, strength in stated:
        tiers[tier_of(strength > 0, bucket_of(abs(strength)))].append(tokens.value(value))
    sentences = sentences_of(tiers)
    return [token for kind, values in sentences for token in _sentence(kind, values, n_tipped, tokens, rng)]


def _sentence(
    kind: SentenceKind, values: list[int], n_tipped: int, tokens: Tokens, rng: np.random.Generator
) -> list[int]:
    frames = frames_of(kind, n_tipped)
    frame = frames[int(rng.integers(len(frames)))]
    written: list[int] = []
    for word in frame.split():
        written += _listed(values, tokens) if word == SLOT else [tokens.word(word)]
    return written


def _listed(values: list[int], tokens: Tokens) -> list[int]:
    written = [values[0]]
    for i, value in enumerate(values[1:], start=2):
        written += [tokens.word("and" if i == len(values) else ","), value]
    return written
