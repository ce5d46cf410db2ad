"""`import csv SRC OUT --map map.toml`: CSV files become a dataset folder, whole and checked, or nothing at all."""

import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pydantic import ValidationError

from mspa_model.data.check import check_folder
from mspa_model.data.fault import FORMAT_DOCUMENT, CheckReport, Counts, Fault, FaultyFolderError
from mspa_model.data.importers.csv_rows import read_header
from mspa_model.data.importers.feature_table import feature_faults, import_features
from mspa_model.data.importers.import_map import ImportMap, info_toml, read_map
from mspa_model.data.importers.infer import Inferred, InfoDraft, SourceFacts, complete_info, inferred_sentences
from mspa_model.data.importers.quarantine import TableImport
from mspa_model.data.importers.sift import Sieve, column_faults, our_names
from mspa_model.data.info_file import INFO_FILE, key_fault
from mspa_model.data.read import unread
from mspa_model.data.schema import TABLE_FILES, TableRule, table_rules
from mspa_model.errors import DataError
from mspa_model.folders import check_destination
from mspa_model.keys import read_toml, wrong_keys
from mspa_model.number_format import percent

MOST_ASIDE = 0.05  # of a table's rows; above, the export is broken and not its rows


@dataclass(frozen=True)
class ImportReport:
    """What an import wrote. tables: one a source file; check: the report on the folder that came out; inferred: keys
    of dataset.toml that nobody wrote."""

    out: Path
    tables: tuple[TableImport, ...]
    check: CheckReport
    inferred: tuple[Inferred, ...]

    def sentences(self) -> tuple[str, ...]:
        """What was written, what was inferred, what was set aside and why, and the warnings of check."""
        counted = [f"{t.file}: {t.n_rows - t.n_aside} of {t.n_rows} rows taken." for t in self.tables]
        aside = [f"Set aside: {fault.sentence}" for table in self.tables for fault in table.faults]
        inferred = inferred_sentences(self.inferred)
        return (f"Wrote {self.out}.", *inferred, *counted, *aside, *self.check.sentences()[1:])

    def to_json(self) -> str:
        """Keys out, inferred (key, value, reason), tables (file, n_rows, n_aside, faults), and check, as
        CheckReport.to_json."""
        tables = [{**asdict(table), "faults": [f.as_json() for f in table.faults]} for table in self.tables]
        inferred = [asdict(one) for one in self.inferred]
        told = {"out": str(self.out), "inferred": inferred, "tables": tables, "check": json.loads(self.check.to_json())}
        return json.dumps(told, indent=2)


def import_csv(
    src: Path, out: Path, map_file: Path | None = None, quarantine: bool = False, now: datetime | None = None
) -> ImportReport:
    """Writes the dataset folder out, which must not exist yet; raises DataError, and leaves nothing, on any fault.

    quarantine: rows with a fault go to out/quarantine/*.csv with their reason, if they are 5 % of a table at most.
    """
    src, out, now = Path(src), Path(out), now or datetime.now(UTC)
    _refuse_place(out)
    plan = read_map(map_file)
    _refuse_no_folder(src)
    with _becomes(out) as folder:
        info, inferred = complete_info(_draft(src, plan), _facts(src, plan))
        (folder / INFO_FILE).write_text(info_toml(info), encoding="utf-8")
        tables = _import_tables(src, plan, folder, table_rules(info.to_info(), now))
        _refuse(tables, src, quarantine)
        _copy_media(src, folder)
        report = replace(check_folder(folder, now), folder=out)
        if not report.sound:
            faults = tuple(_in_source(fault, plan) for fault in report.faults)
            raise FaultyFolderError(replace(report, folder=src, faults=faults))
    return ImportReport(out, tables, report, inferred)


def _refuse_no_folder(src: Path) -> None:
    if not src.is_dir():
        got = f"{src}, which is {'a file' if src.exists() else 'not there'}"
        raise DataError(got, "a folder of CSV files", "Name the folder that the files lie in.")


def _in_source(fault: Fault, plan: ImportMap) -> Fault:
    """A fault of a whole table that came out, by the name of the file that it came from."""
    table = fault.file.removesuffix(".parquet")
    return replace(fault, file=plan.file_of(table)) if fault.row is None and fault.file in TABLE_FILES else fault


def _refuse_place(out: Path) -> None:
    check_destination(out, "OUT")
    if out.exists():
        raise DataError(f"{out}, which is there already", "a folder that does not exist yet", "Name another OUT.")
    if not out.parent.is_dir():
        raise DataError(f"{out}, whose parent folder is missing", "a place to write to", f"Make {out.parent} first.")


@contextmanager
def _becomes(out: Path) -> Iterator[Path]:
    """A folder beside out that takes its name at the end, or vanishes if anything is raised."""
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        folder.chmod(0o755)
        yield folder
        os.rename(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _draft(src: Path, plan: ImportMap) -> InfoDraft:
    """The map's keys of dataset.toml, and those of SRC's own that the map leaves out."""
    path = src / INFO_FILE
    if not path.exists():
        return plan.dataset
    try:
        keys = read_toml(path)
        known = {key: value for key, value in keys.items() if key in InfoDraft.model_fields}
        own = InfoDraft.model_validate(known)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults = (Fault(INFO_FILE, f"a TOML file as {FORMAT_DOCUMENT} describes it", unread(error)),)
        raise FaultyFolderError(CheckReport(src, faults, (), Counts())) from error
    except ValidationError as error:
        raise FaultyFolderError(CheckReport(src, tuple(map(key_fault, wrong_keys(error))), (), Counts())) from error
    split = own.split.model_dump(exclude_none=True) | plan.dataset.split.model_dump(exclude_none=True)
    keys = own.model_dump(exclude_none=True) | plan.dataset.model_dump(exclude_none=True) | {"split": split}
    return InfoDraft.model_validate(keys)


def _facts(src: Path, plan: ImportMap) -> SourceFacts:
    names = [file.removesuffix(".parquet") for file in TABLE_FILES]
    files = {name: plan.file_of(name) for name in names}
    columns = {
        name: frozenset(our_names(read_header(src / file, plan.delimiter), plan.table(name)))
        for name, file in files.items()
        if (src / file).is_file()
    }
    return SourceFacts(src.resolve().name, columns, files, tuple(plan.features), plan.time.zone)


def _import_tables(src: Path, plan: ImportMap, folder: Path, rules: tuple[TableRule, ...]) -> tuple[TableImport, ...]:
    """Every table and feature file; raises FaultyFolderError where files or columns are missing, all of them named."""
    faults = tuple(_source_faults(src, plan, rules))
    if faults:
        raise FaultyFolderError(CheckReport(src, faults, (), Counts()))
    sieve = Sieve(plan, src, folder)
    tables = []
    for rule in (rule for rule in rules if _source(src, plan, rule).is_file()):
        tables.append(sieve.table(rule))
        if rule.required and not tables[-1].n_rows:
            empty = Fault(tables[-1].file, "at least one row below the header", "no rows")
            raise FaultyFolderError(CheckReport(src, (empty,), (), Counts()))
    (folder / "features").mkdir()
    for modality, part in plan.features.items():
        out = folder / "features" / f"{modality}.npy"
        tables.append(import_features(src / part.file, part, plan.delimiter, sieve.kept["streamer_id"], out))
    return tuple(tables)


def _source(src: Path, plan: ImportMap, rule: TableRule) -> Path:
    return src / plan.file_of(rule.file.removesuffix(".parquet"))


def _source_faults(src: Path, plan: ImportMap, rules: tuple[TableRule, ...]) -> Iterator[Fault]:
    for rule in rules:
        path = _source(src, plan, rule)
        if path.is_file():
            yield from column_faults(path, rule, plan)
        elif rule.required or path.exists() or plan.names_file(rule.file.removesuffix(".parquet")):
            yield Fault(path.name, "this file, or its name in the map", _in_place(path))
    for part in plan.features.values():
        path = src / part.file
        found = path.is_file()
        yield from (
            feature_faults(path, part, plan.delimiter) if found else (Fault(path.name, "this file", _in_place(path)),)
        )


def _in_place(path: Path) -> str:
    return "a folder: only one whole file is read" if path.is_dir() else "no such file"


def _refuse(tables: tuple[TableImport, ...], src: Path, quarantine: bool) -> None:
    faults = tuple(fault for table in tables for fault in table.faults)
    if faults and not quarantine:
        raise FaultyFolderError(CheckReport(src, faults, (), Counts()))
    much = [table for table in tables if table.share_aside > MOST_ASIDE]
    if much:
        shares = ", ".join(f"{table.n_aside} of {table.n_rows} rows of {table.file}" for table in much)
        listed = "\n".join(f"  {fault.sentence}" for table in much for fault in table.faults)
        raise DataError(
            f"{shares} that would have to be set aside",
            f"at most {percent(MOST_ASIDE)} of a table",
            f"The export itself is broken; by reason:\n{listed}",
        )


def _copy_media(src: Path, folder: Path) -> None:
    """Only the files that the kept segments name, which have been found to lie under media/."""
    path = folder / "segments.parquet"
    names = pq.ParquetFile(path).schema_arrow.names if path.exists() else []
    segments = pd.read_parquet(path, columns=[name for name in ("frame", "audio") if name in names]) if names else None
    for relative in sorted(set(segments.stack()) - {""}) if segments is not None else ():
        target = folder / "media" / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(src / "media" / relative, target)
