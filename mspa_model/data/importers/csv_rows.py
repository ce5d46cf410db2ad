"""CSV files in batches of rows, never whole, with the line of every row in its file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mspa_model.data.read import not_utf8, other_format, unread
from mspa_model.errors import DataError

BATCH_ROWS = 50_000
LONGEST_FIELD = 10_000_000  # characters; a quote that is never closed swallows more


@dataclass(frozen=True)
class Batch:
    """Rows as text, indexed by the line of the file that they begin in (the header is line 1).

    ragged: rows whose number of fields is not the header's, by line.
    """

    rows: pd.DataFrame
    ragged: dict[int, list[str]]


def read_header(path: Path, delimiter: str) -> list[str]:
    """The names of the columns; raises DataError where the file cannot be read as CSV in UTF-8."""
    for _, fields in _fields(path, delimiter):
        return fields
    return []


def read_batches(path: Path, delimiter: str, size: int = BATCH_ROWS) -> Iterator[Batch]:
    """Every row of the file in order; at least one batch, that may be empty. Blank lines are no rows."""
    records = _fields(path, delimiter)
    _, header = next(records, (0, []))
    rows: dict[int, list[str]] = {}
    ragged: dict[int, list[str]] = {}
    for line, fields in records:
        (rows if len(fields) == len(header) else ragged)[line] = fields
        if len(rows) + len(ragged) == size:
            yield Batch(_frame(rows, header), ragged)
            rows, ragged = {}, {}
    yield Batch(_frame(rows, header), ragged)


def _frame(rows: dict[int, list[str]], header: list[str]) -> pd.DataFrame:
    index = pd.Index(rows.keys(), dtype="int64")
    return pd.DataFrame(list(rows.values()), columns=header, index=index, dtype="str")


def _fields(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line that each row begins in, and its fields."""
    # The limit is the whole process's; raised only, so that nobody else's longer one is cut.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if packed := other_format(path):
                raise DataError(f"{path.name}: {packed}", "CSV in UTF-8", "Unpack it, or save the table as CSV.")
            # strict: a quote that is never closed is an error, not a field that swallows the rest of the file.
            yield from _records(csv.reader(file, delimiter=delimiter, strict=True), path.name)
    except UnicodeDecodeError as error:
        todo = "Save it as UTF-8; spreadsheets call that CSV UTF-8."
        place, wrong = _not_utf8_at(path, error)
        raise DataError(f"{path.name}{place}: {wrong}", "CSV in UTF-8", todo) from error
    except OSError as error:
        raise DataError(f"{path.name}: {unread(error)}", "a CSV file", "Name another or mend it.") from error


def _not_utf8_at(path: Path, error: UnicodeDecodeError) -> tuple[str, str]:
    """The line and what stands there; the error itself counts from the start of whatever block was read."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as here:
                return f", line {number}", not_utf8(here)
    return "", not_utf8(error)


def _records(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            open_quote = "unexpected end" in str(error) or "field larger" in str(error)
            wrong = "a quote that is opened there and never closed" if open_quote else str(error)
            todo = f'Mend line {line} of {name}: a quote inside a quoted field is written "".'
            raise DataError(f"{name}, line {line}: {wrong}", "CSV", todo) from error
        if fields:
            yield line, fields
