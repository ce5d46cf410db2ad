"""The one place that knows the columns, types and ranges of a dataset folder (docs/dataset.md)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int

from mspa_model.types import DatasetInfo

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
SOUND_ENDINGS = (".wav", ".flac", ".ogg")
EVENT_KINDS = ("view", "like", "comment", "follow", "share")
SPLITS = ("train", "val", "test")
SEGMENT_SECONDS = 30.0
TABLE_FILES = tuple(f"{name}.parquet" for name in ("users", "streamers", "tips", "rooms", "segments", "events"))


class Kind(Enum):
    """What a column may hold; the text says it to a person."""

    TEXT = "text (string)"
    NUMBER = "a number (integer or float)"
    TIME = "a time with a time zone (timestamp, UTC)"


@dataclass(frozen=True)
class ValueRule:
    """What every value of a column has to be, in words and as a function of the whole column, or of one value."""

    expected: str
    holds: Callable[..., pd.Series | bool]
    one_by_one: bool = False


@dataclass(frozen=True)
class ColumnRule:
    """One column. default fills it where the table has none, and, for text, where a row has none.

    latest: now, of a column of times that cannot lie in the future (data/times.py).
    """

    name: str
    kind: Kind
    required: bool = True
    nullable: bool = False
    unique: bool = False
    default: str | float | None = None
    checks: tuple[ValueRule, ...] = ()
    latest: datetime | None = None


@dataclass(frozen=True)
class Reference:
    """Ids in file.column that home.key must know; where strict is False a stranger is only worth a warning."""

    file: str
    column: str
    home: str
    strict: bool = True


Home = tuple[str, str]  # file and column of ids that another table, their home, is the key to
REFERENCES = (
    Reference("tips.parquet", "user_id", "users.parquet"),
    Reference("tips.parquet", "streamer_id", "streamers.parquet"),
    Reference("rooms.parquet", "streamer_id", "streamers.parquet"),
    Reference("segments.parquet", "room_id", "rooms.parquet"),
    Reference("events.parquet", "user_id", "users.parquet"),
    Reference("events.parquet", "streamer_id", "streamers.parquet"),
    Reference("tips.parquet", "room_id", "rooms.parquet", strict=False),
    Reference("tips.parquet", "segment_id", "segments.parquet", strict=False),
    Reference("events.parquet", "room_id", "rooms.parquet", strict=False),
)


@dataclass(frozen=True)
class TableRule:
    """One Parquet file. Columns that no rule names are carried along."""

    file: str
    columns: tuple[ColumnRule, ...]
    required: bool = False


def fits(kind: Kind, arrow: pa.DataType) -> bool:
    """True where an Arrow column of this type can hold the kind; a column of nulls fits all."""
    if pa.types.is_dictionary(arrow):
        arrow = arrow.value_type
    if pa.types.is_null(arrow):
        return True
    if kind is Kind.TEXT:
        return pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow)
    if kind is Kind.TIME:
        return pa.types.is_timestamp(arrow) and arrow.tz is not None
    return pa.types.is_integer(arrow) or pa.types.is_floating(arrow) or pa.types.is_decimal(arrow)


def rows_of(ids: pd.Series, home: pd.Series) -> Int[np.ndarray, " n_ids"]:
    """Row of each id in its home column, the first where it stands there twice; -1 where it is empty or unknown."""
    # Arrow hashes text where it lies; an Index of pandas makes a Python object of every id first, four times as slow.
    known = pc.index_in(_text_of(ids), value_set=_text_of(home), skip_nulls=True)
    return pc.fill_null(known, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _text_of(ids: pd.Series) -> pa.Array:
    texts = pa.array(ids, type=pa.large_string(), from_pandas=True)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def filled(ids: pd.Series) -> Bool[np.ndarray, " n_ids"]:
    """True at each id that is there at all."""
    return ids.notna().to_numpy(dtype=bool) & (ids != "").to_numpy(dtype=bool)


def strangers(ids: pd.Series, known: pd.Series) -> Bool[np.ndarray, " n_ids"]:
    """True at each id that is neither empty nor known."""
    return (rows_of(ids, known) < 0) & filled(ids)


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.large_string(),
    Kind.NUMBER: pa.float64(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
}

_FILLED = ValueRule("an id that is not empty", lambda text: text != "")
_FINITE = ValueRule("a finite number", lambda n: n.abs() < float("inf"))
_NOT_NEGATIVE = (ValueRule("a number that is not negative", lambda n: n >= 0), _FINITE)
_POSITIVE = (ValueRule("a number above 0", lambda n: n > 0), _FINITE)
_MOST = 1e30  # sums of some millions of them still fit float32
_AMOUNT = (*_POSITIVE, ValueRule(f"a number below {_MOST:.0e}", lambda n: (n < _MOST) | (n == float("inf"))))


def _one_of(words: tuple[str, ...]) -> ValueRule:
    return ValueRule(f"one of {', '.join(words)}", lambda text: text.isin(words))


def _id(name: str, *, unique: bool = False) -> ColumnRule:
    return ColumnRule(name, Kind.TEXT, unique=unique, checks=(_FILLED,))


def _text(name: str, checks: tuple[ValueRule, ...] = ()) -> ColumnRule:
    return ColumnRule(name, Kind.TEXT, required=False, nullable=True, default="", checks=checks)


def _time(name: str, now: datetime, *, required: bool = True, nullable: bool = False) -> ColumnRule:
    return ColumnRule(name, Kind.TIME, required, nullable, latest=now)


def table_rules(info: DatasetInfo | None, now: datetime) -> tuple[TableRule, ...]:
    """The six tables in reading order; where info is None the times and splits of tips are not asked for."""
    return (
        TableRule("users.parquet", (_id("user_id", unique=True),), required=True),
        TableRule(
            "streamers.parquet",
            (_id("streamer_id", unique=True), *(_text(name) for name in ("name", "category", "language", "text"))),
            required=True,
        ),
        _tips_rule(info, now),
        TableRule(
            "rooms.parquet",
            (
                _id("room_id", unique=True),
                _id("streamer_id"),
                _time("started_at", now),
                _time("ended_at", now, required=False, nullable=True),
                _text("title"),
                _text("category"),
            ),
        ),
        _segments_rule(now),
        _events_rule(now),
    )


def _tips_rule(info: DatasetInfo | None, now: datetime) -> TableRule:
    timed = info is not None and (info.kind == "events" or info.split.kind == "time")
    given = info is not None and info.split.kind == "given"
    columns = (
        _id("user_id"),
        _id("streamer_id"),
        _time("tipped_at", now, required=timed or info is None, nullable=not timed),
        ColumnRule("amount", Kind.NUMBER, checks=_AMOUNT),
        _text("room_id"),
        _text("segment_id"),
        *((ColumnRule("split", Kind.TEXT, checks=(_one_of(SPLITS),)),) if given else ()),
    )
    return TableRule("tips.parquet", columns, required=True)


def _segments_rule(now: datetime) -> TableRule:
    seconds = ColumnRule(
        "seconds", Kind.NUMBER, required=False, nullable=False, default=SEGMENT_SECONDS, checks=_POSITIVE
    )
    columns = (
        _id("segment_id", unique=True),
        _id("room_id"),
        _time("started_at", now),
        seconds,
        _text("speech"),
        _text("comments"),
        _text("frame", (_media_check(PICTURE_ENDINGS),)),
        _text("audio", (_media_check(SOUND_ENDINGS),)),
    )
    return TableRule("segments.parquet", columns)


def _events_rule(now: datetime) -> TableRule:
    columns = (
        _id("user_id"),
        _id("streamer_id"),
        _text("room_id"),
        _time("at", now),
        ColumnRule("kind", Kind.TEXT, checks=(_one_of(EVENT_KINDS),)),
        ColumnRule("seconds", Kind.NUMBER, required=False, nullable=True, checks=_NOT_NEGATIVE),
        _text("text"),
    )
    return TableRule("events.parquet", columns)


def is_media_path(path: str, endings: tuple[str, ...]) -> bool:
    """Whether a name can be that of a file under media/, with one of these endings."""
    parts = path.replace("\\", "/").split("/")
    plain = "\\" not in path and ":" not in path and path.isprintable() and not set(parts) & {"", ".", ".."}
    return plain and path.lower().endswith(endings)


def _media_check(endings: tuple[str, ...]) -> ValueRule:
    def inside(path: str) -> bool:
        return not path or is_media_path(path, endings)

    expected = f"a relative path under media/ without '..', ending in {', '.join(endings)}"
    return ValueRule(expected, inside, one_by_one=True)
