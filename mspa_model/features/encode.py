"""From a dataset's tables and media to one array a modality."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from mspa_model.config import FeatureConfig
from mspa_model.data.load import media_path
from mspa_model.errors import DataError
from mspa_model.features.encoders import load_media_encoder, load_text_encoder
from mspa_model.features.scaling import scale_features
from mspa_model.features.texts import rows_by_owner, segment_streamers, spread, streamer_documents
from mspa_model.types import Dataset, Features, Modality

SHIPPED = "shipped"
SHIPPED_SEGMENTS = "shipped by segment"
MEDIA_PER_STREAMER = 16  # frames or clips, spread over the segments that have one
MEDIA_COLUMN = {Modality.VISUAL: "frame", Modality.AUDIO: "audio"}


@dataclass(frozen=True)
class RawFeatures:
    """Unscaled arrays (n_streamers, feature_dim), NaN rows where a streamer lacks the modality, and who made them."""

    arrays: Mapping[Modality, np.ndarray]
    encoders: Mapping[Modality, str]

    def to_store(self) -> dict[Modality, np.ndarray]:
        """float16 arrays that a run must keep, being made by an encoder; give them back to encode() as `stored`."""
        return {
            m: a.astype(np.float16)
            for m, a in self.arrays.items()
            if self.encoders[m] not in (SHIPPED, SHIPPED_SEGMENTS)
        }


def encode(
    dataset: Dataset,
    config: FeatureConfig,
    device: torch.device,
    stored: Mapping[Modality, np.ndarray] | None = None,
) -> Features:
    """Features of every modality the set has: shipped, else shipped by segment, else stored, else encoded.

    stored: what RawFeatures.to_store() gave, so that loading a run needs no encoder.
    Raises EncoderError where an encoder is needed and its weights are absent or not the pinned ones.
    """
    return scale(read_raw(dataset, config, device, stored))


def scale(raw: RawFeatures) -> Features:
    """The features that encode() gives, from raw arrays."""
    return scale_features(dict(raw.arrays), dict(raw.encoders))


def read_raw(
    dataset: Dataset,
    config: FeatureConfig,
    device: torch.device,
    stored: Mapping[Modality, np.ndarray] | None = None,
) -> RawFeatures:
    """The arrays before scaling; see encode() for the order in which inputs are tried."""
    arrays: dict[Modality, np.ndarray] = {}
    encoders: dict[Modality, str] = {}
    for modality in Modality:
        found = read_one(dataset, modality, config, device, stored or {})
        if found is not None:
            arrays[modality], encoders[modality] = found
    return RawFeatures(arrays, encoders)


def read_one(
    dataset: Dataset,
    modality: Modality,
    config: FeatureConfig,
    device: torch.device,
    stored: Mapping[Modality, np.ndarray],
) -> tuple[np.ndarray, str] | None:
    """One modality's raw array and who made it, as read_raw() has them; None where the set has not the modality."""
    if modality in dataset.features:
        return dataset.features[modality], SHIPPED
    by_segment = _shipped_segments(dataset, modality)
    if by_segment is not None:
        return by_segment, SHIPPED_SEGMENTS
    name = getattr(config, f"{modality.value}_encoder")
    if modality in stored:
        return stored[modality].astype(np.float32), name
    if modality not in dataset.info.modalities:  # texts alone do not make a set textual: dataset.toml says so
        return None
    made = (
        _encode_text(dataset, name, device)
        if modality is Modality.TEXT
        else _encode_media(dataset, modality, name, device)
    )
    # Through float16 before scaling, so that a run's stored copy gives the very same features.
    return None if made is None else (made.astype(np.float16).astype(np.float32), name)


def mean_by_streamer(
    rows: Float[np.ndarray, "n feature_dim"], owners: np.ndarray, n_streamers: int
) -> Float[np.ndarray, "n_streamers feature_dim"]:
    """Mean of the finite rows of each streamer, NaN where it has none; owner -1 is left out."""
    usable = (owners >= 0) & np.isfinite(rows).all(axis=1)
    sums = np.zeros((n_streamers, rows.shape[1]))
    np.add.at(sums, owners[usable], rows[usable])
    counts = np.bincount(owners[usable], minlength=n_streamers)[:, None]
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0).astype(np.float32)


def _shipped_segments(dataset: Dataset, modality: Modality) -> np.ndarray | None:
    path = dataset.folder / "features" / f"segments_{modality.value}.npy"
    if dataset.segments is None or not path.is_file():
        return None
    rows = np.load(path, allow_pickle=False)
    owners = segment_streamers(dataset)
    if len(rows) != len(owners):
        raise DataError(
            f"{len(rows)} rows in {path.name}",
            f"{len(owners)}, one a segment",
            "Export the file again with segments.parquet.",
        )
    return mean_by_streamer(rows.astype(np.float64), owners, dataset.n_streamers)


def _encode_text(dataset: Dataset, name: str, device: torch.device) -> np.ndarray | None:
    documents = streamer_documents(dataset)
    flat = [text for own in documents for text in own]
    if not flat:
        return None
    owners = np.repeat(np.arange(dataset.n_streamers), [len(own) for own in documents])
    rows = load_text_encoder(name, device).encode(flat)
    return mean_by_streamer(rows, owners, dataset.n_streamers)


def _encode_media(dataset: Dataset, modality: Modality, name: str, device: torch.device) -> np.ndarray | None:
    chosen, owners = chosen_segments(dataset, modality)
    if not len(chosen):
        return None
    paths = [media_path(dataset, path) for path in dataset.segments[MEDIA_COLUMN[modality]].iloc[chosen]]
    encoded = load_media_encoder(modality, name, device).encode(paths)
    return mean_by_streamer(encoded, owners, dataset.n_streamers)


def chosen_segments(dataset: Dataset, modality: Modality) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """The segments whose frame or clip is encoded, as rows of the table, and the streamer_idx of each."""
    none = np.zeros(0, dtype=np.int64)
    column = MEDIA_COLUMN[modality]
    if dataset.segments is None or column not in dataset.segments:
        return none, none
    streamers = segment_streamers(dataset)
    usable = np.where((dataset.segments[column].fillna("") != "").to_numpy(), streamers, -1)
    rows = [spread(own, MEDIA_PER_STREAMER) for _, own in rows_by_owner(usable)]
    chosen = np.concatenate(rows) if rows else none
    return chosen, streamers[chosen]
