"""Every media file that a folder's tables name, opened once: what cannot be read is named, all of it together."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from mspa_model.data.fault import Fault, show
from mspa_model.data.media import MediaError, read_frame, read_sound
from mspa_model.data.schema import filled

MAX_NAMED = 20  # files of a column that are named one by one
_THREADS = 4  # decoders let go of Python's lock; more would only hold more clips in memory
_SMALL = 8  # pixels: the least that a JPEG is unpacked to, since all of it is read either way
_PATIENCE = 2.0  # seconds before a bar shows how far it is
_READERS = {"frame": lambda path: read_frame(path, _SMALL), "audio": read_sound}


def unreadable_media(folder: Path, segments: pd.DataFrame, present: frozenset[str]) -> Iterator[Fault]:
    """A fault for each file that segments names and no encoder could read, in the table's order.

    present: what lies under media/, as read.media_files says it; other names are not opened. Of a column 20 files are
    named, and then how many more there are.
    """
    for column in (name for name in _READERS if name in segments):
        paths = segments[column][filled(segments[column])]
        first = paths[paths.isin(present)].drop_duplicates()
        errors = _errors(folder, column, first.tolist())
        broken = [(int(row), path, error) for (row, path), error in zip(first.items(), errors, strict=True) if error]
        for row, path, error in broken[:MAX_NAMED]:
            n_rows = int((paths == path).sum())
            yield Fault("segments.parquet", error.expected, f"{show(path)}, {error.reason}", column, row, n_rows)
        if len(broken) > MAX_NAMED:
            more = f"{len(broken) - MAX_NAMED:,} more files that cannot be read"
            yield Fault("segments.parquet", "files that can be read", more, column, broken[MAX_NAMED][0])


def _errors(folder: Path, column: str, paths: Sequence[str]) -> list[MediaError | None]:
    files = [folder / "media" / path for path in paths]
    bar = {"total": len(files), "desc": f"opening {column}", "unit": "file", "leave": False, "delay": _PATIENCE}
    bar["disable"] = None  # where nobody watches a terminal
    if column == "frame":  # Pillow's warnings are made errors for the whole process while a frame is read
        return [_error(column, file) for file in tqdm(files, **bar)]
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        return list(tqdm(pool.map(lambda file: _error(column, file), files), **bar))


def _error(column: str, file: Path) -> MediaError | None:
    try:
        _READERS[column](file)
    except MediaError as error:
        return error
    return None
