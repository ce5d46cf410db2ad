"""Recipes for a group on a closed-form run: held against ranking every user again, edit by edit and pair by pair."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, groupby, pairwise

import numpy as np
import pytest
import torch
from jaxtyping import Int

from explain.counterfactual import apply_scenario, rescore
from explain.group_edits import KINDS, edits_for, group_edits, group_label, kind_of, stated
from explain.group_recipes import MAX_RECIPES, find_group_recipes
from explain.group_search import Combo, GroupSearch, GroupUser
from explain.narrate import with_edits
from explain.plausible import user_pool
from explain.possible import subject_of
from explain.recipes import NOT_A_FORECAST, goal_by_score
from explain.rescoring import Rescorer
from explain.types import Edit, GroupEdit, Scenario
from mspa_model.errors import UnknownIdError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import RankingTrace
from tests.explain.closed_form import trace_of


@pytest.fixture(scope="module")
def traces(closed: Run) -> list[RankingTrace]:
    return [trace_of(closed, user) for user in ("u000", "u001", "u002", "u003", "u004")]


def id_of(run: Run, idx: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[idx])


def uncapital(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def inside(run: Run, traces: list[RankingTrace], combo: Combo, target: int, k: int) -> list[bool]:
    """For each user in whose ranking the streamer stands, whether it is in the top k: ranked one by one."""
    ranks = [rescore(run, t.final, edits_for(t.final.preference, combo), "new").rank_of(target) for t in traces]
    return [rank <= k for rank in ranks if rank is not None]


def served(
    run: Run, about: list[RankingTrace], combos: list[Combo], target: int, direction: str, k: int
) -> Int[np.ndarray, " n"]:
    """For how many of these, all of whom have it in their ranking, the goal holds, combination by combination; on the
    way up whoever stood above it holds its place when it is tipped and leaves the list. Every streamer is scored, then
    placed here.
    """
    n = np.zeros(len(combos), dtype=int)
    for trace in about:
        before = trace.final.ranking.order.tolist()
        staying = set(before[: before.index(target)]) if direction == "up" else set()
        edits = [edits_for(trace.final.preference, combo) for combo in combos]
        for i, row in enumerate(Rescorer(run, trace.final, "all").scores(edits).numpy()):
            tipped = {each.streamer_idx for each in combos[i] if each.who == "untipped"}
            left = np.array([idx for idx in before if idx not in tipped - staying])
            place = 1 + (row[left] > row[target]).sum() + ((row[left] == row[target]) & (left < target)).sum()
            n[i] += (place <= k) == (direction == "up")
    return n


def best_by_hand(run: Run, traces: list[RankingTrace], target: int, direction: str, k: int, size: int) -> int:
    """Users that the best set of this many edits of one kind serves: every set is tried."""
    before = inside(run, traces, (), target, k)
    ranked = [t for t in traces if t.final.ranking.rank_of(target) is not None]
    about = ranked if direction == "up" else [t for t, here in zip(ranked, before, strict=True) if here]
    singles = group_edits(run, [t.final for t in about], target, direction)
    by_kind = groupby(sorted(singles, key=kind_of), key=kind_of)
    sets = [each for _, kind in by_kind for each in combinations(kind, size)]
    sets = [each for each in sets if len({subject_of(one.edit) for one in each}) == size]
    return int(served(run, about, sets, target, direction, k).max())


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("k", [2, 4, 10])
def test_no_fewer_edits_serve_the_share_and_all_hold_when_ranked_again(
    closed: Run, traces: list[RankingTrace], direction: str, k: int
):
    sizes = set()
    for rank in (3, 12, 24):
        target = int(traces[0].final.ranking.order[rank - 1])
        before = sum(inside(closed, traces, (), target, k))
        ranked = sum(t.final.ranking.rank_of(target) is not None for t in traces)
        n = ranked if direction == "up" else before
        alone = best_by_hand(closed, traces, target, direction, k, 1) if n else 0
        for need in range(1, n + 1):
            found = find_group_recipes(closed, traces, id_of(closed, target), direction, need / n, k)
            assert found.n_ranked == n
            if direction == "up" and before >= need:
                assert found.stop == "not needed"
                continue
            size = found.recipes[0].n_edits if found.recipes else None
            assert (size == 1) == (alone >= need)
            assert all(recipe.n_edits == size for recipe in found.recipes)
            assert found.best >= alone / n
            sizes.add(size)
            for recipe in found.recipes:
                here = sum(inside(closed, traces, recipe.edits, target, k))
                about = [t for t in traces if t.final.ranking.rank_of(target) is not None]
                if direction == "up":
                    assert need <= recipe.after == served(closed, about, [recipe.edits], target, "up", k) <= here
                else:
                    assert need <= recipe.after == before + recipe.entered - here
                assert recipe.low < recipe.after / n < recipe.high or recipe.after in (0, n)
                assert len({kind_of(each) for each in recipe.edits}) == 1
                assert all(label in uncapital(recipe.sentence) for label in recipe.labels)
                assert not any(each.who == "untipped" and each.streamer_idx == target for each in recipe.edits)
    assert 1 in sizes


def test_two_edits_only_where_no_single_one_does(closed: Run, traces: list[RankingTrace]):
    """Where two are needed, every pair of one kind was tried by hand; where none is found, no pair does either."""
    seen = set()
    for rank, k, need in ((12, 2, 3), (24, 2, 2), (24, 4, 4), (28, 4, 5)):
        target = int(traces[0].final.ranking.order[rank - 1])
        few = traces[:need]
        n = sum(t.final.ranking.rank_of(target) is not None for t in few)
        found = find_group_recipes(closed, few, id_of(closed, target), "up", 1.0, k)
        seen.add(found.recipes[0].n_edits if found.recipes else None)
        alone, pair = (best_by_hand(closed, few, target, "up", k, size) for size in (1, 2))
        if found.recipes and found.recipes[0].n_edits == 2:
            assert alone < n <= pair
        if found.stop == "none" or (found.recipes and found.recipes[0].n_edits == 3):
            assert max(alone, pair) < n
    assert seen - {1}


@pytest.mark.parametrize("world", ["checkerboard", "some-lack-audio", "matrix"])
def test_sums_of_single_effects_are_what_ranking_again_gives(make_closed: Callable[[str], Run], world: str):
    run = make_closed(world)
    traces = [rank_user(run, user) for user in run.dataset.users["user_id"].iloc[:4]]
    target = int(traces[0].final.ranking.order[-1])
    traces = [t for t in traces if t.final.ranking.rank_of(target) is not None]
    users = [GroupUser(run, t, goal_by_score(t.final.ranking, target, "up", 3)) for t in traces]
    singles = group_edits(run, [t.final for t in traces], target)
    search = GroupSearch(users, singles, len(users) + 1, 10**6, None, None)
    assert search.fewest() == []
    pairs = [
        (i, j)
        for i, j in combinations(range(len(singles)), 2)
        if kind_of(singles[i]) == kind_of(singles[j])
        and subject_of(singles[i].edit) != subject_of(singles[j].edit)
        and singles[i].streamer_idx is None
    ][::7]
    gaps = search.gaps([(singles[i], singles[j]) for i, j in pairs])
    torch.testing.assert_close(search._sums(torch.tensor(pairs)), gaps, atol=1e-4, rtol=1e-4)


def test_edits_reach_those_whom_they_are_about(closed: Run, traces: list[RankingTrace]):
    preference = traces[0].final.preference
    own = sorted(stated(preference))[0]
    other = next(
        f"{v.aspect}: {v.name}" for v in closed.vocabulary.values if f"{v.aspect}: {v.name}" not in stated(preference)
    )
    edits = [Edit("set statement", key, 0.5) for key in (own, other)]
    given = [GroupEdit(edit, who) for edit in edits for who in ("stating", "all")]
    assert edits_for(preference, given) == (edits[0], edits[0], edits[1])
    found = group_edits(closed, [t.final for t in traces], 3)
    assert len(set(found)) == len(found)
    assert {each.edit.key for each in found if each.edit.kind == "mute modality"} == {"visual", "text"}
    everywhere = [key for key in stated(preference) if all(key in stated(t.final.preference) for t in traces)]
    to_all = {each.edit.key for each in found if each.who == "all"}
    assert not to_all & set(everywhere)  # then it is the same as for those who state it
    assert {each.edit.key for each in found if each.who == "stating"} == {
        key for t in traces for key in stated(t.final.preference)
    }
    assert [KINDS[kind_of(each)] for each in found] == [(each.edit.kind, each.who) for each in found]


def test_a_group_s_edits_in_words(closed: Run, traces: list[RankingTrace]):
    key = sorted(stated(traces[0].final.preference))[0]
    label = next(v.label for v in closed.vocabulary.values if f"{v.aspect}: {v.name}" == key)
    edit = Edit("set statement", key, 0.3, -1)
    assert group_label(closed, GroupEdit(edit), 4) == f"“{label}” set to −0.3 for all"
    assert group_label(closed, GroupEdit(edit, "stating"), 4) == f"“{label}” set to −0.3 for the 4 users who state it"
    gone = GroupEdit(Edit("delete statement", key), "stating")
    assert group_label(closed, gone, 1) == f"without the statement “{label}” for the one user who states it"
    assert group_label(closed, GroupEdit(Edit("mute modality", "text")), 0) == "without text for all"


@pytest.mark.parametrize(("rank", "need", "size"), [(12, 1, 1), (6, 2, 2), (6, 3, 3)])
def test_strengths_are_as_weak_as_the_share_allows_and_worth_is_what_each_brings(
    closed: Run, traces: list[RankingTrace], rank: int, need: int, size: int
):
    target, k = int(traces[0].final.ranking.order[rank - 1]), 1
    n = sum(t.final.ranking.rank_of(target) is not None for t in traces)
    found = find_group_recipes(closed, traces, id_of(closed, target), "up", need / n, k, pool=user_pool(closed))
    assert 1 <= len(found.recipes) <= MAX_RECIPES
    assert {recipe.n_edits for recipe in found.recipes} == {size}
    kinds = [kind_of(recipe.edits[0]) for recipe in found.recipes]
    assert kinds == sorted(kinds)
    weakened = 0
    for recipe in found.recipes:
        assert 0 <= recipe.unlike <= 1
        assert recipe.distance > 0
        about = [t for t in traces if t.final.ranking.rank_of(target) is not None]
        assert recipe.touched == sum(bool(edits_for(t.final.preference, recipe.edits)) for t in about)
        for at, each in enumerate(recipe.edits):
            less = (*recipe.edits[:at], *recipe.edits[at + 1 :])
            assert recipe.worth[at] == recipe.after - served(closed, about, [less], target, "up", k)
            if each.edit.kind == "set statement" and 0.1 < each.edit.strength < 1:
                edit = replace(each.edit, strength=round(each.edit.strength - 0.1, 1))
                weaker = (*recipe.edits[:at], replace(each, edit=edit), *recipe.edits[at + 1 :])
                assert served(closed, about, [weaker], target, "up", k) < need
                weakened += 1
    assert weakened


def test_what_single_edits_are_worth_alone(closed: Run, traces: list[RankingTrace]):
    target, k = int(traces[0].final.ranking.order[11]), 4
    found = find_group_recipes(closed, traces, id_of(closed, target), "up", 1.0, k)
    assert {worth.label for worth in found.alone} >= {"without visual", "without text"}
    muted = next(worth for worth in found.alone if worth.label == "without text")
    assert muted.whom == "all"
    after = [apply_scenario(closed, t, Scenario((Edit("mute modality", "text"),))).after for t in traces]
    ranks = sorted(r.rank_of(target) for r in after)
    assert muted.touched == len(traces)
    assert muted.rank_after == ranks[len(ranks) // 2]
    assert muted.after == sum(rank <= k for rank in ranks)
    assert muted.before == sum(inside(closed, traces, (), target, k))


def test_nobody_not_needed_none_cancelled_and_spent_are_answers(closed: Run, traces: list[RankingTrace]):
    tipped = id_of(closed, int(traces[0].final.preference.history.streamer_idx[0]))
    nobody = find_group_recipes(closed, traces[:1], tipped)
    assert (nobody.stop, nobody.recipes, nobody.n_ranked) == ("nobody", (), 0)
    order = traces[0].final.ranking.order
    first, last = id_of(closed, int(order[0])), id_of(closed, int(order[-1]))
    assert find_group_recipes(closed, traces[:1], first).stop == "not needed"
    assert find_group_recipes(closed, traces[:1], last, "down").stop == "not needed"
    cancelled = find_group_recipes(closed, traces, last, k=1, share=1.0, cancel=lambda: True)
    assert (cancelled.stop, cancelled.recipes) == ("cancelled", ())
    assert cancelled.sentence.startswith("Cancelled")
    spent = find_group_recipes(closed, traces, last, k=1, share=1.0, max_tries=20)
    assert (spent.stop, spent.recipes, spent.alone) == ("tries", (), ())
    assert spent.n_tried <= 20
    assert spent.sentence.startswith(f"None found within {spent.n_tried} tries")
    none = find_group_recipes(closed, traces, last, k=1, share=1.0)
    assert none.stop in ("none", "found")
    assert none.sentence.endswith(NOT_A_FORECAST)
    told: list[float] = []
    find_group_recipes(closed, traces, last, k=1, share=1.0, progress=told.append)
    assert all(one <= other for one, other in pairwise(told))
    assert 0 < told[-1] <= 1
    with pytest.raises(UnknownIdError):
        find_group_recipes(closed, traces, "nobody")


def test_one_user_alone_is_spoken_of_as_one(closed: Run, traces: list[RankingTrace]):
    order = traces[0].final.ranking.order.tolist()
    name = closed.dataset.streamers["name"]
    up = find_group_recipes(closed, traces[:1], id_of(closed, order[5]), k=2)
    assert up.sentence.startswith(with_edits(up.recipes[0].labels))
    assert f", {name.iloc[order[5]]} would stand in the top 2 of the one user asked. This is" in up.sentence
    assert not any("one user who" in label or "for all" in label for label in up.recipes[0].labels)
    down = find_group_recipes(closed, traces[:1], id_of(closed, order[0]), "down", k=2)
    assert f", {name.iloc[order[0]]} would leave the top 2 of the one user who has it there. This is" in down.sentence
    none = find_group_recipes(closed, traces[:1], id_of(closed, order[-1]), k=1)
    where = f"no edits of one kind bring {name.iloc[order[-1]]} into the top 1 of the one user asked. This is"
    assert none.stop == "none"
    assert none.sentence.startswith(f"None found within {none.n_tried:,} tries: {where}")
    three = traces[::2]  # of one half
    shared = next(i for i in order if all(i in t.final.preference.history.streamer_idx for t in three[1:]))
    left = find_group_recipes(closed, three, id_of(closed, shared), k=40)
    assert left.sentence.endswith("of the one user in whose ranking it can stand already.")
    rank = traces[0].final.ranking.rank_of(shared)
    pushed = find_group_recipes(closed, three, id_of(closed, shared), "down", k=rank)
    assert "Another 2 cannot have it in their ranking: they gave it tips. This is" in pushed.sentence


def test_where_nothing_can_be_edited_none_is_found(closed: Run, traces: list[RankingTrace]):
    users = [GroupUser(closed, t, goal_by_score(t.final.ranking, 3, "up", 3)) for t in traces[:1]]
    search = GroupSearch(users, (), 1, 100, None, None)
    assert search.fewest() == []
    assert not search.ranked
