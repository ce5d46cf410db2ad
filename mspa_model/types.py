"""The values that cross borders between stages, in the order in which they are made.

Shape axes: n_users n_streamers n_tips n_values n_statements n_sources n_steps feature_dim dim k.
Everything here is frozen: a stage takes a value and returns a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor


class Modality(StrEnum):
    """What a streamer is seen, heard and read by. Closed, in this order."""

    VISUAL = "visual"
    AUDIO = "audio"
    TEXT = "text"


class Source(StrEnum):
    """What a score adds up from: a modality, co-tipping or popularity. The order is that of every n_sources axis."""

    VISUAL = "visual"
    AUDIO = "audio"
    TEXT = "text"
    COTIPS = "cotips"
    POPULARITY = "popularity"

    @property
    def modality(self) -> Modality | None:
        """The modality behind this source; None for co-tipping and popularity."""
        return Modality(self.value) if self.value in set(Modality) else None


SOURCES: tuple[Source, ...] = tuple(Source)
Split = Literal["train", "val", "test"]
HistoryScope = Literal["train", "all"]
CandidateScope = Literal["new", "all"]


@dataclass(frozen=True)
class SplitInfo:
    """Table [split] of dataset.toml."""

    kind: Literal["time", "given"]
    mask_for_val: tuple[Split, ...]
    mask_for_test: tuple[Split, ...]
    metric: str


@dataclass(frozen=True)
class DatasetInfo:
    """dataset.toml: the words the screen shows, and how the set is split."""

    name: str
    title: str
    kind: Literal["events", "matrix"]
    streamer_is: str
    user_is: str
    tip_is: str
    tip_unit: str
    timezone: str
    modalities: tuple[Modality, ...]
    licence: str
    source: str
    split: SplitInfo


@dataclass(frozen=True)
class Dataset:
    """A dataset folder behind the door: checked, split, ids turned into row positions.

    users: row i is user_idx i; column user_id (str) and whatever else the folder carries.
    streamers: row i is streamer_idx i; columns streamer_id, name, category, language, text are always there (str, ""
        where unknown), then whatever else the folder carries.
    tips: user_idx, streamer_idx (int64), tipped_at (datetime64[us, UTC] or NaT), amount (float64), room_id,
        segment_id (str, "" where unknown), split ("train", "val", "test"), ordered by user_idx, then time, then row.
    rooms, segments, events: as in the folder, None where it has none.
    features: raw arrays of features/MODALITY.npy as float32, a row of NaN where a streamer lacks the modality.
    fingerprint: SHA-256 over every file of the folder that a model may read (never truth/).
    warnings: sentences that `check` prints beside faults.
    """

    folder: Path
    info: DatasetInfo
    users: pd.DataFrame
    streamers: pd.DataFrame
    tips: pd.DataFrame
    rooms: pd.DataFrame | None
    segments: pd.DataFrame | None
    events: pd.DataFrame | None
    features: Mapping[Modality, Float[np.ndarray, "n_streamers feature_dim"]]
    fingerprint: str
    warnings: tuple[str, ...] = ()

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_streamers(self) -> int:
        return len(self.streamers)


@dataclass(frozen=True)
class Features:
    """One array a modality that the set has, in Modality order: robust-scaled, centred over the streamers that have it.

    arrays: float32 (n_streamers, feature_dim), zero rows where `present` is False.
    present: bool (n_streamers,).
    encoders: the encoder's registry name, or "shipped" for features/MODALITY.npy.
    """

    arrays: Mapping[Modality, Float[np.ndarray, "n_streamers feature_dim"]]
    present: Mapping[Modality, Bool[np.ndarray, " n_streamers"]]
    encoders: Mapping[Modality, str]

    @property
    def modalities(self) -> tuple[Modality, ...]:
        return tuple(m for m in Modality if m in self.arrays)


@dataclass(frozen=True)
class History:
    """The tips of one user that a ranking may know, oldest first.

    tipped_at: datetime64[us] in UTC, NaT where the set has no times.
    tip_row: row of dataset.tips, or -1 for a tip that is not in the set (what-if, new user).
    """

    user_id: str
    streamer_idx: Int[np.ndarray, " n_tips"]
    amount: Float[np.ndarray, " n_tips"]
    tipped_at: Shaped[np.ndarray, " n_tips"]
    tip_row: Int[np.ndarray, " n_tips"]

    def __len__(self) -> int:
        return len(self.streamer_idx)

    def keep(self, mask: Bool[np.ndarray, " n_tips"]) -> "History":
        """The same user with only the tips where mask is True."""
        return History(
            self.user_id, self.streamer_idx[mask], self.amount[mask], self.tipped_at[mask], self.tip_row[mask]
        )


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


@dataclass(frozen=True)
class Ranking:
    """The score of every streamer and what it adds up from.

    weights: this user's weight of each source, >= 0; zero where val does not pay for it or the set lacks it.
    fits: fit less mean fit over streamers, so score = sum over sources of weight x fit, exactly.
    order: candidates only, best first (ties by streamer_idx).
    """

    weights: Float[Tensor, " n_sources"]
    fits: Float[Tensor, "n_sources n_streamers"]
    order: Int[Tensor, " n_candidates"]

    @property
    def contributions(self) -> Float[Tensor, "n_sources n_streamers"]:
        """weight x fit: what each source adds to each streamer's score."""
        return self.weights[:, None] * self.fits

    @property
    def scores(self) -> Float[Tensor, " n_streamers"]:
        return self.contributions.sum(0)

    def rank_of(self, streamer_idx: int) -> int | None:
        """1 for the first; None where the streamer is no candidate."""
        hit = (self.order == streamer_idx).nonzero()
        return int(hit[0, 0]) + 1 if len(hit) else None


@dataclass(frozen=True)
class SourceGap:
    """Critique of one source: witnesses' mean fit less the present top k's, in standard deviations over streamers."""

    source: Source
    witnesses: float
    top_k: float
    weight: float


@dataclass(frozen=True)
class ValueGap:
    """Critique of one value: how often witnesses have it, how often the present top k and all streamers have it."""

    value_idx: int
    aspect: str
    value: str
    witnesses: float
    top_k: float
    everyone: float
    strength: float


@dataclass(frozen=True)
class Critique:
    """What the corrector saw: where the witnesses stand, and what the top k has that they have not.

    witness_idx: streamer_idx of each witness; witness_rank: where it stands, scored from the history without it.
    """

    witness_idx: tuple[int, ...]
    witness_rank: tuple[int, ...]
    sources: tuple[SourceGap, ...]
    values: tuple[ValueGap, ...]
    sentence: str


@dataclass(frozen=True)
class Change:
    """One thing that a step altered. kind: what; subject: source, value or modality; before, after: numbers."""

    kind: Literal["source weight", "statement strength", "statement dropped", "statement taken up", "residual shift"]
    subject: str
    before: float
    after: float
    sentence: str


@dataclass(frozen=True)
class Step:
    """One pass of the corrector; step 0 is before any.

    emphasis: factor on each source's weight (1 everywhere at step 0).
    witness_gain, witness_uncertainty: mean rise of the witnesses over the step before and the standard error it had to
        beat, in log-odds of being ranked above another streamer; None at step 0.
    reason: one sentence, why it was kept or not.
    """

    index: int
    kept: bool
    preference: Preference
    emphasis: Float[Tensor, " n_sources"]
    ranking: Ranking
    critique: Critique | None
    changes: tuple[Change, ...]
    witness_gain: float | None
    witness_uncertainty: float | None
    reason: str


StopReason = Literal["too few witnesses", "no gain", "step bound", "no tips", "no change"]


@dataclass(frozen=True)
class RankingTrace:
    """All kept steps in order (steps[0] before any correction, steps[-1] the answer), and the one that was rejected."""

    user_id: str
    steps: tuple[Step, ...]
    rejected: Step | None
    stop: StopReason
    stop_sentence: str
    history_scope: HistoryScope | Literal["given"]
    candidate_scope: CandidateScope
    last_tip_at: datetime | None

    @property
    def final(self) -> Step:
        return self.steps[-1]


@dataclass(frozen=True)
class Interval:
    """A mean over users with a 95 % bootstrap interval; None where there is no user to measure."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class MapPoints:
    """The stored fused map: 2-D UMAP coordinates of streamers and of users with tips, fitted once at training.

    users: user_idx of each row of user_xy. quality: trustworthiness, continuity, knn15, knn15_pca, knn15_random, ...
    """

    streamer_xy: Float[np.ndarray, "n_streamers 2"]
    users: Int[np.ndarray, " n_mapped_users"]
    user_xy: Float[np.ndarray, "n_mapped_users 2"]
    quality: Mapping[str, float]
