"""Reading the files of a dataset folder: each reader returns what it could read and the faults it met."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from pandera.errors import SchemaErrors
from pydantic import ValidationError

from mspa_model.data.fault import Fault, show
from mspa_model.data.schema import ARROW_TYPES, InfoTable, Kind, TableRule, fits
from mspa_model.types import DatasetInfo

INFO_FILE = "dataset.toml"


@dataclass(frozen=True)
class TableRead:
    """A table as far as it could be read: frame None where it is absent or unreadable."""

    frame: pd.DataFrame | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class ArrayRead:
    """A feature array as far as it could be read."""

    array: Float[np.ndarray, "n_rows feature_dim"] | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class InfoRead:
    """dataset.toml as far as it could be read."""

    info: DatasetInfo | None
    faults: tuple[Fault, ...] = ()


def read_info(folder: Path) -> InfoRead:
    """dataset.toml, with one fault per key that is missing or wrong."""
    try:
        text = (folder / INFO_FILE).read_text(encoding="utf-8")
        return InfoRead(InfoTable.model_validate(tomllib.loads(text)).to_info())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return InfoRead(None, (Fault(INFO_FILE, "a TOML file as DATASET.md describes it", _unread(error)),))
    except ValidationError as error:
        return InfoRead(None, tuple(_info_fault(dict(one)) for one in error.errors()))


def _info_fault(one: dict) -> Fault:
    key = ".".join(str(part) for part in one["loc"])
    if one["type"] == "missing":
        return Fault(INFO_FILE, "this key", "no such key", column=key)
    return Fault(INFO_FILE, one["msg"], show(one["input"]), column=key)


def read_table(folder: Path, rule: TableRule) -> TableRead:
    """One Parquet file in the types of the rule; columns with a fault in name or type are left out of the frame."""
    path = folder / rule.file
    if not path.exists():
        missing = (Fault(rule.file, "this file", "no such file"),) if rule.required else ()
        return TableRead(None, missing)
    try:
        table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        return TableRead(None, (Fault(rule.file, "a Parquet file", _unread(error)),))
    twice = {name for name in table.column_names if table.column_names.count(name) > 1}
    if twice:
        return TableRead(None, tuple(Fault(rule.file, "each column once", "it twice", name) for name in sorted(twice)))
    return _typed(table, rule)


def _typed(table: pa.Table, rule: TableRule) -> TableRead:
    faults = []
    for column in rule.columns:
        if column.name not in table.column_names:
            if column.required:
                faults.append(Fault(rule.file, f"a column of {column.kind.value}", "no such column", column.name))
            continue
        place, got = table.column_names.index(column.name), table.schema.field(column.name).type
        try:
            table = _cast(table, place, column.kind)
        except (_WrongTypeError, pa.ArrowException):
            faults.append(Fault(rule.file, column.kind.value, f"type {got}", column.name))
            table = table.remove_column(place)
    try:
        table.validate(full=True)
        frame = table.to_pandas(ignore_metadata=True)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        return TableRead(
            None, (*faults, Fault(rule.file, "values that fit their types, text in UTF-8", _unread(error)))
        )
    return TableRead(frame, (*faults, *_value_faults(frame, rule)))


class _WrongTypeError(Exception):
    """Told apart from Arrow's own errors only inside this file."""


def _cast(table: pa.Table, place: int, kind: Kind) -> pa.Table:
    field = table.schema.field(place)
    if not fits(kind, field.type):
        raise _WrongTypeError
    column = table.column(place)
    if pa.types.is_dictionary(field.type):
        column = column.cast(field.type.value_type)
    # Nanoseconds are cut to microseconds and large integers rounded on purpose: no rule needs more.
    return table.set_column(place, field.name, column.cast(ARROW_TYPES[kind], safe=False))


def broken_rules(frame: pd.DataFrame, rule: TableRule) -> pd.DataFrame:
    """One row per broken check: column, expected (what was wanted), row (position in frame), value (None: nothing)."""
    try:
        rule.pandera_schema(frame.columns).validate(frame.reset_index(drop=True), lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        nothing = (cases["check"] == "not_nullable").to_numpy()
        wanted = cases["check"].replace({"not_nullable": "a value in every row", "field_uniqueness": "each value once"})
        broken = pd.DataFrame(
            {
                "column": cases["column"],
                "expected": wanted,
                "row": cases["index"].astype("int64"),
                "value": cases["failure_case"],
            }
        ).assign(value=lambda b: b["value"].astype("object").mask(nothing, None))
        return broken.sort_values("row", kind="stable", ignore_index=True)
    # An empty "row" of floats would turn the rows that it is joined with into floats.
    return pd.DataFrame({"column": [], "expected": [], "row": np.array([], dtype=np.int64), "value": []})


def _value_faults(frame: pd.DataFrame, rule: TableRule) -> tuple[Fault, ...]:
    groups = broken_rules(frame, rule).groupby(["column", "expected"], sort=False)
    return tuple(
        Fault(rule.file, expected, show(group["value"].iloc[0]), column, int(group["row"].iloc[0]), len(group))
        for (column, expected), group in groups
    )


def read_array(folder: Path, name: str, n_rows: int | None, rows_of: str) -> ArrayRead:
    """features/NAME.npy as float32. Whole rows of NaN are kept; anything else that is not finite is a fault."""
    file = f"features/{name}.npy"
    try:
        # mmap asks the header's size of the file before any memory is taken; pickles and archives are refused.
        raw = np.lib.format.open_memmap(folder / file, mode="r")
    except (OSError, ValueError, EOFError) as error:
        return ArrayRead(None, (Fault(file, "a NumPy array of plain numbers (.npy)", _unread(error)),))
    if raw.dtype not in (np.float16, np.float32):
        return ArrayRead(None, (Fault(file, "float16 or float32", f"type {raw.dtype}"),))
    if raw.ndim != 2:
        return ArrayRead(None, (Fault(file, f"shape ({rows_of}, d)", f"shape {raw.shape}"),))
    if raw.shape[1] == 0:
        return ArrayRead(None, (Fault(file, "at least one feature, or no such file", f"shape {raw.shape}"),))
    array = np.asarray(raw, dtype=np.float32)
    return ArrayRead(array, (*_row_count(file, array, n_rows, rows_of), *_not_finite(file, array)))


def _row_count(file: str, array: np.ndarray, n_rows: int | None, rows_of: str) -> tuple[Fault, ...]:
    if n_rows is None or len(array) == n_rows:
        return ()
    return (Fault(file, f"{n_rows} rows, one for each row of {rows_of}", f"{len(array)} rows"),)


def _not_finite(file: str, array: np.ndarray) -> tuple[Fault, ...]:
    lacking = np.isnan(array).all(axis=1)
    part_nan = np.flatnonzero(np.isnan(array).any(axis=1) & ~lacking)
    infinite = np.flatnonzero(np.isinf(array).any(axis=1))
    whole = "finite numbers, or a whole row of NaN where the modality is lacking"
    return tuple(
        Fault(file, whole, value, row=int(rows[0]), count=len(rows))
        for rows, value in ((part_nan, "NaN in part of a row"), (infinite, "inf"))
        if len(rows)
    )


def media_files(folder: Path) -> frozenset[str]:
    """What lies under folder/media, as paths relative to it; no links, no hidden files: no path leads out."""
    media = str(folder / "media")
    found = (os.path.join(place, name) for place, _, names in os.walk(media) for name in names)
    plain = (path for path in found if not os.path.islink(path) and not os.path.basename(path).startswith("."))
    return frozenset(os.path.relpath(path, media).replace(os.sep, "/") for path in plain)


def _unread(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    words = str(error).splitlines()[0] if str(error) else type(error).__name__
    # Python's own words may repeat the data, so they are escaped like data.
    return f"a file that cannot be read ({show(words)})"
