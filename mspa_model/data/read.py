"""Feature arrays and media of a dataset folder, and what stands in the place of a file that cannot be read."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from mspa_model.data.fault import Fault, show

_FORMATS = {  # first bytes of what is often given a wrong ending
    b"PK\x03\x04": "a spreadsheet or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "a file packed by gzip",
    b"PAR1": "a Parquet file",
}


@dataclass(frozen=True)
class ArrayRead:
    """A feature array as far as it could be read."""

    array: Float[np.ndarray, "n_rows feature_dim"] | None
    faults: tuple[Fault, ...] = ()


def read_array(folder: Path, name: str, n_rows: int | None, rows_of: str) -> ArrayRead:
    """features/NAME.npy as float32. Whole rows of NaN are kept; anything else that is not finite is a fault."""
    file = f"features/{name}.npy"
    try:
        # mmap asks the header's size of the file before any memory is taken; pickles and archives are refused.
        raw = np.lib.format.open_memmap(folder / file, mode="r")
    except (OSError, ValueError, EOFError, OverflowError) as error:
        return ArrayRead(None, (Fault(file, "a NumPy array of plain numbers (.npy)", unread(error)),))
    if raw.dtype.newbyteorder("=") not in (np.float16, np.float32):
        return ArrayRead(None, (Fault(file, "float16 or float32", f"type {raw.dtype}"),))
    if raw.ndim != 2:
        return ArrayRead(None, (Fault(file, f"shape (rows of {rows_of}, d)", f"shape {raw.shape}"),))
    if raw.shape[1] == 0:
        return ArrayRead(None, (Fault(file, "at least one feature, or no such file", f"shape {raw.shape}"),))
    array = np.asarray(raw, dtype=np.float32)
    return ArrayRead(array, (*_row_count(file, array, n_rows, rows_of), *_not_finite(file, array)))


def _row_count(file: str, array: np.ndarray, n_rows: int | None, rows_of: str) -> tuple[Fault, ...]:
    if n_rows is None or len(array) == n_rows:
        return ()
    return (Fault(file, f"{n_rows} rows, one for each row of {rows_of}", f"{len(array)} rows"),)


def _not_finite(file: str, array: np.ndarray) -> tuple[Fault, ...]:
    lacking = np.isnan(array).all(axis=1)
    part_nan = np.flatnonzero(np.isnan(array).any(axis=1) & ~lacking)
    infinite = np.flatnonzero(np.isinf(array).any(axis=1))
    whole = "finite numbers, or a whole row of NaN where the modality is lacking"
    return tuple(
        Fault(file, whole, value, row=int(rows[0]), count=len(rows))
        for rows, value in ((part_nan, "NaN in part of a row"), (infinite, "inf"))
        if len(rows)
    )


def media_files(folder: Path) -> frozenset[str]:
    """What lies under folder/media, as paths relative to it; no links, no hidden files: no path leads out."""
    media = str(folder / "media")
    found = (os.path.join(place, name) for place, _, names in os.walk(media) for name in names)
    plain = (path for path in found if not os.path.islink(path) and not os.path.basename(path).startswith("."))
    return frozenset(os.path.relpath(path, media).replace(os.sep, "/") for path in plain)


def unread(error: Exception) -> str:
    """What stands in a file's place, in words."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "a folder"
    if isinstance(error, PermissionError):
        return "a file that may not be read"
    if isinstance(error, UnicodeDecodeError):
        return not_utf8(error)
    words = str(error).splitlines()[0] if str(error) else type(error).__name__
    # Python's own words may repeat the data, so they are escaped like data.
    return f"a file that cannot be read ({show(words)})"


def other_format(path: Path) -> str:
    """What the first bytes of a file say it is that should be text; "" where they say nothing."""
    with path.open("rb") as file:
        start = file.read(4)
    return next((words for magic, words in _FORMATS.items() if start.startswith(magic)), "")


def not_utf8(error: UnicodeDecodeError) -> str:
    """What a file is in that is not UTF-8, as far as its first bytes tell."""
    if error.object[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text in UTF-16"
    return f"text that is not UTF-8: byte 0x{error.object[error.start]:02x} at {error.start:,}"
