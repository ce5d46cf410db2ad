"""Early stopping: which state is used, and what is said of it."""

import numpy as np

from mspa_model.data.split import EvalPairs
from mspa_model.training.peers.stopping import Patience, taught_until_no_better
from tests.training.worlds import csr

N = 30
PAIRS = EvalPairs(csr([], (1, N)), csr([(0, 0)], (1, N)), 0)  # one user, one target: streamer 0
NOBODY = EvalPairs(csr([], (1, N)), csr([], (1, N)), 0)


def at_rank(rank: int):
    """A scorer that puts the target at this place."""
    scores = -np.arange(N, dtype=np.float32)[None]
    scores[0, 0] = 0.5 - rank
    return lambda idx: np.repeat(scores, len(idx), axis=0)


def teach(ranks: list[int], pairs: EvalPairs, patience: Patience):
    """Ranks of the target after each look; the state is the look's number."""
    looks = iter(range(1, len(ranks) + 1))
    return taught_until_no_better(
        lambda n: next(looks), lambda look: at_rank(ranks[look - 1]), pairs, "ndcg@10", patience
    )


def test_the_best_look_is_used_and_patience_ends_it():
    taught = teach([9, 2, 5, 4, 1], PAIRS, Patience(5, 10, 2, 60.0))
    assert taught.state == 2
    assert taught.note == "ended after 20 epochs by val, which had stopped rising; the state after 10 is used"


def test_the_time_box_ends_it_after_one_look():
    taught = teach([9, 2, 1], PAIRS, Patience(5, 10, 2, -1.0))
    assert taught.state == 1
    assert "its time box" in taught.note


def test_without_val_users_the_last_state_is_used():
    taught = teach([1, 2, 3], NOBODY, Patience(1, 3, 2, 60.0))
    assert taught.state == 3
    assert "the bound on its epochs" in taught.note
