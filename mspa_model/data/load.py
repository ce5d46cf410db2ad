"""From a folder to a Dataset: checked once, ids turned into row positions, tips split and ordered."""

import hashlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mspa_model.data.check import Reading, read_folder
from mspa_model.data.fault import FaultyFolderError
from mspa_model.data.info_file import INFO_FILE
from mspa_model.data.read import media_files
from mspa_model.data.schema import TABLE_FILES, Kind, TableRule
from mspa_model.data.split import assign_split, tip_order
from mspa_model.data.tables import table_parts
from mspa_model.types import Dataset, History, HistoryScope, Modality

TIPS = "tips.parquet"
_BLOCK = 1 << 22  # bytes of a file that are hashed at once
_TIP_COLUMNS = ["user_idx", "streamer_idx", "tipped_at", "amount", "room_id", "segment_id", "split"]


def load_dataset(
    folder: Path, now: datetime | None = None, open_media: bool = False, sound_as: str | None = None
) -> Dataset:
    """The dataset in a folder; raises FaultyFolderError, a DataError that lists all faults. now: as in check_folder.

    open_media: as a training asks, which reads them later; a run's data were opened when it was trained. sound_as: the
    fingerprint of a folder that was loaded before: where it is still the same, its rows are not checked again.
    """
    folder = Path(folder)
    known = _fingerprint_if_read(folder) if sound_as is not None else None
    reading = read_folder(folder, now, open_media, rows_are_sound=known is not None and known == sound_as)
    if not reading.report.sound or reading.info is None:
        raise FaultyFolderError(reading.report)
    tables = {
        rule.file: _indexed_tips(reading, rule) if rule.file == TIPS else _complete(reading.frames[rule.file], rule)
        for rule in reading.rules
        if rule.file in reading.frames
    }
    return Dataset(
        folder=folder,
        info=reading.info,
        users=tables["users.parquet"],
        streamers=tables["streamers.parquet"],
        tips=tables[TIPS],
        rooms=tables.get("rooms.parquet"),
        segments=tables.get("segments.parquet"),
        events=tables.get("events.parquet"),
        features={m: array for m, array in reading.arrays.items() if m in reading.info.modalities},
        fingerprint=known or fingerprint(folder),
        warnings=tuple(warning.sentence for warning in reading.report.warnings),
    )


def _complete(frame: pd.DataFrame, rule: TableRule) -> pd.DataFrame:
    """Optional columns that the file lacks, with their default; text is "" where a row has none."""
    empty = {Kind.TEXT: "str", Kind.NUMBER: "float64", Kind.TIME: "datetime64[us, UTC]"}
    lacking = {
        column.name: pd.Series(column.default, index=frame.index, dtype=empty[column.kind])
        for column in rule.columns
        if not column.required and column.name not in frame
    }
    holed = [name for name in frame if isinstance(frame[name].dtype, pd.StringDtype) and bool(frame[name].isna().any())]
    return frame.assign(**{name: frame[name].fillna("") for name in holed}, **lacking)


def _indexed_tips(reading: Reading, rule: TableRule) -> pd.DataFrame:
    assert reading.info is not None
    tips = reading.frames[TIPS].drop(columns=["user_id", "streamer_id"])
    if "tipped_at" not in tips:
        tips = tips.assign(tipped_at=pd.Series(pd.NaT, index=tips.index, dtype="datetime64[us, UTC]"))
    tips = tips.assign(user_idx=reading.homes[TIPS, "user_id"], streamer_idx=reading.homes[TIPS, "streamer_id"])
    tips = tips.iloc[tip_order(tips)].reset_index(drop=True)
    # Columns that the file lacks come after the ordering, and so does the split: neither has to be moved.
    tips = _complete(tips.assign(split=assign_split(tips, reading.info)), rule)
    return tips[[*_TIP_COLUMNS, *(name for name in tips if name not in _TIP_COLUMNS)]]


def history_of(dataset: Dataset, user_idx: int, scope: HistoryScope) -> History:
    """The user's tips that a ranking may know, oldest first: those of split train, or all of them."""
    # Columns one by one: a slice of a table with texts takes longer than all the rest.
    tips = dataset.tips
    first, last = np.searchsorted(tips["user_idx"].to_numpy(), [user_idx, user_idx + 1])
    known = np.ones(last - first, dtype=bool)
    if scope == "train":
        known = np.asarray(tips["split"].array[first:last] == "train", dtype=bool)
    return History(
        user_id=str(dataset.users["user_id"].array[user_idx]),
        streamer_idx=tips["streamer_idx"].to_numpy()[first:last][known],
        amount=tips["amount"].to_numpy()[first:last][known],
        tipped_at=tips["tipped_at"].array[first:last].to_numpy(dtype="datetime64[us]")[known],
        tip_row=np.arange(first, last, dtype=np.int64)[known],
    )


def media_path(dataset: Dataset, relative: str) -> Path:
    """The file that segments.frame or segments.audio names; load_dataset has checked that it lies under media/."""
    return dataset.folder / "media" / relative


def fingerprint(folder: Path) -> str:
    """SHA-256 over names and bytes of what a model may read: no truth/, nor files that the format does not name."""
    features = [f"features/{start}{modality.value}.npy" for modality in Modality for start in ("", "segments_")]
    tables = [part for file in TABLE_FILES for part in table_parts(folder / file)]
    known = [INFO_FILE, *(part.relative_to(folder).as_posix() for part in tables), *features]
    names = [name for name in known if (folder / name).is_file()] + [f"media/{name}" for name in named_media(folder)]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(f"{name}\0{(folder / name).stat().st_size}\0".encode())
        with (folder / name).open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _fingerprint_if_read(folder: Path) -> str | None:
    """The fingerprint; None where a file cannot be read, which reading the folder says in words."""
    try:
        return fingerprint(folder)
    except (OSError, pa.ArrowException):
        return None


def named_media(folder: Path) -> frozenset[str]:
    """The files under media/ that segments.parquet names: what a file manager leaves there is no part of a dataset."""
    named: set[str | None] = set()
    for part in table_parts(folder / "segments.parquet"):
        if part.is_file():
            columns = {"frame", "audio"} & set(pq.ParquetFile(part).schema_arrow.names)
            table = pq.ParquetFile(part).read(columns=sorted(columns))
            named.update(*(column.unique().to_pylist() for column in table.columns))
    return media_files(folder) & named
