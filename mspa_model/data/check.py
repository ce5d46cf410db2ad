"""What holds between the files of a dataset folder, and `check`: all faults together, told from warnings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.data.fault import FORMAT_DOCUMENT, CheckReport, Counts, Fault, show
from mspa_model.data.info_file import INFO_FILE, read_info
from mspa_model.data.read import media_files, read_array
from mspa_model.data.schema import (
    PICTURE_ENDINGS,
    REFERENCES,
    SOUND_ENDINGS,
    Home,
    TableRule,
    is_media_path,
    rows_of,
    table_rules,
)
from mspa_model.data.tables import TableRead, read_table
from mspa_model.data.times import time_warnings
from mspa_model.data.warning import find_warnings, no_train_tips, shown_modalities, stranger_faults, unread_files
from mspa_model.types import DatasetInfo, Modality


@dataclass(frozen=True)
class Reading:
    """A folder as far as it could be read.

    info: with those modalities only that the folder can show; frames: by file; arrays: modalities that ship features.
    homes: by file and column, the row of its home table that each id means, -1 for none; where both columns are there.
    """

    info: DatasetInfo | None
    frames: Mapping[str, pd.DataFrame]
    arrays: Mapping[Modality, np.ndarray]
    homes: Mapping[Home, np.ndarray]
    rules: tuple[TableRule, ...]
    report: CheckReport


def check_folder(folder: Path, now: datetime | None = None) -> CheckReport:
    """Every fault and warning of a dataset folder, each of its media files opened; bad data never raises.

    now: times after it are faults, aware.
    """
    return read_folder(folder, now, open_media=True).report


def read_folder(
    folder: Path, now: datetime | None = None, open_media: bool = False, rows_are_sound: bool = False
) -> Reading:
    """All files of a folder, read once, and the report on them; media are opened where asked, else only looked for.

    rows_are_sound: as of read_table.
    """
    folder, now = Path(folder), now or datetime.now(UTC)
    no_folder = _no_dataset(folder)
    if no_folder is not None:
        return Reading(None, {}, {}, {}, (), CheckReport(folder, (no_folder,), (), Counts()))
    info = read_info(folder)
    rules = table_rules(info.info, now)
    reads = {rule.file: read_table(folder, rule, rows_are_sound) for rule in rules}
    frames = {file: read.frame for file, read in reads.items() if read.frame is not None}
    homes = _homes(frames)
    arrays, array_faults = _read_arrays(folder, frames)
    faults = [*info.faults, *(fault for read in reads.values() for fault in read.faults), *array_faults]
    faults += [*stranger_faults(frames, homes, strict=True), *_no_rows(reads), *_lone_segments(reads)]
    faults += _media_faults(folder, frames, open_media)
    # Only a folder without other faults has a split to ask about.
    faults += no_train_tips(info.info, frames["tips.parquet"], homes) if info.info and not faults else ()
    faulty = frozenset(fault.file for fault in faults)
    warnings = (*find_warnings(info.info, frames, homes, arrays, faulty), *time_warnings(rules, frames, now))
    report = CheckReport(folder, tuple(faults), (*warnings, *unread_files(folder)), _counts(frames))
    shown = replace(info.info, modalities=shown_modalities(info.info, frames, arrays)) if info.info else None
    return Reading(shown, frames, arrays, homes, rules, report)


def _no_dataset(folder: Path) -> Fault | None:
    """The one fault of a folder that is not there, or has nothing of a dataset in it."""
    expected = f"a dataset folder, as {FORMAT_DOCUMENT} describes it"
    if not folder.is_dir():
        return Fault(str(folder), expected, "a file" if folder.exists() else "no such folder")
    needed = (INFO_FILE, "users.parquet", "streamers.parquet", "tips.parquet")
    if any((folder / name).exists() for name in needed):
        return None
    tables = any(path.suffix.lower() in (".csv", ".tsv") for path in folder.iterdir())
    hint = "It has CSV files: python -m mspa_model import csv makes a dataset folder of them." if tables else ""
    return Fault(str(folder), f"{', '.join(needed)}, as {FORMAT_DOCUMENT} describes them", "none of them", hint=hint)


def _homes(frames: Mapping[str, pd.DataFrame]) -> dict[Home, np.ndarray]:
    """Found once and shared: looking up ten million ids is most of the work of a check."""
    return {
        (ref.file, ref.column): rows_of(frames[ref.file][ref.column], frames[ref.home][ref.column])
        for ref in REFERENCES
        # An id has one name wherever it stands, so the key of its home is the column itself.
        if ref.column in frames.get(ref.home, ()) and ref.column in frames.get(ref.file, ())
    }


def _read_arrays(folder: Path, frames: Mapping[str, pd.DataFrame]) -> tuple[dict[Modality, np.ndarray], list[Fault]]:
    arrays, faults = {}, []
    for modality in Modality:
        of_segments = (f"segments_{modality.value}", "segments.parquet")
        for name, table in ((modality.value, "streamers.parquet"), of_segments):
            if not (folder / "features" / f"{name}.npy").exists():
                continue
            read = read_array(folder, name, len(frames[table]) if table in frames else None, table)
            faults.extend(read.faults)
            if table == "streamers.parquet" and read.array is not None:
                arrays[modality] = read.array
    return arrays, faults


def _no_rows(reads: Mapping[str, TableRead]) -> Iterator[Fault]:
    for file, expected in (
        ("users.parquet", "at least one user"),
        ("streamers.parquet", "at least one streamer"),
        ("tips.parquet", "at least one tip"),
    ):
        if reads[file].n_rows == 0 and not reads[file].faults:
            yield Fault(file, expected, "no rows")


def _lone_segments(reads: Mapping[str, TableRead]) -> Iterator[Fault]:
    rooms = reads["rooms.parquet"]
    if reads["segments.parquet"].frame is not None and rooms.frame is None and not rooms.faults:
        yield Fault("rooms.parquet", "the rooms that segments.parquet names", "no such file")


def _media_faults(folder: Path, frames: Mapping[str, pd.DataFrame], open_media: bool) -> Iterator[Fault]:
    segments = frames.get("segments.parquet", pd.DataFrame())
    media = media_files(folder)
    for column, endings in (("frame", PICTURE_ENDINGS), ("audio", SOUND_ENDINGS)):
        paths = segments[column] if column in segments else pd.Series(dtype="str")
        given = paths[paths.notna() & (paths != "")]
        # A name that none under media/ can have is a fault of its column already.
        absent = [row for row, path in given.items() if path not in media and is_media_path(path, endings)]
        if absent:
            value = show(given[absent[0]])
            yield Fault("segments.parquet", "a file that lies under media/", value, column, int(absent[0]), len(absent))
    if open_media:
        from mspa_model.data.media_check import unreadable_media  # the decoders: a page that opens a run needs none

        yield from unreadable_media(folder, segments, media)


def _counts(frames: Mapping[str, pd.DataFrame]) -> Counts:
    names = ("users", "streamers", "tips", "rooms", "segments", "events")
    return Counts(**{f"n_{name}": len(frames[f"{name}.parquet"]) for name in names if f"{name}.parquet" in frames})
