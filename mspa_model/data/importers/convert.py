"""From text to the types of the schema, and what is wrong with each row that does not convert or breaks a rule."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mspa_model.data.importers.import_map import TimeMap, TimeUnit
from mspa_model.data.read import broken_rules
from mspa_model.data.schema import ColumnRule, Kind, TableRule

_OFFSET = r":.*(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$"  # only after a clock time: the end of a date looks like one
_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_FURTHEST = 2.0**57  # microseconds from 1970, some 4,500 years: what lies beyond is no time of a tip


@dataclass(frozen=True)
class Converted:
    """frame: all rows in the types of the rule, null where nothing could be read.

    wrong: columns row (position), column, expected, value; one line a row at most, the first thing found.
    """

    frame: pd.DataFrame
    wrong: pd.DataFrame


def convert(texts: pd.DataFrame, rule: TableRule, numbers: tuple[str, ...], time: TimeMap, scale: float) -> Converted:
    """Columns of text, by our names, as the rule wants them. numbers: carried columns of numbers; scale: of amount."""
    texts = texts.reset_index(drop=True)
    rules = {column.name: column for column in rule.columns}
    rules |= {name: ColumnRule(name, Kind.NUMBER, required=False, nullable=True) for name in numbers}
    columns = {name: _convert_column(texts[name], rules.get(name), time) for name in texts}
    if "amount" in columns and "amount" in rules:
        columns["amount"] = columns["amount"] * scale
    frame = pd.DataFrame(columns, index=texts.index)
    lost = [_lost(texts[name], frame[name], rules[name], time) for name in texts if name in rules]
    # An id that stands twice is judged over the whole file by the caller, not within these rows.
    once = replace(rule, columns=tuple(replace(column, unique=False) for column in rule.columns))
    wrong = pd.concat([*lost, broken_rules(frame, once)], ignore_index=True)
    return Converted(frame, wrong.drop_duplicates("row"))


def _convert_column(texts: pd.Series, rule: ColumnRule | None, time: TimeMap) -> pd.Series:
    if rule is None or rule.kind is Kind.TEXT:
        return texts
    if rule.kind is Kind.NUMBER:
        return pd.to_numeric(texts.mask(texts == ""), errors="coerce").astype("float64")
    return _times(texts.str.strip(), time).dt.as_unit("us")


def _lost(texts: pd.Series, values: pd.Series, rule: ColumnRule, time: TimeMap) -> pd.DataFrame:
    """The rows in which something stood that could not be read."""
    rows = np.flatnonzero((values.isna() & (texts.str.strip() != "")).to_numpy(dtype=bool))
    expected = rule.kind.value if rule.kind is not Kind.TIME else _time_words(time)
    return pd.DataFrame(
        {"column": rule.name, "expected": expected, "row": rows, "value": texts.iloc[rows].astype("object").to_numpy()}
    )


def _time_words(time: TimeMap) -> str:
    if time.unit != "text":
        return f"a number of {time.unit} since 1970"
    form = f"a time as {time.format}" if time.format else "a time in ISO 8601"
    return f"{form}, once in {time.zone}" if time.zone else f"{form} with an offset, or time.zone in the map"


def _times(texts: pd.Series, time: TimeMap) -> pd.Series:
    if time.unit != "text":
        return _since_1970(texts, time.unit)
    form = time.format or "ISO8601"
    stated = texts.str.contains(_OFFSET, regex=True) if time.format is None else pd.Series("%z" in form, texts.index)
    times = pd.to_datetime(texts.where(stated), format=form, errors="coerce", utc=True)
    if time.zone is None:
        return times
    bare = pd.to_datetime(texts.mask(stated), format=form, errors="coerce")
    # An hour that a clock change repeats or leaves out has no one meaning: such a row is named, not guessed.
    local = bare.dt.tz_localize(time.zone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    return times.fillna(local)


def _since_1970(texts: pd.Series, unit: TimeUnit) -> pd.Series:
    numbers = pd.to_numeric(texts.mask(texts == ""), errors="coerce").astype("float64")
    micros = numbers * _MICROSECONDS[unit]
    fits = micros.abs() < _FURTHEST
    whole = micros.where(fits, 0.0).round().astype("int64").to_numpy()
    return pd.Series(whole.astype("datetime64[us]"), texts.index).dt.tz_localize("UTC").where(fits)
