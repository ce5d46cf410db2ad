"""Names of modalities, sources and splits; the dataset behind the door and its features."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from mspa_model.words import distinct_names


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

    @cached_property
    def streamer_names(self) -> tuple[str, ...]:
        """What each streamer is called wherever it is shown, by streamer_idx: see distinct_names."""
        names, ids = (self.streamers[column].astype(str).tolist() for column in ("name", "streamer_id"))
        return distinct_names(names, ids, self.info.streamer_is)


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
