"""Frames, sound and words of segments, read only from inside the dataset's media folder."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from app.ui.text import escape_md
from explain.narrate import plain
from mspa_model.types import Dataset

_FRAMES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_SOUNDS = {".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg"}
_WORDS = 220  # characters of speech and of comments that are shown


@dataclass(frozen=True)
class Clip:
    """One segment as an analyst meets it; frame and sound are files inside media/, None where it has none."""

    frame: Path | None
    sound: Path | None
    speech: str
    comments: str
    exact: bool  # it is the tipped segment itself, not another of the same streamer

    @property
    def whole(self) -> bool:
        return bool(self.frame and self.sound)

    @property
    def empty(self) -> bool:
        return not (self.frame or self.sound or self.speech or self.comments)


def media_file(folder: Path, relative: object, kinds: dict[str, str]) -> Path | None:
    """The file under folder/media that a dataset names; None where it leads outside or is of no known kind."""
    if not isinstance(relative, str) or not relative or "\x00" in relative:
        return None
    root = (folder / "media").resolve()
    path = (root / relative).resolve()
    inside = path.is_relative_to(root) and path.suffix.lower() in kinds
    return path if inside and path.is_file() else None


def segment_streamers(dataset: Dataset) -> pd.DataFrame | None:
    """The segments with streamer_id beside them, those with media first; None where the set has no segments."""
    if dataset.segments is None or dataset.rooms is None or dataset.segments.empty:
        return None
    rooms = dataset.rooms[["room_id", "streamer_id"]].drop_duplicates("room_id")
    joined = dataset.segments.merge(rooms, on="room_id", how="inner")
    rich = sum(_column(joined, name).fillna("").ne("").astype(int) for name in ("frame", "audio"))
    return joined.assign(_rich=rich).sort_values("_rich", ascending=False, kind="stable")


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series("", index=frame.index)


def clip_of(segments: pd.DataFrame | None, folder: Path, streamer_id: str, segment_id: str = "") -> Clip | None:
    """The tipped segment where it keeps media, else the streamer's best kept one; None where nothing is kept."""
    if segments is None:
        return None
    own = segments[segments["streamer_id"] == streamer_id]
    if own.empty:
        return None
    tipped = own[(own["segment_id"] == segment_id) & (own["_rich"] > 0)]
    row = (tipped if len(tipped) else own).iloc[0]
    clip = Clip(
        frame=media_file(folder, row.get("frame"), _FRAMES),
        sound=media_file(folder, row.get("audio"), _SOUNDS),
        speech=_words(row.get("speech")),
        comments=_words(row.get("comments")),
        exact=bool(len(tipped)),
    )
    return None if clip.empty else clip


def _words(text: object) -> str:
    return plain(text, _WORDS) if isinstance(text, str) else ""


def show_clip(clip: Clip, title: str, aside: str = "", words: int = _WORDS) -> None:
    """Frame, player and at most so many characters of words under a title, then `aside`."""
    st.markdown(f"**{escape_md(title)}**")
    _show_seen_and_heard(clip, title)
    _show_words(clip, aside, words)


def show_clip_wide(clip: Clip, title: str, aside: str = "") -> None:
    """The same with the words beside the frame."""
    st.markdown(f"**{escape_md(title)}**")
    left, right = st.columns(2)
    with left:
        _show_seen_and_heard(clip, title)
    with right:
        _show_words(clip, aside)


def show_frame(path: Path, title: str) -> None:
    """One frame; says so where its bytes are no picture."""
    try:
        st.image(path.read_bytes(), width="stretch", alt=f"Frame: {title}")
    except OSError:  # Pillow's word for bytes that are no picture
        st.caption("The frame of this segment cannot be read.")


def show_sound(path: Path, title: str, start: int = 0) -> None:
    """A player of one clip, which starts at a second."""
    st.audio(
        path.read_bytes(), format=_SOUNDS.get(path.suffix.lower(), "audio/wav"), alt=f"Sound: {title}", start_time=start
    )


def _show_seen_and_heard(clip: Clip, title: str) -> None:
    if clip.frame:
        show_frame(clip.frame, title)
    if clip.sound:
        show_sound(clip.sound, title)
    lacking = [name for name, part in (("frame", clip.frame), ("sound", clip.sound)) if part is None]
    if lacking:
        st.caption(f"No {' and no '.join(lacking)} kept for this segment.")


def _show_words(clip: Clip, aside: str, limit: int = _WORDS) -> None:
    if aside:
        st.markdown(escape_md(aside))
    for heading, words in (("Says", clip.speech), ("Comments", clip.comments)):
        if words:
            st.caption(f"{heading}: {escape_md(plain(words, limit))}")
