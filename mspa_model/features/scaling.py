"""Robust scaling: columns with tails up to 1e15 become comparable with tame ones."""

import numpy as np
from jaxtyping import Bool, Float

from mspa_model.types import Features, Modality

CLIP = 5.0  # in interquartile ranges: keeps the order of tails, not their size


def present_rows(raw: Float[np.ndarray, "n_streamers feature_dim"]) -> Bool[np.ndarray, " n_streamers"]:
    """True where a streamer has the modality: its row is finite throughout."""
    return np.isfinite(raw).all(axis=1)


def robust_scale(
    raw: Float[np.ndarray, "n_streamers feature_dim"], present: Bool[np.ndarray, " n_streamers"]
) -> Float[np.ndarray, "n_streamers feature_dim"]:
    """Per column median out, interquartile range to one, clipped at +-5, then mean 0 and standard deviation 1.

    Statistics are over the present rows; absent rows and constant columns are zero. Values are rounded through float16,
    so that an array stored in half precision is the array that was trained on.
    """
    scaled = np.zeros(raw.shape, dtype=np.float32)
    if not present.any():
        return scaled
    rows = raw[present].astype(np.float64)
    rows = np.clip((rows - np.median(rows, axis=0)) / _spread(rows), -CLIP, CLIP)
    rows -= rows.mean(axis=0)
    deviation = rows.std(axis=0)
    rows /= np.where(deviation > 1e-6, deviation, np.inf)
    scaled[present] = rows.astype(np.float16).astype(np.float32)
    return scaled


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
