"""The critic on two witnesses and three streamers, by hand."""

import pytest
import torch

from mspa_model.ranking.critic import criticise
from mspa_model.ranking.witnesses import Witnesses
from mspa_model.types import SOURCES

N = len(SOURCES)
ROW = torch.tensor([-1.0, 0.0, 1.0])  # of every source: mean 0, deviation sqrt(2/3)
MEMBERSHIP = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


@pytest.mark.parametrize(("top", "fit", "shares"), [([2], 1.0, [0.0, 1.0]), ([], 0.0, [0.0, 0.0])])
def test_a_gap_is_counted_in_deviations_and_is_none_where_nobody_is_left(
    top: list[int], fit: float, shares: list[float]
):
    """Witnesses are streamers 0 and 1; somebody who has tipped all three has nobody at the top."""
    fits = ROW.repeat(2, N, 1)
    witnesses = Witnesses(torch.tensor([0, 1]), torch.zeros(3, dtype=torch.bool), fits, torch.ones(N))
    own, weights = ROW.repeat(N, 1), torch.ones(N)
    top_k = torch.tensor(top, dtype=torch.int64)
    view = criticise(witnesses, fits, own, top_k, weights, torch.zeros(2), MEMBERSHIP)
    deviation = (2 / 3) ** 0.5
    torch.testing.assert_close(view.source_witnesses, torch.full((N,), -0.5 / deviation))
    torch.testing.assert_close(view.source_top_k, torch.full((N,), fit / deviation))
    torch.testing.assert_close(view.value_witnesses, torch.tensor([1.0, 0.5]))
    torch.testing.assert_close(view.value_top_k, torch.tensor(shares))
