"""Robust scaling: columns with tails up to 1e15 become comparable with tame ones."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from mspa_model.types import Features, Modality

CLIP = 5.0  # in interquartile ranges: keeps the order of tails, not their size


def present_rows(raw: Float[np.ndarray, "n_streamers feature_dim"]) -> Bool[np.ndarray, " n_streamers"]:
    """True where a streamer has the modality: its row is finite throughout."""
    return np.isfinite(raw).all(axis=1)


@dataclass(frozen=True)
class Scale:
    """What was fitted over the present rows, a number a column; called with raw rows, it gives their features.

    spread: the range that becomes one (_spread); mean, deviation: of the clipped rows, deviation inf where constant.
    """

    median: Float[np.ndarray, " feature_dim"]
    spread: Float[np.ndarray, " feature_dim"]
    mean: Float[np.ndarray, " feature_dim"]
    deviation: Float[np.ndarray, " feature_dim"]

    def __call__(self, raw: Float[np.ndarray, "n feature_dim"]) -> Float[np.ndarray, "n feature_dim"]:
        rows = (_clipped(raw, self.median, self.spread) - self.mean) / self.deviation
        return rows.astype(np.float16).astype(np.float32)


def fit_scale(rows: Float[np.ndarray, "n_present feature_dim"]) -> Scale:
    """Per column median out, interquartile range to one, clipped at +-5, then mean 0 and standard deviation 1."""
    median, spread = np.median(rows.astype(np.float64), axis=0), _spread(rows.astype(np.float64))
    clipped = _clipped(rows, median, spread)
    mean = clipped.mean(axis=0)
    deviation = (clipped - mean).std(axis=0)
    return Scale(median, spread, mean, np.where(deviation > 1e-6, deviation, np.inf))


def robust_scale(
    raw: Float[np.ndarray, "n_streamers feature_dim"], present: Bool[np.ndarray, " n_streamers"]
) -> Float[np.ndarray, "n_streamers feature_dim"]:
    """Features as fit_scale() over the present rows gives them; absent rows and constant columns are zero.

    Values are rounded through float16, so that an array stored in half precision is the array that was trained on.
    """
    scaled = np.zeros(raw.shape, dtype=np.float32)
    if present.any():
        scaled[present] = fit_scale(raw[present])(raw[present])
    return scaled


def _clipped(raw: np.ndarray, median: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return np.clip((raw.astype(np.float64) - median) / spread, -CLIP, CLIP)


def _spread(rows: Float[np.ndarray, "n feature_dim"]) -> Float[np.ndarray, " feature_dim"]:
    """Interquartile range; for a column that is mostly one value the first wider range that is not flat, else inf."""
    magnitude = np.abs(np.median(rows, axis=0)) + 1e-12
    spread = np.full(rows.shape[1], np.inf)
    for low in (0.5, 2.5, 10, 25):  # the narrowest range that is not flat wins, being written last
        width = np.subtract(*np.percentile(rows, [100 - low, low], axis=0))
        # Rounding noise of a constant column must not be blown up to unit scale.
        spread = np.where(width > 1e-6 * magnitude, width, spread)
    return spread


def scale_features(raw: dict[Modality, np.ndarray], encoders: dict[Modality, str]) -> Features:
    """Features of every modality that at least one streamer has."""
    present = {m: present_rows(raw[m]) for m in Modality if m in raw}
    kept = [m for m in present if present[m].any()]
    return Features(
        arrays={m: robust_scale(raw[m], present[m]) for m in kept},
        present={m: present[m] for m in kept},
        encoders={m: encoders[m] for m in kept},
    )
