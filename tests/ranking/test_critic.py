"""The critic on two witnesses and three streamers, by hand."""

import pytest
import torch

from mspa_model.ranking.critic import Standing, _sentence, criticise, mean_row
from mspa_model.types import SOURCES
from tests.ranking.test_batch import empty_set

N = len(SOURCES)
ROW = torch.tensor([-1.0, 0.0, 1.0])  # of every source: mean 0, deviation sqrt(2/3)
MEMBERSHIP = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


@pytest.mark.parametrize(("top", "fit", "shares"), [([2], 1.0, [0.0, 1.0]), ([], 0.0, [0.0, 0.0])])
def test_a_gap_is_counted_in_deviations_and_is_none_where_nobody_is_left(
    top: list[int], fit: float, shares: list[float]
):
    """Witnesses are streamers 0 and 1; somebody who has tipped all three has nobody at the top."""
    deviation = (2 / 3) ** 0.5
    fits, top_k = ROW / deviation, torch.tensor(top, dtype=torch.int64)
    idx, everyone = torch.tensor([0, 1]), MEMBERSHIP.mean(0)
    standing = Standing(fits[idx, None].expand(2, N), mean_row(fits[top_k, None].expand(-1, N)), top_k)
    keep = torch.tensor([[True, True], [False, True]])
    views = criticise(standing, keep, idx, torch.ones(N), torch.zeros(2), MEMBERSHIP, everyone)
    view = views.row(0)
    torch.testing.assert_close(view.source_witnesses, torch.full((N,), -0.5 / deviation))
    torch.testing.assert_close(views.row(1).source_witnesses, torch.zeros(N))
    torch.testing.assert_close(views.row(1).value_witnesses, MEMBERSHIP[1])
    torch.testing.assert_close(view.source_uncertainty, torch.full((N,), 0.5 / deviation))
    torch.testing.assert_close(view.source_top_k, torch.full((N,), fit / deviation))
    torch.testing.assert_close(view.value_witnesses, torch.tensor([1.0, 0.5]))
    torch.testing.assert_close(view.value_top_k, torch.tensor(shares))


@pytest.mark.parametrize(
    ("about", "said"), [(False, "at place 1234 or better"), (True, "at about place 1,200 or better")]
)
def test_places_that_a_draw_told_are_said_to_be_about(about: bool, said: str):
    assert said in _sentence(torch.tensor([5, 1234, 6000]), (), about, empty_set(3).info)
