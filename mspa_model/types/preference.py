"""What a user tipped, the words there are for it, and what they say of the user."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from mspa_model.types.data import Modality

FADED = 0.3  # what a tip from before a taste shifted counts for; nothing at all would leave too little to compose from


@dataclass(frozen=True)
class History:
    """The tips of one user that a ranking may know, oldest first.

    tipped_at: datetime64[us] in UTC, NaT where the set has no times.
    tip_row: row of dataset.tips, or -1 for a tip that is not in the set (what-if, new user).
    faded_before: tips before this moment (UTC) count for FADED, since correction found that the taste shifted then.
    """

    user_id: str
    streamer_idx: Int[np.ndarray, " n_tips"]
    amount: Float[np.ndarray, " n_tips"]
    tipped_at: Shaped[np.ndarray, " n_tips"]
    tip_row: Int[np.ndarray, " n_tips"]
    faded_before: datetime | None = None

    def __len__(self) -> int:
        return len(self.streamer_idx)

    def keep(self, mask: Bool[np.ndarray, " n_tips"]) -> "History":
        """The same user with only the tips where mask is True."""
        parts = (self.streamer_idx[mask], self.amount[mask], self.tipped_at[mask], self.tip_row[mask])
        return History(self.user_id, *parts, self.faded_before)

    def faded(self, before: datetime) -> "History":
        """The same tips, those before this moment faded."""
        return replace(self, faded_before=before)

    @property
    def counts(self) -> Float[np.ndarray, " n_tips"]:
        """What each tip counts for: 1, or FADED."""
        if self.faded_before is None:
            return np.ones(len(self), dtype=np.float32)
        old = self.tipped_at < np.datetime64(self.faded_before, "us")
        return np.where(old, FADED, 1.0).astype(np.float32)


@dataclass(frozen=True)
class Value:
    """One thing that can be liked, e.g. aspect "category", name "Comedy".

    modality: the modality whose clusters it names, None for columns; key phrases of texts are Modality.TEXT.
    label: how a sentence says it ("visual group 7, 121 micro-videos" or "bright stage").
    examples: up to five most typical streamer_idx.
    """

    aspect: str
    name: str
    label: str
    modality: Modality | None
    n_streamers: int
    examples: tuple[int, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All values, which streamers have them, and what they look like in each modality's features.

    membership: 0/1 float32 (n_streamers, n_values).
    prototypes: per modality, mean feature row of a value's streamers (n_values, feature_dim); zero where none has it.
    """

    values: tuple[Value, ...]
    membership: Float[np.ndarray, "n_streamers n_values"]
    prototypes: Mapping[Modality, Float[np.ndarray, "n_values feature_dim"]]

    @cached_property
    def prototype_products(self) -> Mapping[Modality, Float[np.ndarray, "n_values n_values"]]:
        """Inner products of every two prototypes of a modality."""
        return {m: rows @ rows.T for m, rows in self.prototypes.items()}


@dataclass(frozen=True)
class Statement:
    """One claim of the preference text. evidence: positions in the history that the preference was composed from."""

    aspect: str
    value: str
    polarity: Literal[1, -1]
    strength: float
    evidence: tuple[int, ...]
    value_idx: int


@dataclass(frozen=True)
class Preference:
    """What a user likes: statements, their text, and the residual, the part "not put into words".

    residual: per modality, in feature space (feature_dim,): pooled features of the tipped streamers less what the
        statements' prototypes span.
    composer: who wrote it, e.g. "teacher".
    """

    history: History
    statements: tuple[Statement, ...]
    text: str
    residual: Mapping[Modality, Float[np.ndarray, " feature_dim"]]
    composer: str
