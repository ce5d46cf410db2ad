"""A tiny dataset in memory, with a vocabulary that can be written down."""

from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.features.scaling import scale_features
from mspa_model.preference.lift import Lift, lifts_of
from mspa_model.types import Dataset, DatasetInfo, Features, History, Modality, SplitInfo, Value, Vocabulary

NAMES = ("Comedy", "Music", "Chess")
N_STREAMERS = 12


def info(**changes) -> DatasetInfo:
    words = {
        "name": "tiny",
        "title": "Tiny",
        "kind": "events",
        "streamer_is": "streamer",
        "user_is": "user",
        "tip_is": "tip",
        "tip_unit": "coins",
        "timezone": "UTC",
        "modalities": tuple(Modality),
        "licence": "CC0",
        "source": "test",
        "split": SplitInfo("time", ("train",), ("train", "val"), "ndcg@10"),
    }
    return DatasetInfo(**words | changes)


def dataset(tips: list[tuple[int, int]] = (), streamers: pd.DataFrame | None = None, **words) -> Dataset:
    """Streamers 0-3 are Comedy, 4-7 Music, 8-11 Chess; tips are (user_idx, streamer_idx), all of train."""
    if streamers is None:
        streamers = pd.DataFrame(
            {
                "streamer_id": [f"s{i}" for i in range(N_STREAMERS)],
                "name": [f"Room {i}" for i in range(N_STREAMERS)],
                "category": [NAMES[i // 4] for i in range(N_STREAMERS)],
                "language": "",
                "text": "",
            }
        )
    table = pd.DataFrame(list(tips), columns=["user_idx", "streamer_idx"], dtype=np.int64).assign(split="train")
    users = pd.DataFrame({"user_id": ["u0", "u1", "u2"]})
    return Dataset(Path(), info(**words), users, streamers, table, None, None, None, {}, "0" * 64)


def vocabulary(prototypes: dict[Modality, np.ndarray] | None = None) -> Vocabulary:
    """One value a category."""
    membership = np.kron(np.eye(3), np.ones((4, 1))).astype(np.float32)
    values = tuple(Value("category", n, n, None, 4, tuple(range(4 * i, 4 * i + 4))) for i, n in enumerate(NAMES))
    return Vocabulary(values, membership, prototypes or {})


def features(width: int = 6) -> Features:
    """Visual features that show the category, audio that only the first half of the streamers have."""
    rng = np.random.default_rng(4)
    rows = rng.normal(0, 0.4, (N_STREAMERS, width)).astype(np.float32)
    rows[np.arange(N_STREAMERS), np.arange(N_STREAMERS) // 4] += 3
    audio = rng.normal(0, 1, (N_STREAMERS, 3)).astype(np.float32)
    audio[6:] = np.nan
    names = {Modality.VISUAL: "shipped", Modality.AUDIO: "shipped"}
    return scale_features({Modality.VISUAL: rows, Modality.AUDIO: audio}, names)


def history(*streamers: int) -> History:
    n = len(streamers)
    at = np.array(["2024-01-01"] * n, dtype="datetime64[us]")
    return History("u0", np.array(streamers, dtype=np.int64), np.ones(n), at, np.arange(n, dtype=np.int64))


def lift(n_with: int, n_tipped: int, everyone: float, n_everyone: int = 10_000) -> Lift:
    """The lift of one value that n_with of n_tipped different streamers have."""
    membership = (np.arange(max(n_tipped, 1)) < n_with).astype(np.float32)[:, None]
    return lifts_of(history(*range(n_tipped)), membership, np.array([everyone], np.float32), n_everyone).of(0)
