"""The latent part of co-tipping finds planted tastes, and by content those whom nobody has tipped yet."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.config import RankingConfig
from mspa_model.data.split import EvalPairs
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.training.latent import TRAININGS, LatentTraining, teach_latent

CONFIG = RankingConfig(latent_dim=8, latent_batch=20, latent_epochs=30, latent_learning_rate=0.02, patience=30)
N_USERS, N_STREAMERS, COLD = 80, 12, 11


def world() -> tuple[np.ndarray, np.ndarray]:
    """Even users tip three of streamers 0 to 4, odd users three of 6 to 10; the last of the five is their target."""
    rng = np.random.default_rng(0)
    tips, wanted = np.zeros((2, N_USERS, N_STREAMERS), np.float32)
    for user in range(N_USERS):
        drawn = 6 * (user % 2) + rng.permutation(5)
        tips[user, drawn[:3]], wanted[user, drawn[3]] = 1, 1
    return tips, wanted


def taught(seed: int = 1, content: np.ndarray | None = None) -> LowRankCoTips:
    tips, wanted = world()
    alike = np.zeros((N_STREAMERS, 2)) if content is None else content
    train, pairs = sp.csr_matrix(tips), EvalPairs(sp.csr_matrix(tips), sp.csr_matrix(wanted), 0)
    return LatentTraining(train, alike, pairs, "ndcg@10", CONFIG, torch.device("cpu"), False, seed).run(progress=False)


def test_tips_lead_to_those_who_are_tipped_together():
    rows = taught().rows(torch.tensor([1, 8]))
    assert set(rows[0].topk(4).indices.tolist()) == {0, 2, 3, 4}
    assert set(rows[1].topk(4).indices.tolist()) == {6, 7, 9, 10}


def test_whoever_nobody_tipped_is_found_by_what_they_are_like():
    content = np.zeros((N_STREAMERS, 2))
    content[:6, 0] = content[6:, 1] = 1.0
    rows = taught(content=content).rows(torch.tensor([1, 8]))
    assert rows[1, COLD] > rows[0, COLD] + 0.5


def test_the_same_seed_learns_the_same():
    first, again, other = taught(3), taught(3), taught(4)
    assert torch.equal(first.tipped, again.tipped)
    assert torch.equal(first.found, again.found)
    assert not torch.equal(first.tipped, other.tipped)


def test_without_any_content_tips_alone_are_learnt():
    rows = taught(content=np.zeros((0, 0))).rows(torch.tensor([1]))
    assert set(rows[0].topk(4).indices.tolist()) == {0, 2, 3, 4}


@pytest.mark.parametrize("by_share", [False, True])
def test_it_learns_from_a_draw_of_streamers_as_well(monkeypatch: pytest.MonkeyPatch, by_share: bool):
    for module in ("candidates", "latent"):
        monkeypatch.setattr(f"mspa_model.training.{module}.MAX_CANDIDATES", 9)  # a batch of three users tips six or so
    tips, wanted = world()
    train, pairs = sp.csr_matrix(tips), EvalPairs(sp.csr_matrix(tips), sp.csr_matrix(wanted), 0)
    config = replace(CONFIG, latent_batch=3)
    content = np.zeros((N_STREAMERS, 0))
    lesson = LatentTraining(train, content, pairs, "ndcg@10", config, torch.device("cpu"), by_share, 1)
    rows = lesson.run(progress=False).rows(torch.tensor([1, 8]))
    assert set(rows[0].topk(4).indices.tolist()) == {0, 2, 3, 4}
    assert set(rows[1].topk(4).indices.tolist()) == {6, 7, 9, 10}


@pytest.mark.parametrize("by_share", [False, True])
def test_the_mean_of_trainings_fits_as_they_do_in_the_mean(by_share: bool):
    tips, wanted = world()
    train, pairs = sp.csr_matrix(tips), EvalPairs(sp.csr_matrix(tips), sp.csr_matrix(wanted), 0)
    content, device = np.zeros((N_STREAMERS, 0)), torch.device("cpu")
    training = partial(LatentTraining, train, content, pairs, "ndcg@10", CONFIG, device, by_share)
    mean = teach_latent(training, 1, progress=False)
    seeds = np.random.SeedSequence(1).generate_state(TRAININGS)
    fits = [training(int(seed)).run(False).fit(torch.from_numpy(tips)) for seed in seeds]
    assert not torch.allclose(fits[0], fits[1], atol=0.01)
    torch.testing.assert_close(mean.fit(torch.from_numpy(tips)), sum(fits) / TRAININGS)


def test_the_loss_is_the_mean_log_probability_of_all_tips_told_from_a_part(monkeypatch: pytest.MonkeyPatch):
    """Two users, three streamers, by hand: the first tip of each is read, and all of them are asked for."""
    tips = sp.csr_matrix(np.array([[1, 1, 0], [0, 1, 0]], np.float32))
    nobody, pairs = np.zeros((3, 0)), EvalPairs(tips, tips, 0)
    lesson = LatentTraining(tips, nobody, pairs, "ndcg@10", CONFIG, torch.device("cpu"), False, 1)
    monkeypatch.setattr(lesson, "_part_of", lambda rows: sp.csr_matrix(np.array([[1, 0, 0], [0, 1, 0]], np.float32)))
    tipped, found = (side.detach().double() for side in lesson.vectors.sides())
    popularity = lesson.vectors.popularity.double()
    loss = 0.0
    for read, asked in ((0, (0, 1)), (1, (1,))):
        logits = (popularity + tipped[read] @ found.T)[:2]  # nobody tipped the third, so that no tip could go there
        loss -= sum(float(logits.log_softmax(0)[streamer]) for streamer in asked) / 2
    assert lesson._loss(tips).item() == pytest.approx(loss, rel=1e-5)
