"""From text to the types of the schema, and what is wrong with each row that does not convert or breaks a rule."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mspa_model.data.fault import show
from mspa_model.data.importers.import_map import TimeMap
from mspa_model.data.row_rules import broken_rules, without_uniqueness
from mspa_model.data.schema import ColumnRule, Kind, TableRule
from mspa_model.data.times import PER_SECOND, UNIT_WORDS, meant_unit, number_unit, odd_hint, odd_times, time_words

_OFFSET = r":.*(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$"  # only after a clock time: the end of a date looks like one
_FURTHEST = 2.0**57  # microseconds from 1970, some 4,500 years: what lies beyond is no time of a tip
_NO_TIME = 1e25  # nanoseconds of these years, read as seconds, are less
_NUMBER = "a number, such as 12 or 3.5"
_SEPARATED = re.compile(r"[-+]?\d[\d.,' \u00a0\u202f]*$")
_SERIAL_DAYS = (20_000, 60_000)  # days since 1900, of the years 1954 to 2064
_FIRST_YEAR, _LAST_YEAR = 2, 9998
WRONG = ("column", "expected", "row", "value", "hint")


@dataclass(frozen=True)
class Converted:
    """frame: all rows in the types of the rule, null where nothing could be read or a time cannot be.

    wrong: columns column, expected, row (position), value (as the file has it, as a literal), hint; one line a row at
    most, the first thing found.
    """

    frame: pd.DataFrame
    wrong: pd.DataFrame


def convert(texts: pd.DataFrame, rule: TableRule, numbers: tuple[str, ...], time: TimeMap, scale: float) -> Converted:
    """Columns of text, by our names, as the rule wants them. numbers: carried columns of numbers; scale: of amount."""
    texts = texts.reset_index(drop=True)
    rules = {column.name: column for column in rule.columns}
    rules |= {name: ColumnRule(name, Kind.NUMBER, required=False, nullable=True) for name in numbers}
    columns: dict[str, pd.Series] = {}
    wrong: list[pd.DataFrame] = []
    for name in map(str, texts):
        columns[name], found = _converted(texts[name], rules.get(name), time)
        wrong += found
    if "amount" in columns and "amount" in rules:
        columns["amount"] = columns["amount"] * scale
    frame = pd.DataFrame(columns, index=texts.index)
    # An id that stands twice is judged over the whole file by the caller, not within these rows.
    broken = broken_rules(frame, without_uniqueness(rule))
    written = [_shown(texts.at[row, column]) for row, column in zip(broken["row"], broken["column"], strict=True)]
    wrong.append(broken.assign(value=pd.Series(written, dtype="object"), hint=""))
    return Converted(frame, pd.concat(wrong, ignore_index=True).drop_duplicates("row"))


def wrong_rows(rows: np.ndarray, texts: pd.Series, expected: str, hint: str = "") -> pd.DataFrame:
    """Lines for `wrong`: these positions of a column of text, all of one fault."""
    values = [_shown(text) for text in texts.iloc[rows]]
    lines = {"column": texts.name, "expected": expected, "row": rows, "value": values, "hint": hint}
    return pd.DataFrame(lines, columns=list(WRONG)).astype({"row": np.int64, "value": "object"})


def _shown(text: str) -> str:
    return show(text) if text else "nothing"


def _converted(texts: pd.Series, rule: ColumnRule | None, time: TimeMap) -> tuple[pd.Series, list[pd.DataFrame]]:
    if rule is None or rule.kind is Kind.TEXT:
        return texts, []
    if rule.kind is Kind.NUMBER:
        values = pd.to_numeric(texts.mask(texts == ""), errors="coerce").astype("float64")
        return values, _unread(texts, values, _NUMBER, number_hint)
    micros = _micros(texts.str.strip(), time)
    micros[~(np.abs(micros) < (_FURTHEST if rule.latest is None else _NO_TIME))] = np.nan
    lost = _unread(texts, pd.Series(micros, texts.index), _time_words(time), _text_time_hint)
    odd = _odd(texts, micros, rule, time)
    micros[[row for lines in odd for row in lines["row"]]] = np.nan
    fits = np.abs(micros) < _FURTHEST  # NaN does not
    whole = np.where(fits, micros, 0.0).round().astype(np.int64)
    times = pd.Series(whole.astype("datetime64[us]"), texts.index).dt.tz_localize("UTC")
    return times.where(fits), [*lost, *odd]


def _unread(texts: pd.Series, values: pd.Series, expected: str, hint_of: Callable[[str], str]) -> list[pd.DataFrame]:
    """The rows in which something stood that could not be read; the first one's hint speaks for all."""
    rows = np.flatnonzero((values.isna() & (texts.str.strip() != "")).to_numpy(dtype=bool))
    return [wrong_rows(rows, texts, expected, hint_of(str(texts.iloc[rows[0]])))] if len(rows) else []


def number_hint(text: str) -> str:
    """What to do about a number with other decimals or with separators; "" for anything else."""
    if _SEPARATED.match(text.strip()):
        return "Write a point before decimals and nothing between thousands: 1234.5."
    return ""


def _time_words(time: TimeMap) -> str:
    if time.unit != "text":
        return f"a number of {UNIT_WORDS[time.unit]} since 1970"
    form = f"a time as {time.format}" if time.format else "a time in ISO 8601"
    return f"{form}, once in {time.zone}" if time.zone else f"{form} with an offset, or time.zone in the map"


def _text_time_hint(text: str) -> str:
    """The unit of a number that stands where a written time is expected."""
    unit = number_unit(text.strip())
    return f"It looks like {UNIT_WORDS[unit]} since 1970. {_map_words(unit)}" if unit is not None else ""


def _map_words(unit: str) -> str:
    return f'In a map of import csv: unit = "{unit}" under [time].'


def _odd(texts: pd.Series, micros: Float[np.ndarray, " n"], rule: ColumnRule, time: TimeMap) -> list[pd.DataFrame]:
    """Lines for times that cannot be, and what their unit may be instead."""
    seconds, lines = micros / 1e6, []
    for times in odd_times(seconds, rule.latest) if rule.latest is not None else ():
        first = float(seconds[times.rows[0]])
        unit = None if time.unit == "text" else time.unit
        meant = meant_unit(times.shift, unit)
        hint = odd_hint(times.shift, first, unit) if unit is not None else ""
        hint += f" {_map_words(meant)}" if meant is not None else ""
        if unit == "s" and _SERIAL_DAYS[0] < first < _SERIAL_DAYS[1]:
            hint = "It looks like days since 1900, as spreadsheets count them: write dates as text."
        found = wrong_rows(times.rows, texts, times.expected, hint)
        # A time in ISO 8601 says itself what it was read as.
        is_plain = unit is None and time.format is None
        lines.append(found if is_plain else found.assign(value=_with_times(found, seconds)))
    return lines


def _with_times(found: pd.DataFrame, seconds: Float[np.ndarray, " n"]) -> list[str]:
    cells = zip(found["value"], found["row"], strict=True)
    return [f"{value} ({time_words(float(seconds[row]))})" for value, row in cells]


def _micros(texts: pd.Series, time: TimeMap) -> Float[np.ndarray, " n"]:
    """Times as microseconds from 1970, NaN where none can be read."""
    if time.unit != "text":
        numbers = pd.to_numeric(texts.mask(texts == ""), errors="coerce").to_numpy(dtype=np.float64)
        return numbers * (1e6 / PER_SECOND[time.unit])
    return _of_times(_written_times(texts, time))


def _of_times(times: pd.Series) -> Float[np.ndarray, " n"]:
    moments = times.dt.as_unit("us").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    whole: Int[np.ndarray, " n"] = moments.view(np.int64)
    return np.where(np.isnat(moments), np.nan, whole.astype(np.float64))


def _written_times(texts: pd.Series, time: TimeMap) -> pd.Series:
    form = time.format or "ISO8601"
    stated = texts.str.contains(_OFFSET, regex=True) if time.format is None else pd.Series("%z" in form, texts.index)
    times = pd.to_datetime(texts.where(stated), format=form, errors="coerce", utc=True)
    if time.zone is None:
        return times
    bare = pd.to_datetime(texts.mask(stated), format=form, errors="coerce")
    # No zone has rules for the last days of the calendar, and no tip lies there.
    far = (bare.dt.year < _FIRST_YEAR) | (bare.dt.year > _LAST_YEAR)
    times, bare = times.fillna(bare.where(far).dt.tz_localize("UTC")), bare.mask(far)
    # An hour that a clock change repeats or leaves out has no one meaning: such a row is named, not guessed.
    local = bare.dt.tz_localize(time.zone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    return times.fillna(local)
