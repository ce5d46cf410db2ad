"""Parquet tables as engines write them: folders of parts, decimals, other widths; and files that are no Parquet."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mspa_model.data import check_folder, fingerprint, load_dataset
from tests.data.small_world import NOW, tips, users


def _in_parts(world: Path, *frames: pd.DataFrame) -> Path:
    folder = world / "tips.parquet"
    folder.unlink()
    folder.mkdir()
    for number, frame in enumerate(frames):
        frame.to_parquet(folder / f"part-{number:04}.parquet", index=False)
    (folder / "_SUCCESS").write_bytes(b"")
    return folder


def test_a_table_may_be_a_folder_of_parts_and_all_of_them_are_hashed(world: Path) -> None:
    whole, before = load_dataset(world, NOW), fingerprint(world)
    folder = _in_parts(world, tips().iloc[:7], tips().iloc[7:])
    parts = load_dataset(world, NOW)
    pd.testing.assert_frame_equal(parts.tips, whole.tips)
    assert parts.fingerprint != before
    with (folder / "part-0001.parquet").open("ab") as file:
        file.write(b"x")
    assert fingerprint(world) != parts.fingerprint


def test_rows_are_counted_over_all_parts(world: Path) -> None:
    _in_parts(world, tips().iloc[:7], tips().iloc[7:].assign(amount=-1.0))
    (fault,) = check_folder(world, NOW).faults
    assert (fault.row, fault.count) == (7, 9)
    assert "row 8" in fault.sentence


def test_parts_may_have_their_columns_in_any_order(world: Path) -> None:
    before = load_dataset(world, NOW).tips
    _in_parts(world, tips().iloc[:7], tips().iloc[7:][["amount", "tipped_at", "user_id", "streamer_id"]])
    pd.testing.assert_frame_equal(load_dataset(world, NOW).tips, before)


@pytest.mark.parametrize("change", [lambda t: t.drop(columns="amount"), lambda t: t.assign(amount="5")])
def test_a_part_that_is_another_table_is_named(world: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    _in_parts(world, tips(), change(tips()))
    (fault,) = check_folder(world, NOW).faults
    assert "'part-0001.parquet' with other columns or types" in fault.value


@pytest.mark.parametrize(("below", "says"), [(False, "without a *.parquet file"), (True, "folders below are not read")])
def test_a_folder_without_parts_is_said(world: Path, below: bool, says: str) -> None:
    folder = _in_parts(world)
    if below:
        (folder / "day=1").mkdir()
        tips().to_parquet(folder / "day=1" / "a.parquet")
    (fault,) = check_folder(world, NOW).faults
    assert says in fault.value


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda data: b"", "an empty file"),
        (lambda data: data[: len(data) // 2], "cut off"),
        (lambda data: b"user_id,streamer_id\n", "another format, starting with 'user'"),
        (lambda data: data[:50] + b"\xff" * 100 + data[150:], "cannot be read"),
    ],
)
def test_what_is_no_parquet_is_said_in_words(world: Path, content: Callable[[bytes], bytes], says: str) -> None:
    (world / "tips.parquet").write_bytes(content((world / "tips.parquet").read_bytes()))
    (fault,) = check_folder(world, NOW).faults
    assert says in fault.value


def _with_amounts(world: Path, amounts: pa.Array) -> None:
    table = pa.Table.from_pandas(tips().drop(columns="amount"), preserve_index=False)
    pq.write_table(table.append_column("amount", amounts), world / "tips.parquet")


def test_decimals_are_numbers(world: Path) -> None:
    _with_amounts(world, pa.array([Decimal("1.50")] * 16))
    assert set(load_dataset(world, NOW).tips["amount"]) == {1.5}


@pytest.mark.parametrize(
    ("amounts", "value"),
    [
        (pa.array([-5] * 16), "-5"),
        (pa.array([-0.1] * 16, pa.float32()), "-0.1"),
        (pa.array([Decimal("-1.50")] * 16), "-1.50"),
        (pa.array([float("nan")] * 16), "nan"),
        (pa.nulls(16), "nothing"),
        (pa.array([1e30] * 16), "1e+30"),
    ],
)
def test_an_amount_is_shown_as_the_file_has_it(world: Path, amounts: pa.Array, value: str) -> None:
    _with_amounts(world, amounts)
    (fault,) = check_folder(world, NOW).faults
    assert (fault.column, fault.value, fault.count) == ("amount", value, 16)


def test_a_value_that_breaks_two_rules_is_one_fault(world: Path) -> None:
    _with_amounts(world, pa.array([float("-inf")] + [1.0] * 15))
    assert [fault.expected for fault in check_folder(world, NOW).faults] == ["a number above 0"]


@pytest.mark.parametrize("name", ["User_ID", " user_id", "\ufeffuser_id", "user-id"])
def test_a_column_of_nearly_the_name_is_pointed_at(world: Path, name: str) -> None:
    users().rename(columns={"user_id": name}).to_parquet(world / "users.parquet")
    (fault,) = check_folder(world, NOW).faults
    assert fault.hint == f"The file has {name!r}."


def test_the_columns_of_a_table_that_lacks_some_are_told_once(world: Path) -> None:
    tips()[["user_id", "tipped_at"]].to_parquet(world / "tips.parquet")
    first, second = check_folder(world, NOW).faults
    assert (first.hint, second.hint) == ("The file has 'user_id', 'tipped_at'.", "")


def test_types_of_other_widths_and_zones_load_alike(world: Path) -> None:
    before = load_dataset(world, NOW).tips
    table = pa.Table.from_pandas(tips(), preserve_index=False)
    for place, name in enumerate(("user_id", "streamer_id")):
        table = table.set_column(place, name, table[name].cast(pa.string()).dictionary_encode())
    times = table["tipped_at"].cast(pa.timestamp("ns", "+08:00"))
    pq.write_table(table.set_column(2, "tipped_at", times), world / "tips.parquet")
    pd.testing.assert_frame_equal(load_dataset(world, NOW).tips, before)


def test_a_table_may_be_a_link_and_a_link_to_nothing_is_no_file(world: Path, tmp_path: Path) -> None:
    shutil.move(world / "tips.parquet", tmp_path / "elsewhere")
    (world / "tips.parquet").symlink_to(tmp_path / "elsewhere")
    assert check_folder(world, NOW).sound
    (tmp_path / "elsewhere").unlink()
    assert [fault.value for fault in check_folder(world, NOW).faults] == ["no such file"]


def test_features_of_either_byte_order_are_read(world: Path) -> None:
    before = {modality: array.copy() for modality, array in load_dataset(world, NOW).features.items()}
    for modality, array in before.items():
        np.save(world / "features" / f"{modality}.npy", array.astype(">f4"))
        np.testing.assert_array_equal(load_dataset(world, NOW).features[modality], array)
