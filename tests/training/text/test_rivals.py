"""Rivals on the shelves, where what they must say is plain."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from mspa_model.config import PreferenceConfig, RunConfig
from mspa_model.data import history_of, interaction_matrix
from mspa_model.training.text import rivals as module
from mspa_model.training.text.systems import TextSystem
from mspa_model.training.text.tuning import agreement, tuned_for_few, tuned_for_whole
from mspa_model.types import Dataset
from tests.preference import rooms
from tests.training.text import planted


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return planted.dataset(tmp_path_factory.mktemp("world"))


def made(data: Dataset, name: str, users=None) -> TextSystem:
    composer, parts = planted.teacher_composer(data), users or planted.users()
    found = module.rivals(data, composer.vocabulary, composer, parts, planted.features(), RunConfig())
    return next(system for system in found if system.name == name)


def liked(preference) -> list[str]:
    return [s.value for s in preference.statements if s.polarity > 0]


def test_agreement_is_f1_and_silence_wins_nothing():
    a = torch.tensor([[0.5, -0.2, 0.0], [0.0, 0.0, 0.0], [0.3, 0.0, 0.0]])
    b = torch.tensor([[0.1, 0.2, 0.0], [0.0, 0.0, 0.0], [0.0, 0.3, 0.4]])
    assert agreement(a, b).tolist() == pytest.approx([0.5, 0, 0])


def test_tuning_takes_the_setting_that_says_again_what_was_said(data):
    teacher = planted.teacher_composer(data).teacher
    tips = interaction_matrix(data, ("train",))[planted.users().teaching]
    deaf = type(teacher)(teacher.vocabulary, teacher.base_rate, replace(teacher.config, threshold=0.99))
    for tune in (tuned_for_whole, tuned_for_few):
        chosen = tune(teacher, tips, 3)
        assert chosen.threshold < 0.99
        assert chosen == tune(teacher, tips, 3)
    # The target is what the teacher at hand says: where that is nothing, no setting is better than the first.
    assert tuned_for_few(deaf, tips, 3) == replace(deaf.config, shrinkage=1.0, threshold=0.0)


def test_without_long_histories_the_teacher_stays_as_it_is(data):
    teacher = planted.teacher_composer(data).teacher
    nobody = csr_matrix((3, planted.N_STREAMERS), dtype=np.float32)
    assert tuned_for_whole(teacher, nobody, 0) == tuned_for_few(teacher, nobody, 0) == teacher.config


def test_the_tuned_teacher_has_one_setting_for_long_and_one_for_few_tips(data):
    composer = planted.teacher_composer(data)
    telling = module.Telling(composer)
    silent = PreferenceConfig(threshold=1.0)
    system = module.tuned_teacher(telling, composer.teacher, PreferenceConfig(), silent)
    long, few = system.compose([history_of(data, 12, "train"), history_of(data, 12, "train").keep(np.arange(10) < 3)])
    assert liked(long) == ["Kitchen"]
    assert few.statements == ()
    assert system.setting["sparse"] == {"shrinkage": silent.shrinkage, "threshold": 1.0}


def test_frequent_says_the_same_of_everyone_with_evidence_where_there_is_some(data):
    telling = module.Telling(planted.teacher_composer(data))
    # Two of three users like value 1, one likes value 0, all dislike value 2; the mean user has 5 / 3 statements.
    strengths = torch.tensor([[0.0, 0.4, -0.3, 0.0], [0.0, 0.6, -0.3, 0.0], [0.0, 0.0, -0.6, 0.0]])
    system = module.frequent(telling, strengths)
    first, second = system.compose([rooms.history(0, 15), rooms.history(0, 1)])
    stated = {(s.value, s.polarity): (s.strength, s.evidence) for s in first.statements}
    assert stated == {("Stage", -1): (pytest.approx(0.4), ()), ("Arcade", 1): (pytest.approx(0.5), (1,))}
    assert [(s.value, s.evidence) for s in second.statements] == [("Arcade", ()), ("Stage", ())]


def test_nearest_takes_the_text_of_who_tipped_the_same(data):
    system = made(data, "nearest")
    own = system.compose([history_of(data, user, "train") for user in (12, 13, 14)])
    assert [liked(p) for p in own] == [["Kitchen"], ["Arcade"], ["Stage"]]
    assert all(s.evidence for p in own for s in p.statements if s.polarity > 0)


def test_where_no_tip_is_shared_features_say_who_is_near(data):
    own = rooms.history(*range(20, 23))  # on the third shelf
    teaching = csr_matrix(np.kron(np.eye(3), np.ones((1, 10))).astype(np.float32) * (np.arange(30) % 10 > 4))
    strengths = torch.eye(3, 4)
    telling = module.Telling(planted.teacher_composer(data))
    (found,) = module.nearest(telling, teaching, strengths, planted.features()).compose([own])
    assert liked(found) == ["Stage"]


@pytest.mark.parametrize("name", ["teacher", "frequent", "nearest"])
def test_rivals_stand_without_teaching_users_and_with_empty_histories(data, name: str):
    nobody = replace(planted.users(), teaching=np.zeros(0, dtype=np.int64))
    (found,) = made(data, name, nobody).compose([rooms.history()])
    assert found.statements == ()
    assert found.text == "No tips yet: nothing can be said."
    assert made(data, name).compose([]) == []
