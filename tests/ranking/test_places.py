"""Places kept for the new: which they are, who gets them, and that nothing but the order changes."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mspa_model.errors import MspaError
from mspa_model.pipeline import rank_tips, rank_user, why_absent
from mspa_model.ranking.places import keep_places, owed, with_places
from mspa_model.runs import Run, load_run
from mspa_model.types import SOURCES, Ranking
from tests.command import Command
from tests.worlds.newcomers import NEWCOMERS


def placed(n: int, cold: set[int], share: float) -> tuple[list[int], tuple[int, ...]]:
    """Streamer i has rank i + 1 by score."""
    order, kept = with_places(torch.arange(n), np.array([i in cold for i in range(n)], dtype=bool), share)
    return order.tolist(), kept


@pytest.mark.parametrize(
    ("share", "places"),
    [
        (0.1, [5, 15]),
        (0.2, [3, 8, 13, 18]),
        (0.5, [2, 3, 5, 7, 9, 11, 13, 15, 17, 19]),
        (1.0, list(range(1, 21))),
        (0.01, []),
    ],
)
def test_which_places_are_kept(share: float, places: list[int]):
    grown = [k for k in range(1, 21) if owed(share, k) > (owed(share, k - 1) if k > 1 else 0)]
    assert grown == places
    # Twenty newcomers at the bottom of forty get just these.
    order, kept = placed(40, set(range(20, 40)), share)
    assert [place for place in range(1, 21) if order[place - 1] >= 20] == places
    assert list(kept)[: len(places)] == list(range(20, 20 + len(places)))


def test_a_half_is_rounded_up_and_not_lost_to_binary_fractions():
    assert owed(0.29, 50) == 15  # 14.5, in binary 14.499999999999998
    assert owed(0.1, 5) == 1
    assert owed(0.1, 4) == 0


def test_the_best_newcomer_goes_first_and_the_others_keep_their_order():
    assert placed(10, {7, 9}, 0.2) == ([0, 1, 7, 2, 3, 4, 5, 9, 6, 8], (7, 9))


def test_who_stands_high_by_score_counts_and_is_not_marked():
    # Newcomer 1 stands 2nd by its score: the kept third place is paid, the eighth goes to newcomer 9.
    assert placed(10, {1, 9}, 0.2) == ([0, 1, 2, 3, 4, 5, 6, 9, 7, 8], (9,))
    assert placed(10, {0, 1, 2}, 0.2) == (list(range(10)), ())


def test_without_newcomers_or_share_nothing_moves():
    assert placed(10, set(), 0.5) == (list(range(10)), ())
    assert placed(10, {9}, 0.0) == (list(range(10)), ())
    assert placed(0, set(), 0.5) == ([], ())
    assert placed(4, {3}, 0.5) == ([0, 3, 1, 2], (3,)), "fewer places where there are fewer"


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float):
    with pytest.raises(MspaError, match="from 0 to 1"):
        placed(3, {1}, share)


def test_every_top_k_holds_its_share_whatever_the_scores():
    rng = np.random.default_rng(0)
    for share in (0.1, 0.25, 0.34, 0.5, 0.9):
        scores = torch.from_numpy(rng.normal(size=60).astype(np.float32))
        cold = rng.random(60) < 0.4
        by_score = scores.argsort(descending=True, stable=True)
        order, kept = with_places(by_score, cold, share)
        assert sorted(order.tolist()) == list(range(60))
        n_cold = np.cumsum(cold[order.numpy()])
        for k in range(10, 25):
            assert n_cold[k - 1] >= owed(share, k)
        for group in (cold, ~cold):  # within each the order of scores stays
            assert [i for i in order.tolist() if group[i]] == [i for i in by_score.tolist() if group[i]]
        assert all(cold[i] for i in kept)


# --- on a run --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(make_run: Callable[[str], Path]) -> Path:
    return make_run("newcomers")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    """Popularity counts, and so keeps the new at the bottom."""
    run = load_run(folder, device="cpu")
    run.recommender.scorer.base_weights[SOURCES.index("popularity")] = 5.0
    return run


def test_who_is_cold_is_known_from_train_tips_alone(run: Run):
    ids = run.dataset.streamers["streamer_id"]
    assert ids[run.recommender.is_cold].tolist() == list(NEWCOMERS)


def test_places_change_the_order_and_nothing_else(run: Run):
    plain, shared = rank_user(run, "u000", "train"), rank_user(run, "u000", "train", new_share=0.2)
    assert len(plain.steps) == len(shared.steps)
    for before, after in zip(plain.steps, shared.steps, strict=True):
        assert torch.equal(before.ranking.scores, after.ranking.scores)
        assert torch.equal(before.ranking.fits, after.ranking.fits)
        assert torch.equal(after.ranking.by_score, before.ranking.order)
        assert (after.witness_gain, after.critique) == (before.witness_gain, before.critique)
        assert before.ranking.placed == ()
        assert after.ranking.rank_of(after.ranking.placed[0]) == 3
        assert after.ranking.score_rank_of(after.ranking.placed[0]) > 3
    none = keep_places(shared.final.ranking, run.recommender.is_cold, 0.0)
    assert torch.equal(none.order, plain.final.ranking.order)
    assert (none.placed, none.new_share) == ((), 0.0)


def test_the_command_marks_the_new_and_their_places(run: Run, folder: Path, mspa_model_command: Command):
    words = ("recommend", folder, "--user", "u000", "--history", "train", "--device", "cpu", "--k", "40")
    told = json.loads(mspa_model_command(*words, "--json").out)
    assert told["new_share"] == 0
    (ranking,) = [step["ranking"] for step in told["steps"][-1:]]
    assert {row["streamer"] for row in ranking if row["new"]} == set(NEWCOMERS)
    assert not any(row["kept_place"] for row in ranking)
    told = json.loads(mspa_model_command(*words, "--json", "--new-share", "0.5").out)
    ranking = told["steps"][-1]["ranking"]
    assert told["new_share"] == 0.5
    assert sum(row["new"] for row in ranking[:8]) == 4, "half of eight"
    assert all(row["new"] for row in ranking if row["kept_place"])
    said = mspa_model_command(*words, "--new-share", "0.5").out
    assert ("new: a kept place" in said) == any(row["kept_place"] for row in ranking)
    refused = mspa_model_command(*words, "--new-share", "1.5")
    assert refused.status == 2
    assert "from 0 to 1" in refused.err


def _hand_made(run: Run) -> Ranking:
    """Scores 40, 39 ... 1 by streamer_idx; the newcomers s036 to s039 are last."""
    fits = torch.zeros(len(SOURCES), 40)
    fits[0] = torch.arange(40, 0, -1)
    weights = torch.zeros(len(SOURCES))
    weights[0] = 1.0
    return keep_places(Ranking(weights, fits, torch.arange(40)), run.recommender.is_cold, 0.2)


def test_why_absent_never_speaks_of_a_score_that_gave_no_place(run: Run):
    trace = rank_tips(run, rank_user(run, "u000").final.preference.history)
    step = dataclasses.replace(trace.final, ranking=_hand_made(run))
    trace = dataclasses.replace(trace, steps=(step,))

    def said(streamer: str, k: int = 10) -> str:
        return why_absent(run, trace, streamer, k).split(" ", 3)[3]

    # Order: 0 1 [36] 2 3 4 5 [37] 6 7 | 8 9 [38] ... and scores fall by one a streamer.
    assert said("s036") == "is not absent: it stands at place 3, in a place kept for the new (37 by its score)."
    assert said("s007") == "is not absent: it stands at place 10."
    moved = "stands at place 11 of 40, 9 by its score: the places before it that are kept for the new put it there."
    assert said("s008") == moved
    assert said("s010") == "stands at place 14 of 40, 3.00 points below place 10."
    assert said("s038") == (
        "stands at place 13 of 40, in a place kept for the new (39 by its score), 31.00 points below place 10."
    )
    # Place 8 is kept: the score to beat is that of place 7, streamer 5.
    assert said("s010", 8) == "stands at place 14 of 40, 5.00 points below place 7."
