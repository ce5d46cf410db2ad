"""Recipes on closed-form runs: ranked again they hold, no fewer edits do, and the search says when there is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch

from explain.counterfactual import apply_scenario, rescore
from explain.plausible import UserPool, fused_row, unlike, user_pool
from explain.possible import ACTS, edit_label, possible_edits, subject_of
from explain.recipes import MAX_RECIPES, NOT_A_FORECAST, find_recipes, greedy_recipe
from explain.rescoring import Rescorer
from explain.search import Goal
from explain.types import Edit, Scenario
from mspa_model.errors import UnknownIdError
from mspa_model.number_format import signed
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import RankingTrace
from tests.explain.closed_form import trace_of


@pytest.fixture(scope="module")
def trace(closed: Run) -> RankingTrace:
    return trace_of(closed, "u000")


def id_at(run: Run, trace: RankingTrace, rank: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[rank - 1])])


@pytest.mark.parametrize("world", ["checkerboard", "matrix", "no-features", "few-users", "some-lack-audio"])
def test_many_scenarios_at_once_score_as_one_by_one(make_closed: Callable[[str], Run], world: str):
    run = make_closed(world)
    for user in run.dataset.users["user_id"].iloc[:3]:
        trace = rank_user(run, user)
        singles = possible_edits(run, trace.final, int(trace.final.ranking.order[-1]))
        scenarios = [(), *((edit,) for edit in singles), *zip(singles[:-7:3], singles[7::3], strict=False)]
        rows = Rescorer(run, trace.final, "new").scores(scenarios)
        for edits, row in zip(scenarios, rows, strict=True):
            ranking = rescore(run, trace.final, edits, "new")
            ranked = row > -torch.inf
            assert sorted(ranking.order.tolist()) == ranked.nonzero()[:, 0].tolist()
            torch.testing.assert_close(row[ranked], ranking.scores[ranked], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("direction", "rank", "k"), [("up", 5, 1), ("up", 8, 3), ("up", 11, 1), ("up", 14, 3), ("down", 1, 3)]
)
def test_no_fewer_edits_do_and_all_hold_when_ranked_again(
    closed: Run, trace: RankingTrace, direction: str, rank: int, k: int
):
    streamer = id_at(closed, trace, rank)
    target = int(trace.final.ranking.order[rank - 1])
    found = find_recipes(closed, trace, streamer, direction, k)
    rescorer, goal = Rescorer(closed, trace.final, "new"), Goal(target, direction, k)
    singles = possible_edits(closed, trace.final, target)
    reached = {
        size: bool((goal.gaps(rescorer.scores(list(combinations(singles, size))), target) > 0).any()) for size in (1, 2)
    }
    enough = next((size for size in (1, 2) if reached[size]), 3)
    assert found.recipes
    assert found.stop == "found"
    assert len(found.recipes) <= MAX_RECIPES
    assert {recipe.n_edits for recipe in found.recipes} == {enough}
    assert len({recipe.edits for recipe in found.recipes}) == len(found.recipes)
    for recipe in found.recipes:
        after = apply_scenario(closed, trace, Scenario(recipe.edits)).after
        assert after.rank_of(target) == recipe.rank_after
        assert (recipe.rank_after <= k) == (direction == "up")
        assert recipe.rank_before == rank
        assert recipe.sentence.endswith(NOT_A_FORECAST)
        said = recipe.sentence[0].lower() + recipe.sentence[1:]
        assert all(label in said for label in recipe.labels)
        assert recipe.distance > 0
    acts = [max(ACTS[edit.kind] for edit in recipe.edits) for recipe in found.recipes]
    assert acts == sorted(acts)
    greedy = greedy_recipe(closed, trace, streamer, direction, k)
    assert not greedy.recipes or greedy.recipes[0].n_edits >= found.recipes[0].n_edits


def test_faded_tips_count_for_less_in_every_scenario(closed: Run, trace: RankingTrace):
    """Half of the tips lie before a day and are faded; they stay so while others come and go."""
    given = trace.final.preference
    moments = np.sort(given.history.tipped_at)
    history = given.history.faded(moments[5].astype("datetime64[us]").astype(datetime))
    assert sorted(set(history.counts.tolist())) == pytest.approx([0.3, 1.0])
    faded = replace(given, history=history)
    candidates = np.ones(closed.dataset.n_streamers, dtype=bool)
    candidates[history.streamer_idx] = False
    ranking = closed.recommender.score(faded, candidates, trace.final.emphasis)
    assert not torch.allclose(ranking.scores, trace.final.ranking.scores, atol=1e-4)
    step = replace(trace.final, preference=faded, ranking=ranking)
    order = ranking.order.tolist()
    singles = possible_edits(closed, step, order[3])
    drops, adds = ([e for e in singles if e.kind == kind] for kind in ("drop tip", "add tip"))
    assert drops
    assert adds
    scenarios = [(), *((edit,) for edit in (*drops, *adds[:3])), *pairwise(drops)]
    for edits, row in zip(scenarios, Rescorer(closed, step, "new").scores(scenarios), strict=True):
        again = rescore(closed, step, edits, "new")
        ranked = row > -torch.inf
        torch.testing.assert_close(row[ranked], again.scores[ranked], atol=1e-4, rtol=1e-4)


def test_a_set_strength_is_as_weak_as_it_may_be(closed: Run, trace: RankingTrace):
    target = int(trace.final.ranking.order[4])
    found = find_recipes(closed, trace, id_at(closed, trace, 5), "up", 3)
    (edit,) = next(r.edits for r in found.recipes if r.n_edits == 1 and r.edits[0].kind == "set statement")
    assert edit.strength < 1
    weaker = Edit(edit.kind, edit.key, round(edit.strength - 0.1, 1), edit.polarity)
    assert rescore(closed, trace.final, (weaker,)).rank_of(target) > 3


def test_the_streamer_itself_is_never_tipped_nor_one_above_it(closed: Run, trace: RankingTrace):
    order, ids = trace.final.ranking.order.tolist(), closed.dataset.streamers["streamer_id"]
    for rank in (1, 12, len(order)):
        edits = possible_edits(closed, trace.final, order[rank - 1])
        tipped = {edit.key for edit in edits if edit.kind == "add tip"}
        assert tipped == {str(ids.iloc[idx]) for idx in order[rank:]}
        assert len(set(edits)) == len(edits)
    history = trace.final.preference.history
    dropped = {edit.key for edit in edits if edit.kind == "drop tip"}
    assert dropped == {str(i) for i in range(len(history))}
    assert {edit.key for edit in edits if edit.kind == "mute modality"} == {"visual", "text"}  # audio has no weight
    stated = {f"{s.aspect}: {s.value}" for s in trace.final.preference.statements}
    assert {edit.key for edit in edits if edit.kind == "delete statement"} == stated
    assert sum(edit.kind == "set statement" for edit in edits) == 2 * len(closed.vocabulary.values)


def test_edits_in_words(closed: Run, trace: RankingTrace):
    preference, name = trace.final.preference, closed.dataset.streamers["name"]
    stated = preference.statements[0]
    key, label = f"{stated.aspect}: {stated.value}", closed.vocabulary.values[stated.value_idx].label
    first = name.iloc[int(preference.history.streamer_idx[0])]
    said = {
        Edit("add tip", "s007"): f"a tip to {name.iloc[7]}",
        Edit("drop tip", "0"): f"without the tip to {first}",
        Edit("mute modality", "text"): "without text",
        Edit("delete statement", key): f"without the statement “{label}”",
        Edit("set statement", key, 0.3, -1): f"“{label}” from {signed(stated.polarity * stated.strength, 1)} to −0.3",
    }
    for edit, words in said.items():
        assert edit_label(closed, preference, edit) == words
    other = next(
        v
        for v in closed.vocabulary.values
        if f"{v.aspect}: {v.name}" not in {f"{s.aspect}: {s.value}" for s in preference.statements}
    )
    label = other.label.partition(", like ")[0]
    taken = Edit("set statement", f"{other.aspect}: {other.name}", 0.5)
    assert edit_label(closed, preference, taken) == f"“{label}” taken up at +0.5"
    assert subject_of(taken) == subject_of(Edit("delete statement", taken.key)) != subject_of(Edit("drop tip", "0"))


def test_nothing_to_do_and_nothing_found_are_answers(closed: Run, trace: RankingTrace):
    first = id_at(closed, trace, 1)
    already = find_recipes(closed, trace, first, "up")
    assert (already.stop, already.recipes, already.n_tried) == ("not needed", (), 0)
    assert "in the top 10 already" in already.sentence
    outside = find_recipes(closed, trace, id_at(closed, trace, 15), "down")
    assert (outside.stop, "outside the top 10 already" in outside.sentence) == ("not needed", True)
    tipped = closed.dataset.streamers["streamer_id"].iloc[int(trace.final.preference.history.streamer_idx[0])]
    assert find_recipes(closed, trace, tipped).stop == "no candidate"
    few = find_recipes(closed, trace, id_at(closed, trace, 28), k=1, max_tries=5)
    assert (few.stop, few.recipes) == ("tries", ())
    assert few.n_tried <= 5
    assert few.sentence.startswith(f"None found within {few.n_tried} tr")
    cancelled = find_recipes(closed, trace, id_at(closed, trace, 28), k=1, cancel=lambda: True)
    assert (cancelled.stop, cancelled.n_tried) == ("cancelled", 0)
    assert cancelled.sentence.startswith("Cancelled")
    with pytest.raises(UnknownIdError):
        find_recipes(closed, trace, "nobody")


def test_plausible_is_as_near_to_a_real_user_as_real_users_are(closed: Run, trace: RankingTrace):
    pool = user_pool(closed)
    assert set(pool.ids) == set(closed.dataset.users["user_id"])
    assert list(pool.nearest) == sorted(pool.nearest)
    own = fused_row(closed, trace.final.preference)
    row = pool.vectors[pool.ids.index("u000")]
    torch.testing.assert_close(torch.from_numpy(own), torch.from_numpy(row), atol=1e-4, rtol=1e-4)
    at_another = unlike(pool, "u000", pool.vectors[pool.ids.index("u002")])
    assert at_another == 0.0
    assert unlike(pool, "u000", 100 + own) == 1.0
    assert 0 < unlike(pool, "u000", own) <= 1
    found = find_recipes(closed, trace, id_at(closed, trace, 14), "up", 3, pool=pool)
    assert all(0 <= recipe.unlike <= 1 for recipe in found.recipes)


def test_without_real_users_nothing_is_said_of_them(closed: Run, trace: RankingTrace):
    nobody = UserPool((), np.zeros((0, closed.recommender.streamer_fused.shape[1]), np.float32), np.zeros(0))
    own = fused_row(closed, trace.final.preference)
    assert unlike(nobody, "u000", own) is None
    assert find_recipes(closed, trace, id_at(closed, trace, 5), "up", 3, pool=nobody).recipes[0].unlike is None
