"""Rooms, segments and events with real frames and clips for a world, so that pages have something to show."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from PIL import Image

from tests.worlds.checkerboard import group_of
from tests.worlds.folder import World

RATE = 8_000


def add_media(world: World, folder: Path, n_with_media: int = 12) -> World:
    """One room and one segment a streamer; the first n_with_media have a frame and half a second of a tone.

    Comedy is a bright frame and a high tone, music a dark frame and a low one. A tip happens in its streamer's room.
    """
    ids = world.streamers["streamer_id"].tolist()
    started = world.tips["tipped_at"].min()
    rooms = pd.DataFrame(
        {
            "room_id": [f"r{i}" for i in ids],
            "streamer_id": ids,
            "started_at": started,
            "ended_at": started + pd.Timedelta(days=14),
            "title": [f"Evening of {i}" for i in ids],
            "category": world.streamers["category"],
        }
    )
    paths = [_write_pair(folder / "media", row) if row < n_with_media else ("", "") for row in range(len(ids))]
    segments = pd.DataFrame(
        {
            "segment_id": [f"g{i}" for i in ids],
            "room_id": rooms["room_id"],
            "started_at": started,
            "seconds": 30.0,
            "speech": [f"welcome to {i}" for i in ids],
            "comments": "hello there",
            "frame": [frame or None for frame, _ in paths],
            "audio": [audio or None for _, audio in paths],
        }
    )
    tips = world.tips.assign(room_id="r" + world.tips["streamer_id"], segment_id="g" + world.tips["streamer_id"])
    return replace(world, tips=tips, tables={**world.tables, "rooms": rooms, "segments": segments})


def _write_pair(media: Path, row: int) -> tuple[str, str]:
    """Write a frame and a clip; returns their paths under media/."""
    media.mkdir(parents=True, exist_ok=True)
    bright = group_of(row) == 0
    Image.new("RGB", (64, 36), (230, 200, 120) if bright else (20, 30, 70)).save(media / f"{row}.png")
    tone = np.sin(2 * np.pi * (880 if bright else 220) * np.arange(RATE // 2) / RATE)
    soundfile.write(media / f"{row}.wav", 0.3 * tone, RATE)
    return f"{row}.png", f"{row}.wav"
