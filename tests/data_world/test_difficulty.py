"""The measure of difficulty: known answers on small arrays, and the bars that the shipped world must clear."""

from pathlib import Path

import numpy as np
import pytest

from mspa_model.data import load_dataset
from mspa_model.data.world.difficulty import Difficulty, counted_taste, difficulty_table, ease, measure_difficulty, ndcg
from mspa_model.types import Modality


@pytest.fixture(scope="module")
def measured(shipped: Path) -> Difficulty:
    return measure_difficulty(shipped)


def test_ndcg_knows_first_second_and_missed() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    masked = np.array([[False] * 3, [False] * 3, [True, False, False]])
    targets = np.array([[True, False, False], [False, True, False], [False, False, True]])
    assert ndcg(scores, masked, targets, 2) == pytest.approx((1 + 1 / np.log2(3) + 1 / np.log2(3)) / 3)
    assert ndcg(scores, masked, targets, 1) == pytest.approx(1 / 3)


def test_ease_finds_the_other_half_of_a_checkerboard() -> None:
    board = (np.arange(20)[:, None] + np.arange(12)) % 2 == 0
    seen = board.copy()
    rows = np.arange(20)
    seen[rows, rows % 2 + 2 * (rows // 2 % 6)] = False  # each user lacks one, not the same for all
    scores = np.where(seen, -np.inf, ease(seen, 1.0))
    assert board[rows, scores.argmax(1)].all()


def test_counted_taste_prefers_what_was_tipped() -> None:
    attributes = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    scores = counted_taste(attributes, np.array([[True, False, False, False], [False, False, True, False]]))
    assert scores[0, 1] > scores[0, 3]
    assert scores[1, 3] > scores[1, 1]


def test_no_baseline_and_no_modality_suffices(measured: Difficulty) -> None:
    assert measured.n_users > 500
    assert measured.share("EASE") < 0.8
    assert measured.share("popularity") < measured.share("EASE")
    for m in Modality:
        assert measured.share(f"{m} alone") < 0.5


def test_the_oracle_is_worth_reaching_and_content_pays(measured: Difficulty) -> None:
    assert measured.ndcg["oracle"] > 10 * measured.ndcg["random"]
    assert measured.share("taste alone (three modalities)") > 0.7
    assert measured.ndcg["planted attributes, taste counted from train tips"] > 1.3 * measured.ndcg["EASE"]


def test_readme_shows_what_is_measured(measured: Difficulty, shipped: Path) -> None:
    readme = (shipped.parent / "README.md").read_text(encoding="utf-8")
    shown = readme.split("<!-- difficulty -->")[1].split("<!-- /difficulty -->")[0].strip()
    assert shown == difficulty_table(measured)


def test_some_streamers_have_no_train_tip_but_test_tips(shipped: Path) -> None:
    tips = load_dataset(shipped).tips
    unseen = set(tips["streamer_idx"]) - set(tips.loc[tips["split"] == "train", "streamer_idx"])
    assert len(unseen) >= 3
    assert tips.loc[tips["split"] == "test", "streamer_idx"].isin(unseen).sum() >= 20
