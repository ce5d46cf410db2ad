"""Which segments keep their media, and the frame and clip of each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from mspa_model.data.world.cast import Cast
from mspa_model.data.world.draw import Look, draw_look, encode_webp, segment_frame
from mspa_model.data.world.plan import WorldConfig, stream
from mspa_model.data.world.sound import encode_ogg, segment_sound
from mspa_model.types import Modality


@dataclass(frozen=True)
class MediaPaths:
    """Paths under media/, "" where the streamer lacks the modality."""

    frame: str
    audio: str


def choose_media(rooms: pd.DataFrame, cast: Cast, config: WorldConfig, seed: int) -> pd.DataFrame:
    """Segments that keep media, spread over the streamers and their rooms: room (row), segment (number), sorted.

    A room that changes gives one segment from before and one from after the change.
    """
    rng = stream(seed, "media")
    rows: list[tuple[int, int]] = []
    of_streamer = [rooms.index[rooms["streamer"] == s].to_numpy() for s in range(config.n_streamers)]
    on_air = [own for own in of_streamer if len(own)]
    quota = np.diff(np.linspace(0, config.n_media_segments, len(on_air) + 1).astype(int))
    for own, n in zip(on_air, quota, strict=True):
        chosen = rng.choice(own, size=min(n, len(own)), replace=False)
        for i in range(n):
            room = int(chosen[i % len(chosen)])
            n_segments, switch = int(rooms["n_segments"].iat[room]), int(rooms["switch"].iat[room])
            low, high = (0, n_segments) if switch < 0 else ((0, switch) if i % 3 else (switch, n_segments))
            rows.append((room, int(rng.integers(low, high))))
    return pd.DataFrame(sorted(set(rows)), columns=["room", "segment"])


def write_media(
    folder: Path, segments: pd.DataFrame, cast: Cast, config: WorldConfig, seed: int, progress: bool
) -> list[MediaPaths]:
    """Writes the media of segments (columns streamer, segment_id, second_half, has_media); one MediaPaths a row."""
    folder.mkdir()
    looks = [draw_look(stream(seed, "look", s)) for s in range(config.n_streamers)]
    rows = segments[["streamer", "segment_id", "second_half", "has_media"]].itertuples(index=False)
    paths = []
    for number, row in enumerate(tqdm(rows, total=len(segments), desc="media", disable=not progress)):
        if not row.has_media:
            paths.append(MediaPaths("", ""))
            continue
        frame = _write_frame(folder, row, cast, looks[row.streamer], config, stream(seed, "frame", number))
        paths.append(MediaPaths(frame, _write_clip(folder, row, cast, config, stream(seed, "clip", number), number)))
    return paths


def _write_frame(folder: Path, row, cast: Cast, look: Look, config: WorldConfig, rng: np.random.Generator) -> str:
    if not cast.present[Modality.VISUAL][row.streamer]:
        return ""
    scene, lighting, thing = (cast.value(row.streamer, a, row.second_half) for a in ("scene", "lighting", "object"))
    name = f"{row.segment_id}.webp"
    (folder / name).write_bytes(encode_webp(segment_frame(scene, lighting, thing, look, config.frame_size, rng)))
    return name


def _write_clip(folder: Path, row, cast: Cast, config: WorldConfig, rng: np.random.Generator, serial: int) -> str:
    if not cast.present[Modality.AUDIO][row.streamer]:
        return ""
    style, tempo, voice = (cast.value(row.streamer, a, row.second_half) for a in ("style", "tempo", "voice"))
    name = f"{row.segment_id}.ogg"
    samples = segment_sound(style, tempo, voice, config.clip_seconds, config.sample_rate, rng)
    (folder / name).write_bytes(encode_ogg(samples, config.sample_rate, serial))
    return name
