"""Times that cannot be meant are named with their likely unit, in every table and by every way in; oddities warn."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mspa_model.data import check_folder, load_dataset
from mspa_model.data.importers.convert import convert
from mspa_model.data.importers.import_map import TimeMap
from mspa_model.data.schema import ColumnRule, Kind, TableRule
from mspa_model.data.times import odd_times, time_words
from tests.data.small_world import NOW, START, rooms, segments, tips, users

SECOND = int(START.timestamp())


def stamps(numbers: list[int], unit: str) -> pa.Array:
    """A column whose type says one unit, whatever the numbers mean."""
    return pa.Array.from_buffers(pa.timestamp(unit, "UTC"), len(numbers), pa.array(numbers, pa.int64()).buffers())


def write(path: Path, frame: pd.DataFrame, column: str, times: pa.Array) -> None:
    """The frame with the times in the place of a column, or beside the others."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.drop_columns([column]) if column in table.column_names else table
    pq.write_table(table.append_column(column, times), path)


@pytest.mark.parametrize(
    ("scale", "unit", "value", "hint"),
    [
        (1000, "s", "the year 56,972", "milliseconds read as seconds: 1,000 times too large"),
        (1, "ms", "1970-01-21 02:08:10+00:00", "seconds read as milliseconds: 1,000 times too small"),
        (1000, "us", "1970-01-21 02:08:10+00:00", "1,000 times too small"),
        (1, "ns", "1970-01-01 00:00:02+00:00", "seconds read as nanoseconds: 1,000,000,000 times too small"),
        (10**6, "ms", "the year 56,972", "1,000 times too large"),
        (10**9, "us", "the year 56,972", "1,000 times too large"),
    ],
)
def test_a_wrong_unit_is_one_fault_that_says_which(world: Path, scale: int, unit: str, value: str, hint: str) -> None:
    write(world / "tips.parquet", tips(), "tipped_at", stamps([SECOND * scale] * 16, unit))
    (fault,) = check_folder(world, NOW).faults
    assert (fault.column, fault.row, fault.count, fault.value) == ("tipped_at", 0, 16, value)
    assert hint in fault.hint


def _room(world: Path, column: str, time: int) -> None:
    write(world / "rooms.parquet", rooms(), column, stamps([time], "ms"))


def _segment(world: Path, column: str, time: int) -> None:
    rooms().to_parquet(world / "rooms.parquet")
    write(world / "segments.parquet", segments(""), column, stamps([time], "ms"))


def _event(world: Path, column: str, time: int) -> None:
    event = pd.DataFrame({"user_id": ["ann"], "streamer_id": ["s0"], "kind": ["view"]})
    write(world / "events.parquet", event, column, stamps([time], "ms"))


TIMED = {
    "rooms.parquet started_at": _room,
    "rooms.parquet ended_at": _room,
    "segments.parquet started_at": _segment,
    "events.parquet at": _event,
}


@pytest.mark.parametrize("place", TIMED)
@pytest.mark.parametrize(("time", "expected"), [(SECOND, "of 1990 or later"), (SECOND * 10**6, "not after now")])
def test_every_table_with_times_is_looked_at(place: str, time: int, expected: str, world: Path) -> None:
    file, column = place.split()
    TIMED[place](world, column, time)
    (fault,) = check_folder(world, NOW).faults
    assert (fault.file, fault.column, fault.row) == (file, column, 0)
    assert expected in fault.expected


@pytest.mark.parametrize(("time", "is_fault"), [(SECOND, True), (SECOND * 10**6, True), (-SECOND * 1000, False)])
def test_times_that_are_carried_along_may_be_dates_of_birth(world: Path, time: int, is_fault: bool) -> None:
    write(world / "users.parquet", users(), "since", stamps([time] * 4, "ms"))
    assert [fault.column for fault in check_folder(world, NOW).faults] == ["since"] * is_fault


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_a_carried_date_that_no_calendar_has_names_its_column(world: Path, kind: pa.DataType) -> None:
    number = pa.array([2**31 - 1] * 4, pa.int32()) if kind == pa.date32() else pa.array([2**60] * 4)
    dates = pa.Array.from_buffers(kind, 4, number.buffers())
    write(world / "users.parquet", users(), "born", dates)
    (fault,) = check_folder(world, NOW).faults
    assert (fault.column, fault.count) == ("born", 4)


def test_each_kind_of_odd_time_is_a_fault_and_an_empty_one_beside_them_too(world: Path) -> None:
    good, seconds = SECOND * 1000, SECOND
    times = pa.chunked_array([stamps([good, seconds, 0, good * 1000, 4_000_000_000_000], "ms"), _empty(), _good(10)])
    write(world / "tips.parquet", tips(), "tipped_at", times)
    found = {(fault.row, fault.value, fault.hint[:12]) for fault in check_folder(world, NOW).faults}
    assert found == {
        (1, "1970-01-21 02:08:10+00:00", "It looks lik"),
        (2, "1970-01-01 00:00:00+00:00", "1970-01-01 o"),
        (3, "the year 56,972", "It looks lik"),
        (4, "2096-10-02 07:06:40+00:00", ""),
        (5, "nothing", ""),
    }


def _empty() -> pa.Array:
    return pa.array([None], pa.timestamp("ms", "UTC"))


def _good(n: int) -> pa.Array:
    return stamps([SECOND * 1000] * n, "ms")


def test_a_time_in_the_day_after_now_is_a_warning(world: Path) -> None:
    late = tips()
    late.loc[3, "tipped_at"] = pd.Timestamp(NOW) + timedelta(hours=8)
    late.to_parquet(world / "tips.parquet")
    report = check_folder(world, NOW)
    assert report.sound
    (warning,) = [w for w in report.warnings if w.column == "tipped_at"]
    assert (warning.row, warning.count, warning.hint) == (3, 1, "Is it local time written as UTC?")


@pytest.mark.parametrize(("years", "warns"), [(9, False), (20, True)])
def test_an_empty_gap_of_decades_is_a_warning_on_its_smaller_side(world: Path, years: int, warns: bool) -> None:
    early = tips()
    early.loc[[7, 9], "tipped_at"] = pd.Timestamp(START) - timedelta(days=365 * years)
    early.to_parquet(world / "tips.parquet")
    report = check_folder(world, NOW)
    assert report.sound
    found = [(w.row, w.count, w.hint) for w in report.warnings if w.column == "tipped_at"]
    assert found == [(7, 2, "Nothing lies between 2005-01-06 and 2025-01-01.")] * warns


def test_a_matrix_may_leave_the_column_of_times_out(world: Path) -> None:
    text = (world / "dataset.toml").read_text(encoding="utf-8").replace('"events"', '"matrix"')
    (world / "dataset.toml").write_text(text.replace('kind = "time"', 'kind = "given"'), encoding="utf-8")
    split = ["train"] * 14 + ["val", "test"]
    tips().drop(columns="tipped_at").assign(split=split).to_parquet(world / "tips.parquet")
    dataset = load_dataset(world, NOW)
    assert dataset.tips["tipped_at"].isna().all()
    assert dataset.tips["split"].tolist() == split


RULE = TableRule("tips.parquet", (ColumnRule("at", Kind.TIME, nullable=True, latest=NOW),))
CONVERTED: dict[str, tuple[TimeMap, str]] = {
    "1735689600000": (TimeMap(unit="s"), 'unit = "ms" under [time]'),
    "1735689600": (TimeMap(unit="ms"), 'unit = "s" under [time]'),
    "1735689600000000000": (TimeMap(unit="us"), 'unit = "ns" under [time]'),
    "45658.5": (TimeMap(unit="s"), "spreadsheets"),
    "0": (TimeMap(unit="s"), "not known"),
    "1735689600001": (TimeMap(zone="UTC"), "milliseconds since 1970"),
}


@pytest.mark.parametrize("text", CONVERTED)
def test_a_number_in_another_unit_is_told_the_right_one(text: str) -> None:
    time, hint = CONVERTED[text]
    converted = convert(pd.DataFrame({"at": ["", text]}, dtype="str"), RULE, (), time, 1.0)
    (line,) = converted.wrong.itertuples(index=False)
    assert (line.row, line.value.startswith(repr(text))) == (1, True)
    assert hint in line.hint
    assert converted.frame["at"].isna().all()


@pytest.mark.parametrize(
    ("text", "expected"), [("1970-01-20", "of 1990 or later"), ("2031-05-01", "not after now"), ("0001-01-01", "1990")]
)
def test_written_times_have_the_same_limits(text: str, expected: str) -> None:
    converted = convert(pd.DataFrame({"at": [text]}, dtype="str"), RULE, (), TimeMap(zone="UTC"), 1.0)
    assert expected in converted.wrong["expected"].iloc[0]


def test_sound_times_are_not_odd() -> None:
    assert odd_times(np.array([SECOND, np.nan, NOW.timestamp() + 86_400]), NOW) == ()
    assert time_words(-62_135_596_800.0) == "0001-01-01 00:00:00+00:00"
