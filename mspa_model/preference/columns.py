"""Values from the streamers' columns: categories, languages, and whatever short labels a set carries along."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from jaxtyping import Bool

from mspa_model.types import Dataset

NOT_A_VALUE = frozenset({"streamer_id", "name", "text"})
MAX_SHARE = 0.6  # what more of the streamers have tells users little apart
MAX_VALUES = 30  # of one column, the most frequent
TWINS = 0.8  # Jaccard overlap above which two values are one
MAX_CODES = 12
MAX_LABEL = 40  # characters; a longer cell is prose, not a label


@dataclass(frozen=True)
class ColumnValue:
    """One value of one column and who has it."""

    column: str
    name: str
    has: Bool[np.ndarray, " n_streamers"]


def column_values(dataset: Dataset, min_streamers: int) -> tuple[ColumnValue, ...]:
    """Every value that at least min_streamers and at most 60 % of the streamers have, column by column."""
    found: list[ColumnValue] = []
    for column in dataset.streamers.columns:
        if column not in NOT_A_VALUE and _is_label(dataset.streamers[column]):
            found.extend(_values_of(dataset.streamers[column], str(column), min_streamers))
    return _without_twins(found)


def column_terms(dataset: Dataset, min_streamers: int) -> dict[str, sp.csr_matrix]:
    """Of each column of labels, which streamers have which label, (n_streamers, n_labels) 0/1 float64: all labels that
    at least min_streamers and at most 60 % have, also those that nobody would be told of one by one.
    """
    found = {}
    for column in dataset.streamers.columns:
        if column not in NOT_A_VALUE and _is_label(dataset.streamers[column]):
            cells = _cells_of(dataset.streamers[column])
            labels = {label: i for i, label in enumerate(_usable(cells, min_streamers))}
            pairs = [(row, labels[label]) for row, cell in enumerate(cells) for label in cell if label in labels]
            if pairs:
                rows, places = np.array(pairs).T
                found[str(column)] = sp.csr_matrix((np.ones(len(rows)), (rows, places)), (len(cells), len(labels)))
    return found


def plain_label(text: str, at_most: int = MAX_LABEL) -> str:
    """One line without control or direction-changing characters, cut with an ellipsis: fit for a sentence."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * at_most]).split())
    return line if len(line) <= at_most else line[: at_most - 1].rstrip() + "…"


def quoted(label: str) -> str:
    """The label in quotation marks; its own become single ones."""
    return f"“{label.replace('“', '‘').replace('”', '’')}”"


def cell_values(cell: object, split_commas: bool) -> tuple[str, ...]:
    """The values of one cell: "A|B" is two; "a, b" is two where the column holds lists."""
    if not isinstance(cell, str):
        return () if pd.isna(cell) else (str(cell),)
    parts = cell.replace("|", ",").split(",") if split_commas else cell.split("|")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _without_twins(found: list[ColumnValue]) -> tuple[ColumnValue, ...]:
    """One of several values that nearly the same streamers have, the first: a cast of four is one taste, not four."""
    kept: list[ColumnValue] = []
    for value in found:
        if not any((value.has & k.has).sum() > TWINS * (value.has | k.has).sum() for k in kept):
            kept.append(value)
    return tuple(kept)


def _is_label(series: pd.Series) -> bool:
    if isinstance(series.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(series):
        return True
    if pd.api.types.is_integer_dtype(series):  # a code, as of a gender or an age band; else a count, which is no label
        return series.nunique() <= MAX_CODES
    return pd.api.types.is_string_dtype(series)


def _holds_lists(series: pd.Series) -> bool:
    """True where a third of the cells have commas and the pieces between them are short: a list, not a sentence."""
    cells = [c for c in series if isinstance(c, str) and c.strip()]
    with_commas = [c for c in cells if "," in c]
    if not cells or len(with_commas) < len(cells) / 3:
        return False
    return float(np.mean([len(p.strip()) for c in with_commas for p in c.split(",")])) <= MAX_LABEL / 2


def _values_of(series: pd.Series, column: str, min_streamers: int) -> list[ColumnValue]:
    cells = _cells_of(series)
    usable = [label for label in _usable(cells, min_streamers) if len(label) <= MAX_LABEL][:MAX_VALUES]
    return [ColumnValue(column, v, np.array([v in cell for cell in cells])) for v in usable]


def _cells_of(series: pd.Series) -> list[tuple[str, ...]]:
    split_commas = _holds_lists(series)
    return [cell_values(cell, split_commas) for cell in series]


def _usable(cells: list[tuple[str, ...]], min_streamers: int) -> list[str]:
    """Labels that neither too few nor too many have, the most frequent first."""
    counts = Counter(value for cell in cells for value in cell)
    usable = [v for v, n in counts.items() if min_streamers <= n <= MAX_SHARE * len(cells)]
    return sorted(usable, key=lambda value: (-counts[value], value))
