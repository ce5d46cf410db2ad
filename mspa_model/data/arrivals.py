"""Tips that arrived after a run was trained: a file of them, checked like a folder's, and how they join a history."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int

from mspa_model.data.fault import Fault, show
from mspa_model.data.header import delimiter_fault, lacking_columns
from mspa_model.data.ids import likeness, nearest_ids
from mspa_model.data.importers.convert import convert
from mspa_model.data.importers.csv_rows import read_batches, read_header
from mspa_model.data.importers.import_map import TimeMap
from mspa_model.data.schema import TableRule, table_rules
from mspa_model.data.tables import read_table
from mspa_model.errors import DataError
from mspa_model.types import Dataset, History
from mspa_model.words import with_article

MOST = 1000  # tips of one file: whoever has more of one user trains again
_COLUMNS = "columns streamer_id and amount, tipped_at where it is known"
_TOLD = 3  # further faults that the sentence names


def read_arrivals(path: Path, dataset: Dataset, known: History, now: datetime | None = None) -> History:
    """New tips of one user from a .csv or .parquet, oldest first, those without a time last in the file's order.

    known: the user's tips so far; none of them may come again. now: later times are refused. A CSV time without an
    offset is UTC; a set without times leaves the file's times out, after their order. Raises DataError.
    """
    path = Path(path)
    new = _read(path, _rule(path.name, dataset, now or datetime.now(UTC)))
    frame = new.frame
    _refuse(path, [*_stranger_faults(new, dataset, known), *_twice(new, dataset, known)])
    times = _times(frame)
    order = np.argsort(times, kind="stable")  # no time comes last
    idx = pd.Index(dataset.streamers["streamer_id"]).get_indexer(frame["streamer_id"]).astype(np.int64)
    if dataset.tips["tipped_at"].isna().all():
        times = np.full(len(frame), np.datetime64("NaT"), dtype="datetime64[us]")
    amount, rows = frame["amount"].to_numpy(dtype=np.float64), np.full(len(frame), -1, dtype=np.int64)
    return History(known.user_id, idx[order], amount[order], times[order], rows)


def join_histories(known: History, arrived: History) -> History:
    """Both, oldest first; of one moment the known tip is first. A tip without a time is taken as made last, with the
    newest that has one."""
    times = np.concatenate([known.tipped_at, arrived.tipped_at])
    order = np.argsort(times, kind="stable")
    times = times[order]
    if not np.isnat(known.tipped_at).any() and len(times):
        times = np.where(np.isnat(times), np.fmax.reduce(times), times)
    idx = np.concatenate([known.streamer_idx, arrived.streamer_idx])[order]
    amount = np.concatenate([known.amount, arrived.amount])[order]
    row = np.concatenate([known.tip_row, arrived.tip_row])[order]
    return History(known.user_id, idx, amount, times, row)


def _rule(name: str, dataset: Dataset, now: datetime) -> TableRule:
    """The columns of tips.parquet that a file of new tips may have; what is left out here is carried along unread."""
    tips = next(rule for rule in table_rules(dataset.info, now) if rule.file == "tips.parquet")
    columns = {column.name: column for column in tips.columns}
    user, time = (
        replace(columns["user_id"], required=False),
        replace(columns["tipped_at"], required=False, nullable=True),
    )
    return TableRule(name, (columns["streamer_id"], columns["amount"], time, user))


@dataclass(frozen=True)
class _NewTips:
    """The rows of a file; lines: of a text file, the line of each row."""

    file: str
    frame: pd.DataFrame
    lines: Int[np.ndarray, " n_rows"] | None = None

    def fault(self, column: str, rows: np.ndarray, expected: str, hint: str = "") -> Iterator[Fault]:
        """One fault of these rows, if there are any, with the first one's value."""
        if len(rows):
            first = int(rows[0])
            place = {"row": first} if self.lines is None else {"line": int(self.lines[first])}
            got = show(str(self.frame[column].iloc[first]))
            yield Fault(self.file, expected, got, column, count=len(rows), hint=hint, **place)


def _read(path: Path, rule: TableRule) -> _NewTips:
    """The file's rows in the types of the schema; raises DataError on the first thing that stands in the way."""
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise DataError(f"{show(path.name)}", f"a .csv or .parquet file with {_COLUMNS}", "Name such a file.")
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not there"
        raise DataError(f"{show(str(path))}, which is {what}", f"a file with {_COLUMNS}", "Name such a file.")
    new = readers[path.suffix.lower()](path, rule)
    if new.frame.empty:
        raise DataError(f"{path.name} without any row", "at least one tip", "Leave --add-tips out or fill the file.")
    return new


def _read_csv(path: Path, rule: TableRule) -> _NewTips:
    header = read_header(path, ",")
    unparted = delimiter_fault(path.name, header, ",", in_map=False)
    _refuse(path, [unparted] if unparted is not None else [*_lacking(path, rule, header), *_double(path, header)])
    batches = read_batches(path, ",", MOST + 1)
    first = next(batches)
    _refuse_many(path, len(first.rows) + len(first.ragged))
    ragged = min(first.ragged, default=None)
    if ragged is not None:
        got = f"{len(first.ragged[ragged])} fields"
        _refuse(path, [Fault(path.name, f"{len(header)} fields, as in the header", got, line=ragged)])
    lines = first.rows.index.to_numpy(dtype=np.int64)
    converted = convert(first.rows, rule, (), TimeMap(zone="UTC"), 1.0)
    faults = []
    for (column, expected), rows in converted.wrong.groupby(["column", "expected"], sort=False):
        value, row, hint = rows[["value", "row", "hint"]].iloc[0]
        faults.append(Fault(path.name, expected, value, column, count=len(rows), line=int(lines[row]), hint=hint))
    _refuse(path, faults)
    return _NewTips(path.name, converted.frame, lines)


def _read_parquet(path: Path, rule: TableRule) -> _NewTips:
    try:
        _refuse_many(path, pq.ParquetFile(path).metadata.num_rows)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path.name}, which cannot be read", "a Parquet file", "Write it again.") from error
    read = read_table(path.parent, rule)
    _refuse(path, read.faults)
    assert read.frame is not None, "a table without a frame has a fault"
    return _NewTips(path.name, read.frame)


def _lacking(path: Path, rule: TableRule, header: list[str]) -> Iterator[Fault]:
    columns = [column for column in rule.columns if column.required and column.name not in header]
    wanted = [f"a column of {column.kind.value}" for column in columns]
    yield from lacking_columns(path.name, [column.name for column in columns], header, wanted)


def _double(path: Path, header: list[str]) -> Iterator[Fault]:
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield Fault(path.name, "each column once", "it twice", name)


def _stranger_faults(new: _NewTips, dataset: Dataset, known: History) -> Iterator[Fault]:
    ids, frame = dataset.streamers["streamer_id"], new.frame
    odd = np.flatnonzero(pd.Index(ids).get_indexer(frame["streamer_id"]) < 0)
    if len(odd):
        unknown = str(frame["streamer_id"].iloc[odd[0]])
        expected = f"{with_article(dataset.info.streamer_is)} of this data set, the nearest being "
        expected += ", ".join(nearest_ids(unknown, ids.tolist()))
        yield from new.fault("streamer_id", odd, expected, likeness(unknown, ids))
    if "user_id" in frame:
        other = np.flatnonzero((frame["user_id"] != known.user_id).to_numpy(dtype=bool))
        yield from new.fault("user_id", other, f"{show(known.user_id)} alone")


def _twice(new: _NewTips, dataset: Dataset, known: History) -> Iterator[Fault]:
    """Rows that say the same tip again: within the file, or one that the history has with the same time."""
    frame = new.frame
    rows = pd.DataFrame({"id": frame["streamer_id"], "amount": frame["amount"], "at": _times(frame)})
    again = np.flatnonzero(rows.duplicated().to_numpy())
    yield from new.fault("streamer_id", again, "each tip once, or one with the amounts added up")
    ids = dataset.streamers["streamer_id"].to_numpy()[known.streamer_idx]
    old = pd.DataFrame({"id": ids, "amount": known.amount, "at": known.tipped_at}).dropna()
    both = np.flatnonzero(rows.merge(old.drop_duplicates(), how="left", indicator=True)["_merge"] == "both")
    yield from new.fault("streamer_id", both, f"tips that {show(known.user_id)} is not known by yet")


def _times(frame: pd.DataFrame) -> np.ndarray:
    if "tipped_at" not in frame:
        return np.full(len(frame), np.datetime64("NaT"), dtype="datetime64[us]")
    return frame["tipped_at"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]")


def _refuse_many(path: Path, n_rows: int) -> None:
    if n_rows > MOST:
        got = f"{path.name} with more than {MOST:,} tips"
        raise DataError(got, f"at most {MOST:,} new tips of one user", "Put them into the data set and train again.")


def _refuse(path: Path, faults: Iterable[Fault]) -> None:
    """Raises DataError in one sentence on the first fault, the others named after it."""
    first, *rest = list(faults) or [None]
    if first is None:
        return
    more = "; ".join(fault.sentence.rstrip(".") for fault in rest[:_TOLD])
    count = f" ({first.count:,} rows)" if first.count > 1 else ""
    todo = f"{first.hint} Mend {path.name}{f', also: {more}' if more else ''}.".strip()
    raise DataError(f"{first.place}, {first.value}", first.expected + count, todo)
