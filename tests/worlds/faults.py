"""Ways to break a dataset folder; each names what the report must say."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Fault:
    """break_ damages a folder in place; a report on it must contain each of `says`, whatever its case."""

    break_: Callable[[Path], None]
    says: tuple[str, ...]


def _edit(file: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        change(pd.read_parquet(folder / file)).to_parquet(folder / file, index=False)

    return apply


def _put(table: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    """A copy of the table with one cell changed."""
    cells = table[column].tolist()
    cells[row] = value
    return table.assign(**{column: pd.Series(cells, index=table.index).astype(table[column].dtype)})


def _feature(row: int, value: float) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        array = np.load(folder / "features" / "visual.npy")
        array[row, 1] = value
        np.save(folder / "features" / "visual.npy", array)

    return apply


def _drop_feature_row(folder: Path) -> None:
    np.save(folder / "features" / "visual.npy", np.load(folder / "features" / "visual.npy")[:-1])


def _not_parquet(folder: Path) -> None:
    (folder / "tips.parquet").write_text("user_id,streamer_id\nu000,s000\n", encoding="utf-8")


def _no_toml(folder: Path) -> None:
    (folder / "dataset.toml").unlink()


FAULTS: dict[str, Fault] = {
    "column missing": Fault(_edit("tips.parquet", lambda t: t.drop(columns="amount")), ("tips.parquet", "amount")),
    "wrong type": Fault(
        _edit("tips.parquet", lambda t: t.assign(amount=[f"{a} coins" for a in t["amount"]])),
        ("tips.parquet", "amount"),
    ),
    "duplicate streamer": Fault(
        _edit("streamers.parquet", lambda t: _put(t, 3, "streamer_id", "s002")),
        ("streamers.parquet", "streamer_id", "s002"),
    ),
    "unknown streamer": Fault(
        _edit("tips.parquet", lambda t: _put(t, 5, "streamer_id", "nobody")),
        ("tips.parquet", "streamer_id", "nobody"),
    ),
    "negative amount": Fault(
        _edit("tips.parquet", lambda t: _put(t, 7, "amount", -3.0)), ("tips.parquet", "amount", "-3")
    ),
    "NaN in features": Fault(_feature(4, np.nan), ("visual.npy", "nan")),
    "inf in features": Fault(_feature(6, np.inf), ("visual.npy", "inf")),
    "features a row too few": Fault(_drop_feature_row, ("visual.npy", "row")),
    "time in the future": Fault(
        _edit("tips.parquet", lambda t: _put(t, 9, "tipped_at", pd.Timestamp("2999-01-01", tz="UTC"))),
        ("tips.parquet", "tipped_at", "2999"),
    ),
    "no tips": Fault(_edit("tips.parquet", lambda t: t.iloc[:0]), ("tips.parquet",)),
    "not Parquet": Fault(_not_parquet, ("tips.parquet", "parquet")),
    "no dataset.toml": Fault(_no_toml, ("dataset.toml",)),
}
