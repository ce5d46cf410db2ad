"""Parquet tables of a dataset folder, each a file or a folder of parts, in the types of the schema."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Float

from mspa_model.data.fault import Fault, show
from mspa_model.data.header import lacking_columns
from mspa_model.data.read import unread
from mspa_model.data.row_rules import broken_rules
from mspa_model.data.schema import ARROW_TYPES, ColumnRule, Kind, TableRule, fits
from mspa_model.data.times import PER_SECOND, OddTimes, carried_odd, odd_hint, odd_times, time_words

_MAGIC = b"PAR1"  # at both ends of a Parquet file
_Rows = dict[str, np.ndarray]  # by column, the positions that have a fault already


@dataclass(frozen=True)
class TableRead:
    """A table as far as it could be read: frame None where it is absent or unreadable.

    n_rows: of the file, whatever columns were left out; None without a frame.
    """

    frame: pd.DataFrame | None
    faults: tuple[Fault, ...] = ()
    n_rows: int | None = None


def read_table(folder: Path, rule: TableRule, rows_are_sound: bool = False) -> TableRead:
    """One Parquet table in the types of the rule; columns with a fault in name or type are left out of the frame, and
    times that cannot be are empty in it. rows_are_sound: the rules of rows were kept when the same bytes were read."""
    path = folder / rule.file
    if not path.exists():
        missing = (Fault(rule.file, "this file", "no such file"),) if rule.required else ()
        return TableRead(None, missing)
    try:
        table = _read_parts(path)
    except _UnreadableError as error:
        return TableRead(None, (Fault(rule.file, "a Parquet file", str(error)),))
    twice = {name for name in table.column_names if table.column_names.count(name) > 1}
    if twice:
        return TableRead(None, tuple(Fault(rule.file, "each column once", "it twice", name) for name in sorted(twice)))
    return _typed(table, rule, rows_are_sound)


class _UnreadableError(Exception):
    """What stands in the place of a Parquet file, in words; told apart from other errors only inside this file."""


def table_parts(path: Path) -> tuple[Path, ...]:
    """The files of a table: itself, or, where it is a folder as engines write it, its *.parquet in order of name."""
    return tuple(sorted(path.glob("[!._]*.parquet"))) if path.is_dir() else (path,)


def _read_parts(path: Path) -> pa.Table:
    parts = table_parts(path)
    if not parts:
        deeper = " directly in it: parts in folders below are not read" if any(path.rglob("*.parquet")) else ""
        raise _UnreadableError(f"a folder without a *.parquet file{deeper}")
    tables = [_read_part(part, "" if part == path else f"{part.name}, ") for part in parts]
    names = tables[0].column_names
    try:
        return tables[0] if len(tables) == 1 else pa.concat_tables(_in_order(table, names) for table in tables)
    except pa.ArrowException as error:
        other = next(part.name for part, table in zip(parts, tables, strict=True) if table.schema != tables[0].schema)
        raise _UnreadableError(f"{show(other)} with other columns or types than {show(parts[0].name)}") from error


def _in_order(table: pa.Table, names: list[str]) -> pa.Table:
    """The table with its columns in this order, where they are the same and each is there once."""
    same = len(set(names)) == len(names) and sorted(table.column_names) == sorted(names)
    return table.select(names) if same else table


def _read_part(path: Path, name: str) -> pa.Table:
    try:
        return pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise _UnreadableError(name + (_without_magic(path) or unread(error))) from error


def _without_magic(path: Path) -> str:
    """What the ends of a file say of why it is no Parquet file; "" where they say nothing."""
    try:
        data, size = path.open("rb"), path.stat().st_size
    except OSError:
        return ""
    with data:
        start = data.read(len(_MAGIC))
        data.seek(max(0, size - len(_MAGIC)))
        end = data.read()
    if size == 0:
        return "an empty file"
    if start != _MAGIC:
        return f"a file of another format, starting with {show(start.decode('ascii', 'backslashreplace'))}"
    return "" if end == _MAGIC else "a file that is cut off: its end is missing"


@dataclass
class _Typing:
    """A table on its way to the types of the rule. faulty: rows by column that have a fault of their time."""

    table: pa.Table
    faults: list[Fault] = field(default_factory=list)
    faulty: _Rows = field(default_factory=dict)

    def cast(self, file: str, rule: ColumnRule) -> None:
        """Gives the column the type of its kind, or leaves it out with a fault."""
        place = self.table.column_names.index(rule.name)
        kind, column = self.table.schema.field(place).type, _plain(self.table.column(place))
        if not fits(rule.kind, kind):
            self.faults.append(Fault(file, rule.kind.value, f"type {kind}", rule.name, hint=type_hint(rule.kind, kind)))
            self.table = self.table.remove_column(place)
            return
        if rule.kind is Kind.TIME and rule.latest is not None and not pa.types.is_null(column.type):
            column = self._possible(file, rule.name, column, _odd_of(column, rule))
        # Nanoseconds are cut to microseconds and large integers rounded on purpose: no rule needs more.
        self.table = self.table.set_column(place, rule.name, column.cast(ARROW_TYPES[rule.kind], safe=False))

    def carry(self, file: str, name: str) -> None:
        """A column that no rule knows: only a date that nothing could print, or one in a wrong unit, is a fault."""
        place = self.table.column_names.index(name)
        column = _plain(self.table.column(place))
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            odd = carried_odd(_seconds(column))
            if odd:
                self.table = self.table.set_column(place, name, self._possible(file, name, column, odd))

    def _possible(self, file: str, name: str, column: pa.ChunkedArray, odd: tuple[OddTimes, ...]) -> pa.ChunkedArray:
        """The column with odd times empty, each kind of them a fault."""
        if not odd:
            return column
        seconds = _seconds(column)
        for times in odd:
            first = int(times.rows[0])
            hint = odd_hint(times.shift, seconds[first])
            value, count = time_words(seconds[first]), len(times.rows)
            self.faults.append(Fault(file, times.expected, value, name, first, count, hint=hint))
        rows = np.concatenate([times.rows for times in odd])
        self.faulty[name] = rows
        wrong = np.zeros(len(column), dtype=bool)
        wrong[rows] = True
        return pc.if_else(pa.array(wrong), pa.scalar(None, column.type), column)


def _typed(table: pa.Table, rule: TableRule, rows_are_sound: bool) -> TableRead:
    typing, header = _Typing(table), table.column_names
    lacking = [column for column in rule.columns if column.required and column.name not in header]
    wanted = [f"a column of {column.kind.value}" for column in lacking]
    typing.faults += lacking_columns(rule.file, [column.name for column in lacking], header, wanted)
    for column in rule.columns:
        if column.name in header:
            typing.cast(rule.file, column)
    known = {column.name for column in rule.columns}
    for name in (name for name in header if name not in known):
        typing.carry(rule.file, name)
    misfits = [name for name in typing.table.column_names if not _is_valid(typing.table.column(name))]
    if misfits:
        expected, value = "values that fit their type, text in UTF-8", "bytes that do not"
        return TableRead(None, (*typing.faults, *(Fault(rule.file, expected, value, name) for name in misfits)))
    try:
        frame = typing.table.to_pandas(ignore_metadata=True)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        wrong = Fault(rule.file, "values that fit their types", unread(error))
        return TableRead(None, (*typing.faults, wrong))
    broken = () if rows_are_sound else _value_faults(frame, rule, table, typing.faulty)
    return TableRead(frame, (*typing.faults, *broken), table.num_rows)


def _is_valid(column: pa.ChunkedArray) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def type_hint(kind: Kind, arrow: pa.DataType) -> str:
    """What to do about a column of another type, where that is plain."""
    if kind is Kind.TEXT and pa.types.is_integer(arrow):
        return "Write the numbers as text, ids alike in every table."
    if kind is Kind.NUMBER and (pa.types.is_string(arrow) or pa.types.is_large_string(arrow)):
        return "It is a column of text: write it as numbers."
    if kind is Kind.TIME and pa.types.is_timestamp(arrow):
        return "Say which zone these times are in, as pandas' tz_localize does."
    return ""


def _seconds(column: pa.ChunkedArray) -> Float[np.ndarray, " n_rows"]:
    """Times from 1970, NaN where there is none."""
    if pa.types.is_date32(column.type):
        days = column.cast(pa.int32()).cast(pa.float64())
        return days.to_numpy() * 86_400.0
    unit = column.type.unit if pa.types.is_timestamp(column.type) else "ms"
    return column.cast(pa.int64()).cast(pa.float64(), safe=False).to_numpy() / PER_SECOND[unit]


def _odd_of(column: pa.ChunkedArray, rule: ColumnRule) -> tuple[OddTimes, ...]:
    assert rule.latest is not None
    ends = pc.min_max(column)  # a look that costs nothing beside the times as numbers of their own
    if not ends["min"].is_valid:
        return ()
    bounds = np.array([ends["min"].value, ends["max"].value], dtype=np.float64) / PER_SECOND[column.type.unit]
    return odd_times(_seconds(column), rule.latest) if odd_times(bounds, rule.latest) else ()


def _value_faults(frame: pd.DataFrame, rule: TableRule, table: pa.Table, faulty: _Rows) -> Iterator[Fault]:
    """One fault for each column and broken rule, its value as the file has it."""
    broken = broken_rules(frame, rule)
    known = [np.isin(broken["row"], rows) & (broken["column"] == name) for name, rows in faulty.items()]
    broken = broken[~np.logical_or.reduce(known)] if known else broken
    for (column, expected), group in broken.groupby(["column", "expected"], sort=False):
        first = int(group["row"].iloc[0])
        yield Fault(rule.file, expected, _as_written(table.column(column)[first]), column, first, len(group))


def _as_written(value: pa.Scalar) -> str:
    """A value of a file; a short float as it was written, not as the nearest double."""
    if value.is_valid and pa.types.is_floating(value.type):
        return str(value.type.to_pandas_dtype()(value.as_py()))
    return show(value.as_py())
