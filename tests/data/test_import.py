"""From a folder of CSV files to a dataset folder: names, times, amounts, features, and rows that are set aside."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mspa_model.data import FaultyFolderError, ImportReport, check_folder, import_csv, load_dataset
from mspa_model.data.importers.convert import convert
from mspa_model.data.importers.csv_rows import read_batches
from mspa_model.data.importers.import_map import TimeMap
from mspa_model.data.schema import ColumnRule, Kind, TableRule
from mspa_model.errors import DataError
from mspa_model.types import Modality
from tests.data.small_world import INFO, NOW, START, streamers, tips, users

N_TIPS = 100
MAP = """
[time]
unit = "ms"
[amount]
scale = 0.01
[tips]
file = "gifts.csv"
columns = { user_id = "uid", tipped_at = "ts", amount = "cents" }
[streamers]
numbers = ["fans"]
[features.visual]
file = "vectors.csv"
streamer_id = "author"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A customer's export: other names, Unix milliseconds, cents, features out of order and one streamer without."""
    src = tmp_path / "src"
    src.mkdir()
    (src / "dataset.toml").write_text(INFO, encoding="utf-8")
    users().to_csv(src / "users.csv", index=False)
    streamers().to_csv(src / "streamers.csv", index=False)
    gifts(src)
    (src / "vectors.csv").write_text("author,v0,v1\ns1,3,4\ns0,1,2e0\ns2,,\n", encoding="utf-8")
    (src / "map.toml").write_text(MAP, encoding="utf-8")
    return src


def gifts(src: Path, **changed: dict[int, str]) -> None:
    """100 tips of ann and bob, a minute apart; changed: column = {row: what stands there instead}."""
    rows = [
        {
            "uid": "ann" if n % 2 else "bob",
            "streamer_id": f"s{n % 3}",
            "ts": str(int(START.timestamp() * 1000) + n * 60_000),
            "cents": str(n + 1),
        }
        for n in range(N_TIPS)
    ]
    for column, cells in changed.items():
        for row, text in cells.items():
            rows[row][column] = text
    pd.DataFrame(rows).to_csv(src / "gifts.csv", index=False)


def run(source: Path, quarantine: bool = False) -> ImportReport:
    return import_csv(source, source.parent / "out", source / "map.toml", quarantine, NOW)


def left_behind(source: Path) -> list[str]:
    return sorted(path.name for path in source.parent.iterdir() if path.name != "src")


def test_names_units_and_features_are_mapped(source: Path) -> None:
    report = run(source)
    assert [(t.file, t.n_rows, t.n_aside) for t in report.tables] == [
        ("users.csv", 4, 0),
        ("streamers.csv", 3, 0),
        ("gifts.csv", N_TIPS, 0),
        ("vectors.csv", 3, 0),
    ]
    dataset = load_dataset(source.parent / "out", NOW)
    bob = dataset.tips[dataset.tips["user_idx"] == 1]
    assert bob["amount"].tolist()[:2] == [0.01, 0.03]
    assert bob["tipped_at"].iloc[1] == pd.Timestamp(START) + pd.Timedelta(minutes=2)
    assert dataset.streamers["fans"].tolist() == [10.0, 20.0, 30.0]
    np.testing.assert_array_equal(dataset.features[Modality.VISUAL], [[1, 2], [3, 4], [np.nan, np.nan]])
    assert left_behind(source) == ["out"]
    assert not (source.parent / "out" / "quarantine").exists()


def test_a_round_trip_of_the_small_world_changes_nothing(world: Path, tmp_path: Path) -> None:
    src = tmp_path / "src"
    src.mkdir()
    for name, table in (("users", users()), ("streamers", streamers()), ("tips", tips())):
        table.to_csv(src / f"{name}.csv", index=False)
    toml = INFO.replace("[split]", "[dataset.split]").replace('["visual", "text"]', '["text"]')
    (src / "map.toml").write_text(f"[dataset]\n{toml}\n[streamers]\nnumbers = ['fans']", encoding="utf-8")
    import_csv(src, tmp_path / "out", src / "map.toml", now=NOW)
    before, after = load_dataset(world, NOW), load_dataset(tmp_path / "out", NOW)
    pd.testing.assert_frame_equal(after.tips, before.tips)
    pd.testing.assert_frame_equal(after.users, before.users)
    pd.testing.assert_frame_equal(after.streamers.astype({"fans": "int64"}), before.streamers)
    assert after.info.split == before.info.split


def test_bad_rows_without_quarantine_stop_all_and_are_all_named(source: Path) -> None:
    gifts(source, cents={3: "-1", 4: "two"}, streamer_id={5: "nobody"}, ts={6: "9999999999999", 7: ""})
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    named = {(fault.column, fault.line, fault.value) for fault in caught.value.report.faults}
    assert named == {
        ("amount", 5, "'-1'"),
        ("amount", 6, "'two'"),
        ("streamer_id", 7, "'nobody'"),
        ("tipped_at", 8, "'9999999999999' (2286-11-20 17:46:40+00:00)"),
        ("tipped_at", 9, "nothing"),
    }
    assert left_behind(source) == []


def test_quarantine_sets_rows_aside_as_they_were_and_counts_reasons(source: Path) -> None:
    gifts(source, cents={3: "-1", 9: "-7", 4: "two"}, streamer_id={5: "nobody"})
    report = run(source, quarantine=True)
    table = next(table for table in report.tables if table.file == "gifts.csv")
    assert (table.n_rows, table.n_aside, table.faults[0].count) == (N_TIPS, 4, 2)
    with (source.parent / "out" / "quarantine" / "gifts.csv").open(encoding="utf-8", newline="") as file:
        aside = list(csv.DictReader(file))
    assert [row["source_line"] for row in aside] == ["5", "6", "7", "11"]
    assert aside[1]["cents"] == "two"
    assert aside[0]["reason"] == "amount: expected a number above 0"
    assert len(load_dataset(source.parent / "out", NOW).tips) == N_TIPS - 4
    assert check_folder(source.parent / "out", NOW).sound
    assert any(line.startswith("Set aside: gifts.csv") for line in report.sentences())
    assert json.loads(report.to_json())["tables"][2]["n_aside"] == 4


@pytest.mark.parametrize(("n_bad", "refused"), [(5, False), (6, True)])
def test_more_than_five_percent_are_refused(source: Path, n_bad: int, refused: bool) -> None:
    gifts(source, cents=dict.fromkeys(range(n_bad), "0"))
    if not refused:
        assert next(t for t in run(source, quarantine=True).tables if t.file == "gifts.csv").n_aside == n_bad
        return
    with pytest.raises(DataError, match=r"6 of 100 rows of gifts\.csv"):
        run(source, quarantine=True)
    assert left_behind(source) == []


def test_rows_of_a_wrong_length_are_set_aside(source: Path) -> None:
    with (source / "gifts.csv").open("a", encoding="utf-8") as file:
        file.write('ann,s0,"x,y"\nbob,s1,1735689600000,5\n')
    report = run(source, quarantine=True)
    table = next(table for table in report.tables if table.file == "gifts.csv")
    assert (table.n_rows, table.n_aside, table.faults[0].value) == (N_TIPS + 2, 1, "3 fields")
    with (source.parent / "out" / "quarantine" / "gifts.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["source_line"], row["unparsed_line"]) == (str(N_TIPS + 2), 'ann,s0,"x,y"')


def test_tips_of_a_row_that_was_set_aside_go_with_it(source: Path) -> None:
    (source / "streamers.csv").write_text(
        "streamer_id,fans\n" + "".join(f"s{n},1\n" for n in range(40)) + "s0,2\n" + "s99,many\n", encoding="utf-8"
    )
    gifts(source, streamer_id={0: "s99"})
    report = run(source, quarantine=True)
    assert [(t.file, t.n_aside) for t in report.tables[1:3]] == [("streamers.csv", 2), ("gifts.csv", 1)]
    assert load_dataset(source.parent / "out", NOW).streamers["fans"].tolist() == [1.0] * 40


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("author,v0,v1\ns0,1,2\ns0,3,4\n", "each value once"),
        ("author,v0,v1\ns7,1,2\n", "an id of the table of streamers"),
        ("author,v0,v1\ns0,1,\n", "finite numbers, or blanks alone"),
        ("author,v0,v1\ns0,1,1e39\n", "finite numbers, or blanks alone"),
        ("author,v0,v1\ns0,1,soft\n", "finite numbers, or blanks alone"),
        ("id,v0,v1\ns0,1,2\n", "this column, the key of the table"),
        ("author\ns0\n", "columns of features beside the key"),
    ],
)
def test_features_that_do_not_fit(source: Path, table: str, named: str) -> None:
    (source / "vectors.csv").write_text(table, encoding="utf-8")
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    assert [fault.expected for fault in caught.value.report.faults] == [named]
    assert left_behind(source) == []


def test_missing_files_and_columns_are_named_together(source: Path) -> None:
    (source / "users.csv").unlink()
    (source / "vectors.csv").unlink()
    (source / "dataset.toml").unlink()
    (source / "gifts.csv").write_text("uid,streamer_id\nann,s0\n", encoding="utf-8")
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    named = [(fault.file, fault.column) for fault in caught.value.report.faults]
    assert set(named) == {
        ("users.csv", None),
        ("vectors.csv", None),
        ("gifts.csv", "ts"),
        ("gifts.csv", "cents"),
    }


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('unit = "ms"', 'unit = "min"', "time.unit"),
        ("scale = 0.01", "scale = -1", "amount.scale"),
        ('file = "gifts.csv"', 'fiel = "gifts.csv"', "tips.fiel"),
        ("[features.visual]", "[features.smell]", "features.smell"),
        ("[time]", '[dataset]\ntitel = "x"\n[time]', "dataset.titel"),
        ('unit = "ms"', 'format = "%Q"', "time.format"),
        ('file = "gifts.csv"', 'file = "../gifts.csv"', "tips.file"),
        ('file = "vectors.csv"', 'file = "/etc/passwd"', "features.visual.file"),
        ("[time]", "delimiter = '\"'\n[time]", "delimiter"),
        ("[time]", "delimiter = ''\n[time]", "delimiter"),
        ('amount = "cents"', 'amount = "ts"', "tips.columns"),
    ],
)
def test_each_key_of_the_map_is_checked(source: Path, old: str, new: str, named: str) -> None:
    (source / "map.toml").write_text(MAP.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=named.replace(".", r"\.")):
        run(source)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"user_id\n\xff\xfe\n", "UTF-8"),
        (b'user_id\n"ann\nbob\n', "line 2: a quote that is opened there and never closed"),
        ("user_id\nann\nCaf\u00e9\n".encode("latin-1"), "line 3: text that is not UTF-8: byte 0xe9"),
        ("user_id\nann\n".encode("utf-16"), "text in UTF-16"),
        (b"PK\x03\x04\x14\x00\xff\n", "users.csv: a spreadsheet or another zip archive; .* save the table as CSV"),
        (gzip.compress(b"user_id\nann\n"), "users.csv: a file packed by gzip"),
        (b"PAR1\x15\x04\xff", "users.csv: a Parquet file"),
    ],
)
def test_files_that_are_not_csv(source: Path, content: bytes, named: str) -> None:
    (source / "users.csv").write_bytes(content)
    with pytest.raises(DataError, match=named):
        run(source)
    assert left_behind(source) == []


@pytest.mark.parametrize("name", ["gifts.csv", "rooms.csv", "vectors.csv"])
def test_a_folder_in_the_place_of_a_csv_file_is_said_to_be_one(source: Path, name: str) -> None:
    (source / name).unlink(missing_ok=True)
    (source / name).mkdir()
    with pytest.raises(DataError, match=f"{name}: got a folder: only one whole file is read"):
        run(source)


def test_a_file_that_only_the_map_names_has_to_be_there(source: Path) -> None:
    (source / "map.toml").write_text(MAP + '[rooms]\nfile = "broadcasts.csv"\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"broadcasts\.csv: got no such file"):
        run(source)


def test_an_out_that_is_there_is_never_touched(source: Path) -> None:
    (source.parent / "out").mkdir()
    with pytest.raises(DataError, match="which is there already"):
        run(source)
    assert list((source.parent / "out").iterdir()) == []


def test_media_that_segments_name_come_along_and_no_others(source: Path) -> None:
    (source / "media" / "day").mkdir(parents=True)
    for name in ("day/a.png", "day/b.png"):
        Image.new("RGB", (4, 4)).save(source / "media" / name)
    (source / "secret.png").write_bytes(b"secret")
    (source / "rooms.csv").write_text(
        f"room_id,streamer_id,started_at\nr0,s0,{START.timestamp() * 1000}\n", encoding="utf-8"
    )
    lines = [f"g{n},r0,{START.timestamp() * 1000},\n" for n in range(30)]
    lines[0], lines[7] = lines[0].replace(",\n", ",day/a.png\n"), lines[7].replace(",\n", ",../secret.png\n")
    (source / "segments.csv").write_text("segment_id,room_id,started_at,frame\n" + "".join(lines), encoding="utf-8")
    report = run(source, quarantine=True)
    assert [(t.file, t.n_aside) for t in report.tables if t.n_aside] == [("segments.csv", 1)]
    media = source.parent / "out" / "media"
    assert [path.relative_to(media).as_posix() for path in media.rglob("*.png")] == ["day/a.png"]


def test_media_that_cannot_be_read_stop_an_import_and_are_named(source: Path) -> None:
    (source / "media").mkdir()
    for name in ("a.png", "b.png"):
        (source / "media" / name).write_bytes(b"<html>")
    at = START.timestamp() * 1000
    (source / "rooms.csv").write_text(f"room_id,streamer_id,started_at\nr0,s0,{at}\n", encoding="utf-8")
    lines = [f"g{n},r0,{at},{name}\n" for n, name in enumerate(("a.png", "b.png"))]
    (source / "segments.csv").write_text("segment_id,room_id,started_at,frame\n" + "".join(lines), encoding="utf-8")
    with pytest.raises(FaultyFolderError, match=r"'a\.png', a page of HTML(.|\n)*'b\.png', a page of HTML"):
        run(source)
    assert left_behind(source) == []


@pytest.mark.parametrize("size", [1, 2, 50, 100])
def test_the_size_of_a_batch_changes_nothing(source: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    gifts(source, cents={3: "-1", 99: ""}, streamer_id={50: "nobody"})
    (source / "streamers.csv").write_text(
        "streamer_id,fans\n" + "".join(f"s{n},1\n" for n in range(40)) + "s0,2\n", encoding="utf-8"
    )
    monkeypatch.setattr(read_batches, "__defaults__", (size,))
    report = run(source, quarantine=True)
    assert [(t.file, t.n_aside, len(t.faults)) for t in report.tables[1:3]] == [
        ("streamers.csv", 1, 1),
        ("gifts.csv", 3, 3),
    ]
    tips_out = pd.read_parquet(source.parent / "out" / "tips.parquet")
    expected = [(n + 1) / 100 for n in range(N_TIPS) if n not in {3, 50, 99}]
    assert tips_out["amount"].tolist() == pytest.approx(expected)


def test_what_nobody_wrote_of_dataset_toml_is_inferred_and_printed(source: Path) -> None:
    (source / "dataset.toml").unlink()
    (source / "map.toml").write_text(MAP + '[dataset]\nname = "mine"\n', encoding="utf-8")
    report = run(source)
    info = load_dataset(source.parent / "out", NOW).info
    assert (info.name, info.title, info.kind, info.split.kind) == ("mine", "mine", "events", "time")
    assert info.modalities == (Modality.VISUAL, Modality.TEXT)
    assert (info.streamer_is, info.tip_unit, info.timezone) == ("streamer", "units", "UTC")
    assert "name" not in {one.key for one in report.inferred}
    assert 'dataset.toml: kind = "events" (gifts.csv has a column of times).' in report.sentences()
    assert json.loads(report.to_json())["inferred"][0]["key"] == "title"


def test_keys_of_the_map_go_before_those_of_the_source(source: Path) -> None:
    (source / "dataset.toml").write_text(
        '\ufeffname = "theirs"\ntip_is = "gift"\n[split]\nmetric = "recall@10"\n', encoding="utf-8"
    )
    more = '[dataset]\nname = "mine"\n[dataset.split]\nmask_for_val = []\n'
    (source / "map.toml").write_text(MAP + more, encoding="utf-8")
    run(source)
    info = load_dataset(source.parent / "out", NOW).info
    assert (info.name, info.tip_is, info.split.metric, info.split.mask_for_val) == ("mine", "gift", "recall@10", ())


def test_an_import_without_any_map_takes_all_from_the_files(source: Path) -> None:
    for name in ("dataset.toml", "vectors.csv", "gifts.csv"):
        (source / name).unlink()
    split = ["train"] * 14 + ["val", "test"]
    tips().drop(columns="tipped_at").assign(split=split).to_csv(source / "tips.csv", index=False)
    report = import_csv(source, source.parent / "out", now=NOW)
    dataset = load_dataset(source.parent / "out", NOW)
    assert (dataset.info.name, dataset.info.kind, dataset.info.split.kind) == ("src", "matrix", "given")
    assert dataset.tips["split"].tolist() == split
    assert len(report.inferred) == 15


def test_a_zone_of_the_map_is_that_of_the_screen(source: Path) -> None:
    (source / "dataset.toml").unlink()
    (source / "map.toml").write_text(MAP.replace("[time]", '[time]\nzone = "Asia/Tokyo"'), encoding="utf-8")
    run(source)
    assert load_dataset(source.parent / "out", NOW).info.timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("content", "named"),
    [("title = 3\n", "dataset.toml, key title: got 3"), ("title = \n", "a TOML file as docs/dataset.md")],
)
def test_a_dataset_toml_of_the_source_that_is_wrong_is_named(source: Path, content: str, named: str) -> None:
    (source / "dataset.toml").write_text(content, encoding="utf-8")
    with pytest.raises(FaultyFolderError, match=named):
        run(source)
    assert left_behind(source) == []


@pytest.mark.parametrize(
    ("delimiter", "words", "written"), [("\t", "tabs", "\\t"), (";", "semicolons", ";"), ("|", "bars", "|")]
)
def test_another_delimiter_is_one_fault_that_shows_the_header(
    source: Path, delimiter: str, words: str, written: str
) -> None:
    for name in ("gifts.csv", "vectors.csv"):
        text = (source / name).read_text(encoding="utf-8").replace(",", delimiter)
        (source / name).write_text(text, encoding="utf-8")
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    gifts_fault, vectors_fault = caught.value.report.faults
    assert (gifts_fault.file, gifts_fault.line, vectors_fault.file) == ("gifts.csv", 1, "vectors.csv")
    header = delimiter.join(("uid", "streamer_id", "ts", "cents"))
    assert gifts_fault.value == f"the one column {header!r}"
    assert gifts_fault.hint == f'It looks parted by {words}: write delimiter = "{written}" at the top of the map.'


def test_features_of_an_id_that_is_only_written_otherwise_are_likened(source: Path) -> None:
    (source / "vectors.csv").write_text("author,v0,v1\nS0,1,2\n", encoding="utf-8")
    with pytest.raises(FaultyFolderError, match=r"There is 's0', which differs in case"):
        run(source)


def test_the_line_that_names_a_delimiter_to_spreadsheets_is_told_apart(source: Path) -> None:
    text = (source / "gifts.csv").read_text(encoding="utf-8")
    (source / "gifts.csv").write_text("sep=,\n" + text, encoding="utf-8")
    with pytest.raises(FaultyFolderError, match="Leave out the first line") as caught:
        run(source)
    assert len(caught.value.report.faults) == 1


def test_a_file_without_its_header_is_one_fault_that_shows_the_first_line(source: Path) -> None:
    lines = (source / "gifts.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (source / "gifts.csv").write_text("".join(lines[1:]), encoding="utf-8")
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    (fault,) = caught.value.report.faults
    assert (fault.file, fault.line, fault.value) == ("gifts.csv", 1, "'bob', 's0', '1735689600000', '1'")
    assert fault.expected == "columns user_id and streamer_id and tipped_at and amount"


@pytest.mark.parametrize("name", ["text", "streamer_id"])
def test_what_is_text_cannot_be_named_a_number(source: Path, name: str) -> None:
    text = MAP.replace('numbers = ["fans"]', f'numbers = ["{name}"]')
    (source / "map.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    (fault,) = caught.value.report.faults
    assert (fault.column, fault.expected) == (name, "no such name under numbers")


def test_a_field_of_200000_characters_is_read(source: Path) -> None:
    text = "streamer_id,text,fans\n" + "".join(f"s{n},{'x' * 200_000},1\n" for n in range(3))
    (source / "streamers.csv").write_text(text, encoding="utf-8")
    run(source)
    assert load_dataset(source.parent / "out", NOW).streamers["text"].str.len().tolist() == [200_000] * 3


def test_lines_are_the_files_own_whatever_is_quoted_or_blank(source: Path) -> None:
    text = 'streamer_id,text,fans\r\n\r\ns0,"a\nb\r\nc",1\r\ns1,d,many\r\ns2,"e\nf",few\r\n'
    (source / "streamers.csv").write_bytes(text.encode())
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    first = caught.value.report.faults[0]
    assert (first.file, first.line, first.count, first.value) == ("streamers.csv", 6, 2, "'many'")


def test_ids_with_a_point_and_a_zero_are_likened(source: Path) -> None:
    text = (source / "gifts.csv").read_text(encoding="utf-8")
    (source / "gifts.csv").write_text(text.replace("ann,", "7.0,").replace("bob,", "8.0,"), encoding="utf-8")
    (source / "users.csv").write_text("user_id\n7\n8\n", encoding="utf-8")
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    (fault,) = caught.value.report.faults
    assert (fault.value, fault.count, fault.hint[:22]) == ("'8.0'", N_TIPS, "There is '8', without ")
    assert fault.expected == "an id of users.csv"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("users.csv", "user_id\n", "at least one row below the header"),
        ("gifts.csv", "uid,streamer_id,ts,cents\n", "at least one row below the header"),
        ("users.csv", "", "a first line with the names of the columns"),
    ],
)
def test_a_file_without_rows_is_one_fault(source: Path, name: str, content: str, expected: str) -> None:
    (source / name).write_text(content, encoding="utf-8")
    with pytest.raises(FaultyFolderError) as caught:
        run(source)
    assert [(fault.file, fault.expected) for fault in caught.value.report.faults] == [(name, expected)]


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_a_source_that_is_no_folder_is_one_sentence(source: Path, kind: str) -> None:
    src = source / ("users.csv" if kind == "file" else "nowhere")
    with pytest.raises(DataError, match="a folder of CSV files") as caught:
        import_csv(src, source.parent / "out", source / "map.toml", now=NOW)
    assert ("not there" in str(caught.value)) == (kind == "absent")
    assert left_behind(source) == []


TIMES = TableRule("tips.parquet", (ColumnRule("at", Kind.TIME, nullable=True),))


@pytest.mark.parametrize(
    ("text", "time", "expected"),
    [
        ("1735689600", TimeMap(unit="s"), "2025-01-01T00:00:00Z"),
        ("1735689600000000000", TimeMap(unit="ns"), "2025-01-01T00:00:00Z"),
        ("1735689600123", TimeMap(unit="ms"), "2025-01-01T00:00:00.123Z"),
        ("2025-01-01T08:00:00+08:00", TimeMap(), "2025-01-01T00:00:00Z"),
        ("2025-01-01 00:00:00Z", TimeMap(zone="Asia/Shanghai"), "2025-01-01T00:00:00Z"),
        ("2025-01-01 08:00", TimeMap(zone="Asia/Shanghai"), "2025-01-01T00:00:00Z"),
        ("2025-01-05", TimeMap(zone="UTC"), "2025-01-05T00:00:00Z"),
        ("31.12.2024 19:00", TimeMap(zone="America/New_York", format="%d.%m.%Y %H:%M"), "2025-01-01T00:00:00Z"),
        ("2025-01-01 08:00", TimeMap(), None),
        ("2024-11-03 01:30", TimeMap(zone="America/New_York"), None),
        ("2024-03-10 02:30", TimeMap(zone="America/New_York"), None),
        ("yesterday", TimeMap(zone="UTC"), None),
        ("1e300", TimeMap(unit="s"), None),
    ],
)
def test_times_as_they_are_written(text: str, time: TimeMap, expected: str | None) -> None:
    converted = convert(pd.DataFrame({"at": [text, ""]}, dtype="str"), TIMES, (), time, 1.0)
    if expected is None:
        assert converted.wrong["row"].tolist() == [0]
        assert converted.frame["at"].isna().all()
    else:
        assert converted.wrong.empty
        assert converted.frame["at"].iloc[0] == pd.Timestamp(expected)


CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=12), st.integers(1, 5))
def test_batches_hold_every_row_of_the_file(tmp_path_factory: pytest.TempPathFactory, rows: list, size: int) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["a", "b"], *rows])
    batches = list(read_batches(path, ",", size))
    read = [[str(cell) for cell in row] for batch in batches for row in batch.rows.to_numpy().tolist()]
    assert read == rows
    assert all(len(batch.rows) <= size for batch in batches)
    lines = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    for batch in batches:
        for line, row in zip(batch.rows.index, batch.rows.to_numpy().tolist(), strict=True):
            start = str(row[0]).replace("\r\n", "\n").replace("\r", "\n").split("\n")[0]
            assert lines[line - 1].decode().startswith((start, '"' + start.replace('"', '""')))
