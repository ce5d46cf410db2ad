"""One table from CSV to Parquet: sound rows are written, the others set aside with their reason and counted."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mspa_model.data.fault import Fault
from mspa_model.data.header import delimiter_fault, header_list, lacking_columns
from mspa_model.data.ids import likeness
from mspa_model.data.importers.convert import Converted, convert, wrong_rows
from mspa_model.data.importers.csv_rows import read_batches, read_header
from mspa_model.data.importers.import_map import ImportMap, TableMap
from mspa_model.data.importers.quarantine import Quarantine, TableImport
from mspa_model.data.read import media_files
from mspa_model.data.row_rules import ONCE
from mspa_model.data.schema import ARROW_TYPES, REFERENCES, Kind, Reference, TableRule, strangers

_OURS = "this column, or its name in the map"


@dataclass
class Sieve:
    """What the tables that are done tell those that follow. kept: the ids kept so far, by the column of their home."""

    plan: ImportMap
    source: Path
    folder: Path
    kept: dict[str, pd.Series] = field(default_factory=dict)

    def table(self, rule: TableRule) -> TableImport:
        """Writes rule.file into the folder, batch by batch; the header must have passed column_faults."""
        part = self.plan.table(rule.file.removesuffix(".parquet"))
        path = self.source / part.file
        names = our_names(read_header(path, self.plan.delimiter), part)
        schema = _schema(names, rule, part.numbers)
        aside = Quarantine(self.folder, path.name)
        with closing(aside), pq.ParquetWriter(self.folder / rule.file, schema) as writer:
            for batch in read_batches(path, self.plan.delimiter):
                texts = batch.rows.set_axis(names, axis=1).reset_index(drop=True)
                converted = self._convert(texts, rule, part)
                wrong = self._judge(converted, texts, rule)
                sound = converted.frame.drop(index=wrong["row"])
                self._remember(sound, rule)
                writer.write_table(pa.Table.from_pandas(sound, schema=schema, preserve_index=False))
                aside.add(batch, wrong)
        return aside.result()

    def _convert(self, texts: pd.DataFrame, rule: TableRule, part: TableMap) -> Converted:
        time = self.plan.time
        if part.time_unit is not None:
            time = time.model_copy(update={"unit": part.time_unit})
        return convert(texts, rule, part.numbers, time, self.plan.amount.scale)

    def _judge(self, converted: Converted, texts: pd.DataFrame, rule: TableRule) -> pd.DataFrame:
        """converted.wrong, and rows that are wrong beside others: ids strange or seen before, media that are absent."""
        frame = converted.frame
        more = [
            self._strange(texts[ref.column], ref)
            for ref in REFERENCES
            if ref.file == rule.file and ref.strict and ref.column in self.kept
        ]
        more += [self._absent_media(texts[name]) for name in ("frame", "audio") if name in texts and _has(rule, name)]
        wrong = pd.concat([converted.wrong, *more], ignore_index=True).drop_duplicates("row")
        left = np.setdiff1d(np.arange(len(frame)), wrong["row"])
        again = [
            wrong_rows(left[self._seen(frame[column.name].iloc[left])], texts[column.name], ONCE)
            for column in rule.columns
            if column.unique
        ]
        return pd.concat([wrong, *again], ignore_index=True).sort_values("row", kind="stable", ignore_index=True)

    def _strange(self, ids: pd.Series, ref: Reference) -> pd.DataFrame:
        rows = np.flatnonzero(strangers(ids, self.kept[ref.column]))
        hint = likeness(str(ids.iloc[rows[0]]), self.kept[ref.column]) if len(rows) else ""
        return wrong_rows(rows, ids, f"an id of {self._name_of(ref.home)}", hint)

    def _name_of(self, file: str) -> str:
        """The source's file for one of ours."""
        return self.plan.file_of(file.removesuffix(".parquet"))

    def _seen(self, ids: pd.Series) -> np.ndarray:
        before = self.kept.get(str(ids.name), ids.iloc[:0])
        return (ids.isin(before) | ids.duplicated(keep="first")).to_numpy(dtype=bool)

    def _remember(self, sound: pd.DataFrame, rule: TableRule) -> None:
        for column in rule.columns:
            if column.unique:
                ids = sound[column.name]
                self.kept[column.name] = pd.concat([self.kept.get(column.name, ids.iloc[:0]), ids], ignore_index=True)

    def _absent_media(self, paths: pd.Series) -> pd.DataFrame:
        absent = np.flatnonzero(strangers(paths, pd.Series(sorted(self._media), dtype="str")))
        return wrong_rows(absent, paths, "a file that lies under media/")

    @cached_property
    def _media(self) -> frozenset[str]:
        return media_files(self.source)


def column_faults(path: Path, rule: TableRule, plan: ImportMap) -> tuple[Fault, ...]:
    """Columns that the header lacks, or that it has twice once the map has named them."""
    part = plan.table(rule.file.removesuffix(".parquet"))
    header = read_header(path, plan.delimiter)
    if not header:
        return (Fault(path.name, "a first line with the names of the columns", "an empty file"),)
    unparted = delimiter_fault(path.name, header, plan.delimiter)
    if unparted is not None:
        return (unparted,)
    ours = our_names(header, part)
    if not set(ours) & {column.name for column in rule.columns}:
        wanted = " and ".join(column.name for column in rule.columns if column.required)
        hint = "Is the line with the names of the columns missing, or their names in the map?"
        return (Fault(path.name, f"columns {wanted}", header_list(header), line=1, hint=hint),)
    mapped = {name: theirs for name, theirs in part.columns.items() if theirs not in header}
    lacking = {column.name: _OURS for column in rule.columns if column.required and column.name not in ours}
    # A column that the map names in vain is one fault, not a second one under our name for it.
    lacking = {theirs: f"the column that the map names for {name}" for name, theirs in mapped.items()} | {
        name: wanted for name, wanted in lacking.items() if name not in mapped
    }
    lacking |= {name: "this column, which the map has under numbers" for name in part.numbers if name not in ours}
    no_numbers = [c.name for c in rule.columns if c.kind is not Kind.NUMBER and c.name in part.numbers]
    return (
        *(Fault(path.name, "no such name under numbers", "a column of another kind", name) for name in no_numbers),
        *lacking_columns(path.name, list(lacking), header, list(lacking.values())),
        *(Fault(path.name, "each column once", "it twice", name) for name in sorted(set(ours)) if ours.count(name) > 1),
    )


def our_names(header: list[str], part: TableMap) -> list[str]:
    """The header in our words."""
    ours = {theirs: name for name, theirs in part.columns.items()}
    return [ours.get(name, name) for name in header]


def _has(rule: TableRule, name: str) -> bool:
    return any(column.name == name for column in rule.columns)


def _schema(names: list[str], rule: TableRule, numbers: tuple[str, ...]) -> pa.Schema:
    kinds: Mapping[str, Kind] = dict.fromkeys(numbers, Kind.NUMBER) | {c.name: c.kind for c in rule.columns}
    return pa.schema([(name, ARROW_TYPES[kinds.get(name, Kind.TEXT)]) for name in names])
