"""Neighbours in the original space, and the stored map."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mspa_model.types import Modality

SENSES = {Modality.VISUAL: "looks", Modality.AUDIO: "sound", Modality.TEXT: "words"}


@dataclass(frozen=True)
class Neighbor:
    """A streamer near another in the original embedding space."""

    streamer_idx: int
    name: str
    similarity: float
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Varying:
    """What can tell streamers apart in the original space: modalities whose features are not alike for all that have
    them, and whether co-tipping is.
    """

    modalities: frozenset[Modality]
    cotips: bool


@dataclass(frozen=True)
class MapView:
    """The stored map, ready to draw: a name and a group for each streamer, and what the map is worth in plain words.

    groups: the labels in the order of a legend, largest first, then "other" and "none". modality: whose map it is;
    None: the fused one.
    """

    streamer_xy: Float[np.ndarray, "n_streamers 2"]
    names: tuple[str, ...]
    aspect: str | None
    group_of: tuple[str, ...]
    groups: tuple[str, ...]
    quality_sentence: str
    modality: Modality | None = None


@dataclass(frozen=True)
class MapMeasure:
    """One honest number of a map beside what a flat PCA and places dealt out at random reach."""

    label: str
    value: float
    pca: float | None
    random: float
