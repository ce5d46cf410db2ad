"""Aligners learn together what tips say of contents; what they learnt is what a ranking adds up."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.config import PreferenceConfig, RankingConfig
from mspa_model.data import history_of
from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.preference.statements import signed_strengths
from mspa_model.preference.teacher import Teacher
from mspa_model.preference.vocabulary import prototypes_of
from mspa_model.runs import load_run
from mspa_model.training.align import AlignerTraining
from mspa_model.training.told import ToldUsers, told_users
from mspa_model.types import Features
from tests.preference import rooms

CONFIG = RankingConfig(dim=8, hidden=8, batch=16, max_epochs=30, learning_rate=1e-2, weight_decay=0.0, patience=30)


def fans() -> np.ndarray:
    """Sixty users; each tips three of the four streamers of one category."""
    rows = np.zeros((60, 12), dtype=np.float32)
    for user in range(60):
        rows[user, 4 * (user % 3) : 4 * (user % 3) + 4] = 1
        rows[user, 4 * (user % 3) + user % 4] = 0
    return rows


def training(features: Features, config: RankingConfig = CONFIG) -> AlignerTraining:
    vocabulary = rooms.vocabulary(prototypes_of(rooms.vocabulary().membership, features))
    teacher = Teacher(vocabulary, np.full(3, 1 / 3, dtype=np.float32), PreferenceConfig())
    composer = Composer(rooms.dataset(), vocabulary, teacher, features)
    train = sp.csr_matrix(fans())
    wanted = np.array([np.repeat(np.eye(3)[user % 3], 4) for user in range(60)], dtype=np.float32) - fans()
    val = EvalPairs(train, sp.csr_matrix(wanted), 0)
    whole = ToldUsers(np.arange(60), train, sp.csr_matrix(teacher.strengths(torch.from_numpy(fans())).numpy()))
    return AlignerTraining(composer, features, train, val, "ndcg@10", config, 3, torch.device("cpu"), whole)


def test_it_learns_whose_contents_a_user_tips():
    lesson = training(rooms.features())
    before = lesson._look()
    lesson.run(progress=False)
    # One streamer of twelve is wanted, and three of them are masked: the right category puts it first.
    assert lesson._look() > max(0.95, before + 0.2)


def test_it_learns_from_a_draw_as_well(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "mspa_model.training.candidates.MAX_CANDIDATES", 11
    )  # a batch of sixteen users tips ten or more
    lesson = training(rooms.features())
    lesson.run(progress=False)
    assert lesson._look() > 0.95


def test_what_modalities_learnt_together_is_what_is_added_up():
    lesson = training(rooms.features())
    lesson.run(progress=False)
    tips = torch.from_numpy(fans()[:5])
    strengths, residual = lesson.composer.taught(tips)
    added = lesson.log_popularity.expand_as(tips)
    for m, (rows, present) in lesson.features.items():
        aligner = lesson.aligner(m)
        assert aligner.log_scale.item() == 0
        vectors = aligner.statements(strengths @ lesson.value_rows[m]) + aligner.residual(residual[m])
        added = added + vectors @ aligner.embed(rows, present).T
    torch.testing.assert_close(lesson._logits(tips, strengths, None, lesson.log_popularity), added)


def test_the_same_seed_learns_the_same():
    one, other = (training(rooms.features()).run(progress=False).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_set_without_features_has_nothing_to_align():
    lesson = training(Features({}, {}, {}))
    assert not list(lesson.run(progress=False).parameters())


def test_without_val_users_the_start_is_kept():
    lesson = training(rooms.features())
    nobody = ToldUsers(np.arange(0), lesson.train[:0], lesson.whole.strengths[:0])
    lesson.whole = nobody
    assert lesson._look() == 0.0
    start = {name: value.clone() for name, value in lesson._state().items()}
    kept = lesson.run(progress=False).state_dict()
    for name in ("visual.tower.skip.weight", "audio.tower.skip.weight"):
        torch.testing.assert_close(kept[name], start[name])


def test_told_users_are_the_composers_words_of_their_tips(tiny_run: Path):
    run = load_run(tiny_run, None, "cpu")
    users = np.arange(20)
    whole = told_users(run.dataset, run.composer, users)
    tips, strengths = whole.dense(users, torch.device("cpu"))
    for user in (0, 7, 19):
        said = run.composer.compose(history_of(run.dataset, user, "train"))
        assert set(np.flatnonzero(tips[user])) == set(said.history.streamer_idx)
        torch.testing.assert_close(strengths[user], signed_strengths(said.statements, strengths.shape[1]))


def test_blurring_leaves_some_statements_out_and_adds_none():
    lesson = training(rooms.features())
    strengths = torch.tensor([[0.5, -0.5, 0.0]]).repeat(400, 1)
    blurred = lesson._blurred(strengths)
    assert (blurred[:, 2] == 0).all()
    assert 0.4 < float((blurred[:, 0] == 0).float().mean()) < 0.6
    assert (blurred[:, 1] <= 0).all()
    assert blurred.abs().max() <= 0.75
