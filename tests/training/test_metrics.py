"""Metrics against examples solved by hand."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from sklearn.metrics import ndcg_score

from mspa_model.data.split import EvalPairs
from mspa_model.errors import MspaError
from mspa_model.training.metrics import interval, measure, metrics_of_scores, paired_interval, top_k
from mspa_model.types import Interval
from tests.training.worlds import csr


def test_hand_solved_ranking():
    # Ranks: streamer 3 first (masked, so gone), then 0, 1, 2, ...; targets 0 and 2 stand at ranks 1 and 3.
    scores = np.array([[9.0, 8.0, 7.0, 10.0] + [0.0] * 26], dtype=np.float32)
    found = metrics_of_scores(scores, csr([(0, 3)], (1, 30)), csr([(0, 0), (0, 2)], (1, 30)), np.array([5]))
    ideal = 1 + 1 / np.log2(3)
    assert found.user_idx.tolist() == [5]
    assert found.values["recall@10"][0] == 1
    assert found.values["ndcg@10"][0] == pytest.approx((1 + 1 / np.log2(4)) / ideal)
    assert found.top[0, :3].tolist() == [0, 1, 2]
    assert scores[0, 3] == 10  # the mask is not written into what was given


def test_recall_divides_by_all_targets_and_ndcg_by_the_ideal_cut_at_k():
    targets = csr([(0, s) for s in range(15)], (1, 40))
    scores = -np.arange(40, dtype=np.float32)[None]
    values = metrics_of_scores(scores, csr([], (1, 40)), targets, np.array([0])).values
    assert values["recall@10"][0] == pytest.approx(10 / 15)
    assert values["ndcg@10"][0] == pytest.approx(1)
    assert [values["recall@20"][0], values["ndcg@20"][0]] == pytest.approx([1, 1])


def test_ndcg_agrees_with_scikit_learn():
    rng = np.random.default_rng(7)
    scores, wanted = rng.normal(size=(20, 80)).astype(np.float32), (rng.random((20, 80)) < 0.2).astype(np.float32)
    values = metrics_of_scores(scores, csr([], (20, 80)), sp.csr_matrix(wanted), np.arange(20)).values
    for k in (10, 20):
        assert values[f"ndcg@{k}"].mean() == pytest.approx(ndcg_score(wanted, scores, k=k))


def test_a_constant_score_is_not_lucky():
    # 50 users, each with one target, spread over 50 streamers: by index, the first ten alone are in the top ten.
    shape = (50, 50)
    targets = csr([(u, u) for u in range(50)], shape)
    found = metrics_of_scores(np.zeros(shape, dtype=np.float32), csr([], shape), targets, np.arange(50))
    assert found.values["recall@10"].tolist() == [1.0] * 10 + [0.0] * 40


def test_ties_across_the_cut_go_by_streamer_idx():
    scores = np.array([[1, 2, 1, 2, 1, 1]], dtype=np.float32)
    assert top_k(scores, 4).tolist() == [[1, 3, 0, 2]]


def test_top_k_agrees_with_a_full_stable_sort():
    scores = np.random.default_rng(0).integers(0, 12, (40, 60)).astype(np.float32)
    assert np.array_equal(top_k(scores, 20), np.argsort(-scores, axis=1, kind="stable")[:, :20])


def test_fewer_candidates_than_places_are_filled_with_minus_one():
    mask = csr([(0, 0), (0, 1)], (1, 4))
    found = metrics_of_scores(np.ones((1, 4), np.float32), mask, csr([(0, 3)], (1, 4)), np.array([0]))
    assert found.top.tolist() == [[2, 3, -1, -1]]
    assert found.values["ndcg@10"][0] == pytest.approx(1 / np.log2(3))


def test_nan_is_refused():
    with pytest.raises(MspaError, match="NaN"):
        top_k(np.array([[1.0, np.nan]], dtype=np.float32), 1)


def test_torch_scores_measure_like_numpy_scores():
    scores = np.random.default_rng(1).normal(size=(3, 30)).astype(np.float32)
    arguments = csr([], (3, 30)), csr([(0, 1), (1, 2), (2, 3)], (3, 30)), np.arange(3)
    by_numpy, by_torch = metrics_of_scores(scores, *arguments), metrics_of_scores(torch.tensor(scores), *arguments)
    assert np.array_equal(by_numpy.top, by_torch.top)


def test_users_without_a_target_are_not_measured_and_batches_do_not_matter(monkeypatch):
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(30, 25)).astype(np.float32)
    targets = sp.csr_matrix((rng.random((30, 25)) < 0.05).astype(np.float32))
    pairs = EvalPairs(csr([], (30, 25)), targets, 0)
    at_once = measure(lambda idx: scores[idx], pairs)
    monkeypatch.setattr("mspa_model.training.metrics._CELLS_A_BATCH", 25 * 4)
    in_batches = measure(lambda idx: scores[idx], pairs)
    assert at_once.user_idx.tolist() == np.flatnonzero(targets.sum(1)).tolist()
    assert len(at_once.user_idx) < 30
    assert np.array_equal(at_once.top, in_batches.top)
    assert np.array_equal(at_once.values["ndcg@10"], in_batches.values["ndcg@10"])


def test_no_user_to_measure_gives_no_number():
    nobody = measure(lambda idx: np.zeros((len(idx), 5)), EvalPairs(csr([], (3, 5)), csr([], (3, 5)), 0))
    assert nobody.intervals(seed=0)["ndcg@10"] == Interval(None, None, None)
    assert nobody.mean("ndcg@10") == float("-inf")


def test_interval_holds_the_mean_and_narrows_as_theory_says():
    values = np.random.default_rng(3).random(2000)
    found = interval(values, seed=1)
    assert found.value == pytest.approx(values.mean())
    half_width = 1.96 * values.std() / np.sqrt(2000)
    assert found.high - found.low == pytest.approx(2 * half_width, rel=0.1)
    assert found == interval(values, seed=1) != interval(values, seed=2)


def test_paired_interval_sees_a_small_gain_that_unpaired_ones_cannot():
    before = np.random.default_rng(4).random(500)
    after = before + 0.01
    assert paired_interval(after, before, seed=0).low == pytest.approx(0.01)
    assert interval(after, seed=0).low < interval(before, seed=0).high
    with pytest.raises(MspaError, match="same users"):
        paired_interval(after, before[:-1], seed=0)
