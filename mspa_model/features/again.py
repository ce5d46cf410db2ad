"""A streamer's feature made again from some of its frames, clips or texts: the same encoder, mean and scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float

from mspa_model.config import FeatureConfig
from mspa_model.data.load import media_path
from mspa_model.features.encode import MEDIA_COLUMN, SHIPPED, SHIPPED_SEGMENTS, chosen_segments, mean_by_streamer
from mspa_model.features.encoders import load_media_encoder, load_text_encoder
from mspa_model.features.scaling import fit_scale, present_rows
from mspa_model.features.texts import placed_documents
from mspa_model.types import Dataset, Features, Modality


@dataclass(frozen=True)
class Input:
    """One of what a streamer's feature is the mean of: a frame or a clip (path) or a text.

    segment_row: of the segments table; -1 for the profile text.
    """

    segment_row: int
    path: Path | None = None
    text: str = ""


def can_be_made_again(features: Features, modality: Modality) -> bool:
    """Whether an encoder of ours made this modality; what a set ships ready-made has no input to leave out."""
    return features.encoders[modality] not in (SHIPPED, SHIPPED_SEGMENTS)


def inputs_of(dataset: Dataset, modality: Modality, streamer_idx: int) -> tuple[Input, ...]:
    """What encode() reads of a streamer, in its order; empty where it has nothing."""
    if modality is Modality.TEXT:
        return tuple(Input(row, text=text) for row, text in placed_documents(dataset, streamer_idx)[streamer_idx])
    chosen, owners = chosen_segments(dataset, modality)
    own = chosen[owners == streamer_idx]
    paths = [] if dataset.segments is None else dataset.segments[MEDIA_COLUMN[modality]].iloc[own]
    return tuple(Input(row, path=media_path(dataset, path)) for row, path in zip(own.tolist(), paths, strict=True))


class Again:
    """One modality's encoder, loaded, with the scale that was fitted over all streamers. Raises EncoderError."""

    def __init__(
        self,
        modality: Modality,
        config: FeatureConfig,
        raw: Float[np.ndarray, "n_streamers feature_dim"],
        device: torch.device,
    ) -> None:
        """raw: the modality's array before scaling."""
        name = getattr(config, f"{modality.value}_encoder")
        is_text = modality is Modality.TEXT
        self._encoder = load_text_encoder(name, device) if is_text else load_media_encoder(modality, name, device)
        self._scale = fit_scale(raw[present_rows(raw)])

    def encode(self, inputs: Sequence[Path] | Sequence[str]) -> Float[np.ndarray, "n feature_dim"]:
        """A raw row of each file or text."""
        return self._encoder.encode(inputs)

    def features(
        self, rows: Float[np.ndarray, "n feature_dim"], sets: Bool[np.ndarray, "n_sets n"]
    ) -> tuple[Float[np.ndarray, "n_sets feature_dim"], Bool[np.ndarray, " n_sets"]]:
        """The feature of a streamer that had only some of these rows, for each set of them, and whether it has one."""
        which, members = np.nonzero(sets)
        made = mean_by_streamer(rows[members], which, len(sets)).astype(np.float16).astype(np.float32)
        present = present_rows(made)
        scaled = np.zeros_like(made)
        scaled[present] = self._scale(made[present])
        return scaled, present
