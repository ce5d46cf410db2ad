"""A sound dataset folder small enough to read: 4 users, 3 streamers, 16 tips; every test breaks a copy of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
INFO = """
name = "small"
title = "Small world"
kind = "events"
streamer_is = "streamer"
user_is = "viewer"
tip_is = "tip"
tip_unit = "coins"
timezone = "UTC"
modalities = ["visual", "text"]
licence = "CC0-1.0"
source = "made by hand"

[split]
kind = "time"
mask_for_val = ["train"]
mask_for_test = ["train", "val"]
metric = "ndcg@10"
"""
# ann has 10 tips (8 train, 1 val, 1 test), bob 5 (4, 0, 1), cem 1 (train only), dee none.
TIPS = [("ann", streamer, n) for n, streamer in enumerate(["s0", "s1"] * 5)]
TIPS += [("bob", streamer, n) for n, streamer in enumerate(["s0", "s1", "s0", "s1", "s2"])]
TIPS += [("cem", "s2", 0)]


def tips() -> pd.DataFrame:
    """The tips in the order of TIPS, one an hour, each worth one coin more than the one before."""
    return pd.DataFrame(
        {
            "user_id": [user for user, _, _ in TIPS],
            "streamer_id": [streamer for _, streamer, _ in TIPS],
            "tipped_at": pd.to_datetime([START + timedelta(hours=hour) for _, _, hour in TIPS]).astype(
                "datetime64[us, UTC]"
            ),
            "amount": [float(hour + 1) for _, _, hour in TIPS],
        }
    )


def streamers() -> pd.DataFrame:
    """s1 has no text."""
    return pd.DataFrame(
        {
            "streamer_id": ["s0", "s1", "s2"],
            "name": ["Ada", "Bo", "Cy"],
            "text": ["plays chess", None, "sings"],
            "fans": [10, 20, 30],
        }
    )


def users() -> pd.DataFrame:
    """One column more than docs/dataset.md asks for."""
    return pd.DataFrame({"user_id": ["ann", "bob", "cem", "dee"], "country": ["TR", None, "DE", "FR"]})


def visual() -> np.ndarray:
    """s2 lacks the modality."""
    return np.array([[1, 2], [3, 4], [np.nan, np.nan]], dtype=np.float32)


def rooms() -> pd.DataFrame:
    """One room of s0, still live."""
    started = pd.to_datetime([START]).astype("datetime64[us, UTC]")
    return pd.DataFrame({"room_id": ["r0"], "streamer_id": ["s0"], "started_at": started})


def segments(frame: str) -> pd.DataFrame:
    """One segment of the room, with a picture."""
    started = pd.to_datetime([START]).astype("datetime64[us, UTC]")
    return pd.DataFrame({"segment_id": ["g0"], "room_id": ["r0"], "started_at": started, "frame": [frame]})


def write_world(folder: Path) -> Path:
    """The world as a dataset folder; returns the folder."""
    (folder / "features").mkdir(parents=True)
    (folder / "dataset.toml").write_text(INFO, encoding="utf-8")
    users().to_parquet(folder / "users.parquet")
    streamers().to_parquet(folder / "streamers.parquet")
    tips().to_parquet(folder / "tips.parquet")
    np.save(folder / "features" / "visual.npy", visual())
    return folder
