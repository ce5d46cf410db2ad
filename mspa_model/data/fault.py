"""What `check` finds wrong: one Fault per file, column and kind of fault, never one per row."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mspa_model.errors import DataError

FORMAT_DOCUMENT = "docs/dataset.md"  # what a customer reads about the folder; in the repository
_SHOWN = 60  # characters of a value that a sentence repeats


def show(value: object) -> str:
    """The value as a short literal: control and direction characters escaped, because data is hostile."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= _SHOWN else text[:_SHOWN]
    literal = repr(cut) if isinstance(value, str) else cut
    return literal if cut == text else f"{literal}… ({len(text)} characters)"


def name_words(name: str) -> str:
    """A column or key as it is, or as a literal where it is long or would break the line."""
    return name if name.isprintable() and len(name) <= _SHOWN else show(name)


@dataclass(frozen=True)
class Fault:
    """One fault or warning.

    row: the first row that has it, as a position from 0; people read it counted from 1. line: in its place where the
    file is text, the line of the file from 1. count: how many rows have it. value: as a literal. hint: a sentence on
    what is the likely cause or what to do, "" where nobody can tell.
    """

    file: str
    expected: str
    value: str
    column: str | None = None
    row: int | None = None
    count: int = 1
    line: int | None = None
    hint: str = ""

    @property
    def place(self) -> str:
        """File, column (or key of a TOML file) and row or line, as far as they are known."""
        column = "key" if self.file.endswith(".toml") else "column"
        parts = [self.file]
        parts += [f"{column} {name_words(self.column)}"] if self.column is not None else []
        parts += [f"row {self.row + 1}"] if self.row is not None else []
        parts += [f"line {self.line}"] if self.line is not None else []
        return ", ".join(parts)

    @property
    def sentence(self) -> str:
        more = f" ({self.count:,} rows)" if self.count > 1 else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.place}: got {self.value}; expected {self.expected}{more}.{hint}"

    def as_json(self) -> dict[str, str | int | None]:
        """Every field by its name, row counted from 1 as in the sentence."""
        return {**asdict(self), "row": None if self.row is None else self.row + 1}


@dataclass(frozen=True)
class Counts:
    """Rows of each table; None where it is absent or cannot be read."""

    n_users: int | None = None
    n_streamers: int | None = None
    n_tips: int | None = None
    n_rooms: int | None = None
    n_segments: int | None = None
    n_events: int | None = None


@dataclass(frozen=True)
class CheckReport:
    """All that is wrong with a folder (faults) and all that is worth knowing (warnings)."""

    folder: Path
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    counts: Counts

    @property
    def sound(self) -> bool:
        return not self.faults

    def sentences(self) -> tuple[str, ...]:
        """The verdict first, then every fault, then every warning; plain text, never markup."""
        n_faults, n_warnings = len(self.faults), len(self.warnings)
        judged = "sound" if self.sound else _plural(n_faults, "fault")
        verdict = f"{self.folder}: {judged}, {_plural(n_warnings, 'warning')}."
        return (
            verdict,
            *(f"Fault: {fault.sentence}" for fault in self.faults),
            *(f"Warning: {warning.sentence}" for warning in self.warnings),
        )

    def to_json(self) -> str:
        """Keys folder, sound, counts, and faults and warnings, each a list of Fault.as_json()."""
        return json.dumps(
            {
                "folder": str(self.folder),
                "sound": self.sound,
                "counts": asdict(self.counts),
                "faults": [fault.as_json() for fault in self.faults],
                "warnings": [warning.as_json() for warning in self.warnings],
            },
            indent=2,
        )


class FaultyFolderError(DataError):
    """A dataset folder with faults, all of which the message names; .report has them as values."""

    def __init__(self, report: CheckReport) -> None:
        self.report = report
        listed = "\n".join(f"  {n}. {fault.sentence}" for n, fault in enumerate(report.faults, start=1))
        super().__init__(
            f"{_plural(len(report.faults), 'fault')} in {report.folder}",
            f"a dataset folder as {FORMAT_DOCUMENT} describes it",
            f"Mend these in the source and export it again:\n{listed}",
        )


def _plural(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
