"""What holds between the files of a dataset folder, and `check`: all faults together, told from warnings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.data.fault import CheckReport, Counts, Fault, show
from mspa_model.data.read import read_array, read_info, read_table
from mspa_model.data.schema import TableRule, table_rules
from mspa_model.data.warning import find_warnings, no_train_tips, stranger_faults
from mspa_model.types import DatasetInfo, Modality

# What a modality can be encoded from where it ships no features.
_RAW = {
    Modality.VISUAL: (("segments.parquet", "frame"),),
    Modality.AUDIO: (("segments.parquet", "audio"),),
    Modality.TEXT: (("streamers.parquet", "text"), ("segments.parquet", "speech"), ("segments.parquet", "comments")),
}


@dataclass(frozen=True)
class Reading:
    """A folder as far as it could be read. frames: by file name; arrays: the modalities that ship features."""

    info: DatasetInfo | None
    frames: Mapping[str, pd.DataFrame]
    arrays: Mapping[Modality, np.ndarray]
    rules: tuple[TableRule, ...]
    report: CheckReport


def check_folder(folder: Path, now: datetime | None = None) -> CheckReport:
    """Every fault and warning of a dataset folder; bad data never raises. now: times after it are faults, aware."""
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
        *stranger_faults(frames, strict=True),
        *_no_rows(frames),
        *_lone_segments(frames),
        *array_faults,
        *(_missing_modalities(folder, info.info, frames) if info.info else ()),
        *_media_faults(folder, frames),
    ]
    faults += no_train_tips(info.info, frames["tips.parquet"]) if info.info and not faults else ()
    warnings = find_warnings(info.info, frames, arrays)
    report = CheckReport(folder, tuple(faults), warnings, _counts(frames))
    return Reading(info.info, frames, arrays, rules, report)


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


def _no_rows(frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    for file, expected in (
        ("users.parquet", "at least one user"),
        ("streamers.parquet", "at least one streamer"),
        ("tips.parquet", "at least one tip"),
    ):
        if file in frames and frames[file].empty:
            yield Fault(file, expected, "no rows")


def _lone_segments(frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    if "segments.parquet" in frames and "rooms.parquet" not in frames:
        yield Fault("rooms.parquet", "the rooms that segments.parquet names", "no table that can be read")


def _missing_modalities(folder: Path, info: DatasetInfo, frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    for modality in info.modalities:
        places = [f"column {column} of {file}" for file, column in _RAW[modality] if column in frames.get(file, ())]
        if not places and not (folder / "features" / f"{modality}.npy").exists():
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


def _counts(frames: Mapping[str, pd.DataFrame]) -> Counts:
    names = ("users", "streamers", "tips", "rooms", "segments", "events")
    return Counts(**{f"n_{name}": len(frames[f"{name}.parquet"]) for name in names if f"{name}.parquet" in frames})
