"""A made-up platform whose truth can be written down: three shelves, each a topic; users love one and shun another."""

from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.config import PreferenceConfig
from mspa_model.data.world.aspects import ASPECTS
from mspa_model.features.scaling import scale_features
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import build_teacher
from mspa_model.training.text.users import TextUsers
from mspa_model.types import Dataset, Features, Modality, Value, Vocabulary
from tests.preference import rooms

SHELVES = {"Kitchen": "cooking", "Arcade": "retro games", "Stage": "folk songs"}
N_STREAMERS, N_USERS = 30, 18
TEN = 10  # streamers of a shelf


def vocabulary() -> Vocabulary:
    """A value a shelf, and one that a third of all streamers have and that stands for nothing planted."""
    membership = np.kron(np.eye(3), np.ones((TEN, 1))).astype(np.float32)
    third = (np.arange(N_STREAMERS) % 3 == 0).astype(np.float32)[:, None]
    names = [(name, None) for name in SHELVES] + [("group 1", Modality.AUDIO)]
    values = tuple(Value("shelf", name, f"the {name}", m, TEN, ()) for name, m in names)
    return Vocabulary(values, np.concatenate([membership, third], 1), {})


def dataset(folder: Path) -> Dataset:
    """User u tips eight streamers of shelf u % 3 and one of each other, days 0 to 9, every tip of split train."""
    rows = [(user, streamer, day) for user in range(N_USERS) for day, streamer in enumerate(_tipped(user))]
    tips = pd.DataFrame(rows, columns=["user_idx", "streamer_idx", "day"]).astype(np.int64)
    tips = tips.assign(
        tipped_at=(pd.Timestamp("2025-03-01", tz="UTC") + pd.to_timedelta(tips["day"], unit="D")).dt.as_unit("us"),
        amount=1.0,
        split="train",
    )
    streamers = pd.DataFrame({"streamer_id": [f"s{i}" for i in range(N_STREAMERS)]})
    users = pd.DataFrame({"user_id": [f"u{i}" for i in range(N_USERS)]})
    return Dataset(folder, rooms.info(), users, streamers, tips, None, None, None, {}, "0" * 64)


def _tipped(user: int) -> list[int]:
    own, next_, last = (TEN * ((user + i) % 3) for i in range(3))
    return [*(own + (user + i) % TEN for i in range(8)), next_ + user % TEN, last + user % TEN]


def write_truth(folder: Path) -> None:
    """A user loves its shelf's topic and shuns the next one's, by text almost alone."""
    truth = folder / "truth"
    truth.mkdir()
    topics = [topic for topic in SHELVES.values() for _ in range(TEN)]
    shown = {aspect.name: topics if aspect.name == "topic" else aspect.values[0] for aspect in ASPECTS}
    streamers = {"streamer_id": [f"s{i}" for i in range(N_STREAMERS)], **shown}
    streamers |= {f"{name}_after": values for name, values in shown.items()}
    pd.DataFrame(streamers | {f"has_{m.value}": True for m in Modality}).to_parquet(truth / "streamers.parquet")
    ids = [f"u{i}" for i in range(N_USERS)]
    weights = {"weight_visual": 0.1, "weight_audio": 0.1, "weight_text": 0.8}
    pd.DataFrame({"user_id": ids, **weights, "shift_day": np.nan}).to_parquet(truth / "users.parquet")
    tastes = [(f"u{u}", "topic", _topic(u + i), liking) for u in range(N_USERS) for i, liking in enumerate((0.9, -0.5))]
    table = pd.DataFrame(tastes, columns=["user_id", "aspect", "value", "liking"])
    table.assign(liking_after=table["liking"]).to_parquet(truth / "tastes.parquet")


def _topic(user: int) -> str:
    return tuple(SHELVES.values())[user % 3]


def features() -> Features:
    """Visual features that show the shelf."""
    rows = np.random.default_rng(4).normal(0, 0.3, (N_STREAMERS, 4)).astype(np.float32)
    rows[np.arange(N_STREAMERS), np.arange(N_STREAMERS) // TEN] += 3
    return scale_features({Modality.VISUAL: rows}, {Modality.VISUAL: "shipped"})


def teacher_composer(data: Dataset) -> Composer:
    words = vocabulary()
    prototypes = {Modality.VISUAL: np.zeros((4, 4), dtype=np.float32)}
    words = Vocabulary(words.values, words.membership, prototypes)
    return Composer(data, words, build_teacher(data, words, PreferenceConfig()), features())


def users() -> TextUsers:
    """The last six are scored, the others teach."""
    return TextUsers(np.arange(12), np.zeros(0, dtype=np.int64), np.arange(12, N_USERS))
