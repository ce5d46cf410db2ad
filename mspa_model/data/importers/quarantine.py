"""Rows that an import sets aside: kept as they were, each with its reason, counted by reason."""

import csv
import io
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mspa_model.data.fault import Fault
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
    """Writes FOLDER/NAME below a folder once a row is set aside: its line, the reason, the row as it was."""

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
        """wrong: columns row (position in batch.rows), column, expected, value, hint; one line a row."""
        self._n_rows += len(batch.rows) + len(batch.ragged)
        for one in wrong.itertuples(index=False):
            line = int(batch.rows.index[one.row])
            self._count(Fault(self._name, str(one.expected), str(one.value), str(one.column), None, 1, line, one.hint))
            self._write(batch, line, f"{one.column}: expected {one.expected}", batch.rows.iloc[one.row].tolist())
        for line, fields in batch.ragged.items():
            expected = f"{len(batch.rows.columns)} fields, as the header has"
            self._count(Fault(self._name, expected, f"{len(fields)} fields", line=line))
            self._write(batch, line, f"expected {expected}", [""] * len(batch.rows.columns), _as_line(fields))

    def result(self) -> TableImport:
        """The counts, reasons with most rows first."""
        faults = sorted(self._reasons.values(), key=lambda fault: -fault.count)
        return TableImport(self._name, self._n_rows, self._n_aside, tuple(faults))

    def _count(self, fault: Fault) -> None:
        self._n_aside += 1
        reason = (fault.column or "", fault.expected)
        first = self._reasons.get(reason, replace(fault, count=0))
        self._reasons[reason] = replace(first, count=first.count + 1)

    def _write(self, batch: Batch, line: int, reason: str, cells: list[str], unparsed: str = "") -> None:
        if self._writer is None:
            self._path.parent.mkdir(exist_ok=True)
            file = self._stack.enter_context(self._path.open("w", encoding="utf-8", newline=""))
            self._writer = csv.writer(file)
            self._writer.writerow(["source_line", "reason", *batch.rows.columns, "unparsed_line"])
        self._writer.writerow([line, reason, *cells, unparsed])


def _as_line(fields: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(fields)
    return buffer.getvalue()
