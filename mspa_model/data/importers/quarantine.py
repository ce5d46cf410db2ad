"""Rows that an import sets aside: kept as they were, each with its reason, counted by reason."""

import csv
import io
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mspa_model.data.fault import Fault, show
from mspa_model.data.importers.csv_rows import Batch

FOLDER = "quarantine"


@dataclass(frozen=True)
class TableImport:
    """What became of one source file. faults: one a reason, with its first row and how many rows have it."""

    file: str
    n_rows: int
    n_aside: int
    faults: tuple[Fault, ...]

    @property
    def share_aside(self) -> float:
        """0..1; 0 for a file without rows."""
        return self.n_aside / self.n_rows if self.n_rows else 0.0


class Quarantine:
    """Writes FOLDER/NAME below a folder once a row is set aside: its number, the reason, the row as it was."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path, self._name = folder / FOLDER / name, name
        self._stack = ExitStack()
        self._writer = None
        self._n_rows = self._n_aside = 0
        self._reasons: dict[tuple[str, str], Fault] = {}

    def close(self) -> None:
        """Ends the file, if one was begun."""
        self._stack.close()

    def add(self, batch: Batch, wrong: pd.DataFrame) -> None:
        """wrong: columns row (position in batch.rows), column, expected, value; one line a row."""
        self._n_rows += len(batch.rows) + len(batch.ragged)
        for one in wrong.itertuples(index=False):
            number = int(batch.rows.index[one.row])
            self._count(number, str(one.column), str(one.expected), show(one.value))
            self._write(batch, number, f"{one.column}: expected {one.expected}", batch.rows.iloc[one.row].tolist())
        for number, fields in batch.ragged.items():
            expected = f"{len(batch.rows.columns)} fields, as the header has"
            self._count(number, "", expected, f"{len(fields)} fields")
            self._write(batch, number, f"expected {expected}", [""] * len(batch.rows.columns), _as_line(fields))

    def result(self) -> TableImport:
        """The counts, reasons with most rows first."""
        faults = sorted(self._reasons.values(), key=lambda fault: -fault.count)
        return TableImport(self._name, self._n_rows, self._n_aside, tuple(faults))

    def _count(self, number: int, column: str, expected: str, value: str) -> None:
        self._n_aside += 1
        first = self._reasons.get((column, expected), Fault(self._name, expected, value, column or None, number, 0))
        self._reasons[column, expected] = Fault(
            first.file, expected, first.value, first.column, first.row, first.count + 1
        )

    def _write(self, batch: Batch, number: int, reason: str, cells: list[str], line: str = "") -> None:
        if self._writer is None:
            self._path.parent.mkdir(exist_ok=True)
            file = self._stack.enter_context(self._path.open("w", encoding="utf-8", newline=""))
            self._writer = csv.writer(file)
            self._writer.writerow(["source_row", "reason", *batch.rows.columns, "unparsed_line"])
        self._writer.writerow([number, reason, *cells, line])


def _as_line(fields: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(fields)
    return buffer.getvalue()
