"""CSV files in batches of rows, never whole, with the number of every row in its file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mspa_model.errors import DataError

BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Batch:
    """Rows as text, indexed by their number in the file (the first below the header is 0).

    ragged: rows whose number of fields is not the header's, by number.
    """

    rows: pd.DataFrame
    ragged: dict[int, list[str]]


def read_header(path: Path, delimiter: str) -> list[str]:
    """The names of the columns; raises DataError where the file cannot be read as CSV in UTF-8."""
    for fields in _fields(path, delimiter):
        return fields
    return []


def read_batches(path: Path, delimiter: str, size: int = BATCH_ROWS) -> Iterator[Batch]:
    """Every row of the file in order; at least one batch, that may be empty. Blank lines are no rows."""
    lines = _fields(path, delimiter)
    header = next(lines, [])
    rows: dict[int, list[str]] = {}
    ragged: dict[int, list[str]] = {}
    for number, fields in enumerate(lines):
        (rows if len(fields) == len(header) else ragged)[number] = fields
        if len(rows) + len(ragged) == size:
            yield Batch(_frame(rows, header), ragged)
            rows, ragged = {}, {}
    yield Batch(_frame(rows, header), ragged)


def _frame(rows: dict[int, list[str]], header: list[str]) -> pd.DataFrame:
    index = pd.Index(rows.keys(), dtype="int64")
    return pd.DataFrame(list(rows.values()), columns=header, index=index, dtype="str")


def _fields(path: Path, delimiter: str) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # strict: a quote that is never closed is an error, not a field that swallows the rest of the file.
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            try:
                yield from (fields for fields in reader if fields)
            except csv.Error as error:
                todo = f"Mend line {reader.line_num} of {path.name}."
                raise DataError(f"{path.name}, line {reader.line_num}: {error}", "CSV", todo) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: {error}", "CSV in UTF-8", "Export the file as UTF-8.") from error
