"""The teacher's statistics on tips whose answer is known."""

import numpy as np
import pytest
import torch

from mspa_model.config import PreferenceConfig
from mspa_model.preference.teacher import Teacher, base_rates, load_teacher, pooled_features, residuals, save_teacher
from mspa_model.preference.vocabulary import prototypes_of
from mspa_model.types import Modality, Vocabulary
from tests.preference import rooms

CONFIG = PreferenceConfig(n_statements=2)


def _tips(*counts: tuple[int, int, int]) -> torch.Tensor:
    """One row a user: how many streamers of Comedy, Music and Chess are tipped."""
    rows = np.zeros((len(counts), rooms.N_STREAMERS), dtype=np.float32)
    for row, of in zip(rows, counts, strict=True):
        for category, n in enumerate(of):
            row[4 * category : 4 * category + n] = 1
    return torch.from_numpy(rows)


@pytest.fixture
def teacher() -> Teacher:
    return Teacher(rooms.vocabulary(), np.full(3, 1 / 3, dtype=np.float32), CONFIG)


def test_base_rates_are_shares_of_distinct_train_pairs():
    tips = [(0, 0), (0, 0), (0, 1), (1, 4), (2, 0)]  # the second is a repeat
    rates = base_rates(rooms.dataset(tips), rooms.vocabulary())
    np.testing.assert_allclose(rates[:2], [3 / 4, 1 / 4], rtol=1e-6)
    assert 0 < rates[2] < 0.2


def test_base_rates_without_tips_are_neither_0_nor_1():
    rates = base_rates(rooms.dataset(), rooms.vocabulary())
    assert ((rates > 0) & (rates < 1)).all()


def test_more_than_everyone_is_liked_and_as_much_says_nothing(teacher: Teacher):
    strengths = teacher.strengths(_tips((4, 0, 0), (2, 2, 2), (0, 0, 0)))
    assert strengths[0, 0] > 0.4
    assert not strengths[1:].any()


def test_strength_grows_with_tips(teacher: Teacher):
    liked = teacher.strengths(_tips((1, 0, 0), (2, 0, 0), (4, 0, 0)))[:, 0]
    assert liked[0] < liked[1] < liked[2] < 1


def test_absence_speaks_only_after_enough_tips(teacher: Teacher):
    few, many = teacher.all_strengths(_tips((2, 2, 0), (4, 4, 0)))
    assert few[2] == 0
    assert many[2] < -0.2


def test_one_tip_on_a_rare_value_is_no_passion():
    teacher = Teacher(rooms.vocabulary(), np.array([0.01, 0.5, 0.49], dtype=np.float32), CONFIG)
    assert 0 < teacher.all_strengths(_tips((1, 0, 0)))[0, 0] < 0.5


def test_at_most_n_statements_and_none_below_the_threshold(teacher: Teacher):
    tips = torch.from_numpy((np.random.default_rng(0).random((200, 12)) < 0.4).astype(np.float32))
    strengths = teacher.strengths(tips)
    assert ((strengths != 0).sum(1) <= CONFIG.n_statements).all()
    assert (strengths[strengths != 0].abs() >= CONFIG.threshold).all()
    assert (strengths.abs() <= 1).all()


def test_a_batch_is_its_rows(teacher: Teacher):
    tips = _tips((4, 1, 0), (0, 3, 1))
    torch.testing.assert_close(teacher.strengths(tips)[1:], teacher.strengths(tips[1:]))


def test_an_empty_vocabulary_gives_no_strengths():
    empty = Vocabulary((), np.zeros((rooms.N_STREAMERS, 0), dtype=np.float32), {})
    assert Teacher(empty, np.zeros(0, dtype=np.float32), CONFIG).strengths(_tips((1, 1, 1))).shape == (1, 0)


def test_residual_is_what_the_ridge_leaves():
    features = rooms.features()
    membership = rooms.vocabulary().membership
    vocabulary = rooms.vocabulary(prototypes_of(membership, features))
    tips = _tips((3, 1, 0), (0, 2, 2), (0, 0, 0))
    strengths = torch.tensor([[0.5, 0.0, -0.3], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    left = residuals(tips, strengths, features, vocabulary)[Modality.VISUAL]
    pooled = pooled_features(tips, features, Modality.VISUAL)
    prototypes = torch.from_numpy(vocabulary.prototypes[Modality.VISUAL])
    stated = prototypes[[0, 2]]
    ridge = 3.0 * (prototypes**2).sum(1).mean()
    solved = torch.linalg.solve(stated @ stated.T + ridge * torch.eye(2), stated @ pooled[0])
    torch.testing.assert_close(left[0], pooled[0] - solved @ stated, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(left[1], pooled[1])
    assert not left[2].any()


@pytest.mark.parametrize("stated", [True, False])
def test_a_mapped_residual_is_the_map_of_the_residual(stated: bool):
    features = rooms.features()
    vocabulary = rooms.vocabulary(prototypes_of(rooms.vocabulary().membership, features))
    # The last streamer has no audio; one row states nothing, one has no tip at all.
    among, tips = torch.tensor([0, 2, 4, 9]), torch.tensor([[3.0, 1, 0, 1], [0, 0.3, 2, 0], [0, 0, 0, 0]])
    strengths = torch.tensor([[0.5, 0.0, -0.3], [0.0, 0.0, 0.0], [0.0, 0.2, 0.0]]) * stated
    draw = torch.Generator().manual_seed(0)
    maps = {m: _linear(features.arrays[m].shape[1], draw) for m in features.modalities}
    left = residuals(tips, strengths, features, vocabulary, among)
    mapped = residuals(tips, strengths, features, vocabulary, among, maps)
    assert left
    assert mapped.keys() == left.keys()
    for m, row in left.items():
        assert row.abs().max() > 0.1
        torch.testing.assert_close(mapped[m], maps[m](row), atol=1e-4, rtol=1e-4)


def _linear(width: int, draw: torch.Generator):
    weight = torch.randn(width, 5, generator=draw)
    return lambda rows: rows @ weight


def test_pooling_counts_only_streamers_that_have_the_modality():
    features = rooms.features()
    tips = torch.zeros(1, rooms.N_STREAMERS)
    tips[0, [2, 9]] = 1  # streamer 9 has no audio
    pooled = pooled_features(tips, features, Modality.AUDIO)[0]
    torch.testing.assert_close(pooled, torch.from_numpy(features.arrays[Modality.AUDIO][2]))


def test_a_saved_teacher_says_the_same(teacher: Teacher, tmp_path):
    save_teacher(tmp_path, teacher)
    again = load_teacher(tmp_path, rooms.vocabulary(), CONFIG)
    tips = _tips((4, 1, 0))
    torch.testing.assert_close(again.strengths(tips), teacher.strengths(tips), rtol=0, atol=0)
