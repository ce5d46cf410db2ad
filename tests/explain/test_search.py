"""The search on scores that are sums by construction: what it finds and where greedy goes astray, solved by hand."""

from collections.abc import Sequence
from itertools import chain, combinations

import numpy as np
import pytest
import torch

from explain.rescoring import Edits
from explain.search import MAX_EDITS, Goal, OutOfTries, Search, best_pair
from explain.types import Edit


class Sums:
    """Scores = base + the sum of the edits' effects: {key: {streamer_idx: points}}."""

    def __init__(self, base: list[float], effects: dict[str, dict[int, float]]) -> None:
        self.base, self.effects, self.n_scored = torch.tensor(base), effects, 0

    def scores(self, scenarios: Sequence[Edits]) -> torch.Tensor:
        rows = self.base.repeat(len(scenarios), 1)
        for row, edits in enumerate(scenarios):
            for edit in edits:
                for idx, points in self.effects[edit.key].items():
                    rows[row, idx] += points
        self.n_scored += len(scenarios)
        return rows

    def singles(self) -> list[Edit]:
        return [Edit("add tip", key) for key in self.effects]


def search_on(world: Sums, k: int = 1, direction: str = "up", max_tries: int = 10_000, **told) -> Search:
    """The streamer that is explained is the first."""
    return Search(world, Goal(0, direction, k), world.singles(), max_tries, told.get("cancel"), told.get("progress"))


def keys(edits: Edits | None) -> set[str]:
    return {edit.key for edit in edits or ()}


# One rival at 9, three at 1, the streamer at 0. "lure" lifts it past three rivals and the first rival out of reach;
# "lower" with "lift" is enough, though neither gains more places than "lure" alone.
TRAP = {
    "lure": {0: 2.0, 1: 20.0},
    "lift": {0: 1.5},
    "lower": {1: -8.5},
    "little": {0: 0.1},
    "lower again": {1: -12.0},
}


def test_two_edits_are_found_where_greedy_finds_none():
    search = search_on(Sums([0.0, 9.0, 1.0, 1.0, 1.0], TRAP))
    found = [keys(edits) for edits in search.fewest()]
    assert found == [{"lift", "lower"}, {"lift", "lower again"}]  # both pass it by half a point
    greedy = search_on(Sums([0.0, 9.0, 1.0, 1.0, 1.0], TRAP))
    path = []
    while (edits := greedy.greedy_step()) is not None:
        path.append(keys(edits))
    assert path[0] == {"lure"}
    goal = Goal(0, "up", 1)
    assert all(float(goal.gaps(greedy.tried([tuple(Edit("add tip", k) for k in each)]), 0)) < 0 for each in path)


def test_greedy_goes_by_places_then_by_points():
    world = Sums([0.0, 5.0, 1.0], {"points": {0: 0.9}, "place": {2: -2.0}, "both": {0: 0.5, 2: -1.0}})
    search = search_on(world)
    first = search.greedy_step()
    assert keys(first) == {"both"}  # as many places as "place", and more points
    assert keys(search.greedy_step()) == {"both", "points"}
    assert keys(search.greedy_step()) == {"both", "points", "place"} or search.greedy_step() is None


def test_a_single_edit_is_enough_where_one_is():
    world = Sums([0.0, 3.0, 1.0], {"small": {0: 2.0}, "large": {0: 4.0}, "other": {1: -3.5, 2: -3.5}})
    assert [keys(edits) for edits in search_on(world).fewest()] == [{"large"}, {"other"}]


def test_a_tie_with_place_k_is_decided_by_row():
    """The streamer that is explained is the first row, or the last: level with the other it stands first, or second."""
    assert search_on(Sums([0.0, 3.0], {"tie": {0: 3.0}})).fewest() != []
    assert search_on(Sums([0.0, 3.0], {"less": {0: 2.999}})).fewest() == []
    world = Sums([3.0, 0.0], {"tie": {1: 3.0}})
    assert Search(world, Goal(1, "up", 1), world.singles(), 10_000, None, None).fewest() == []


def test_down_is_out_of_the_top_k():
    world = Sums([9.0, 3.0, 2.0], {"fall": {0: -6.5}, "further": {0: -6.9}, "rise": {2: 8.0}})
    (first, *others) = search_on(world, k=2, direction="down").fewest()
    assert len(first) == 2
    assert keys(first) == {"fall", "further"}
    assert [keys(edits) for edits in others] == [{"further", "rise"}, {"fall", "rise"}]


def test_three_edits_where_two_are_too_few():
    world = Sums([0.0, 10.0], {name: {0: 3.4} for name in "abcde"})
    found = search_on(world).fewest()
    assert {len(edits) for edits in found} == {3}
    assert len({frozenset(keys(edits)) for edits in found}) == len(found) == 10


def test_nothing_is_found_where_nothing_reaches():
    world = Sums([0.0, 100.0], {name: {0: 1.0} for name in "abcdefgh"})
    assert search_on(world).fewest() == []
    assert MAX_EDITS == 6


def test_opposite_edits_of_one_statement_are_never_made_together():
    world = Sums([0.0, 5.0], {"x: y": {0: 3.0}})
    edits = [Edit("set statement", "x: y", 1.0, polarity) for polarity in (1, -1)] + [Edit("delete statement", "x: y")]
    search = Search(world, Goal(0, "up", 1), edits, 1_000, None, None)
    assert search.fewest() == []  # two of them would have sufficed


def test_the_budget_is_kept_and_a_cancelled_search_ends():
    world = Sums([0.0, 100.0], {name: {0: 1.0} for name in "abcdefgh"})
    with pytest.raises(OutOfTries):
        search_on(world, max_tries=20).fewest()
    assert world.n_scored <= 20
    with pytest.raises(OutOfTries):
        search_on(world, max_tries=8)
    asked = iter([False, False, True])
    with pytest.raises(OutOfTries):
        search_on(world, cancel=lambda: next(asked, True)).fewest()


def test_progress_is_told_and_never_falls():
    told: list[float] = []
    search_on(Sums([0.0, 10.0], {name: {0: 3.4} for name in "abcde"}), max_tries=100, progress=told.append).fewest()
    assert told
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] <= 1


@pytest.mark.parametrize(("k", "gap"), [(1, -3.0), (2, -1.0), (3, float("inf")), (9, float("inf"))])
def test_gaps_by_hand(k: int, gap: float):
    row = torch.tensor([[5.0, 2.0, 3.0, -torch.inf]])
    assert float(Goal(1, "up", k).gaps(row, 1)[0]) == gap
    assert float(Goal(1, "down", k).gaps(row, 1)[0]) == -gap


def test_places_by_hand_with_ties_by_position():
    row = torch.tensor([[2.0, 2.0, 3.0, 2.0, -torch.inf]])
    assert [int(Goal(i, "up", 1).places(row)[0]) for i in range(4)] == [2, 3, 1, 4]


def fewest_by_hand(world: Sums, goal: Goal) -> int | None:
    """The size of the smallest subset of all edits that reaches the goal: every subset is tried."""
    subsets = chain.from_iterable(combinations(world.singles(), size) for size in range(1, MAX_EDITS + 1))
    enough = (len(edits) for edits in subsets if float(goal.gaps(world.scores([edits]), goal.streamer_idx)[0]) > 0)
    return next(enough, None)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_no_subset_of_fewer_edits_is_enough(direction: str):
    sizes = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        base = [rng.uniform(1, 3) * (-1 if direction == "up" else 1), *rng.normal(size=7).tolist()]
        effects = {str(edit): dict(enumerate(rng.normal(scale=0.9, size=8).tolist())) for edit in range(7)}
        world = Sums(base, effects)
        smallest = fewest_by_hand(world, Goal(0, direction, 2))
        found = search_on(world, 2, direction).fewest()
        assert {len(edits) for edits in found} == ({smallest} if smallest else set())
        sizes.append(smallest)
    assert {1, 2, 3} <= set(sizes)


def test_the_best_pair_by_hand():
    world, goal = Sums([0.0, 9.0, 1.0, 1.0, 1.0], TRAP), Goal(0, "up", 1)
    assert best_pair(world, goal, world.singles()) == pytest.approx(0.5)  # lift and lower, 1.5 against 1
    assert world.n_scored == 10
    same = [Edit("set statement", "lift", 1.0, polarity) for polarity in (1, -1)]
    assert best_pair(world, goal, same) == float("-inf")


@pytest.mark.parametrize("n", [20, 20_000])
def test_level_with_the_last_place_rows_decide(n: int):
    """All alike: the first ten rows stand inside, and the goal says so by the same rule as the places."""
    equal = torch.zeros(2, n)
    for row, inside in ((0, True), (9, True), (10, False), (n - 1, False)):
        up, down = Goal(row, "up", 10), Goal(row, "down", 10)
        assert up.places(equal).tolist() == [row + 1] * 2
        assert (up.gaps(equal, row) > 0).tolist() == [inside] * 2
        assert (down.gaps(equal, row) > 0).tolist() == [not inside] * 2


@pytest.mark.parametrize("n", [20, 20_000])
def test_edits_that_are_worth_the_same_are_tried_in_their_order(n: int):
    effects = {f"e{i}": {1: 1.0} for i in range(24)}
    world = Sums([3.0, *[0.0] * (n - 1)], effects)
    search = Search(world, Goal(1, "up", 1), world.singles(), 10_000, None, None)
    assert search._useful().tolist() == list(range(24))
    assert search._rivals()[0].tolist() == list(range(min(n, 121)))
    found = search.fewest()
    assert len(found[0]) == 4  # three edits make it level with the first, whose row comes first
