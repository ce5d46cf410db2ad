"""map.toml: how a customer's CSV files are named and measured; every key may be left out."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from mspa_model.data.fault import FORMAT_DOCUMENT, name_words, show
from mspa_model.data.importers.infer import InfoDraft, toml_value
from mspa_model.data.info_file import InfoTable, Zone
from mspa_model.data.read import unread
from mspa_model.errors import DataError
from mspa_model.keys import read_toml, wrong_keys
from mspa_model.types import Modality

TimeForm = Literal["text", "s", "ms", "us", "ns"]


def _delimiter(text: str) -> str:
    if len(text) != 1 or text in '"\r\n\0':
        raise ValueError('expected one character that no quote and no end of a line is, such as "," or "\\t"')
    return text


def _time_format(form: str) -> str:
    try:
        pd.to_datetime(pd.Series(["x"], dtype="str"), format=form, errors="coerce")
    except ValueError as error:
        raise ValueError("expected a form as strptime takes it, such as %d.%m.%Y %H:%M") from error
    return form


def _inside(file: str) -> str:
    parts = set(file.replace("\\", "/").split("/"))
    if not file.isprintable() or parts & {"", ".", ".."} or Path(file).is_absolute():
        raise ValueError("expected the name of a file in SRC")
    return file


def _each_source_once(columns: dict[str, str]) -> dict[str, str]:
    twice = sorted({theirs for theirs in columns.values() if list(columns.values()).count(theirs) > 1})
    if twice:
        raise ValueError(f"expected each of your columns under one of our names: {', '.join(map(show, twice))} has two")
    return columns


Inside = Annotated[str, AfterValidator(_inside)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeMap(_Strict):
    """How times are written: text, or numbers since 1970 in a unit. zone: of texts that state no offset."""

    unit: TimeForm = "text"
    zone: Zone | None = None
    format: Annotated[str, AfterValidator(_time_format)] | None = None  # as in strptime; ISO 8601 where it is left out


class AmountMap(_Strict):
    """tips.amount = the source's number x scale, e.g. 0.01 from cents."""

    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


class TableMap(_Strict):
    """One table. columns: our name = theirs; numbers: further columns that hold numbers and not text."""

    file: Inside | None = None  # in SRC; TABLE.csv where it is left out
    columns: Annotated[dict[str, str], AfterValidator(_each_source_once)] = Field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    time_unit: TimeForm | None = None  # where it differs from [time]


class FeatureMap(_Strict):
    """One modality's table: a key column, and every other column one entry of the vector."""

    file: Inside
    streamer_id: str = "streamer_id"  # their name of the key column


class ImportMap(_Strict):
    """The whole file. dataset: keys of dataset.toml, before those of one in SRC; what neither has is inferred."""

    delimiter: Annotated[str, AfterValidator(_delimiter)] = ","
    dataset: InfoDraft = InfoDraft()
    time: TimeMap = TimeMap()
    amount: AmountMap = AmountMap()
    users: TableMap = TableMap()
    streamers: TableMap = TableMap()
    tips: TableMap = TableMap()
    rooms: TableMap = TableMap()
    segments: TableMap = TableMap()
    events: TableMap = TableMap()
    features: dict[Modality, FeatureMap] = Field(default_factory=dict)

    def table(self, name: str) -> TableMap:
        """The part about one table, e.g. "tips", its file name filled in."""
        part: TableMap = getattr(self, name)
        return part if part.file else part.model_copy(update={"file": f"{name}.csv"})

    def names_file(self, name: str) -> bool:
        """Whether the map itself says what one table's file is called."""
        part: TableMap = getattr(self, name)
        return part.file is not None

    def file_of(self, name: str) -> str:
        """The name of one table's file in SRC."""
        return self.table(name).file or f"{name}.csv"


def read_map(path: Path | None) -> ImportMap:
    """The map in a file, or the one that changes nothing; raises DataError naming every key that is wrong."""
    if path is None:
        return ImportMap()
    try:
        return ImportMap.model_validate(read_toml(Path(path)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"the map {path}: {unread(error)}", "a TOML file", "Mend it or name another.") from error
    except ValidationError as error:
        wrong = [
            f"{name_words(key.key)} = {show(key.value)}, where {key.expected} is expected" for key in wrong_keys(error)
        ]
        todo = f"Mend {path}; {FORMAT_DOCUMENT} has every key of a map."
        raise DataError("; ".join(wrong), "the keys of an import map", todo) from error


def info_toml(info: InfoTable) -> str:
    """dataset.toml as text."""
    keys = info.model_dump(mode="json")
    split = keys.pop("split")
    lines = [f"{key} = {toml_value(value)}" for key, value in keys.items()]
    return "\n".join([*lines, "", "[split]", *(f"{key} = {toml_value(value)}" for key, value in split.items()), ""])
