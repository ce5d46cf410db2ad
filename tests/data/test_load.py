"""From a sound folder to a Dataset."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.data import (
    FaultyFolderError,
    fingerprint,
    history_of,
    load_dataset,
    media_path,
    nearest_ids,
    streamer_idx_of,
    user_idx_of,
)
from mspa_model.data.schema import rows_of, strangers
from mspa_model.errors import UnknownIdError
from mspa_model.types import Modality
from tests.data.small_world import NOW, rooms, segments, streamers, tips


def test_tables_get_positions_and_defaults(world: Path) -> None:
    dataset = load_dataset(world, NOW)
    assert (dataset.n_users, dataset.n_streamers, len(dataset.tips)) == (4, 3, 16)
    assert dataset.streamers["text"].tolist() == ["plays chess", "", "sings"]
    assert dataset.streamers["category"].tolist() == ["", "", ""]
    assert dataset.streamers["fans"].tolist() == [10, 20, 30]
    assert dataset.users["country"].tolist() == ["TR", "", "DE", "FR"]
    assert dataset.tips["room_id"].tolist() == [""] * 16
    columns = ["user_idx", "streamer_idx", "tipped_at", "amount", "room_id", "segment_id", "split"]
    assert dataset.tips.columns.tolist() == columns
    assert dataset.tips["user_idx"].tolist() == [0] * 10 + [1] * 5 + [2]
    assert dataset.rooms is None
    assert dataset.info.modalities == (Modality.VISUAL, Modality.TEXT)


def test_features_keep_the_row_of_a_streamer_that_lacks_them(world: Path) -> None:
    visual = load_dataset(world, NOW).features[Modality.VISUAL]
    assert visual.dtype == np.float32
    np.testing.assert_array_equal(visual, [[1, 2], [3, 4], [np.nan, np.nan]])


def test_tips_are_ordered_by_user_then_time_then_row(world: Path) -> None:
    tips().iloc[::-1].to_parquet(world / "tips.parquet")
    dataset = load_dataset(world, NOW)
    assert dataset.tips["user_idx"].is_monotonic_increasing
    assert dataset.tips["amount"].tolist() == [float(n) for n in [*range(1, 11), *range(1, 6), 1]]


def test_history_holds_train_tips_or_all(world: Path) -> None:
    dataset = load_dataset(world, NOW)
    known = history_of(dataset, 0, "train")
    assert known.user_id == "ann"
    assert known.streamer_idx.tolist() == [0, 1] * 4
    assert known.amount.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert known.tip_row.tolist() == list(range(8))
    assert known.tipped_at[1] - known.tipped_at[0] == np.timedelta64(1, "h")
    assert len(history_of(dataset, 0, "all")) == 10
    assert history_of(dataset, 1, "all").tip_row.tolist() == [10, 11, 12, 13, 14]
    assert len(history_of(dataset, 3, "all")) == 0


def test_time_zones_of_the_file_become_utc(world: Path) -> None:
    moved = tips()
    moved["tipped_at"] = moved["tipped_at"].dt.tz_convert("Asia/Tokyo").astype("datetime64[ns, Asia/Tokyo]")
    before = load_dataset(world, NOW).tips["tipped_at"]
    moved.to_parquet(world / "tips.parquet")
    pd.testing.assert_series_equal(load_dataset(world, NOW).tips["tipped_at"], before)


def test_a_set_without_features_texts_or_names_loads(world: Path) -> None:
    shutil.rmtree(world / "features")
    streamers()[["streamer_id"]].to_parquet(world / "streamers.parquet")
    toml = (world / "dataset.toml").read_text(encoding="utf-8").replace('["visual", "text"]', "[]")
    (world / "dataset.toml").write_text(toml, encoding="utf-8")
    dataset = load_dataset(world, NOW)
    assert not dataset.features
    assert dataset.streamers["name"].tolist() == ["", "", ""]


def test_optional_columns_of_rooms_and_segments_are_filled(world: Path) -> None:
    (world / "media").mkdir()
    (world / "media" / "a.png").write_bytes(b"\x89PNG")
    rooms().to_parquet(world / "rooms.parquet")
    segments("a.png").to_parquet(world / "segments.parquet")
    dataset = load_dataset(world, NOW)
    assert dataset.rooms is not None
    assert dataset.rooms["ended_at"].isna().all()
    assert dataset.segments is not None
    assert dataset.segments.loc[0, ["seconds", "speech", "audio"]].tolist() == [30.0, "", ""]
    assert media_path(dataset, "a.png").read_bytes() == b"\x89PNG"


def test_a_modality_that_is_not_declared_is_left_unread(world: Path) -> None:
    np.save(world / "features" / "audio.npy", np.ones((3, 2), dtype=np.float16))
    dataset = load_dataset(world, NOW)
    assert set(dataset.features) == {Modality.VISUAL}
    assert any("features/audio.npy" in warning for warning in dataset.warnings)


def test_fingerprint_covers_what_a_model_may_read_and_no_more(world: Path) -> None:
    before = fingerprint(world)
    (world / "truth").mkdir()
    (world / "truth" / "taste.parquet").write_bytes(b"secret")
    (world / ".DS_Store").write_bytes(b"noise")
    assert fingerprint(world) == before
    rooms().to_parquet(world / "rooms.parquet")
    segments("a.png").to_parquet(world / "segments.parquet")
    (world / "media").mkdir()
    without = fingerprint(world)
    (world / "media" / "a.png").write_bytes(b"1")
    with_media = fingerprint(world)
    assert with_media != without
    (world / "media" / "a.png").write_bytes(b"2")
    assert fingerprint(world) not in {without, with_media}


@pytest.mark.parametrize("name", ["Thumbs.db", "desktop.ini", ".DS_Store", "b.png", "sub/Thumbs.db"])
def test_what_no_table_names_changes_no_fingerprint(world: Path, name: str) -> None:
    """A file manager leaves such files wherever somebody looks; the run that was trained before still opens."""
    rooms().to_parquet(world / "rooms.parquet")
    segments("a.png").to_parquet(world / "segments.parquet")
    (world / "media" / "sub").mkdir(parents=True)
    (world / "media" / "a.png").write_bytes(b"1")
    before = fingerprint(world)
    (world / "media" / name).write_bytes(b"noise")
    assert fingerprint(world) == before


def test_rows_are_checked_again_only_where_a_byte_changed(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = load_dataset(world, NOW).fingerprint
    calls: list[str] = []
    monkeypatch.setattr("mspa_model.data.tables.broken_rules", lambda frame, rule: calls.append(rule.file) or empty())
    again = load_dataset(world, NOW, sound_as=known)
    assert (calls, again.fingerprint) == ([], known)
    pd.read_parquet(world / "users.parquet").assign(note="new").to_parquet(world / "users.parquet")
    assert load_dataset(world, NOW, sound_as=known).fingerprint != known
    assert "users.parquet" in calls


def test_a_table_that_cannot_be_read_is_told_whatever_is_known_of_it(world: Path) -> None:
    known = load_dataset(world, NOW).fingerprint
    (world / "segments.parquet").write_bytes(b"PAR1")
    with pytest.raises(FaultyFolderError, match="segments"):
        load_dataset(world, NOW, sound_as=known)


def empty() -> pd.DataFrame:
    return pd.DataFrame({"column": [], "expected": [], "row": np.array([], dtype=np.int64)})


def test_a_table_without_media_columns_names_none(world: Path) -> None:
    rooms().to_parquet(world / "rooms.parquet")
    segments("a.png").drop(columns="frame").to_parquet(world / "segments.parquet")
    before = fingerprint(world)
    (world / "media").mkdir()
    (world / "media" / "a.png").write_bytes(b"1")
    assert fingerprint(world) == before


def test_fingerprint_of_a_copy_elsewhere_is_the_same(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path / "elsewhere")
    assert fingerprint(tmp_path / "elsewhere") == fingerprint(world)


def test_faults_stop_the_loading_and_are_all_in_the_message(world: Path) -> None:
    broken = tips().assign(amount=-1.0)
    broken.loc[0, "user_id"] = "eve"
    broken.to_parquet(world / "tips.parquet")
    with pytest.raises(FaultyFolderError, match="2 faults") as caught:
        load_dataset(world, NOW)
    assert "'eve'" in str(caught.value)
    assert "-1.0" in str(caught.value)


def test_forty_thousand_tips_load_and_are_split(world: Path) -> None:
    n_tips, n_users = 40_000, 2_000
    pd.DataFrame({"user_id": [f"u{n}" for n in range(n_users)]}).to_parquet(world / "users.parquet")
    pd.DataFrame(
        {
            "user_id": [f"u{n % n_users}" for n in range(n_tips)],
            "streamer_id": [f"s{n % 3}" for n in range(n_tips)],
            "tipped_at": pd.date_range("2025-01-01", periods=n_tips, freq="s", tz="UTC"),
            "amount": 1.0,
        }
    ).to_parquet(world / "tips.parquet")
    dataset = load_dataset(world, NOW)
    assert dataset.tips["split"].value_counts().to_dict() == {"train": 32_000, "val": 4_000, "test": 4_000}


def test_ids_are_found_in_their_home_table() -> None:
    home = pd.Series(["b", "a", None, "a", ""], dtype="str")
    ids = pd.Series(["a", "c", None, "b", ""], dtype="str")
    assert rows_of(ids, home).tolist() == [1, -1, -1, 0, 4]
    assert strangers(ids, home).tolist() == [False, True, False, False, False]


def test_unknown_ids_name_the_nearest(world: Path) -> None:
    dataset = load_dataset(world, NOW)
    assert user_idx_of(dataset, "bob") == 1
    assert streamer_idx_of(dataset, "s2") == 2
    with pytest.raises(UnknownIdError, match=r"viewer 'bop'.*nearest known ids are bob"):
        user_idx_of(dataset, "bop")
    with pytest.raises(UnknownIdError, match="streamer 's9'"):
        streamer_idx_of(dataset, "s9")


def test_nearest_ids_are_most_like_first_and_bounded() -> None:
    assert nearest_ids("u1O", ["x", "u10", "u1"], n=2) in {("u10", "u1"), ("u1", "u10")}
    assert nearest_ids("zzz" * 10_000, ["a", "b"], n=3) != ("zzz",)
    assert nearest_ids("a", []) == ()
