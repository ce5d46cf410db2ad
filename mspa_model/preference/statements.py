"""Statements to strengths and back: the vector that a tower reads, and the claims that a person reads."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mspa_model.types import History, Statement, Vocabulary


def statements_of(
    strengths: Float[Tensor, " n_values"], history: History, vocabulary: Vocabulary
) -> tuple[Statement, ...]:
    """One statement for each strength that is not zero, the strongest first (ties by position in the vocabulary)."""
    row = strengths.detach().cpu().numpy()
    stated = np.flatnonzero(row)
    strongest_first = stated[np.argsort(-np.abs(row[stated]), kind="stable")]
    return tuple(
        make_statement(int(i), 1 if row[i] > 0 else -1, float(abs(row[i])), history, vocabulary)
        for i in strongest_first
    )


def make_statement(
    value_idx: int, polarity: Literal[1, -1], strength: float, history: History, vocabulary: Vocabulary
) -> Statement:
    """A statement with the evidence that this history has for it."""
    value = vocabulary.values[value_idx]
    evidence = evidence_of(value_idx, polarity, history, vocabulary)
    return Statement(value.aspect, value.name, polarity, strength, evidence, value_idx)


def evidence_of(value_idx: int, polarity: Literal[1, -1], history: History, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Positions in the history of tips to streamers with the value; none for polarity -1, which rests on absence."""
    if polarity < 0 or len(history) == 0:
        return ()
    return tuple(int(i) for i in np.flatnonzero(vocabulary.membership[history.streamer_idx, value_idx] > 0))


def signed_strengths(statements: Sequence[Statement], n_values: int) -> Float[Tensor, " n_values"]:
    """The vector that statements stand for: polarity x strength at each value, zero elsewhere."""
    row = torch.zeros(n_values)
    for statement in statements:
        row[statement.value_idx] = statement.polarity * statement.strength
    return row


def tip_weights(history: History, n_streamers: int) -> Float[Tensor, "1 n_streamers"]:
    """1 for each tipped streamer, as in interaction_matrix(), so that what is composed is what was trained on; less for
    one whose newest tip is faded.
    """
    row = np.zeros((1, n_streamers), dtype=np.float32)
    np.maximum.at(row[0], history.streamer_idx, history.counts)
    return torch.from_numpy(row)
