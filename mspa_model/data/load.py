"""From a folder to a Dataset: checked once, ids turned into row positions, tips split and ordered."""

import hashlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.data.check import Reading, read_folder
from mspa_model.data.fault import FaultyFolderError
from mspa_model.data.read import INFO_FILE, media_files
from mspa_model.data.schema import TABLE_FILES, Kind, TableRule
from mspa_model.data.split import assign_split
from mspa_model.types import Dataset, History, HistoryScope, Modality

_TIP_COLUMNS = ["user_idx", "streamer_idx", "tipped_at", "amount", "room_id", "segment_id", "split"]


def load_dataset(folder: Path, now: datetime | None = None) -> Dataset:
    """The dataset in a folder; raises FaultyFolderError, a DataError that lists all faults. now: as in check_folder."""
    folder = Path(folder)
    reading = read_folder(folder, now)
    if not reading.report.sound or reading.info is None:
        raise FaultyFolderError(reading.report)
    tables = _completed(reading)
    return Dataset(
        folder=folder,
        info=reading.info,
        users=tables["users.parquet"],
        streamers=tables["streamers.parquet"],
        tips=_indexed_tips(reading, tables),
        rooms=tables.get("rooms.parquet"),
        segments=tables.get("segments.parquet"),
        events=tables.get("events.parquet"),
        features={m: array for m, array in reading.arrays.items() if m in reading.info.modalities},
        fingerprint=fingerprint(folder),
        warnings=tuple(warning.sentence for warning in reading.report.warnings),
    )


def _completed(reading: Reading) -> dict[str, pd.DataFrame]:
    return {
        rule.file: _complete(reading.frames[rule.file], rule) for rule in reading.rules if rule.file in reading.frames
    }


def _complete(frame: pd.DataFrame, rule: TableRule) -> pd.DataFrame:
    """Optional columns that the file lacks, with their default; text is "" where a row has none."""
    empty = {Kind.TEXT: "str", Kind.NUMBER: "float64", Kind.TIME: "datetime64[us, UTC]"}
    lacking = {
        column.name: pd.Series([column.default] * len(frame), dtype=empty[column.kind])
        for column in rule.columns
        if column.name not in frame
    }
    whole = frame.assign(**lacking)
    texts = [name for name in whole if isinstance(whole[name].dtype, pd.StringDtype)]
    return whole.assign(**{name: whole[name].fillna("") for name in texts})


def _indexed_tips(reading: Reading, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    tips = tables["tips.parquet"]
    for column, idx, home in (
        ("user_id", "user_idx", "users.parquet"),
        ("streamer_id", "streamer_idx", "streamers.parquet"),
    ):
        positions = pd.Index(tables[home][column]).get_indexer(tips[column])
        tips = tips.assign(**{idx: positions.astype(np.int64)})
    tips = tips.assign(split=assign_split(tips, reading.info))
    carried = [name for name in tips if name not in {*_TIP_COLUMNS, "user_id", "streamer_id"}]
    return tips[_TIP_COLUMNS + carried].sort_values(["user_idx", "tipped_at"], kind="stable", ignore_index=True)


def history_of(dataset: Dataset, user_idx: int, scope: HistoryScope) -> History:
    """The user's tips that a ranking may know, oldest first: those of split train, or all of them."""
    users = dataset.tips["user_idx"].to_numpy()
    first, last = np.searchsorted(users, [user_idx, user_idx + 1])
    tips = dataset.tips.iloc[first:last]
    rows = np.arange(first, last, dtype=np.int64)
    if scope == "train":
        known = (tips["split"] == "train").to_numpy()
        tips, rows = tips[known], rows[known]
    return History(
        user_id=str(dataset.users["user_id"].iloc[user_idx]),
        streamer_idx=tips["streamer_idx"].to_numpy(),
        amount=tips["amount"].to_numpy(),
        tipped_at=tips["tipped_at"].to_numpy(dtype="datetime64[us]"),
        tip_row=rows,
    )


def media_path(dataset: Dataset, relative: str) -> Path:
    """The file that segments.frame or segments.audio names; load_dataset has checked that it lies under media/."""
    return dataset.folder / "media" / relative


def fingerprint(folder: Path) -> str:
    """SHA-256 over names and bytes of what a model may read: never truth/, nor files that DATASET.md does not name."""
    features = [f"features/{start}{modality.value}.npy" for modality in Modality for start in ("", "segments_")]
    known = [INFO_FILE, *TABLE_FILES, *features]
    names = [name for name in known if (folder / name).is_file()] + [f"media/{name}" for name in media_files(folder)]
    digest = hashlib.sha256()
    for name in sorted(names):
        content = (folder / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
