"""Where each modality's features come from, in order, and what a run must store."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from mspa_model.config import FeatureConfig
from mspa_model.data.load import load_dataset
from mspa_model.errors import DataError
from mspa_model.features import encode as encode_module
from mspa_model.features.encode import SHIPPED, SHIPPED_SEGMENTS, encode, read_raw, scale
from mspa_model.features.texts import MAX_CHARACTERS, SEGMENTS_PER_STREAMER, rows_by_owner, spread, streamer_documents
from mspa_model.types import Dataset, Modality
from tests.worlds import add_media, checkerboard, group_of, write_world

CPU = torch.device("cpu")
CONFIG = FeatureConfig()


class LetterCounts:
    """Rows that a test can count by hand: how often a, e and o are in a text."""

    def encode(self, texts):
        return np.array([[text.count(letter) for letter in "aeo"] for text in texts], dtype=np.float32)


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any use of an encoder fails."""

    def refuse(*_):
        raise AssertionError("an encoder was run")

    monkeypatch.setattr(encode_module, "load_text_encoder", refuse)
    monkeypatch.setattr(encode_module, "load_media_encoder", refuse)


def _raw_only(folder: Path) -> Dataset:
    world = replace(checkerboard(n_users=8, n_streamers=16, tips_each=5), features={})
    write_world(add_media(world, folder, n_with_media=6), folder)
    return load_dataset(folder)


@pytest.mark.usefixtures("no_encoder")
def test_shipped_features_need_no_encoder(tiny_world: Path):
    features = encode(load_dataset(tiny_world), CONFIG, CPU)
    assert features.modalities == tuple(Modality)
    assert set(features.encoders.values()) == {SHIPPED}


def test_raw_media_and_text_are_encoded_and_stored(tmp_path: Path):
    dataset = _raw_only(tmp_path / "raw")
    raw = read_raw(dataset, CONFIG, CPU)
    features = scale(raw)
    assert dict(features.encoders) == {
        Modality.VISUAL: CONFIG.visual_encoder,
        Modality.AUDIO: CONFIG.audio_encoder,
        Modality.TEXT: CONFIG.text_encoder,
    }
    assert features.present[Modality.VISUAL].tolist() == [row < 6 for row in range(16)]
    assert features.present[Modality.TEXT].all()
    for modality in (Modality.VISUAL, Modality.AUDIO):  # bright frames and high tones belong to even rows
        rows = features.arrays[modality][:6]
        groups = [rows[[i for i in range(6) if group_of(i) == g]].mean(0) for g in (0, 1)]
        assert np.linalg.norm(groups[0] - groups[1]) > 1
    assert all(array.dtype == np.float16 for array in raw.to_store().values())


@pytest.mark.usefixtures("no_encoder")
def test_what_a_run_stored_gives_the_same_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dataset = _raw_only(tmp_path / "raw")
    monkeypatch.setattr(encode_module, "load_text_encoder", lambda *_: LetterCounts())
    only_text = replace(dataset, info=replace(dataset.info, modalities=(Modality.TEXT,)))
    raw = read_raw(only_text, CONFIG, CPU)
    again = encode(only_text, CONFIG, CPU, stored=raw.to_store())
    np.testing.assert_array_equal(again.arrays[Modality.TEXT], scale(raw).arrays[Modality.TEXT])


@pytest.mark.usefixtures("no_encoder")
def test_segment_features_are_averaged_per_streamer(tmp_path: Path):
    dataset = _raw_only(tmp_path / "raw")
    rows = np.arange(16, dtype=np.float32)[:, None] * np.ones((1, 3), dtype=np.float32)
    rows[3] = np.nan
    for modality in Modality:
        np.save(dataset.folder / "features" / f"segments_{modality}.npy", rows)
    raw = read_raw(dataset, CONFIG, CPU)
    assert set(raw.encoders.values()) == {SHIPPED_SEGMENTS}
    assert raw.to_store() == {}
    np.testing.assert_array_equal(raw.arrays[Modality.AUDIO][:, 0], rows[:, 0])


@pytest.mark.usefixtures("no_encoder")
def test_segment_features_of_another_length_are_refused(tmp_path: Path):
    dataset = _raw_only(tmp_path / "raw")
    np.save(dataset.folder / "features" / "segments_audio.npy", np.zeros((3, 2), dtype=np.float32))
    with pytest.raises(DataError, match=r"segments_audio\.npy"):
        encode(replace(dataset, info=replace(dataset.info, modalities=(Modality.AUDIO,))), CONFIG, CPU)


@pytest.mark.usefixtures("no_encoder")
@pytest.mark.parametrize(
    ("name", "modalities"),
    [("no-features", ()), ("no-audio", (Modality.VISUAL, Modality.TEXT)), ("matrix", (Modality.VISUAL,))],
)
def test_a_modality_without_input_is_absent(make_world: Callable[[str], Path], name: str, modalities: tuple):
    assert encode(load_dataset(make_world(name)), CONFIG, CPU).modalities == modalities


def test_documents_are_the_profile_then_a_spread_of_what_is_said(tiny_world: Path):
    dataset = load_dataset(tiny_world)
    many = pd.concat([dataset.segments.iloc[[0]]] * 30, ignore_index=True)
    many = many.assign(speech=[f"part {i}" for i in range(30)], comments="")
    streamers = dataset.streamers.assign(text=["x" * 5_000, *[""] * (dataset.n_streamers - 1)])
    documents = streamer_documents(replace(dataset, segments=many, streamers=streamers))
    assert len(documents[0][0]) == MAX_CHARACTERS
    assert len(documents[0]) == 1 + SEGMENTS_PER_STREAMER
    assert documents[0][1] == "part 0"
    assert documents[0][-1] == "part 29"
    assert documents[1] == ()


def test_rows_by_owner_keeps_their_order_and_drops_strangers():
    found = {owner: rows.tolist() for owner, rows in rows_by_owner(np.array([2, -1, 0, 2, 0]))}
    assert found == {0: [2, 4], 2: [0, 3]}
    assert list(rows_by_owner(np.array([-1, -1]))) == []
    assert list(rows_by_owner(np.zeros(0, dtype=np.int64))) == []


def test_spread_takes_all_where_they_are_few():
    assert spread(np.arange(3), 8).tolist() == [0, 1, 2]
    assert spread(np.arange(100), 3).tolist() == [0, 50, 99]
