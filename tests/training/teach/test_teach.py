"""Teaching on a world whose taste can be seen: it learns, it goes on where it was cut off, and it reads its input."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mspa_model.config import ComposerConfig, PreferenceConfig
from mspa_model.preference.entries import AmountScale
from mspa_model.preference.teacher import Teacher
from mspa_model.preference.tokens import tokens_of
from mspa_model.preference.vocabulary import prototypes_of
from mspa_model.training.teach import teach
from mspa_model.training.teach.examples import Examples, Told, part_of
from mspa_model.training.teach.synthetic import SyntheticUsers, calibrated
from mspa_model.training.teach.teach import Teaching
from mspa_model.training.teach.unfinished import Progress, Unfinished
from tests.preference import rooms

CONFIG = ComposerConfig(dim=32, layers=1, heads=2, steps=60, batch=16, max_tips=12, learning_rate=3e-3)
CPU = torch.device("cpu")


def teacher() -> Teacher:
    vocabulary = rooms.vocabulary(prototypes_of(rooms.vocabulary().membership, rooms.features()))
    return Teacher(vocabulary, np.full(3, 1 / 3, dtype=np.float32), PreferenceConfig())


def fans() -> tuple[Told, ...]:
    """Each tips one category alone."""
    told = []
    for category in range(3):
        history = rooms.history(*range(4 * category, 4 * category + 4))
        row = np.zeros((1, 12), dtype=np.float32)
        row[0, history.streamer_idx] = 1
        told.append(Told(history, teacher().strengths(torch.from_numpy(row)).numpy()[0], 4))
    return tuple(told)


def examples(synthetic: bool = False) -> Examples:
    made = SyntheticUsers(teacher().vocabulary, np.zeros(12), 0.9, 3.0) if synthetic else None
    return Examples(fans(), made, 0.5, teacher(), tokens_of(teacher().vocabulary), AmountScale(0.7, 1.0), 12)


def teaching(config: ComposerConfig = CONFIG) -> Teaching:
    return Teaching(examples(), fans(), rooms.features(), config, 5, CPU)


def test_loss_falls_and_the_fan_of_a_category_is_told_so(tmp_path: Path):
    lesson = teaching()
    rng = np.random.default_rng(2)
    batch = examples().draw(rng, 16, sparse=True)
    lesson.model.eval()
    with torch.no_grad():
        before = float(lesson.loss(batch, with_prose=False))
    writer, report = lesson.run(Unfinished(tmp_path / "a", "x"), progress=False)
    with torch.no_grad():
        assert float(lesson.loss(batch, with_prose=False)) < 0.5 * before
    for fan, name in zip(fans(), rooms.NAMES, strict=True):
        part = part_of(fan.history, 3, rng)
        likes = [c.value_idx for c in writer.write([part])[0].claims if c.polarity > 0]
        assert likes == [rooms.NAMES.index(name)]
    # While it learns, looks are taken before the reluctance is chosen: two values said of three, one of them liked.
    assert report.looks[-1][1] > 0.6


def test_a_teaching_that_was_cut_off_ends_as_if_it_had_not_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(teach, "LOOK_EVERY", 4)
    config = replace(CONFIG, steps=12, patience=99, dropout=0.1)
    whole = teaching(config)
    whole.run(Unfinished(tmp_path / "whole", "x"), progress=False)

    class Cut(Exception):
        pass

    def cut_at_nine(self, optimizer, step):
        if step == 9:
            raise Cut
        return learn(self, optimizer, step)

    learn = Teaching._learn
    with monkeypatch.context() as patch:
        patch.setattr(Teaching, "_learn", cut_at_nine)
        cut = teaching(config)
        with pytest.raises(Cut):
            cut.run(Unfinished(tmp_path / "cut", "x"), progress=False)
    rest = teaching(config)
    rest.run(Unfinished(tmp_path / "cut", "x"), progress=False)
    for a, b in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_a_small_set_on_which_nothing_is_gained_is_left_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(teach, "EARLIEST", 20)
    monkeypatch.setattr(Teaching, "_learn", lambda self, optimizer, step: 0.0)
    monkeypatch.setattr(Teaching, "_look", lambda self, writer: 0.0)
    _, report = teaching(replace(CONFIG, steps=600)).run(Unfinished(tmp_path / "a", "x"), progress=False)
    # Three histories, sixteen a batch: a look each four batches, and none says more than the first.
    assert [step for step, _ in report.looks] == [4, 8, 12, 16, 20]
    assert report.reached == 0.0


def test_many_histories_are_looked_at_each_two_hundred_batches_and_never_left_before(tmp_path: Path):
    lesson = teaching(ComposerConfig())
    assert [teach.look_every(n, 48) for n in (39, 479, 480, 100_000)] == [17, 200, 200, 200]
    flat = tuple((step, 0.5) for step in range(4, 200, 4))
    assert not lesson._is_over(Progress(199, 1.0, flat))
    assert lesson._is_over(Progress(200, 1.0, flat))


def test_the_state_of_another_teaching_is_not_taken_up(tmp_path: Path):
    lesson = teaching(replace(CONFIG, steps=2))
    lesson.run(Unfinished(tmp_path / "a", "seed 1"), progress=False)
    optimizer = torch.optim.AdamW(lesson.model.parameters())
    done, best = Unfinished(tmp_path / "a", "seed 2").load(lesson.rng, lesson.model, optimizer)
    assert (done.step, best) == (0, None)
    assert Unfinished(tmp_path / "a", "seed 1").load(lesson.rng, lesson.model, optimizer)[0].step == 2


def test_synthetic_users_tip_what_fits_them_and_are_as_telling_as_real_ones():
    made = SyntheticUsers(teacher().vocabulary, np.zeros(12), 1.0, 50.0)
    drawn = made.draw(np.random.default_rng(0), 20, 4)
    assert drawn.shape == (20, 4)
    assert all(len(set(row)) == 4 for row in drawn.tolist())
    rows = np.zeros((6, 12), dtype=np.float32)
    assert calibrated(teacher().vocabulary, teacher(), rows, 0).strength == 2.0  # nobody to compare with
    batch = examples(synthetic=True).draw(np.random.default_rng(3), 12, sparse=False)
    assert len(batch) == 12
    assert all(1 <= len(e.entries.streamer_idx) <= 12 for e in batch)
