"""A file of new tips at the door, and how they join a history."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mspa_model.data import history_of, load_dataset
from mspa_model.data.arrivals import MOST, join_histories, read_arrivals
from mspa_model.errors import DataError
from mspa_model.types import Dataset, History

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def dataset(tiny_world: Path) -> Dataset:
    return load_dataset(tiny_world)


@pytest.fixture
def known(dataset: Dataset) -> History:
    return history_of(dataset, 4, "all")


def _file(folder: Path, text: str, name: str = "new.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _history(tips: list[tuple[int, str]], user: str = "u", row: int = -1) -> History:
    """(streamer_idx, day of January 2024, or NaT)."""
    times = np.array([t if t == "NaT" else f"2024-01-{t}" for _, t in tips], dtype="datetime64[us]")
    idx = np.array([i for i, _ in tips], dtype=np.int64)
    return History(user, idx, np.ones(len(tips)), times, np.full(len(tips), row, dtype=np.int64))


def test_a_csv_and_the_same_as_parquet_are_read_alike(tmp_path: Path, dataset: Dataset, known: History):
    text = "streamer_id,amount,tipped_at,comment\ns003,5,2024-05-02T10:00+02:00,hi\ns001,0.000001,2024-05-01T09:00,\n"
    frame = pd.DataFrame({"streamer_id": ["s003", "s001"], "amount": [5.0, 1e-6]})
    frame["tipped_at"] = pd.to_datetime(["2024-05-02T08:00Z", "2024-05-01T09:00Z"])
    frame.to_parquet(tmp_path / "new.parquet")
    for path in (_file(tmp_path, text), tmp_path / "new.parquet"):
        found = read_arrivals(path, dataset, known, NOW)
        assert found.user_id == "u004"
        assert found.streamer_idx.tolist() == [1, 3], "oldest first"
        assert found.amount.tolist() == [1e-6, 5.0]
        assert found.tipped_at.tolist() == [datetime(2024, 5, 1, 9), datetime(2024, 5, 2, 8)]
        assert set(found.tip_row.tolist()) == {-1}


def test_tips_without_a_time_come_last_in_the_order_of_the_file(tmp_path: Path, dataset: Dataset, known: History):
    path = _file(tmp_path, "streamer_id,amount,tipped_at,user_id\ns009,1,,u004\ns007,1,2024-05-01,u004\ns005,1,,u004\n")
    found = read_arrivals(path, dataset, known, NOW)
    assert found.streamer_idx.tolist() == [7, 9, 5]
    assert np.isnat(found.tipped_at).tolist() == [False, True, True]


def test_a_set_without_times_takes_the_order_and_leaves_the_times_out(tmp_path: Path, make_world):
    dataset = load_dataset(make_world("matrix"))
    path = _file(tmp_path, "streamer_id,amount,tipped_at\ns009,1,2024-05-02\ns007,1,2024-05-01\n")
    found = read_arrivals(path, dataset, history_of(dataset, 4, "all"), NOW)
    assert found.streamer_idx.tolist() == [7, 9]
    assert np.isnat(found.tipped_at).all()


BAD = {
    "streamer_id\ns001\n": ("column amount", "no such column"),
    "amount\n1\n": ("column streamer_id", "no such column"),
    "streamer_id,amount,amount\ns001,1,1\n": ("column amount", "twice"),
    "streamer_id,amount\ns001,-5\n": ("line 2, '-5'", "above 0"),
    "streamer_id,amount\ns001,1\ns003,0\n": ("line 3, '0'", "above 0"),
    "streamer_id,amount\ns001,inf\n": ("amount", "finite"),
    "streamer_id,amount\ns001,\n": ("amount", "a value in every row"),
    "streamer_id,amount\ns001,many\n": ("'many'", "a number"),
    "streamer_id,amount\ns0011,1\nnobody,1\n": ("'s0011'", "s001", "(2 rows)"),
    "streamer_id,amount\n,1\n": ("streamer_id", "not empty"),
    "streamer_id,amount,tipped_at\ns001,1,2024-06-03\n": ("2024-06-03", "not after now"),
    "streamer_id,amount,tipped_at\ns001,1,1970-01-20\n": ("line 2", "1970-01-20", "1990 or later"),
    "streamer_id,amount,tipped_at\n\ns001,1,1709323200000\n": ("line 3", "1709323200000", "milliseconds since 1970"),
    "streamer_id,amount,tipped_at\ns001,1,soon\n": ("'soon'", "ISO 8601"),
    "streamer_id,amount\ns001,1\ns001,1\n": ("line 3, 's001'", "each tip once"),
    "streamer_id,amount,user_id\ns001,1,u004\ns003,1,u005\n": ("line 3, 'u005'", "'u004' alone"),
    "streamer_id,amount\ns001,1,2\n": ("line 2, 3 fields", "2 fields"),
    "streamer_id,amount\n": ("without any row", "at least one tip"),
    "": ("column streamer_id", "column amount"),
    "streamer_id;amount\ns001;1\n": ("streamer_id;amount", "semicolons"),
    'streamer_id,amount\ns001,"3,50"\n': ("'3,50'", "Write a point"),
    'streamer_id,amount\n"s001,1\n': ("line 2", "CSV"),
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: " ".join(BAD[text])[:40])
def test_a_fault_is_one_sentence_that_says_where(text: str, tmp_path: Path, dataset: Dataset, known: History):
    with pytest.raises(DataError) as error:
        read_arrivals(_file(tmp_path, text), dataset, known, NOW)
    said = str(error.value)
    assert [part for part in ("new.csv", *BAD[text]) if part not in said] == [], said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("unit", "number", "says"),
    [
        ("ms", 1_709_323_200, ("row 2", "1970-01-20", "seconds read as milliseconds")),
        ("ms", 1_709_323_200_000_000, ("row 2", "the year 56,", "milliseconds read as seconds")),
    ],
)
def test_a_parquet_file_in_a_wrong_unit_is_one_sentence(
    unit: str, number: int, says: tuple[str, ...], tmp_path: Path, dataset: Dataset, known: History
):
    numbers = pa.array([1_709_323_200_000, number], pa.int64())
    times = pa.Array.from_buffers(pa.timestamp(unit, "UTC"), 2, numbers.buffers())
    pq.write_table(
        pa.table({"streamer_id": ["s001", "s003"], "amount": [1, 2], "tipped_at": times}), tmp_path / "n.parquet"
    )
    with pytest.raises(DataError) as error:
        read_arrivals(tmp_path / "n.parquet", dataset, known, NOW)
    assert [part for part in ("n.parquet", *says) if part not in str(error.value)] == []


def test_what_is_no_table_is_said(tmp_path: Path, dataset: Dataset, known: History):
    (tmp_path / "folder.csv").mkdir()
    cases = {
        tmp_path / "gone.csv": "not there",
        tmp_path / "folder.csv": "which is a folder",
        tmp_path: "a .csv or .parquet",
        _file(tmp_path, "x", "new.txt"): "a .csv or .parquet",
        _file(tmp_path, "x", "new.parquet"): "a Parquet file",
        _file(tmp_path, "streamer_id,amount\n" + "s001,1\n" * (MOST + 1), "long.csv"): "train again",
    }
    (tmp_path / "latin.csv").write_bytes("streamer_id,amount\ncafé,1\n".encode("latin-1"))
    for path, says in {**cases, tmp_path / "latin.csv": "UTF-8"}.items():
        with pytest.raises(DataError, match=says):
            read_arrivals(path, dataset, known, NOW)


def test_a_tip_that_is_known_is_no_new_one(tmp_path: Path, dataset: Dataset, known: History):
    ids = dataset.streamers["streamer_id"].to_numpy()[known.streamer_idx]
    row = f"{ids[-1]},{known.amount[-1]},{pd.Timestamp(known.tipped_at[-1]).isoformat()}"
    path = _file(tmp_path, f"streamer_id,amount,tipped_at\n{row}\n")
    with pytest.raises(DataError, match="'u004' is not known by yet"):
        read_arrivals(path, dataset, known, NOW)
    # Where the ranking does not know it, it is new: the last of ten tips is a test tip.
    assert len(read_arrivals(path, dataset, history_of(dataset, 4, "train"), NOW)) == 1


def test_histories_join_by_time_and_what_has_none_is_newest():
    known = _history([(0, "01"), (1, "05")], row=7)
    joined = join_histories(known, _history([(2, "03"), (3, "05"), (4, "NaT")]))
    assert joined.streamer_idx.tolist() == [0, 2, 1, 3, 4], "of one moment the known tip is first"
    assert joined.tip_row.tolist() == [7, -1, 7, -1, -1]
    assert joined.tipped_at[-1] == np.datetime64("2024-01-05"), "as if made with the newest"


@pytest.mark.parametrize("known", [[], [(0, "NaT")]], ids=["nothing known", "no times known"])
def test_histories_without_times_stay_without(known: list[tuple[int, str]]):
    joined = join_histories(_history(known), _history([(2, "NaT"), (1, "NaT")]))
    assert joined.streamer_idx.tolist() == [*(i for i, _ in known), 2, 1]
    assert np.isnat(joined.tipped_at).all()
