"""A modality's features from a CSV table keyed by streamer_id to features/MODALITY.npy."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from mspa_model.data.fault import Fault
from mspa_model.data.header import delimiter_fault, lacking_columns
from mspa_model.data.ids import likeness
from mspa_model.data.importers.convert import number_hint, wrong_rows
from mspa_model.data.importers.csv_rows import read_batches, read_header
from mspa_model.data.importers.import_map import FeatureMap
from mspa_model.data.importers.quarantine import Quarantine, TableImport
from mspa_model.data.row_rules import ONCE


def feature_faults(path: Path, part: FeatureMap, delimiter: str) -> tuple[Fault, ...]:
    """What is wrong with the header."""
    header = read_header(path, delimiter)
    unparted = delimiter_fault(path.name, header, delimiter)
    if unparted is not None:
        return (unparted,)
    if part.streamer_id not in header:
        wanted = "this column, the key of the table"
        return tuple(lacking_columns(path.name, [part.streamer_id], header, [wanted]))
    if len(header) < 2:
        return (Fault(path.name, "columns of features beside the key", "none"),)
    twice = sorted({name for name in header if header.count(name) > 1})
    return tuple(Fault(path.name, "each column once", "it twice", name) for name in twice)


def import_features(path: Path, part: FeatureMap, delimiter: str, streamers: pd.Series, out: Path) -> TableImport:
    """Writes out (float32), a row for each of streamers in their order; NaN where the table has none or only blanks."""
    names = [name for name in read_header(path, delimiter) if name != part.streamer_id]
    array = np.full((len(streamers), len(names)), np.nan, dtype=np.float32)
    filled = np.zeros(len(streamers), dtype=bool)
    aside = Quarantine(out.parent.parent, path.name)
    with closing(aside):
        for batch in read_batches(path, delimiter):
            values = _numbers(batch.rows[names])
            ids = batch.rows[part.streamer_id].reset_index(drop=True)
            rows = pd.Index(streamers).get_indexer(ids)
            blank = (batch.rows[names] == "").all(axis=1).to_numpy()
            more = _wrong(batch.rows, part.streamer_id, rows, values, blank, filled)
            wrong = pd.concat([_strange(ids, rows, streamers), more], ignore_index=True).drop_duplicates("row")
            sound = np.setdiff1d(np.arange(len(rows)), wrong["row"])
            array[rows[sound]] = values[sound]
            filled[rows[sound]] = True
            aside.add(batch, wrong)
    np.save(out, array)
    return aside.result()


def _numbers(texts: pd.DataFrame) -> Float[np.ndarray, "n_rows feature_dim"]:
    numbers = texts.apply(lambda column: pd.to_numeric(column, errors="coerce")).to_numpy(dtype=np.float64)
    # A number beyond float32 becomes inf here, and with that a row that is set aside.
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def _strange(ids: pd.Series, rows: np.ndarray, streamers: pd.Series) -> pd.DataFrame:
    unknown = np.flatnonzero(rows < 0)
    hint = likeness(str(ids.iloc[unknown[0]]), streamers) if len(unknown) else ""
    return wrong_rows(unknown, ids, "an id of the table of streamers", hint)


def _wrong(
    texts: pd.DataFrame, key: str, rows: np.ndarray, values: np.ndarray, blank: np.ndarray, filled: np.ndarray
) -> pd.DataFrame:
    """What is wrong with rows of the table beside unknown ids, first things first, as Quarantine.add takes it."""
    texts = texts.reset_index(drop=True)
    ids = texts[key]
    again = (filled[rows] & (rows >= 0)) | ids.duplicated(keep="first").to_numpy()
    found = [
        wrong_rows(np.flatnonzero(again), ids, ONCE),
        *_not_numbers(texts.drop(columns=key), values, blank),
    ]
    return pd.concat(found, ignore_index=True)


def _not_numbers(texts: pd.DataFrame, values: np.ndarray, blank: np.ndarray) -> Iterator[pd.DataFrame]:
    """For each row that is no vector its first cell that is no number, by column."""
    wrong = ~np.isfinite(values) & ~blank[:, None]
    first = np.where(wrong.any(axis=1), wrong.argmax(axis=1), -1)
    for place in np.unique(first[first >= 0]):
        here = np.flatnonzero(first == place)
        cells = texts.iloc[:, place]
        yield wrong_rows(here, cells, "finite numbers, or blanks alone", number_hint(str(cells.iloc[here[0]])))
