"""Which users stop a teaching, and when the teacher writes alone: it is said, in the set's own words."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mspa_model.config import RunConfig
from mspa_model.data import load_dataset
from mspa_model.preference.composers import COMPACT, TEACHER
from mspa_model.runs import load_run
from mspa_model.training.teach.stage import Taught, teach_composers
from mspa_model.training.teach.teach import Teaching
from mspa_model.training.text.users import text_users


def taught(run: Path, config: RunConfig, keep: Path) -> Taught:
    loaded = load_run(run, device="cpu")
    info = replace(loaded.dataset.info, user_is="viewer", streamer_is="film", tip_is="rating")
    teacher = loaded.composers[TEACHER]
    return teach_composers(
        replace(loaded.dataset, info=info), loaded.features, teacher, config, torch.device("cpu"), keep, False
    )


def test_without_long_histories_a_tenth_of_those_with_enough_stop_the_teaching(tiny_world: Path):
    dataset = load_dataset(tiny_world)
    tips = dataset.tips[dataset.tips["split"] == "train"]
    assert tips.groupby("user_idx")["streamer_idx"].nunique().max() < 10
    users = text_users(dataset, 7)
    assert len(users.stopping) == 6
    assert not set(users.stopping) & set(users.teaching)
    assert len(users.teaching) + len(users.stopping) == len(np.unique(tips["user_idx"]))


def test_a_set_too_small_to_teach_says_so_in_its_own_words(
    make_run: Callable[[str], Path], small_config: RunConfig, tmp_path: Path
):
    run = make_run("few-users")
    found = taught(run, small_config, tmp_path)
    assert set(found.composers) == {TEACHER}
    assert found.absent == (
        "Preferences are written from counts alone: 6 viewers with ratings to 4 films or more can teach a language "
        "model, and 20 are needed."
    )
    notes = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["notes"]
    assert any(note.startswith("Preferences are written from counts alone: 6 users") for note in notes)


def test_a_language_model_that_learnt_nothing_does_not_write(
    make_run: Callable[[str], Path], small_config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    config = replace(small_config, composer=replace(small_config.composer, steps=1))
    found = taught(make_run("no-audio"), config, tmp_path / "learnt")
    assert (COMPACT in found.composers) == (found.absent is None)
    monkeypatch.setattr(Teaching, "_look", lambda self, writer: 0.0)
    found = taught(make_run("no-audio"), config, tmp_path / "nothing")
    assert set(found.composers) == {TEACHER}
    assert found.absent is not None
    assert "54 viewers said nothing right" in found.absent


def test_who_asks_for_the_teacher_is_told_of_no_lack(
    make_run: Callable[[str], Path], small_config: RunConfig, tmp_path: Path
):
    config = replace(small_config, composer=replace(small_config.composer, active=TEACHER))
    assert taught(make_run("no-audio"), config, tmp_path).absent is None
