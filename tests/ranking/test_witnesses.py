"""How far a witness stands above the streamers that its user has not tipped, worked out by hand."""

import torch

from mspa_model.ranking.witnesses import Witnesses, ranks_among_others, standing_of
from mspa_model.types import SOURCES

# Streamer 3 is tipped too: it is no candidate, whatever its score.
OTHERS = torch.tensor([False, True, True, False, True])
SCORES = torch.tensor([[4.0, 1.0, 2.0, 9.0, 3.0], [1.5, 1.0, 2.0, -9.0, 3.0]])


def witnesses() -> Witnesses:
    return Witnesses(
        torch.tensor([0, 0]),
        OTHERS,
        torch.zeros(2, len(SOURCES), 5),
        torch.ones(2, len(SOURCES)),
        torch.ones(len(SOURCES)),
    )


def test_standing_counts_deviations_of_the_others():
    # The others' mean is 2 and their deviation the root of 2/3.
    torch.testing.assert_close(standing_of(witnesses(), SCORES), torch.tensor([2.0, -0.5]) / (2 / 3) ** 0.5)


def test_standing_moves_where_a_rank_does_not():
    raised = SCORES + torch.tensor([0.4, 0.0, 0.0, 0.0, 0.0])
    assert ranks_among_others(witnesses(), SCORES).tolist() == ranks_among_others(witnesses(), raised).tolist()
    assert bool((standing_of(witnesses(), raised) > standing_of(witnesses(), SCORES)).all())


def test_scores_all_alike_stand_nowhere():
    assert standing_of(witnesses(), torch.ones(2, 5)).tolist() == [0.0, 0.0]
