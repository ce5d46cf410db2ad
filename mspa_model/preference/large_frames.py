"""Pictures of tipped streamers for a model that sees: frames of the segments that were tipped, small ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from mspa_model.data import media_path
from mspa_model.features.image_encoder import read_frame
from mspa_model.features.texts import rows_by_owner, segment_streamers
from mspa_model.types import Dataset, History

MAX_FRAMES = 4
SIDE = 384  # pixels of a picture's longer side


class Frames:
    """The frames of a dataset by streamer and by segment; both empty where the set has none."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._by_streamer: Mapping[int, Sequence[str]] = {}
        self._by_segment: Mapping[str, str] = {}
        segments = dataset.segments
        if segments is None or "frame" not in segments or not len(segments):
            return
        named = segments["frame"].fillna("").astype(str)
        shown = (named != "").to_numpy()
        owners = (
            np.where(shown, segment_streamers(dataset), -1) if dataset.rooms is not None else np.full(len(shown), -1)
        )
        self._by_streamer = {s: tuple(named.iloc[rows]) for s, rows in rows_by_owner(owners)}
        self._by_segment = dict(zip(segments["segment_id"][shown].astype(str), named[shown], strict=True))

    def of(self, history: History, streamers: Sequence[int]) -> tuple[tuple[int, Path], ...]:
        """Up to four (row number, file): for each row, newest first, the frame that was tipped, else its middle one."""
        found = []
        for number, streamer in enumerate(streamers, 1):
            frame = self._tipped(history, streamer) or self._middle(streamer)
            if frame:
                found.append((number, media_path(self._dataset, frame)))
        return tuple(found[:MAX_FRAMES])

    def _middle(self, streamer: int) -> str | None:
        frames = self._by_streamer.get(streamer, ())
        return frames[len(frames) // 2] if frames else None

    def _tipped(self, history: History, streamer: int) -> str | None:
        if not self._by_segment or "segment_id" not in self._dataset.tips:
            return None
        rows = history.tip_row[(history.streamer_idx == streamer) & (history.tip_row >= 0)]
        segments: pd.Series = self._dataset.tips["segment_id"].iloc[rows[::-1]]
        return next((self._by_segment[s] for s in segments if s in self._by_segment), None)


def small_picture(path: Path) -> Image.Image:
    """The frame as RGB, its longer side at most SIDE pixels. Raises DataError for what is no image."""
    picture = read_frame(path)
    picture.thumbnail((SIDE, SIDE))
    return picture
