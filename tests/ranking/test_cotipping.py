"""Co-tipping against its definition: least squares solved by hand, and a model fitted again without a user."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.config import RankingConfig
from mspa_model.ranking.cotipping import (
    BlendedCoTips,
    CoTips,
    CoTipsSetting,
    blend,
    cotips_from_tensors,
    fit_cotips,
    inverse_of,
)
from mspa_model.ranking.low_rank import LowRankCoTips

CONFIG = RankingConfig()


def tips(seed: int = 0, n_users: int = 40, n_streamers: int = 9) -> sp.csr_matrix:
    rng = np.random.default_rng(seed)
    return sp.csr_matrix((rng.random((n_users, n_streamers)) < 0.4).astype(np.float32))


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_each_column_solves_its_ridge_regression_without_itself(power):
    matrix, ridge = tips(), 3.0
    rows = fit_cotips(matrix, CoTipsSetting(ridge, power), CONFIG, 0).rows(torch.arange(9)).numpy()
    x = matrix.toarray().astype(np.float64)
    weight = np.maximum(x.sum(1), 1.0) ** -power
    for j in range(9):
        others = np.delete(np.arange(9), j)
        a = (x[:, others] * weight[:, None]).T @ x[:, others] + ridge * np.eye(8)
        solved = np.linalg.solve(a, (x[:, others] * weight[:, None]).T @ x[:, j])
        # EASE's constraint is the diagonal alone, so a column is the regression on all other streamers.
        np.testing.assert_allclose(rows[others, j], solved, atol=1e-5)
        assert rows[j, j] == 0


def test_fit_is_the_sum_of_its_rows():
    model = fit_cotips(tips(), CoTipsSetting(3.0, 0.5), CONFIG, 0)
    history = torch.zeros(1, 9)
    history[0, [1, 4, 7]] = 1.0
    torch.testing.assert_close(model.fit(history)[0], model.rows(torch.tensor([1, 4, 7])).sum(0))


CONTENT = np.eye(9)[[0, 1, 2, 3, 4, 0, 1, 2, 3]]  # streamers 5 to 8 are like 0 to 3


@pytest.mark.parametrize("setting", [CoTipsSetting(3.0, 0.0), CoTipsSetting(3.0, 0.5), CoTipsSetting(3.0, 0.5, 2.0)])
def test_taking_a_user_out_equals_fitting_without_the_user(setting):
    matrix, user = tips(), 5
    model = fit_cotips(matrix, setting, CONFIG, 0, CONTENT)
    refitted = fit_cotips(sp.csr_matrix(np.delete(matrix.toarray(), user, axis=0)), setting, CONFIG, 0, CONTENT)
    idx = torch.arange(9)
    mine = torch.as_tensor(matrix[user].indices.astype(np.int64))
    torch.testing.assert_close(model.told(idx, mine).written, refitted.rows(idx), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(model.rows(idx), refitted.rows(idx), atol=1e-4)


def test_a_streamer_nobody_tipped_is_found_by_those_it_is_like():
    matrix = sp.csr_matrix(tips().toarray() * (np.arange(9) != 5))
    plain = fit_cotips(matrix, CoTipsSetting(3.0, 0.5), CONFIG, 0, CONTENT).rows(torch.tensor([0]))[0]
    leaning = fit_cotips(matrix, CoTipsSetting(3.0, 0.5, 2.0), CONFIG, 0, CONTENT).rows(torch.tensor([0]))[0]
    assert plain[5] == pytest.approx(0, abs=1e-6)
    assert leaning[5] > 0.1
    assert leaning.argmax() == 5


def test_inverse_is_refused_where_there_is_none():
    rng = np.random.default_rng(1)
    half = rng.normal(size=(6, 6))
    gram = half @ half.T + np.eye(6)
    np.testing.assert_allclose(inverse_of(gram) @ gram, np.eye(6), atol=1e-9)
    with pytest.raises(np.linalg.LinAlgError):
        inverse_of(-gram)


def test_low_rank_above_the_bound_never_makes_a_square_and_has_no_diagonal():
    config = RankingConfig(max_dense_streamers=5, low_rank=4)
    model = fit_cotips(tips(), CoTipsSetting(3.0, 0.0), config, 0)
    assert set(model.tensors()) == {"tipped", "found"}
    rows = model.rows(torch.arange(9))
    assert torch.all(rows.diagonal() == 0)
    history = torch.zeros(1, 9)
    history[0, [0, 3]] = 1.0
    torch.testing.assert_close(model.fit(history)[0], rows[[0, 3]].sum(0))


@pytest.mark.parametrize("bound", [5, 100])
def test_what_is_stored_comes_back(bound):
    model = fit_cotips(tips(), CoTipsSetting(3.0, 0.5), RankingConfig(max_dense_streamers=bound, low_rank=4), 0)
    back = cotips_from_tensors(model.tensors())
    torch.testing.assert_close(back.rows(torch.arange(9)), model.rows(torch.arange(9)))


def linear_of(bound: int) -> CoTips:
    """Of low rank with room for more directions above the bound."""
    linear = fit_cotips(tips(), CoTipsSetting(3.0, 0.5), RankingConfig(max_dense_streamers=bound, low_rank=4), 0)
    if not isinstance(linear, LowRankCoTips):
        return linear
    return LowRankCoTips(*(torch.cat([side, torch.zeros(9, 4)], 1) for side in (linear.tipped, linear.found)))


@pytest.mark.parametrize("bound", [5, 100])
def test_a_blend_is_the_sum_of_its_parts_and_comes_back(bound):
    rng = np.random.default_rng(2)
    latent = LowRankCoTips(*(torch.from_numpy(rng.normal(size=(9, 3)).astype(np.float32)) for _ in range(2)))
    linear = linear_of(bound)
    both = blend(linear, latent, 0.5)
    history = torch.zeros(2, 9)
    history[0, [0, 3]] = torch.tensor([1.0, 0.25])
    summed = linear.fit(history) + 0.5 * latent.fit(history)
    torch.testing.assert_close(both.fit(history), summed)
    back = cotips_from_tensors(both.tensors())
    torch.testing.assert_close(back.fit(history), summed)
    idx = torch.tensor([0, 3])
    torch.testing.assert_close(both.rows(idx).T @ history[0, idx], summed[0])
    assert torch.all(both.rows(torch.arange(9)).diagonal() == 0)
    assert blend(linear, latent, 0.0) is linear


def test_a_blend_is_downdated_in_its_exact_part():
    latent = LowRankCoTips(torch.ones(9, 1), torch.arange(9.0)[:, None])
    linear = fit_cotips(tips(), CoTipsSetting(3.0, 0.5), CONFIG, 0)
    both = blend(linear, latent, 2.0)
    assert isinstance(both, BlendedCoTips)
    idx, mine = torch.tensor([1, 4]), torch.tensor([0, 1, 4])
    apart = linear.told(idx, mine).written
    torch.testing.assert_close(both.told(idx, mine).written, apart + 2.0 * latent.rows(idx))


@pytest.mark.parametrize("bound", [5, 100])
@pytest.mark.parametrize("by_share", [1, 3])
def test_columns_by_share_hear_a_long_history_no_louder_than_a_short_one(bound, by_share):
    linear = linear_of(bound)
    rng = np.random.default_rng(2)
    tipped, found = (torch.from_numpy(rng.normal(size=(9, 3)).astype(np.float32)) for _ in range(2))
    both = blend(linear, LowRankCoTips(tipped, found, by_share), 2.0)
    history = torch.zeros(1, 9)
    history[0, [0, 3, 5]] = torch.tensor([1.0, 0.5, 0.5])
    square = tipped[:, 3 - by_share :] @ found[:, 3 - by_share :].T
    rest = tipped[:, : 3 - by_share] @ found[:, : 3 - by_share].T
    square, rest = square.fill_diagonal_(0), rest.fill_diagonal_(0)
    wanted = linear.fit(history) + 2.0 * (history @ rest + history @ square / 2.0)
    torch.testing.assert_close(both.fit(history), wanted)
    torch.testing.assert_close(cotips_from_tensors(both.tensors()).fit(history), wanted)
    idx = torch.tensor([0, 3, 5])
    torch.testing.assert_close(both.factors(history[:, idx]) @ both.told(idx, idx[:0]).written, wanted)
    torch.testing.assert_close(both.rows(idx), linear.rows(idx) + 2.0 * (rest + square)[idx])
    twice = both.fit(2 * history) - linear.fit(2 * history)
    torch.testing.assert_close(twice, 2.0 * (2 * history @ rest + history @ square / 2.0))


def test_a_low_rank_model_keeps_its_rank_whatever_is_added():
    """Its strongest directions: what is added and lies among the model's own comes whole."""
    rng = np.random.default_rng(3)
    linear = fit_cotips(tips(), CoTipsSetting(3.0, 0.5), RankingConfig(max_dense_streamers=5, low_rank=4), 0)
    assert isinstance(linear, LowRankCoTips)
    mixed = torch.from_numpy(rng.normal(size=(4, 6)).astype(np.float32))
    both = blend(linear, LowRankCoTips(linear.tipped @ mixed, linear.found @ mixed), 0.1)
    assert isinstance(both, LowRankCoTips)
    assert both.tipped.shape == (9, 4)
    wanted = linear.tipped @ linear.found.T + 0.1 * linear.tipped @ mixed @ mixed.T @ linear.found.T
    torch.testing.assert_close(both.tipped @ both.found.T, wanted, atol=1e-5, rtol=1e-4)
    apart = LowRankCoTips(*(torch.from_numpy(rng.normal(size=(9, 6)).astype(np.float32)) for _ in range(2)), by_share=6)
    beside = blend(linear, apart, 1.0)
    assert isinstance(beside, LowRankCoTips)
    assert (beside.tipped.shape[1], beside.by_share) == (8, 4)
    left, strength, right = torch.linalg.svd(apart.tipped @ apart.found.T)
    strongest = left[:, :4] * strength[:4] @ right[:4]
    torch.testing.assert_close(beside.tipped[:, 4:] @ beside.found[:, 4:].T, strongest, atol=1e-4, rtol=1e-3)
