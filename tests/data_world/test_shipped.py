"""The world that ships: its sizes, its budget, and a truth that agrees with its tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.data import check_folder, load_dataset
from mspa_model.data.world.aspects import ASPECTS

MB = 1_000_000


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def truth(shipped: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in (shipped / "truth").glob("*.parquet")}


def test_it_stays_in_its_budget(shipped: Path) -> None:
    media = size(shipped / "media")
    assert media < 16 * MB
    assert size(shipped) - media < 4 * MB


def test_it_has_the_promised_sizes_and_no_fault(shipped: Path) -> None:
    assert check_folder(shipped).faults == ()
    dataset = load_dataset(shipped)
    assert (dataset.n_users, dataset.n_streamers, len(dataset.tips)) == (2000, 400, 40_000)
    assert (dataset.tips["tipped_at"].max() - dataset.tips["tipped_at"].min()).days in (58, 59)
    assert dataset.segments is not None
    assert 1100 <= (dataset.segments["frame"] != "").sum() <= 1300


def test_it_behaves_as_platforms_do(shipped: Path) -> None:
    tips, events = (pd.read_parquet(shipped / f"{name}.parquet") for name in ("tips", "events"))
    per_user, per_streamer = tips["user_id"].value_counts(), tips["streamer_id"].value_counts()
    assert events["user_id"].nunique() > 1.8 * len(per_user)  # few tip, many watch
    assert (per_user <= 3).sum() > 50
    assert per_streamer.nlargest(40).sum() > 0.25 * len(tips)  # a tenth of the streamers
    assert tips.duplicated(["user_id", "streamer_id"]).mean() > 0.3
    gaps = tips.sort_values(["user_id", "tipped_at"]).groupby("user_id")["tipped_at"].diff().dt.total_seconds()
    assert (gaps < 600).mean() > 0.25  # clusters in time


def test_truth_covers_everybody_and_agrees_with_itself(shipped: Path, truth: dict[str, pd.DataFrame]) -> None:
    tips = pd.read_parquet(shipped / "tips.parquet")
    assert set(truth["tastes"]["user_id"]) == set(tips["user_id"])
    weights = truth["users"][["weight_visual", "weight_audio", "weight_text"]]
    assert np.allclose(weights.sum(axis=1), 1)
    tastes = truth["tastes"].merge(truth["users"], on="user_id")
    stays = tastes["shift_day"].isna()
    assert (tastes["liking"] == tastes["liking_after"])[stays].all()
    assert (tastes["liking"] != tastes["liking_after"])[~stays].mean() > 0.9
    assert truth["users"]["shift_day"].notna().sum() > 50


def test_only_streamers_that_change_have_another_second_content(truth: dict[str, pd.DataFrame]) -> None:
    streamers = truth["streamers"]
    same = np.all([streamers[a.name] == streamers[f"{a.name}_after"] for a in ASPECTS], axis=0)
    assert same[~streamers["changes"]].all()
    assert not same[streamers["changes"]].all()
    for aspect in ASPECTS:
        assert set(streamers[aspect.name]) == set(aspect.values)


def test_segments_show_the_first_or_the_second_content(shipped: Path, truth: dict[str, pd.DataFrame]) -> None:
    rooms = pd.read_parquet(shipped / "rooms.parquet").set_index("room_id")["streamer_id"]
    segments = pd.read_parquet(shipped / "segments.parquet").set_index("segment_id")["room_id"]
    shown = truth["segments"].assign(streamer_id=rooms[segments[truth["segments"]["segment_id"]]].to_numpy())
    both = shown.merge(truth["streamers"], on="streamer_id", suffixes=("", "_first"))
    first = np.all([both[a.name] == both[f"{a.name}_first"] for a in ASPECTS], axis=0)
    second = np.all([both[a.name] == both[f"{a.name}_after"] for a in ASPECTS], axis=0)
    assert (first | second).all()
    assert not first.all()


def test_no_modality_tells_another(truth: dict[str, pd.DataFrame]) -> None:
    """Cramer's V between aspects stays small: about 0.1 is chance with 400 streamers."""
    streamers = truth["streamers"]
    for i, one in enumerate(ASPECTS):
        for other in ASPECTS[i + 1 :]:
            counts = pd.crosstab(streamers[one.name], streamers[other.name]).to_numpy()
            expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
            chi2 = ((counts - expected) ** 2 / expected).sum()
            assert np.sqrt(chi2 / counts.sum() / (min(counts.shape) - 1)) < 0.25, (one.name, other.name)


def test_no_two_texts_are_alike(shipped: Path) -> None:
    for table, column in (("streamers", "text"), ("rooms", "title"), ("segments", "speech")):
        texts = pd.read_parquet(shipped / f"{table}.parquet")[column].dropna()
        assert texts.is_unique
