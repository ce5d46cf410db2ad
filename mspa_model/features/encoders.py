"""The encoder registry: pretrained encoders inside packages, pinned by hash, or a model by path or hub id."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from mspa_model.features.image_encoder import EfficientNetEncoder, TransformerImageEncoder
from mspa_model.features.sound_encoder import LogMelStatistics, TransformerSoundEncoder
from mspa_model.features.text_encoder import TransformerTextEncoder, minilm
from mspa_model.types import Modality


@runtime_checkable
class TextEncoder(Protocol):
    """Texts to rows; none of them is empty."""

    def encode(self, texts: Sequence[str]) -> Float[np.ndarray, "n feature_dim"]: ...


@runtime_checkable
class MediaEncoder(Protocol):
    """Files to rows: frames or clips. Raises DataError for a file that cannot be read."""

    def encode(self, paths: Sequence[Path]) -> Float[np.ndarray, "n feature_dim"]: ...


TEXT_ENCODERS: Mapping[str, Callable[[torch.device], TextEncoder]] = MappingProxyType({"all-minilm-l6-v2": minilm})
MEDIA_ENCODERS: Mapping[Modality, Mapping[str, Callable[[torch.device], MediaEncoder]]] = MappingProxyType(
    {
        Modality.VISUAL: MappingProxyType({"efficientnet-lite0": EfficientNetEncoder}),
        Modality.AUDIO: MappingProxyType({"log-mel-statistics": LogMelStatistics}),
    }
)
_MEDIA_BY_PATH = MappingProxyType({Modality.VISUAL: TransformerImageEncoder, Modality.AUDIO: TransformerSoundEncoder})


def load_text_encoder(name: str, device: torch.device) -> TextEncoder:
    """A registry name, or the folder or hub id of a transformers model that lies here. Raises EncoderError."""
    known = TEXT_ENCODERS.get(name)
    return TransformerTextEncoder(name, device) if known is None else known(device)


def load_media_encoder(modality: Modality, name: str, device: torch.device) -> MediaEncoder:
    """As load_text_encoder, for frames and clips."""
    known = MEDIA_ENCODERS[modality].get(name)
    return _MEDIA_BY_PATH[modality](name, device) if known is None else known(device)
