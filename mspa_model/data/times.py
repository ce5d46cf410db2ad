"""Times that cannot be meant: before 1990, after now, read in a wrong unit, or a gap of decades away from the rest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from mspa_model.data.fault import Fault
from mspa_model.data.schema import Kind, TableRule

TimeUnit = Literal["s", "ms", "us", "ns"]
UNITS: tuple[TimeUnit, ...] = ("s", "ms", "us", "ns")
PER_SECOND: dict[TimeUnit, int] = {unit: 1000**power for power, unit in enumerate(UNITS)}
UNIT_WORDS: dict[TimeUnit, str] = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # nobody has tipped, watched or broadcast on line before
TOLERANCE = timedelta(days=1)  # after now: a clock that is ahead, or local time written as UTC; only a warning
_EPOCH_HINT = "1970-01-01 often stands for a time that is not known."
_CARRIED = "a date in the years 1 to 9999, in its own unit"
_HORIZON = datetime(2100, 1, 1, tzinfo=UTC)  # for columns that may well hold dates to come
_GAP_YEARS = 10
_YEAR = 31_556_952_000_000  # microseconds
_CALENDAR = (-62_135_596_800, 253_402_300_799)  # seconds from 1970 of the years 1 to 9999


@dataclass(frozen=True)
class OddTimes:
    """Rows of one column whose times are wrong in one way. shift: by how many powers of 1000 they are too small (below
    0: too large) if they are in a wrong unit, else 0."""

    rows: Int[np.ndarray, " n"]
    expected: str
    shift: int = 0


def odd_times(seconds: Float[np.ndarray, " n_rows"], latest: datetime) -> tuple[OddTimes, ...]:
    """Times from 1970 (NaN where there is none) before EARLIEST or after latest + TOLERANCE, one value a kind."""
    low, high = EARLIEST.timestamp(), (latest + TOLERANCE).timestamp()
    rows = np.flatnonzero((seconds < low) | (seconds > high))
    odd = seconds[rows]
    shift = np.zeros(len(rows), dtype=np.int64)
    for power in (3, 2, 1, -1, -2, -3):
        shift[_within(odd * 1000.0**power, low, high)] = power
    found = []
    for late, expected in ((False, f"a time of {EARLIEST.year} or later"), (True, not_after(latest))):
        for power in sorted(set(shift.tolist())):
            here = ((odd > high) if late else (odd < low)) & (shift == power)
            found += [OddTimes(rows[here], expected, power)] if here.any() else []
    return tuple(found)


def _within(times: np.ndarray, low: float, high: float) -> Bool[np.ndarray, " n"]:
    return (times >= low) & (times <= high)


def not_after(latest: datetime) -> str:
    """What is expected of a time that lies in the future."""
    return f"a time not after now, {latest:%Y-%m-%d %H:%M} UTC"


def odd_hint(shift: int, seconds: float, unit: TimeUnit | None = None) -> str:
    """What is likely wrong with an odd time: its unit, or that it stands for none; "" where nobody can tell. unit: the
    one that it was read in, where that is known for certain."""
    if shift == 0:
        return _EPOCH_HINT if seconds == 0 else ""
    size = f"{1000 ** abs(shift):,} times too {'small' if shift > 0 else 'large'}"
    meant = meant_unit(shift, unit)
    read = unit
    if meant is None or read is None:
        meant, read = ("s", UNITS[shift]) if shift > 0 else (UNITS[-shift], "s")
    return f"It looks like {UNIT_WORDS[meant]} read as {UNIT_WORDS[read]}: {size}."


def meant_unit(shift: int, unit: TimeUnit | None) -> TimeUnit | None:
    """The unit that numbers are in which, read in `unit`, are off by a power of 1000; None where there is no such."""
    place = UNITS.index(unit) - shift if unit is not None else -1
    return UNITS[place] if shift and 0 <= place < len(UNITS) else None


def number_unit(text: str) -> TimeUnit | None:
    """The unit in which a whole number since 1970 lies in the years 1990 to 2100; None where it is no such number."""
    if not (text.isascii() and text.isdigit() and len(text) < 25):
        return None
    low, high = EARLIEST.timestamp(), _HORIZON.timestamp()
    return next((unit for unit in UNITS if low <= int(text) / PER_SECOND[unit] <= high), None)


def time_words(seconds: float) -> str:
    """A time from 1970 in UTC to the second, or its year where no calendar has it."""
    if _CALENDAR[0] <= seconds <= _CALENDAR[1]:
        return str(datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(seconds)))
    return f"the year {1970 + round(seconds * 1e6 / _YEAR):,}"


def carried_odd(seconds: Float[np.ndarray, " n_rows"]) -> tuple[OddTimes, ...]:
    """The same of a column that no rule knows, which may be a date of birth: only what nothing can print, and a wrong
    unit where most of the column says so."""
    found = [replace(odd, expected=_CARRIED) for odd in odd_times(seconds, _HORIZON) if odd.shift]
    n_known = int((~np.isnan(seconds)).sum())
    if 2 * sum(len(odd.rows) for odd in found) > n_known:
        return tuple(found)
    off = np.flatnonzero((seconds < _CALENDAR[0]) | (seconds > _CALENDAR[1]))
    return (OddTimes(off, _CARRIED),) if len(off) else ()


def time_warnings(rules: tuple[TableRule, ...], frames: Mapping[str, pd.DataFrame], now: datetime) -> Iterator[Fault]:
    """Times in the day after now, and times that a gap of decades parts from the most."""
    for rule in rules:
        frame = frames.get(rule.file, pd.DataFrame())
        for column in (c.name for c in rule.columns if c.kind is Kind.TIME and c.name in frame):
            times = frame[column].to_numpy(dtype="datetime64[us]")
            yield from _coming(rule.file, column, times, now)
            yield from _gaps(rule.file, column, times)


def _coming(file: str, column: str, times: np.ndarray, now: datetime) -> Iterator[Fault]:
    rows = np.flatnonzero(times > np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us"))
    if len(rows):
        hint = "Is it local time written as UTC?"
        yield Fault(file, not_after(now), _said(times[rows[0]]), column, int(rows[0]), len(rows), hint=hint)


def _gaps(file: str, column: str, times: np.ndarray) -> Iterator[Fault]:
    """A warning on the smaller side of the widest run of years in which nothing happened."""
    micros = times[~np.isnat(times)].view(np.int64)
    if not len(micros):
        return
    by_year = micros // _YEAR
    years = np.flatnonzero(np.bincount(by_year - by_year.min())) + by_year.min()  # counted, as sorting takes longer
    empty = np.diff(years) - 1
    if not len(empty) or empty.max() < _GAP_YEARS:
        return
    edge = (years[np.argmax(empty)] + 1) * _YEAR
    last, first = micros[micros < edge].max(), micros[micros >= edge].min()
    early = times < np.datetime64(int(edge), "us")  # NaT is neither
    late = times >= np.datetime64(int(edge), "us")
    rows = np.flatnonzero(early if early.sum() <= late.sum() else late)
    hint = f"Nothing lies between {_said(last)[:10]} and {_said(first)[:10]}."
    expected = f"times without an empty gap of {_GAP_YEARS} years or more"
    yield Fault(file, expected, _said(times[rows[0]]), column, int(rows[0]), len(rows), hint=hint)


def _said(time: np.datetime64 | np.int64) -> str:
    return time_words(int(time.astype(np.int64)) / 1e6)
