"""Which recipes come first, what a search grows, and whom a group's goal is about: orders solved by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from explain import search as searching
from explain.counterfactual import edit_preference, rescore
from explain.group_asked import Asked
from explain.group_recipes import find_group_recipes
from explain.group_search import _best_first
from explain.narrate import name_of
from explain.plausible import Proximity, UserPool, fused_row, taught_rows
from explain.recipes import COMPARED, NOT_A_FORECAST, _Finisher, alike, find_recipes
from explain.recipes import _sentence as recipe_sentence
from explain.rescoring import Edits, Rescorer
from explain.search import Goal, Search
from explain.types import Edit, Recipe
from mspa_model.preference.statements import tip_weights
from mspa_model.runs import Run
from mspa_model.types import RankingTrace
from tests.explain.closed_form import trace_of
from tests.explain.test_search import Sums, keys, search_on


@pytest.fixture(scope="module")
def trace(closed: Run) -> RankingTrace:
    return trace_of(closed, "u000")


def id_at(run: Run, trace: RankingTrace, rank: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[rank - 1])])


# --- which recipes, in which order -----------------------------------------------------------------------------------


class Told:
    """Distance from itself and how unlike real users, told in advance for the first edit."""

    def __init__(self, told: dict[Edit, tuple[float, float | None]]) -> None:
        self.told = told

    def of(self, edits: Sequence[Edit]) -> tuple[float, float | None]:
        return self.told[edits[0]]


def finisher(run: Run, trace: RankingTrace, k: int = 1_000, direction: str = "up", rank: int | None = None):
    """Chooses among tips to others: with k beyond the last place, all of them reach the goal."""
    order = trace.final.ranking.order
    target = int(order[-1 if rank is None else rank - 1])
    return _Finisher(run, trace, target, direction, k, Rescorer(run, trace.final, "new"), None)


@pytest.mark.parametrize(
    ("told", "chosen"),
    [
        # Of the first four the third (as unlike as the second, but nearer); then the fifth, which now is compared.
        ([(1.0, 0.9), (2.0, 0.1), (1.0, 0.1), (0.5, 0.9), (9.0, 0.0)], [2, 4, 1]),
        ([(1.0, None), (2.0, None), (0.5, None), (3.0, None), (0.1, None)], [2, 4, 0]),
    ],
)
def test_the_least_unlike_real_users_comes_first_then_the_nearest(
    closed: Run, trace: RankingTrace, told: list[tuple[float, float | None]], chosen: list[int]
) -> None:
    tips = [Edit("add tip", id_at(closed, trace, rank)) for rank in range(1, 6)]
    assert COMPARED == 4
    choosing = finisher(closed, trace)
    choosing._proximity = Told(dict(zip(tips, told, strict=True)))
    found = choosing.recipes([(tip,) for tip in tips])
    assert [recipe.edits[0] for recipe in found] == [tips[i] for i in chosen]
    assert [(recipe.distance, recipe.unlike) for recipe in found] == [told[i] for i in chosen]


def test_one_of_each_set_of_kinds_first_and_what_can_be_acted_on_leads(closed: Run, trace: RankingTrace) -> None:
    tips = [Edit("add tip", id_at(closed, trace, rank)) for rank in (1, 2, 3)]
    drop, mute = Edit("drop tip", "0"), Edit("mute modality", "text")
    choosing = finisher(closed, trace)
    mutes = (mute, Edit("mute modality", "visual"))
    choosing._proximity = Told({edit: (float(i), None) for i, edit in enumerate((*tips, drop, *mutes))})
    of_each = choosing.recipes([(drop,), (tips[0],), (tips[1],), (mute,)])
    assert [recipe.edits for recipe in of_each] == [(tips[0],), (mute,), (drop,)]
    two_kinds = choosing.recipes([(drop,), (tips[0],), (tips[1],), (tips[2],)])
    assert [recipe.edits[0].kind for recipe in two_kinds] == ["add tip", "add tip", "drop tip"]
    # The edit that can be acted on least counts before the sum: two mutes before one dropped tip.
    both = choosing.recipes([(tips[0], drop), mutes])
    assert [recipe.edits[0].kind for recipe in both] == ["mute modality", "add tip"]
    assert choosing.recipes([]) == ()
    stated = trace.final.preference.statements[0]
    delete = Edit("delete statement", f"{stated.aspect}: {stated.value}")
    choosing._proximity = Told(dict.fromkeys((tips[0], delete, mute, drop), (1.0, None)))
    four_kinds = choosing.recipes([(drop,), (mute,), (delete,), (tips[0],)])
    assert [recipe.edits[0] for recipe in four_kinds] == [tips[0], delete, mute], "what was tipped comes last"


def test_an_edit_takes_a_user_as_far_as_its_place_moves(closed: Run, trace: RankingTrace) -> None:
    """A real user just where the edit leads: nobody stands nearer to another than this edited user to that one."""
    preference = trace.final.preference
    edits = (Edit("add tip", id_at(closed, trace, 3)),)
    assert Proximity(closed, preference, None).of(()) == (0.0, None)
    moved = fused_row(closed, edit_preference(closed, preference, edits)) - fused_row(closed, preference)
    read = taught_rows(closed, tip_weights(preference.history, closed.dataset.n_streamers))
    pool = UserPool(("u001",), read + moved, np.array([0.01]))
    distance, far = Proximity(closed, preference, pool).of(edits)
    assert distance == pytest.approx(float(np.linalg.norm(moved)))
    assert distance > 0.01
    assert far == 0.0


def test_alike_is_more_than_half_of_the_smaller() -> None:
    a, b, c, d = (Edit("add tip", key) for key in "abcd")
    assert alike((a,), (a, b))
    assert alike((a, b, c), (a, b, d))
    assert not alike((a, b), (b, c))
    assert not alike((a,), (b,))


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_goal_is_the_kth_place_itself(closed: Run, trace: RankingTrace, direction: str) -> None:
    tip = Edit("add tip", id_at(closed, trace, 2))
    place = rescore(closed, trace.final, (tip,), trace.candidate_scope).rank_of(int(trace.final.ranking.order[7]))
    at, before = (finisher(closed, trace, k, direction, 8)._recipe((tip,), 0.0, None) for k in (place, place - 1))
    held, missed = (at, before) if direction == "up" else (before, at)
    assert missed is None
    assert (held.rank_before, held.rank_after) == (8, place)


def test_words_of_a_recipe_say_the_direction(closed: Run, trace: RankingTrace) -> None:
    for direction, rank, said in (
        ("up", 5, "would bring {} into the top 3"),
        ("down", 1, "would push {} out of the top 3"),
    ):
        found = find_recipes(closed, trace, id_at(closed, trace, rank), direction, 3)
        name = name_of(closed.dataset, int(trace.final.ranking.order[rank - 1]))
        start = f"{found.recipes[0].n_edits} edit{'s' if found.recipes[0].n_edits > 1 else ''} {said.format(name)}"
        assert found.sentence == f"{start} ({found.n_tried:,} tries): {found.recipes[0].sentence}"


@pytest.mark.parametrize(
    ("direction", "stop", "n_tried", "said"),
    [
        ("up", "cancelled", 1, "Cancelled: none found within 1 try."),
        (
            "up",
            "edits",
            1200,
            "None found within 1,200 tries: no set of edits that was tried brings {} into the top 3.",
        ),
        ("down", "tries", 2, "None found within 2 tries: no set of edits that was tried brings {} out of the top 3."),
        ("up", "not needed", 0, "{} stands 2nd, in the top 3 already."),
        ("down", "not needed", 0, "{} stands 2nd, outside the top 3 already."),
    ],
)
def test_words_without_a_recipe(
    closed: Run, trace: RankingTrace, direction: str, stop: str, n_tried: int, said: str
) -> None:
    second = int(trace.final.ranking.order[1])
    sentence = recipe_sentence(closed, trace, second, direction, 3, (), stop, n_tried)
    assert sentence.removesuffix(f" {NOT_A_FORECAST}") == said.format(name_of(closed.dataset, second))
    tipped = int(trace.final.preference.history.streamer_idx[0])
    gone = recipe_sentence(closed, trace, tipped, direction, 3, (), "no candidate", 0)
    assert gone.endswith("is not in this ranking, so no edit of this user moves it.")


def test_a_recipe_s_own_words_hold_both_places(closed: Run, trace: RankingTrace) -> None:
    tip = Edit("add tip", id_at(closed, trace, 1))
    recipe = finisher(closed, trace, rank=3)._recipe((tip,), 0.0, None)
    assert isinstance(recipe, Recipe)
    names = [name_of(closed.dataset, int(trace.final.ranking.order[i])) for i in (0, 2)]
    places = {1: "1st", 2: "2nd", 3: "3rd"}
    assert recipe.sentence == (
        f"With a {closed.dataset.info.tip_is} to {names[0]}, {names[1]} would stand {places[recipe.rank_after]} "
        f"instead of 3rd. {NOT_A_FORECAST}"
    )


# --- what a search grows ---------------------------------------------------------------------------------------------


def rows(*gaps: float, size: int) -> list[tuple[Edits, torch.Tensor, float]]:
    edits = [Edit("add tip", f"e{i}") for i in range(len(gaps))]
    return [((edit,) * size, torch.zeros(2), gap) for edit, gap in zip(edits, gaps, strict=True)]


def test_useful_singles_are_grown_and_the_nearest_of_larger_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "BEAM", 2)
    world = Sums([0.0, 9.0], {f"e{i}": {0: 1.0} for i in range(4)})
    search = search_on(world)
    one, two = rows(-3.0, -1.0, -2.0, -4.0, size=1), rows(-3.0, -1.0, -2.0, -4.0, size=2)
    assert search._promising(one, torch.tensor([3, 0, 1])) == [one[0], one[1], one[3]]
    assert search._promising(two, torch.tensor([3, 0, 1])) == [two[1], two[2]]


@pytest.mark.parametrize(("direction", "order"), [("up", [0, 1, 2]), ("down", [2, 1, 0])])
def test_useful_is_what_moves_it_against_those_around_place_k(
    direction: str, order: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Near place 1 stand the streamers at 5 and 1: "lower" moves their mean by 3.5, "far" nobody who is near."""
    effects = {"lift": {0: 4.0}, "lower": {1: -7.0}, "far": {3: -50.0}}
    search = search_on(Sums([0.0, 5.0, 1.0, -1.0], effects), direction=direction)
    assert search._useful().tolist() == sorted(order), "in the order of the edits"
    monkeypatch.setattr(searching, "PAIRED", 2)
    assert search._useful().tolist() == sorted(order[:2])


def test_rivals_are_those_that_stand_highest_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "RIVALS", 2)
    columns, own = search_on(Sums([-2.0, 5.0, 1.0, 3.0, -1.0], {"a": {0: 1.0}}))._rivals()
    assert columns.tolist() == [0, 1, 3]
    assert own == 0
    search = Search(
        Sums([9.0, 5.0, 1.0, 3.0], {"a": {0: 1.0}}), Goal(2, "up", 1), [Edit("add tip", "a")], 9, None, None
    )
    columns, own = search._rivals()
    assert columns[own] == 2
    assert sorted(columns.tolist()) == [0, 1, 2]


def test_of_each_set_of_kinds_the_best_are_ranked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "TRIED_OF_KIND", 2)
    tips = [((Edit("add tip", str(i)),), float(i)) for i in range(4)]
    mute = ((Edit("mute modality", "text"),), -9.0)
    said = [((Edit(kind, kind),), gap) for kind, gap in (("set statement", 8.0), ("delete statement", 7.0))]
    kept = searching._best_of_each_kind([mute, *tips, *said, ((Edit("set statement", "third"),), 6.0)])
    assert kept == [said[0][0], said[1][0], tips[3][0], tips[2][0], mute[0]]
    assert searching._best_of_each_kind([]) == []


def test_a_budget_that_is_just_enough_is_enough() -> None:
    effects = {name: {0: 1.0} for name in "abcdefgh"}
    world = Sums([0.0, 100.0], effects)
    search = search_on(world, max_tries=9)  # as it is, and each of the eight
    assert world.n_scored == 9
    first = search.greedy_step()
    assert keys(first) == {"a"}, "the first of those that move it as far"
    long = search_on(Sums([0.0, 100.0], effects))
    path = list(iter(long.greedy_step, None))
    assert [len(edits) for edits in path] == [1, 2, 3, 4, 5, 6]


def test_greedy_ends_where_nothing_moves_it() -> None:
    assert search_on(Sums([0.0, 3.0], {"still": {1: 1.0}, "back": {0: -1.0}})).greedy_step() is None
    assert (
        search_on(Sums([5.0, 3.0], {"fall": {0: -1.0}, "rise": {0: 9.0}}), direction="down").greedy_step() is not None
    )
    assert keys(search_on(Sums([0.0, 3.0], {"more": {0: 0.5}, "most": {0: 0.7}})).greedy_step()) == {"most"}


def test_groups_are_ordered_by_users_served_then_by_nearness() -> None:
    gaps = torch.tensor([[1.0, -1.0, -1.0, 0.0], [-5.0, -1.0, -2.0, 0.0]])
    assert sorted(range(4), key=_best_first(gaps)) == [0, 3, 1, 2]
    lost = torch.tensor([[-torch.inf, 2.0, -3.0], [1.0, -3e6, 1.0]])
    assert sorted(range(3), key=_best_first(lost)) == [2, 0, 1], "what is far beyond is not told apart"


# --- groups ----------------------------------------------------------------------------------------------------------


def test_a_group_that_needs_nothing_says_for_how_many_it_holds(closed: Run) -> None:
    traces = [trace_of(closed, user) for user in ("u000", "u001", "u002")]
    order = traces[0].final.ranking.order
    first, last = id_at(closed, traces[0], 1), id_at(closed, traces[0], len(order))
    up = find_group_recipes(closed, traces[:1], first)
    name = name_of(closed.dataset, int(order[0]))
    assert (up.stop, up.n_tried, up.n_ranked, up.best) == ("not needed", 0, 1, 1.0)
    assert up.sentence == f"{name} stands in the top 10 of the one user asked already."
    down = find_group_recipes(closed, traces[:1], last, "down")
    name = name_of(closed.dataset, int(order[-1]))
    assert (down.stop, down.n_ranked, down.best) == ("not needed", 0, 0.0)
    assert down.sentence == f"{name} does not stand in the top 10 of the one user asked."
    tipped = int(traces[0].final.preference.history.streamer_idx[0])
    nobody = find_group_recipes(closed, traces[:1], f"s{tipped:03d}", "down")
    assert (nobody.stop, nobody.best) == ("nobody", 0.0)
    assert nobody.sentence.endswith("does not stand in the ranking of the one user asked, so nothing can move it.")
    several = find_group_recipes(closed, [traces[0], traces[0]], f"s{tipped:03d}")
    assert several.sentence.endswith("stands in nobody's ranking here, so nothing can move it.")


@pytest.mark.parametrize(("share", "need"), [(0.0, 1), (0.2, 1), (0.21, 2), (0.5, 3), (0.6, 3), (1.0, 5)])
def test_a_share_of_five_users_is_rounded_up(closed: Run, share: float, need: int) -> None:
    traces = [trace_of(closed, user) for user in ("u000", "u001", "u002", "u003", "u004")]
    ranks = {i: [t.final.ranking.rank_of(i) for t in traces] for i in range(closed.dataset.n_streamers)}
    target = next(i for i, each in ranks.items() if None not in each)
    asked = Asked(closed, traces, target, "up", share, 10)
    assert asked.need == need
    assert asked.before == sum(rank <= 10 for rank in ranks[target])
    asked.before = need
    assert asked.stop() == "not needed"
    asked.before = need - 1
    assert asked.stop() is None
    worst = max(ranks[target])
    assert Asked(closed, traces, target, "up", share, worst).before == 5
    assert Asked(closed, traces, target, "down", share, worst).stop() is None
