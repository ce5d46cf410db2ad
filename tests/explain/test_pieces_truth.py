"""Frames and clips against the truth of the sample world, on the run that ships with it.

A streamer in ten changes content in mid-room, so its frames and clips show different things, and a user whose tastes
are planted likes one better than the other. docs/LOG.md has what ten cases a modality gave.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from explain.pieces import carrying, unopened
from mspa_model.features.again import inputs_of
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run
from mspa_model.types import Modality

SAMPLE = Path(__file__).parents[2] / "sample_data"
ASPECTS = {Modality.VISUAL: ("scene", "lighting", "object"), Modality.AUDIO: ("style", "tempo", "voice")}
CASES = 6  # a modality
CLEAR = 0.3  # of liking, below which two inputs are liked about the same
LEAST = 0.65  # of the pairs; chance is .5


@pytest.fixture(scope="module")
def run() -> Run:
    return load_run(SAMPLE / "run", device="cpu")


@pytest.fixture(scope="module")
def truth() -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(SAMPLE / "world" / "truth" / f"{name}.parquet") for name in
            ("streamers", "users", "tastes", "segments")}  # fmt: skip


def test_what_is_liked_better_carries_more(run: Run, truth: dict[str, pd.DataFrame]):
    right = [share for modality in ASPECTS for share in _right(run, truth, modality)]
    assert len(right) == CASES * len(ASPECTS)
    assert np.mean(right) >= LEAST


def _right(run: Run, truth: dict[str, pd.DataFrame], modality: Modality) -> list[float]:
    """Share of pairs of a streamer's inputs whose order of shares is that of what was planted, case by case."""
    streamers = truth["streamers"]
    changing = np.flatnonzero(streamers["changes"] & streamers[f"has_{modality.value}"])
    found: list[float] = []
    for streamer_idx in np.random.default_rng(0).permutation(changing).tolist():
        if len(found) == CASES:
            break
        if unopened(run, modality, streamer_idx):
            continue
        user = _lovers(run, truth, modality).sample(1, random_state=streamer_idx).iloc[0]
        rows = [given.segment_row for given in inputs_of(run.dataset, modality, streamer_idx)]
        liked = [_liked(run, truth, user, modality, row) for row in rows]
        pairs = [(a, b) for a, b in combinations(range(len(rows)), 2) if abs(liked[a] - liked[b]) > CLEAR]
        if pairs:
            step = rank_user(run, user, candidates="all").final
            inputs = carrying(run, step, modality, streamer_idx).inputs
            found.append(
                float(np.mean([(liked[a] - liked[b]) * (inputs[a].share - inputs[b].share) > 0 for a, b in pairs]))
            )
    return found


def _lovers(run: Run, truth: dict[str, pd.DataFrame], modality: Modality) -> pd.Series:
    """Users with ten tips or more and one taste, more than half of it in this modality."""
    users = truth["users"]
    counts = run.dataset.tips.groupby("user_idx").size().reindex(range(run.dataset.n_users), fill_value=0)
    many = set(run.dataset.users["user_id"][counts.to_numpy() >= 10])
    one_taste = users[users["shift_day"].isna() & (users[f"weight_{modality.value}"] > 0.5)]
    return one_taste["user_id"][one_taste["user_id"].isin(many)]


def _liked(run: Run, truth: dict[str, pd.DataFrame], user: str, modality: Modality, row: int) -> float:
    """Planted liking of what a segment shows."""
    shown = truth["segments"].set_index("segment_id").loc[run.dataset.segments["segment_id"].iloc[row]]
    tastes = truth["tastes"][truth["tastes"]["user_id"] == user].set_index(["aspect", "value"])["liking"]
    return sum(float(tastes.get((aspect, shown[aspect]), 0.0)) for aspect in ASPECTS[modality])
