"""A seed makes the same folder each time, whole or not at all, and the door takes it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from mspa_model.data import check_folder, load_dataset
from mspa_model.data.world import make, make_world
from mspa_model.errors import DataError
from mspa_model.types import Modality
from tests.data_world.conftest import TINY


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_gives_the_same_bytes(tiny_generated: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "again", seed=7, progress=False, config=TINY)
    assert hashes(tmp_path / "again") == hashes(tiny_generated)


def test_another_seed_gives_another_world(tiny_generated: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "other", seed=8, progress=False, config=TINY)
    mine, other = hashes(tiny_generated), hashes(tmp_path / "other")
    assert all(mine[name] != other[name] for name in mine if name.endswith(".parquet"))


def test_an_existing_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(DataError, match="does not exist yet"):
        make_world(tmp_path, progress=False, config=TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(make.write, "write_truth", fail)
    with pytest.raises(OSError, match="disk full"):
        make_world(tmp_path / "world", progress=False, config=TINY)
    assert list(tmp_path.iterdir()) == []


def test_the_door_takes_it(tiny_generated: Path) -> None:
    assert check_folder(tiny_generated).faults == ()
    dataset = load_dataset(tiny_generated, datetime(2026, 1, 1, tzinfo=UTC))
    assert (dataset.n_users, dataset.n_streamers, len(dataset.tips)) == (60, 20, 600)
    assert dataset.info.modalities == tuple(Modality)


def test_planted_attributes_are_no_columns(tiny_generated: Path) -> None:
    streamers = pd.read_parquet(tiny_generated / "streamers.parquet")
    assert list(streamers.columns) == ["streamer_id", "name", "category", "language", "text"]
    assert streamers["name"].is_unique


def test_a_lacking_modality_is_lacking_everywhere(tiny_generated: Path) -> None:
    truth = pd.read_parquet(tiny_generated / "truth" / "streamers.parquet").set_index("streamer_id")
    rooms = pd.read_parquet(tiny_generated / "rooms.parquet").set_index("room_id")
    segments = pd.read_parquet(tiny_generated / "segments.parquet")
    media = set(pd.read_parquet(tiny_generated / "truth" / "segments.parquet")["segment_id"])
    kept = segments[segments["segment_id"].isin(media)]
    owner = truth.loc[rooms.loc[kept["room_id"], "streamer_id"]]
    for column, modality in (("frame", "visual"), ("audio", "audio"), ("speech", "text")):
        assert (kept[column].notna().to_numpy() == owner[f"has_{modality}"].to_numpy()).all()
        assert not owner[f"has_{modality}"].all()  # the tiny world has such streamers, or this tests nothing
