"""Donors: a donation adds what a model over changed features gives; the fewest are found; groups are filters."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from explain.donor_search import find_donors
from explain.donors import content_headroom, donation, needed, offers, rank_with, with_donors
from explain.groups import group_of, group_traces
from explain.recipes import NOT_A_FORECAST
from explain.types import GroupFilter
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, RankingTrace, Source
from tests.explain.closed_form import trace_of


@pytest.fixture(scope="module")
def traces(closed: Run) -> list[RankingTrace]:
    return [trace_of(closed, user) for user in ("u000", "u001", "u002", "u003")]


def id_of(run: Run, idx: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[idx])


@pytest.mark.parametrize("world", ["checkerboard", "some-lack-audio"])
def test_what_a_donation_adds_is_what_changed_features_give(make_closed: Callable[[str], Run], world: str):
    run = make_closed(world)
    steps = [rank_user(run, user).final for user in run.dataset.users["user_id"].iloc[:3]]
    target = int(steps[0].ranking.order[-1])
    for offer in offers(run, steps, target):
        donors = [d for d in range(run.dataset.n_streamers) if run.features.present[offer.modality][d]][:4]
        assert bool((offer.gains[:, ~torch.from_numpy(run.features.present[offer.modality])] <= 0).all())
        for donor in donors:
            changed = with_donors(run, target, [donation(run, offer.modality, donor)])
            for user, step in enumerate(steps):
                scores = rank_with(run, step, changed).scores
                rival = int(step.ranking.order[0])
                gained = (scores[target] - scores[rival]) - (step.ranking.scores[target] - step.ranking.scores[rival])
                assert float(gained) == pytest.approx(float(offer.gains[user, donor]), abs=1e-4)


def test_no_donation_changes_nothing_and_the_run_stays_as_it_was(closed: Run, traces: list[RankingTrace]):
    step = traces[0].final
    before = closed.features.arrays[Modality.VISUAL].copy()
    same = rank_with(closed, step, with_donors(closed, 3, []))
    torch.testing.assert_close(same.scores, step.ranking.scores, atol=1e-5, rtol=1e-5)
    assert same.order.tolist() == step.ranking.order.tolist()
    with_donors(closed, 3, [donation(closed, Modality.VISUAL, 4)])
    np.testing.assert_array_equal(closed.features.arrays[Modality.VISUAL], before)


def test_needed_by_hand(traces: list[RankingTrace]):
    step = traces[0].final
    order, scores = step.ranking.order.tolist(), step.ranking.scores
    below = float(needed([step], order[5], 3)[0])
    assert below == pytest.approx(float(scores[order[2]] - scores[order[5]]))
    assert below > 0
    above = float(needed([step], order[0], 3)[0])
    assert above == pytest.approx(float(scores[order[3]] - scores[order[0]]))
    assert above < 0
    assert float(needed([step], order[0], len(order))[0]) == -np.inf


@pytest.mark.parametrize(("rank", "k"), [(12, 10), (25, 3)])
def test_headroom_is_the_best_of_every_donor(closed: Run, traces: list[RankingTrace], rank: int, k: int):
    trace = traces[0]
    ranking, target = trace.final.ranking, int(trace.final.ranking.order[rank - 1])
    room = content_headroom(closed, trace, id_of(closed, target), k)
    holder = int(ranking.order[k - 1])
    assert room.gap == pytest.approx(float(ranking.scores[holder] - ranking.scores[target]), abs=1e-5)
    adds = (ranking.contributions[:, holder] - ranking.contributions[:, target]).double()
    fixed = adds[SOURCES.index(Source.COTIPS)] + adds[SOURCES.index(Source.POPULARITY)]
    assert room.fixed == pytest.approx(float(fixed), abs=1e-5)
    assert [r.modality for r in room.by_modality] == [Modality.VISUAL, Modality.TEXT]  # audio has no weight
    for reach in room.by_modality:
        best = 0.0
        for donor in range(closed.dataset.n_streamers):
            scores = rank_with(
                closed, trace.final, with_donors(closed, target, [donation(closed, reach.modality, donor)])
            )
            gained = scores.scores[target] - scores.scores[holder] + room.gap
            best = max(best, float(gained))
        assert reach.gain == pytest.approx(best, abs=1e-4)
    together = with_donors(closed, target, [r.donation for r in room.by_modality if r.donation is not None])
    assert rank_with(closed, trace.final, together).rank_of(target) == room.rank
    assert room.gain == pytest.approx(sum(r.gain for r in room.by_modality))
    assert NOT_A_FORECAST in room.sentence


def test_who_stands_above_place_k_has_no_gap(closed: Run, traces: list[RankingTrace]):
    room = content_headroom(closed, traces[0], id_of(closed, int(traces[0].final.ranking.order[0])))
    assert room.gap < 0
    assert "no gap to close" in room.sentence


def served_by(run: Run, traces: list[RankingTrace], target: int, donors: dict[Modality, int], k: int) -> int:
    changed = with_donors(run, target, [donation(run, m, d) for m, d in donors.items()])
    steps = [t.final for t in traces if t.final.ranking.rank_of(target) is not None]
    return sum(rank_with(run, step, changed).rank_of(target) <= k for step in steps)


def test_the_fewest_donors_for_a_share_of_users(closed: Run, traces: list[RankingTrace]):
    seen = set()
    for rank, share, k in product((2, 12, 26), (0.3, 0.9), (3, 10)):
        target = int(traces[0].final.ranking.order[rank - 1])
        ranked = [t for t in traces if t.final.ranking.rank_of(target) is not None]
        found = find_donors(closed, traces, id_of(closed, target), share, k)
        seen.add(found.stop)
        goal = int(np.ceil(share * len(ranked)))
        assert found.n_ranked == len(ranked)
        before = served_by(closed, traces, target, {}, k)
        if found.stop == "not needed":
            assert before >= goal
            continue
        assert before < goal
        assert len(found.recipes) <= 3
        for recipe in found.recipes:
            donors = {d.modality: d.donor_idx for d in recipe.donations}
            assert served_by(closed, traces, target, donors, k) == recipe.after >= goal
            assert recipe.before == before
            assert target not in donors.values()
            assert all(d.donor in recipe.sentence for d in recipe.donations)
    assert {"found", "not needed"} <= seen


def test_single_donors_are_exact_and_pairs_only_where_none_is_enough(closed: Run, traces: list[RankingTrace]):
    target, k = int(traces[0].final.ranking.order[25]), 10
    streamers = [d for d in range(closed.dataset.n_streamers) if d != target]
    singles = max(
        served_by(closed, traces, target, {m: d}, k) for m in (Modality.VISUAL, Modality.TEXT) for d in streamers
    )
    ranked = sum(t.final.ranking.rank_of(target) is not None for t in traces)
    at_most = find_donors(closed, traces, id_of(closed, target), singles / ranked, k)
    assert (at_most.stop, at_most.recipes[0].n_edits, at_most.recipes[0].after) == ("found", 1, singles)
    more = find_donors(closed, traces, id_of(closed, target), (singles + 1) / ranked, k)
    assert more.stop == "none" or {r.n_edits for r in more.recipes} == {2}
    assert more.best >= singles / ranked
    assert more.sentence.endswith(NOT_A_FORECAST)


def test_nobody_cancelled_and_unknown_are_answers(closed: Run, traces: list[RankingTrace]):
    history = traces[0].final.preference.history
    tipped = id_of(closed, int(history.streamer_idx[0]))
    nobody = find_donors(closed, traces[:1], tipped)
    assert (nobody.stop, nobody.recipes, nobody.n_ranked) == ("nobody", (), 0)
    last = id_of(closed, int(traces[0].final.ranking.order[-1]))
    assert find_donors(closed, traces[:1], last, 1.0, 1, cancel=lambda: True).stop == "cancelled"
    told: list[float] = []
    find_donors(closed, traces[:1], last, 1.0, 1, progress=told.append)
    assert told == sorted(told)
    with pytest.raises(UnknownIdError):
        find_donors(closed, traces, "nobody")


def test_groups_are_filters_over_users(closed: Run):
    users = closed.dataset.users.assign(country=["SE" if i % 3 else "NO" for i in range(closed.dataset.n_users)])
    run = replace(closed, dataset=replace(closed.dataset, users=users))
    everyone = group_of(run, GroupFilter())
    assert (everyone.n_users, len(everyone.user_ids), everyone.name) == (60, 60, "all users")
    norway = group_of(run, GroupFilter(column="country", equals="NO"))
    assert norway.user_ids == tuple(users["user_id"][::3])
    assert norway.name == "country: NO"
    drawn = group_of(run, GroupFilter(), max_users=7)
    assert (drawn.n_users, len(set(drawn.user_ids))) == (60, 7)
    assert drawn == group_of(run, GroupFilter(), max_users=7)
    n_tips = closed.dataset.tips["user_idx"].value_counts()
    assert set(n_tips) == {10}
    assert group_of(run, GroupFilter(min_tips=10, max_tips=10)).n_users == 60
    assert group_of(run, GroupFilter(min_tips=11)).n_users == group_of(run, GroupFilter(max_tips=9)).n_users == 0
    assert group_of(run, GroupFilter(min_tips=2, max_tips=9)).name == "2 to 9 tips"
    comedy = next(v for v in run.vocabulary.values if v.name == "Comedy")
    fans = group_of(run, GroupFilter(statement="category: Comedy"))
    assert set(fans.user_ids) == {f"u{i:03}" for i in range(0, 60, 2)}
    assert comedy.label in fans.name
    with pytest.raises(MspaError, match="country"):
        group_of(run, GroupFilter(column="town", equals="x"))
    with pytest.raises(UnknownIdError):
        group_of(run, GroupFilter(statement="category: Chess"))


def test_the_traces_of_a_group_are_its_users_own(closed: Run):
    group = group_of(closed, GroupFilter(), max_users=4)
    told: list[float] = []
    traces = group_traces(closed, group, progress=told.append)
    assert [t.user_id for t in traces] == list(group.user_ids)
    assert told[-1] == 1.0
    alone = rank_user(closed, group.user_ids[0])
    assert traces[0].final.ranking.order.tolist() == alone.final.ranking.order.tolist()
    assert group_traces(closed, group, cancel=lambda: True) == []
