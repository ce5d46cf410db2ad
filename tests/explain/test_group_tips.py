"""Tips that a whole group gives or takes back: on runs where co-tipping alone counts, held against numpy's own EASE."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float

from explain import group_edits as module
from explain.group_edits import cotips_lift, edits_for, group_edits, group_label, whom_of
from explain.group_recipes import _freed, find_group_recipes
from explain.group_search import GroupUser
from explain.narrate import with_edits
from explain.possible import possible_edits
from explain.recipes import find_recipes, goal_by_score
from explain.types import Edit, GroupEdit
from mspa_model.config import RunConfig
from mspa_model.data.split import interaction_matrix
from mspa_model.runs import Run
from mspa_model.types import SOURCES, History, Ranking, RankingTrace, Source
from tests.explain.closed_form import closed_form_run, trace_of

USERS = tuple(f"u{i:03}" for i in range(0, 12, 2))  # of one half of the checkerboard


@pytest.fixture(scope="module")
def cotips(make_world: Callable[[str], Path], small_config: RunConfig) -> Run:
    """Co-tipping alone counts."""
    weights = {source: float(source is Source.COTIPS) for source in Source}
    return closed_form_run(make_world("checkerboard"), small_config, weights)


@pytest.fixture(scope="module")
def ease(cotips: Run) -> Float[np.ndarray, "n_streamers n_streamers"]:
    """B = I - P / diag(P), the ridge 10: by the book."""
    tips = interaction_matrix(cotips.dataset, ("train",)).toarray().astype(float)
    inverse = np.linalg.inv(tips.T @ tips + 10 * np.eye(tips.shape[1]))
    found = -inverse / np.diag(inverse)
    np.fill_diagonal(found, 0)
    return found


@pytest.fixture(scope="module")
def traces(cotips: Run) -> list[RankingTrace]:
    return [trace_of(cotips, user) for user in USERS]


def id_of(idx: int) -> str:
    return f"s{idx:03}"


def added(idx: int) -> GroupEdit:
    return GroupEdit(Edit("add tip", id_of(idx)), "untipped", idx)


def dropped(idx: int) -> GroupEdit:
    return GroupEdit(Edit("drop tip", id_of(idx)), "tipped", idx)


def place(ease: np.ndarray, trace: RankingTrace, edit: GroupEdit | None, target: int, up: bool) -> int:
    """The target's place after an edit of tips: by the sum of its tips' rows, over the root of how many there are."""
    own = trace.final.preference.history.streamer_idx.tolist()
    before = [idx for idx in range(len(ease)) if idx not in own]
    first = ease[own].sum(0)
    tips, left = list(own), list(before)
    if edit is not None and edit.who == "untipped" and edit.streamer_idx not in own:
        tips.append(edit.streamer_idx)
        stands_above = first[edit.streamer_idx] > first[target]
        left = [idx for idx in before if idx != edit.streamer_idx or (up and stands_above)]
    if edit is not None and edit.who == "tipped":
        tips = [idx for idx in own if idx != edit.streamer_idx]
    scores = ease[tips].sum(0) / np.sqrt(len(tips))
    return 1 + sum(scores[idx] > scores[target] for idx in left)


def targets(traces: list[RankingTrace]) -> list[int]:
    """Of the users' own half (the other one ties at zero), those that stand in most of their rankings."""
    stands = {idx: sum(t.final.ranking.rank_of(idx) is not None for t in traces) for idx in range(0, 40, 2)}
    return sorted(stands, key=lambda idx: -stands[idx])


@pytest.mark.parametrize(("direction", "k"), [("up", 2), ("up", 4), ("down", 3), ("down", 6)])
def test_each_tip_added_or_taken_out_serves_whom_a_calculation_by_hand_says(
    cotips: Run, ease: np.ndarray, traces: list[RankingTrace], direction: str, k: int
):
    up, seen = direction == "up", set()
    for target in targets(traces)[:5]:
        ranked = [t for t in traces if target not in t.final.preference.history.streamer_idx]
        about = [t for t in ranked if up or place(ease, t, None, target, up) <= k]
        before = sum(place(ease, t, None, target, up) <= k for t in about)
        if not about or (up and before == len(about)):
            continue
        singles = group_edits(cotips, [t.final for t in about], target, direction)
        tips = [each for each in singles if each.streamer_idx is not None]
        users = [GroupUser(cotips, t, goal_by_score(t.final.ranking, target, direction, k)) for t in about]
        places = np.array([user.seen([(edit,) for edit in tips]).places.tolist() for user in users])
        by_hand = np.array([[place(ease, t, edit, target, up) for edit in tips] for t in about])
        np.testing.assert_array_equal(places, by_hand)
        best = int(((by_hand <= k) == up).sum(0).max())
        if not best or (up and before >= best):
            continue
        found = find_group_recipes(cotips, traces, id_of(target), direction, best / len(about), k)
        assert found.recipes[0].n_edits == 1
        for recipe in found.recipes:
            edit = recipe.edits[0]
            ranks = [place(ease, t, edit if edit.streamer_idx is not None else None, target, up) for t in about]
            assert recipe.after == sum((rank <= k) == up for rank in ranks) >= best
            assert recipe.touched == sum(bool(edits_for(t.final.preference, recipe.edits)) for t in about)
            seen.add(edit.edit.kind)
    assert seen & {"add tip", "drop tip"}


def test_a_tip_that_only_frees_a_place_serves_nobody(cotips: Run, ease: np.ndarray, traces: list[RankingTrace]):
    """Whoever stands above and is tipped leaves the list: that page then shows a place more, which is not counted."""
    found = 0
    for trace in traces[:3]:
        order = trace.final.ranking.order.tolist()
        for k in (2, 5):
            target = order[k]
            alone = find_group_recipes(cotips, [trace], id_of(target), k=k)
            user = GroupUser(cotips, trace, goal_by_score(trace.final.ranking, target, "up", k))
            for above in order[:k]:
                seen = user.seen([(added(above),)])
                stays = place(ease, trace, added(above), target, up=True)
                assert int(seen.places[0]) == stays
                assert (float(seen.gaps[0]) > 0) == (stays <= k)
                assert stays <= k or not any((added(above),) == recipe.edits for recipe in alone.recipes)
                found += stays == k + 1
    assert found


def test_places_that_only_a_tip_freed_are_told_from_scores():
    fits = torch.zeros(len(SOURCES), 6)
    fits[0] = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0, 0.0])
    before = Ranking(torch.ones(len(SOURCES)), fits, torch.arange(6))
    after = replace(before, order=torch.tensor([2, 3, 5]))  # 0, 1 and 4 left
    assert [_freed(before, after, idx) for idx in (2, 3, 5)] == [2, 2, 3]
    passed = fits.clone()
    passed[0, 3] = 4.5  # past 1, not past 0
    assert _freed(before, replace(after, fits=passed), 3) == 1
    passed[0, 3] = 4.0  # a tie: the first by row stands first
    assert _freed(before, replace(after, fits=passed), 3) == 2


def test_a_group_of_one_is_that_user(closed: Run):
    """Every single edit is the one of the user's own search, and one is enough for both or for neither."""
    enough = set()
    for user in ("u000", "u001"):
        trace = trace_of(closed, user)
        for rank, k in ((5, 1), (8, 3), (14, 3), (26, 3), (1, 3), (2, 8)):
            direction = "up" if rank > k else "down"
            target = int(trace.final.ranking.order[rank - 1])
            given = group_edits(closed, [trace.final], target, direction)
            own = [edits_for(trace.final.preference, (each,)) for each in given]
            assert len(own) == len(set(own))
            assert set(own) == {(edit,) for edit in possible_edits(closed, trace.final, target)}
            alone = find_recipes(closed, trace, id_of(target), direction, k)
            group = find_group_recipes(closed, [trace], id_of(target), direction, 1.0, k)
            assert bool(alone.recipes) >= bool(group.recipes)
            if group.recipes:
                assert alone.recipes[0].n_edits <= group.recipes[0].n_edits
                assert (alone.recipes[0].n_edits == 1) == (group.recipes[0].n_edits == 1)
                enough.add(group.recipes[0].n_edits)
            if alone.recipes and alone.recipes[0].n_edits == 1:
                assert group.recipes[0].edits[0].edit.kind == alone.recipes[0].edits[0].kind
    assert enough >= {1, 2}


def test_the_target_is_never_tipped_and_who_tipped_it_is_not_asked(cotips: Run, traces: list[RankingTrace]):
    seen = 0
    for target in traces[0].final.preference.history.streamer_idx.tolist():
        others = [t for t in traces if t.final.ranking.rank_of(target) is not None]
        found = find_group_recipes(cotips, traces, id_of(target), "up", 1.0, k=2)
        assert (found.n_users, found.n_ranked) == (len(traces), len(others))
        assert all(each.streamer_idx != target for recipe in found.recipes for each in recipe.edits)
        assert found.stop in ("not needed", "nobody") or "it in their ranking" in found.sentence
        seen += bool(found.recipes)
    assert seen
    for idx in range(cotips.dataset.n_streamers):
        given = group_edits(cotips, [t.final for t in traces], idx)
        assert added(idx) not in given


def test_only_those_who_tipped_it_lose_it_and_only_those_who_did_not_give_it(cotips: Run, traces: list[RankingTrace]):
    preference = traces[0].final.preference
    at = np.datetime64("2024-01-01", "us") + np.arange(4)
    history = History("u000", np.array([7, 4, 7, 9]), np.ones(4), at, np.arange(4))
    told = replace(preference, history=history)
    assert edits_for(told, (dropped(7),)) == (Edit("drop tip", "0,2"),)
    assert edits_for(told, (dropped(4), dropped(5), added(9), added(5))) == (Edit("drop tip", "1"), added(5).edit)
    assert edits_for(told, (dropped(5), added(9))) == ()


def test_those_without_the_tip_stay_as_they_are(cotips: Run, traces: list[RankingTrace]):
    """A tip that one user of the group gave is taken out: for the others nothing moves."""
    gave = {t.user_id: set(t.final.preference.history.streamer_idx.tolist()) for t in traces}
    given = next(i for i in sorted(gave["u000"]) if not all(i in own for own in gave.values()))
    target = targets(traces)[0]
    for trace in traces:
        user = GroupUser(cotips, trace, goal_by_score(trace.final.ranking, target, "up", 3))
        scores = user.seen([(dropped(given),), ()]).rows
        assert torch.equal(scores[0], scores[1]) == (given not in gave[trace.user_id])


def test_whose_tips_are_tried(
    cotips: Run, ease: np.ndarray, traces: list[RankingTrace], monkeypatch: pytest.MonkeyPatch
):
    target = targets(traces)[2]
    traces = [t for t in traces if t.final.ranking.rank_of(target) is not None]
    steps = [t.final for t in traces]
    np.testing.assert_allclose(
        cotips_lift(cotips, [3, 8, 4], target), ease[[3, 8, 4], target] - ease[[3, 8, 4]].mean(1), atol=1e-5
    )
    assert cotips_lift(cotips, [], target).tolist() == []
    monkeypatch.setattr(module, "MAX_ADDED", 3)
    monkeypatch.setattr(module, "MAX_DROPPED", 2)
    monkeypatch.setattr(module, "ROWS", 4)
    lift = ease[:, target] - ease.mean(1)
    below = {idx for t in traces for idx in t.final.ranking.order.tolist()[t.final.ranking.rank_of(target) :]}
    for direction, sign in (("up", -1), ("down", 1)):
        tried = [e.streamer_idx for e in group_edits(cotips, steps, target, direction) if e.edit.kind == "add tip"]
        assert tried == sorted(below, key=lambda idx: sign * lift[idx])[:3]
    counts = np.bincount(np.concatenate([step.preference.history.streamer_idx for step in steps]))
    tried = [e.streamer_idx for e in group_edits(cotips, steps, target) if e.edit.kind == "drop tip"]
    assert sorted(counts[tried]) == sorted(np.sort(counts)[-2:])
    alone = [e.streamer_idx for e in group_edits(cotips, steps[:1], target) if e.edit.kind == "drop tip"]
    assert alone == steps[0].preference.history.streamer_idx.tolist()[:-3:-1]  # of one user the newest


def test_tips_of_a_group_in_words(cotips: Run):
    name = cotips.dataset.streamers["name"].iloc[7]
    assert group_label(cotips, added(7), 12) == f"a tip to {name} from the 12 users who gave it none"
    assert group_label(cotips, added(7), 1) == f"a tip to {name} from the one user who gave it none"
    assert group_label(cotips, dropped(7), 1200) == f"without the tips to {name} from the 1,200 users who gave it any"
    assert group_label(cotips, dropped(7), 1) == f"without the tips to {name} from the one user who gave it any"
    assert whom_of(added(7), 1) == "1 who gave it none"
    assert whom_of(dropped(7), 1200) == "1,200 who gave it any"
    assert whom_of(GroupEdit(Edit("delete statement", "any: any"), "stating"), 1) == "1 who states it"
    assert with_edits(["a tip to A"]) == "With a tip to A"
    assert with_edits(["without A", "a tip to B", "“C” set"]) == "With a tip to B and “C” set and without A"
    assert with_edits(["without A", "without B", "without C"]) == "Without A, without B and without C"
