"""How far a witness stands above the streamers that its user has not tipped, worked out by hand."""

import numpy as np
import pytest
import torch

from mspa_model.ranking.correction import Moved, Stance, batch_of_one
from mspa_model.ranking.witnesses import Witnesses, ranks_among_others, standing_of
from mspa_model.types import SOURCES
from tests.ranking.parts import FORMS, Form, random_history, random_recommender
from tests.ranking.test_batch import empty_set

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


@pytest.mark.parametrize("form", FORMS)
def test_witnesses_stand_as_if_the_history_without_each_were_scored(form: Form):
    """And a stance that has not moved gives what moving to it gives."""
    recommender = random_recommender(empty_set(60), form)
    told = recommender.composer.compose(random_history(60, 8, 1))
    given, allowed = recommender._tensors(told), np.ones(60, dtype=bool)
    stance = Stance(given.strengths[0], given.residual, torch.ones(len(SOURCES)))
    idx = told.history.streamer_idx
    fits = recommender.score(told, allowed).fits
    bench = recommender._bench(told, given.tips[0], stance, idx, fits)
    ranks, standing = recommender.correction.witness_places(bench, Moved(batch_of_one(stance), {}))
    again = recommender.correction.witness_places(bench, recommender.correction.move(bench, batch_of_one(stance)))
    assert ranks.tolist() == again[0].tolist()
    torch.testing.assert_close(standing, again[1], rtol=1e-4, atol=1e-4)
    for i, witness in enumerate(idx.tolist()):
        weights = recommender.scorer.weights(bench.witnesses.fits[i : i + 1], bench.witnesses.base)[0]
        scores = (weights[:, None] * bench.witnesses.fits[i]).sum(0)
        others = [float(scores[j]) for j in range(60) if j not in idx]
        assert int(ranks[i]) == 1 + sum(other >= float(scores[witness]) for other in others)
