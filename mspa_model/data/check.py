"""What holds between the files of a dataset folder, and `check`: all faults together, told from warnings."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.data.fault import CheckReport, Counts, Fault, show
from mspa_model.data.read import read_array, read_info, read_table
from mspa_model.data.schema import table_rules
from mspa_model.types import DatasetInfo, Modality

LONG_TEXT = 5_000  # characters
_FAR = 1e6  # a feature above this is a tail that needs robust scaling
_MARKUP = r"<[A-Za-z/!]"
_DIRECTION = "[\u202a-\u202e\u2066-\u2069]"
_NAMED_TEXTS = {
    "streamers.parquet": ("name", "category", "language", "text"),
    "rooms.parquet": ("title", "category"),
    "segments.parquet": ("speech", "comments"),
}
# What a modality can be encoded from where it ships no features.
_RAW = {
    Modality.VISUAL: (("segments.parquet", "frame"),),
    Modality.AUDIO: (("segments.parquet", "audio"),),
    Modality.TEXT: (("streamers.parquet", "text"), ("segments.parquet", "speech"), ("segments.parquet", "comments")),
}
# (file, column, file that knows it, whether a stranger is a fault or a warning)
_REFERENCES = (
    ("tips.parquet", "user_id", "users.parquet", True),
    ("tips.parquet", "streamer_id", "streamers.parquet", True),
    ("rooms.parquet", "streamer_id", "streamers.parquet", True),
    ("segments.parquet", "room_id", "rooms.parquet", True),
    ("events.parquet", "user_id", "users.parquet", True),
    ("events.parquet", "streamer_id", "streamers.parquet", True),
    ("tips.parquet", "room_id", "rooms.parquet", False),
    ("tips.parquet", "segment_id", "segments.parquet", False),
    ("events.parquet", "room_id", "rooms.parquet", False),
)


@dataclass(frozen=True)
class Reading:
    """A folder as far as it could be read. frames: by file name; arrays: the modalities that ship features."""

    info: DatasetInfo | None
    frames: Mapping[str, pd.DataFrame]
    arrays: Mapping[Modality, np.ndarray]
    report: CheckReport = field(repr=False)


def check_folder(folder: Path, now: datetime | None = None) -> CheckReport:
    """Every fault and warning of a dataset folder; bad data never raises. now: times after it are faults."""
    return read_folder(folder, now).report


def read_folder(folder: Path, now: datetime | None = None) -> Reading:
    """All files of a folder, read once, and the report on them."""
    folder = Path(folder)
    info = read_info(folder)
    rules = table_rules(info.info, now or datetime.now(UTC))
    reads = {rule.file: read_table(folder, rule) for rule in rules}
    frames = {file: read.frame for file, read in reads.items() if read.frame is not None}
    arrays, array_faults = _read_arrays(folder, frames)
    faults = [
        *info.faults,
        *(fault for read in reads.values() for fault in read.faults),
        *_stranger_ids(frames, fatal=True),
        *_no_tips(frames),
        *array_faults,
        *(_missing_modalities(info.info, frames, arrays) if info.info else ()),
        *_media_faults(folder, frames),
    ]
    warnings = _warnings(info.info, frames, arrays)
    report = CheckReport(folder, tuple(faults), tuple(warnings), _counts(frames))
    return Reading(info.info, frames, arrays, report)


def _read_arrays(folder: Path, frames: Mapping[str, pd.DataFrame]) -> tuple[dict[Modality, np.ndarray], list[Fault]]:
    arrays, faults = {}, []
    for modality in Modality:
        of_segments = (f"segments_{modality.value}", "segments.parquet")
        for name, rows_of in ((modality.value, "streamers.parquet"), of_segments):
            if not (folder / "features" / f"{name}.npy").exists():
                continue
            read = read_array(folder, name, len(frames[rows_of]) if rows_of in frames else None, rows_of)
            faults.extend(read.faults)
            if rows_of == "streamers.parquet" and read.array is not None:
                arrays[modality] = read.array
    return arrays, faults


def _stranger_ids(frames: Mapping[str, pd.DataFrame], *, fatal: bool) -> Iterator[Fault]:
    for file, column, home, is_fault in _REFERENCES:
        key = "segment_id" if column == "segment_id" else column
        if is_fault is not fatal or key not in frames.get(home, ()) or column not in frames.get(file, ()):
            continue
        ids = frames[file][column]
        strange = np.flatnonzero((~ids.isin(frames[home][key]) & ids.notna() & (ids != "")).to_numpy())
        if len(strange):
            yield Fault(file, f"one of {home}", show(ids.iloc[strange[0]]), column, int(strange[0]), len(strange))


def _no_tips(frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    if "tips.parquet" in frames and frames["tips.parquet"].empty:
        yield Fault("tips.parquet", "at least one tip", "no rows")


def _missing_modalities(
    info: DatasetInfo, frames: Mapping[str, pd.DataFrame], arrays: Mapping[Modality, np.ndarray]
) -> Iterator[Fault]:
    for modality in info.modalities:
        places = [f"column {column} of {file}" for file, column in _RAW[modality] if column in frames.get(file, ())]
        if modality not in arrays and not places:
            wanted = " or ".join(f"{column} in {file}" for file, column in _RAW[modality])
            yield Fault("dataset.toml", f"features/{modality}.npy, or {wanted}", show(modality.value), "modalities")


def _media_faults(folder: Path, frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    segments = frames.get("segments.parquet", pd.DataFrame())
    media = (folder / "media").resolve()
    for column in ("frame", "audio"):
        paths = segments[column] if column in segments else pd.Series(dtype="str")
        given = paths[paths.notna() & (paths != "")]
        absent = [row for row, path in given.items() if not _is_inside(media, path)]
        if absent:
            value = show(given[absent[0]])
            yield Fault("segments.parquet", "a file that lies under media/", value, column, int(absent[0]), len(absent))


def _is_inside(media: Path, relative: str) -> bool:
    # A NUL byte or a name too long for the disk raises: such a path is no file of ours either.
    try:
        path = (media / relative).resolve()
        return path.is_relative_to(media) and path.is_file()
    except (OSError, ValueError):
        return False


def _warnings(
    info: DatasetInfo | None, frames: Mapping[str, pd.DataFrame], arrays: Mapping[Modality, np.ndarray]
) -> Iterable[Fault]:
    yield from _stranger_ids(frames, fatal=False)
    yield from _odd_texts(frames)
    yield from _odd_features(info, arrays)
    yield from _without_tips(frames)


def _odd_texts(frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    for file, columns in _NAMED_TEXTS.items():
        for column in columns:
            if column not in frames.get(file, ()):
                continue
            texts = frames[file][column].fillna("")
            for odd, expected in (
                (texts.str.len() > LONG_TEXT, f"at most {LONG_TEXT} characters; longer text is cut where it is shown"),
                (texts.str.contains(_MARKUP, regex=True), "plain text; markup is shown as it stands, never run"),
                (texts.str.contains(_DIRECTION, regex=True), "no characters that turn the writing direction"),
            ):
                rows = np.flatnonzero(odd.to_numpy())
                if len(rows):
                    yield Fault(file, expected, show(texts.iloc[rows[0]]), column, int(rows[0]), len(rows))


def _odd_features(info: DatasetInfo | None, arrays: Mapping[Modality, np.ndarray]) -> Iterator[Fault]:
    for modality, array in arrays.items():
        file = f"features/{modality}.npy"
        if info is not None and modality not in info.modalities:
            yield Fault(file, "a modality that dataset.toml names; this file is left unread", show(modality.value))
        lacking = np.flatnonzero(np.isnan(array).all(axis=1))
        if len(lacking):
            none = "NaN: lacks the modality"
            yield Fault(file, "features of every streamer", none, None, int(lacking[0]), len(lacking))
        far = np.flatnonzero((np.abs(np.nan_to_num(array)) > _FAR).any(axis=1))
        if len(far):
            largest = float(np.nanmax(np.abs(array)))
            yield Fault(file, f"numbers below {_FAR:.0e}", f"{largest:.2g} at most", None, int(far[0]), len(far))


def _without_tips(frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    tips = frames.get("tips.parquet", pd.DataFrame())
    for home, column in (("users.parquet", "user_id"), ("streamers.parquet", "streamer_id")):
        if column in tips and column in frames.get(home, ()):
            rows = np.flatnonzero(~frames[home][column].isin(tips[column]).to_numpy())
            if len(rows):
                value = show(frames[home][column].iloc[rows[0]])
                yield Fault(home, "an id that occurs in tips.parquet", value, column, int(rows[0]), len(rows))


def _counts(frames: Mapping[str, pd.DataFrame]) -> Counts:
    names = ("users", "streamers", "tips", "rooms", "segments", "events")
    return Counts(**{f"n_{name}": len(frames[f"{name}.parquet"]) for name in names if f"{name}.parquet" in frames})
