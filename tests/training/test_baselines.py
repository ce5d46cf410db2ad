"""Baselines on worlds where it is known who must find what."""

import sys

import numpy as np
import pytest

from mspa_model.data.split import EvalPairs
from mspa_model.training import baselines
from mspa_model.training.baselines import item_knn, score_baseline, score_baselines
from tests.training.worlds import checkerboard, csr


@pytest.fixture(scope="module")
def results():
    train, val, test = checkerboard(60, seed=0)
    return {r.name: r for r in score_baselines(train, val, test, "ndcg@10", seed=0)}


@pytest.mark.parametrize("name", ["itemknn", "ease", "als"])
def test_structure_is_found(results, name):
    # Of 60 streamers the one left of the user's parity is the answer: any model that sees parity puts it first.
    if name == "als":
        pytest.importorskip("implicit")
    assert results[name].test.mean("recall@10") > 0.95


def test_popularity_cannot_see_structure(results):
    assert results["popularity"].test.mean("recall@10") < 0.6


def test_at_most_four_settings_and_the_best_on_val_is_taken(results):
    for result in results.values():
        assert 1 <= len(result.tries) <= 4
        assert max(mean for _, mean in result.tries) == result.val.mean("ndcg@10")


def test_als_absent_gives_null_and_why(monkeypatch):
    for name in [m for m in sys.modules if m.split(".")[0] == "implicit"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "implicit", None)
    train, val, test = checkerboard(20, seed=0)
    result = score_baseline("als", lambda: baselines.als(train, 0), train, val, test, "ndcg@10")
    assert result.test is None
    assert result.val is None
    assert "ALS wants implicit" in result.absent


def test_ease_never_makes_a_dense_square_above_its_bound():
    train, val, test = checkerboard(20, seed=0)
    result = score_baseline("ease", lambda: baselines.ease(train, max_dense=19), train, val, test, "ndcg@10")
    assert result.test is None
    assert "20 columns" in result.absent


def test_ease_agrees_with_the_papers_formula():
    train, _, _ = checkerboard(12, seed=1)
    x = train.toarray().astype(np.float64)
    p = np.linalg.inv(x.T @ x + 10 * np.eye(12))
    expected = np.eye(12) - p / np.diag(p)
    first = next(iter(baselines.ease(train)))
    assert first.setting == {"ridge": 10.0}
    assert np.allclose(first.scorer(train), x @ expected, atol=1e-5)


def test_knn_scores_are_cosines_hand_solved():
    # Streamers 0 and 1 share both users (cosine 1); 2 shares one of its one with 0's two (cosine 1/sqrt 2).
    train = csr([(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)], (2, 3))
    scores = next(iter(item_knn(train))).scorer(csr([(0, 0)], (1, 3)))
    assert np.allclose(scores, [[0, 1, 1 / np.sqrt(2)]])


def test_streamers_and_users_without_tips_are_scored_zero_not_nan():
    train = csr([(0, 0), (0, 1), (1, 0), (1, 1)], (3, 4))
    pairs = EvalPairs(csr([], (3, 4)), csr([(2, 3)], (3, 4)), 0)
    for result in score_baselines(train, pairs, pairs, "ndcg@10", seed=0):
        if result.absent is None:
            assert np.isfinite(result.test.mean("ndcg@10")), result.name


def test_without_val_users_the_first_setting_is_taken():
    train, _, test = checkerboard(20, seed=0)
    nobody = EvalPairs(train, csr([], (20, 20)), 0)
    result = score_baseline("ease", lambda: baselines.ease(train), train, nobody, test, "ndcg@10")
    assert result.setting == {"ridge": baselines.EASE_RIDGES[0]}
