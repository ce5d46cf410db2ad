"""Each fault gets its own Fault, all of them at once; what is merely odd is a warning and loads."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mspa_model.data import Fault, FaultyFolderError, check_folder, load_dataset
from tests.data.small_world import INFO, NOW, rooms, segments, streamers, tips, users, visual


def faults_of(folder: Path) -> list[tuple[str, str | None, int | None, str]]:
    return [(fault.file, fault.column, fault.row, fault.value) for fault in check_folder(folder, NOW).faults]


def test_the_small_world_is_sound_and_counted(world: Path) -> None:
    report = check_folder(world, NOW)
    assert report.sound
    assert (report.counts.n_users, report.counts.n_streamers, report.counts.n_tips) == (4, 3, 16)
    assert report.counts.n_rooms is None
    assert [warning.file for warning in report.warnings] == ["features/visual.npy", "users.parquet"]


def test_all_faults_of_one_folder_are_named_together(world: Path) -> None:
    users().drop(columns="user_id").to_parquet(world / "users.parquet")
    twice = pd.concat([streamers(), streamers().iloc[[0]]], ignore_index=True)
    twice.to_parquet(world / "streamers.parquet")
    broken = tips()
    broken.loc[1, "streamer_id"] = "nobody"
    broken.loc[2, "amount"] = -5.0
    broken.loc[3, "amount"] = np.nan
    broken.loc[4, "tipped_at"] = pd.Timestamp("2031-01-01", tz="UTC")
    broken.to_parquet(world / "tips.parquet")
    array = visual()
    array[0, 1], array[1, 0] = np.nan, np.inf
    np.save(world / "features" / "visual.npy", array)
    (world / "rooms.parquet").write_bytes(b"room_id,streamer_id\n")
    found = faults_of(world)
    assert ("users.parquet", "user_id", None, "no such column") in found
    assert ("streamers.parquet", "streamer_id", 3, "'s0'") in found
    assert ("tips.parquet", "streamer_id", 1, "'nobody'") in found
    assert ("tips.parquet", "amount", 2, "-5.0") in found
    assert ("tips.parquet", "amount", 3, "nothing") in found
    assert ("tips.parquet", "tipped_at", 4, "2031-01-01 00:00:00+00:00") in found
    assert ("features/visual.npy", None, 0, "NaN in part of a row") in found
    assert ("features/visual.npy", None, 1, "inf") in found
    assert ("features/visual.npy", None, None, "3 rows") in found
    assert any(file == "rooms.parquet" and "another format" in value for file, _, _, value in found)
    assert len(found) == 10


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("user_id", list(range(16)), "text (string)"),
        ("amount", ["5"] * 16, "a number (integer or float)"),
        ("tipped_at", ["2025-01-01"] * 16, "a time with a time zone (timestamp, UTC)"),
        ("tipped_at", pd.date_range("2025-01-01", periods=16).tolist(), "a time with a time zone (timestamp, UTC)"),
        ("room_id", [1.5] * 16, "text (string)"),
    ],
)
def test_a_wrong_type_is_named_once(world: Path, column: str, values: list, expected: str) -> None:
    tips().assign(**{column: values}).to_parquet(world / "tips.parquet")
    (fault,) = check_folder(world, NOW).faults
    assert (fault.file, fault.column, fault.expected) == ("tips.parquet", column, expected)


@pytest.mark.parametrize("amount", [0.0, float("inf"), -0.5])
def test_amounts_are_above_zero_and_finite(world: Path, amount: float) -> None:
    tips().assign(amount=amount).to_parquet(world / "tips.parquet")
    (fault,) = check_folder(world, NOW).faults
    assert (fault.column, fault.row, fault.count) == ("amount", 0, 16)


def test_no_tips_at_all(world: Path) -> None:
    tips().iloc[:0].to_parquet(world / "tips.parquet")
    assert [(fault.file, fault.value) for fault in check_folder(world, NOW).faults] == [("tips.parquet", "no rows")]


def test_a_tip_without_time_is_a_fault_of_events_only(world: Path) -> None:
    broken = tips()
    broken.loc[5, "tipped_at"] = pd.NaT
    broken.to_parquet(world / "tips.parquet")
    assert faults_of(world) == [("tips.parquet", "tipped_at", 5, "nothing")]


def test_a_given_split_needs_its_column_and_a_train_tip(world: Path) -> None:
    (world / "dataset.toml").write_text(INFO.replace('kind = "time"', 'kind = "given"'), encoding="utf-8")
    assert faults_of(world) == [("tips.parquet", "split", None, "no such column")]
    tips().assign(split="dev").to_parquet(world / "tips.parquet")
    assert faults_of(world) == [("tips.parquet", "split", 0, "'dev'")]
    tips().assign(split="test").to_parquet(world / "tips.parquet")
    assert faults_of(world) == [("tips.parquet", "split", None, "none")]


@pytest.mark.parametrize("file", ["users.parquet", "streamers.parquet", "tips.parquet", "dataset.toml"])
def test_a_needed_file_is_missed(world: Path, file: str) -> None:
    (world / file).unlink()
    assert (file, None, None, "no such file") in faults_of(world)


def test_an_empty_folder_names_all_needed_files(tmp_path: Path) -> None:
    (fault,) = check_folder(tmp_path, NOW).faults
    assert fault.expected.startswith("dataset.toml, users.parquet, streamers.parquet, tips.parquet, as docs/dataset.md")


def test_a_folder_that_is_none_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for name, value in (("nowhere", "no such folder"), ("file", "a file")):
        (fault,) = check_folder(tmp_path / name, NOW).faults
        assert (fault.file, fault.value) == (str(tmp_path / name), value)
        with pytest.raises(FaultyFolderError, match=name):
            load_dataset(tmp_path / name, NOW)


def test_a_folder_of_csv_files_is_told_of_the_import(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("user_id\n", encoding="utf-8")
    (fault,) = check_folder(tmp_path, NOW).faults
    assert "import csv" in fault.hint


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('kind = "events"', 'kind = "stream"', "kind"),
        ('timezone = "UTC"', 'timezone = "Mars/Olympus"', "timezone"),
        ('["visual", "text"]', '["visual", "smell"]', "modalities.1"),
        ('["visual", "text"]', '["visual", "visual"]', "modalities"),
        ('metric = "ndcg@10"', 'metric = "auc"', "split.metric"),
        ('licence = "CC0-1.0"', "", "licence"),
        ('title = "Small world"', "title = 3", "title"),
    ],
)
def test_each_key_of_the_toml_is_checked(world: Path, old: str, new: str, key: str) -> None:
    (world / "dataset.toml").write_text(INFO.replace(old, new), encoding="utf-8")
    (fault,) = check_folder(world, NOW).faults
    assert (fault.file, fault.column) == ("dataset.toml", key)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b""])
def test_a_toml_that_cannot_be_read(world: Path, content: bytes) -> None:
    (world / "dataset.toml").write_bytes(content)
    assert {fault.file for fault in check_folder(world, NOW).faults} == {"dataset.toml"}


def write_pickle(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def write_archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, visual())


@pytest.mark.parametrize(
    ("write", "named"),
    [
        (write_pickle, "cannot be read"),
        (write_archive, "cannot be read"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4]), "cannot be read"),
        (lambda path: np.save(path, visual().astype("float64")), "type float64"),
        (lambda path: np.save(path, np.ones(3, dtype=np.float32)), "shape (3,)"),
        (lambda path: np.save(path, visual()[:2]), "2 rows"),
        (lambda path: np.save(path, visual()[:, :0]), ", 0)"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"(3, 2)", b"(-3,2)")), "cannot be read"),
    ],
)
def test_a_feature_file_that_is_not_one(world: Path, write: Callable[[Path], None], named: str) -> None:
    write(world / "features" / "visual.npy")
    (fault,) = check_folder(world, NOW).faults
    assert named in fault.value


def test_a_modality_with_nothing_to_show_is_left_out_and_said(world: Path) -> None:
    (world / "features" / "visual.npy").unlink()
    streamers().drop(columns="text").to_parquet(world / "streamers.parquet")
    report = check_folder(world, NOW)
    assert report.sound
    said = [warning.value for warning in report.warnings if warning.column == "modalities"]
    assert said == ["visual without any", "text without any"]
    assert load_dataset(world, NOW).info.modalities == ()


def test_text_that_is_not_utf8(world: Path) -> None:
    raw = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"\xff\xfe")]
    )
    pq.write_table(pa.table({"user_id": raw}), world / "users.parquet")
    (fault,) = check_folder(world, NOW).faults
    assert (fault.file, fault.column) == ("users.parquet", "user_id")
    assert fault.expected == "values that fit their type, text in UTF-8"


def test_a_column_that_stands_twice(world: Path) -> None:
    pq.write_table(
        pa.table([pa.array(["ann"]), pa.array(["bob"])], names=["user_id", "user_id"]), world / "users.parquet"
    )
    assert faults_of(world) == [("users.parquet", "user_id", None, "it twice")]


@pytest.mark.parametrize(
    "path", ["../secret.png", "/etc/shadow.png", "a/../../b.png", "c:x.png", "a\\b.png", "x.svg", "no.png", "\0.png"]
)
def test_media_stay_inside_their_folder(world: Path, path: str) -> None:
    (world / "media").mkdir()
    (world / "secret.png").write_bytes(b"x")
    rooms().to_parquet(world / "rooms.parquet")
    segments(path).to_parquet(world / "segments.parquet")
    assert [(fault.file, fault.column) for fault in check_folder(world, NOW).faults] == [("segments.parquet", "frame")]


def test_a_link_out_of_media_is_refused(world: Path) -> None:
    (world / "media").mkdir()
    (world / "secret.png").write_bytes(b"x")
    (world / "media" / "a.png").symlink_to(world / "secret.png")
    rooms().to_parquet(world / "rooms.parquet")
    segments("a.png").to_parquet(world / "segments.parquet")
    assert faults_of(world) == [("segments.parquet", "frame", 0, "'a.png'")]


def test_segments_need_rooms(world: Path) -> None:
    segments("").to_parquet(world / "segments.parquet")
    assert faults_of(world) == [("rooms.parquet", None, None, "no such file")]


def test_strange_texts_load_with_a_warning(world: Path) -> None:
    odd = ["<script>alert(1)</script>", "\u202egnp.exe", "x" * 10_000]
    streamers().assign(name=odd).to_parquet(world / "streamers.parquet")
    report = check_folder(world, NOW)
    assert report.sound
    assert [warning.row for warning in report.warnings if warning.column == "name"] == [2, 0, 1]
    assert load_dataset(world, NOW).streamers["name"].tolist() == odd
    assert "\u202e" not in "".join(report.sentences())
    assert max(map(len, report.sentences())) < 400


def test_arabic_and_hebrew_names_are_nothing_odd(world: Path) -> None:
    streamers().assign(name=["فيروز", "נועה", "5 < 6"]).to_parquet(world / "streamers.parquet")
    assert not [warning for warning in check_folder(world, NOW).warnings if warning.column == "name"]


def test_a_room_of_another_streamer_is_a_warning(world: Path) -> None:
    rooms().to_parquet(world / "rooms.parquet")
    tips().assign(room_id=["r0", "r0", "gone"] + [""] * 13).to_parquet(world / "tips.parquet")
    report = check_folder(world, NOW)
    assert report.sound
    found = {(warning.expected, warning.row) for warning in report.warnings if warning.column == "room_id"}
    assert found == {("a room of the tipped streamer", 1), ("an id of rooms.parquet", 2)}


def test_a_set_with_too_few_tips_to_measure_says_so(world: Path) -> None:
    tips().iloc[:4].to_parquet(world / "tips.parquet")
    named = [warning.expected for warning in check_folder(world, NOW).warnings if warning.column == "split"]
    assert named == ["tips of split val, to choose a model on", "tips of split test, to measure a model on"]


def test_ids_that_are_numbers_are_one_fault_a_column(world: Path) -> None:
    users().assign(user_id=range(4))[["user_id"]].to_parquet(world / "users.parquet")
    tips().assign(user_id=range(16)).to_parquet(world / "tips.parquet")
    assert faults_of(world) == [
        ("users.parquet", "user_id", None, "type int64"),
        ("tips.parquet", "user_id", None, "type int64"),
    ]


@pytest.mark.parametrize(
    ("known", "written", "hint"),
    [
        ("12", "12.0", "There is '12', without .0"),
        ("12.0", "12", "There is '12.0', with .0"),
        ("12", " 12", "There is '12', without the space"),
        ("12", "0012", "There is '12', without zeros"),
        ("0012", "12", "There is '0012', which differs in case or zeros"),
        ("Ann", "aNN", "There is 'Ann', which differs in case"),
        ("Ann", "Bob", ""),
        (
            "Jos\u00e9",
            "Jose\u0301",
            "There is 'Jos\u00e9', which looks alike but is written with other characters (U+00E9, U+0301)",
        ),
        (
            "\u5ba21",
            "\u5ba2\uff11",
            "There is '\u5ba21', which looks alike but is written with other characters (U+FF11)",
        ),
        (
            "\u5ba21",
            "\u5ba21\u200b",
            "There is '\u5ba21', which looks alike but is written with other characters (U+200B)",
        ),
        ("Ann", "\u200b", ""),
    ],
)
def test_an_id_that_is_only_written_otherwise_is_likened(world: Path, known: str, written: str, hint: str) -> None:
    users().assign(user_id=[known, "b", "c", "d"]).to_parquet(world / "users.parquet")
    tips().assign(user_id=[written] + ["b"] * 15).to_parquet(world / "tips.parquet")
    (fault,) = check_folder(world, NOW).faults
    assert (fault.value, fault.row) == (repr(written), 0)
    assert fault.hint.startswith(hint)
    assert bool(fault.hint) == bool(hint)


def test_one_cause_is_one_fault(world: Path) -> None:
    sound = users()
    for ids in ([None, "bob", "cem", "dee"], ["", "", "cem", "dee"]):
        users().assign(user_id=ids).to_parquet(world / "users.parquet")
        (fault,) = check_folder(world, NOW).faults
        assert (fault.file, fault.row, fault.count) == ("users.parquet", 0, ids.count("") or 1)
    sound.iloc[:0].to_parquet(world / "users.parquet")
    assert faults_of(world) == [("users.parquet", None, None, "no rows")]
    sound.to_parquet(world / "users.parquet")
    np.save(world / "features" / "visual.npy", visual().astype("float64"))
    report = check_folder(world, NOW)
    assert len(report.faults) == 1
    assert not [warning for warning in report.warnings if warning.column == "modalities"]


def test_a_split_that_is_wrong_is_not_missed_as_well(world: Path) -> None:
    (world / "dataset.toml").write_text(INFO.replace('kind = "time"', 'kind = "given"'), encoding="utf-8")
    tips().assign(split="Train").to_parquet(world / "tips.parquet")
    report = check_folder(world, NOW)
    assert len(report.faults) == 1
    assert not [warning for warning in report.warnings if warning.column == "split"]


def test_names_from_data_are_escaped_wherever_a_fault_says_them(world: Path) -> None:
    evil = "\x1b[31m\n" * 40
    table = pa.table([pa.array(["ann"]), pa.array([1]), pa.array([2])], names=["user_id", evil, evil])
    pq.write_table(table, world / "users.parquet")
    for said in check_folder(world, NOW).sentences():
        assert said.isprintable()
        assert len(said) < 300


def test_an_id_missing_beside_an_empty_one_is_still_named(world: Path) -> None:
    users().assign(user_id=["", "bob", "cem", "dee"]).to_parquet(world / "users.parquet")
    tips().assign(user_id=["eve", "fay"] * 8).to_parquet(world / "tips.parquet")
    assert [fault.file for fault in check_folder(world, NOW).faults] == ["users.parquet", "tips.parquet"]


def test_ids_that_no_line_can_hold_load_with_a_warning(world: Path) -> None:
    ids = ["an\nn", "bo\0b", "cem", "dee"]
    users().assign(user_id=ids).to_parquet(world / "users.parquet")
    tips().assign(user_id=ids * 4).to_parquet(world / "tips.parquet")
    report = check_folder(world, NOW)
    assert report.sound
    (warning,) = [warning for warning in report.warnings if "control" in warning.expected]
    assert (warning.value, warning.count) == (r"'an\nn'", 2)
    assert load_dataset(world, NOW).users["user_id"].tolist() == ids


def test_a_file_with_a_name_that_nothing_reads_is_a_warning(world: Path) -> None:
    rooms().to_parquet(world / "room.parquet")
    np.save(world / "features" / "Visual.npy", visual())
    named = [w.file for w in check_folder(world, NOW).warnings if w.value == "a name that nothing reads"]
    assert named == ["room.parquet", "features/Visual.npy"]


def test_the_report_as_json_and_sentences(world: Path) -> None:
    tips().assign(amount=-1.0).to_parquet(world / "tips.parquet")
    report = check_folder(world, NOW)
    told = json.loads(report.to_json())
    assert told["sound"] is False
    assert told["counts"]["n_tips"] == 16
    assert told["faults"] == [
        {
            "file": "tips.parquet",
            "expected": "a number above 0",
            "value": "-1.0",
            "column": "amount",
            "row": 1,
            "count": 16,
            "line": None,
            "hint": "",
        }
    ]
    assert report.sentences()[0].endswith("1 fault, 2 warnings.")
    assert (
        report.sentences()[1]
        == "Fault: tips.parquet, column amount, row 1: got -1.0; expected a number above 0 (16 rows)."
    )


def test_a_fault_of_a_whole_file_names_no_row() -> None:
    assert Fault("users.parquet", "this file", "no such file").sentence == (
        "users.parquet: got no such file; expected this file."
    )
