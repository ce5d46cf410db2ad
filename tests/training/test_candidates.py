"""A batch's softmax over a draw of very many streamers estimates the one over all."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.training import candidates
from mspa_model.training.candidates import draw_candidates

POPULARITY = torch.log(torch.tensor([6.0, 5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1]) / 31)
TIPS = sp.csr_matrix(np.eye(12, dtype=np.float32)[[0, 3, 3, 7]])


def test_few_streamers_are_all_candidates():
    among, level = draw_candidates(TIPS, POPULARITY, np.random.default_rng(0))
    assert among is None
    assert level is POPULARITY


def test_of_many_a_draw_stands_for_all_that_a_batch_does_not_tip(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(candidates, "MAX_CANDIDATES", 6)
    rng, shares = np.random.default_rng(0), []
    for _ in range(2000):
        among, level = draw_candidates(TIPS, POPULARITY, rng)
        assert among is not None
        assert among[:3].tolist() == [0, 3, 7]
        assert len(among) == len(set(among.tolist())) == 6
        assert torch.equal(level[:3], POPULARITY[among[:3]])
        shares.append(float(level.exp().sum()))
    # What the softmax divides by is right in the mean.
    assert np.mean(shares) == pytest.approx(1.0, rel=0.02)
    assert POPULARITY.exp().sum() == pytest.approx(1.0)


def test_where_a_batch_tips_more_than_are_drawn_one_other_stands_for_the_rest(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(candidates, "MAX_CANDIDATES", 2)
    among, level = draw_candidates(TIPS, POPULARITY, np.random.default_rng(0))
    assert among is not None
    assert (among[:3].tolist(), len(among)) == ([0, 3, 7], 4)
    assert float(level[3] - POPULARITY[among[3]]) == pytest.approx(np.log(9))


def test_where_all_are_tipped_nobody_is_drawn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(candidates, "MAX_CANDIDATES", 2)
    among, level = draw_candidates(sp.csr_matrix(np.ones((1, 12))), POPULARITY, np.random.default_rng(0))
    assert among is not None
    assert among.tolist() == list(range(12))
    torch.testing.assert_close(level, POPULARITY)
