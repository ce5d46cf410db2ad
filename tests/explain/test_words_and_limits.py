"""Words, limits and places beside recipes: donors, swaps, evidence, rivals, ties; all by hand."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from explain.checks import check_curve, trainings_with
from explain.counterfactual import edit_history
from explain.deletion import deletion_misleads, order_by_margin, place_in
from explain.donors import _sentence as donor_sentence
from explain.narrate import name_of
from explain.pipeline import explain
from explain.report.gather import _case_line, _largest
from explain.report.markdown import escape
from explain.report.pseudonym import Pseudonym
from explain.rival import find_pair
from explain.swaps import _sentence as swap_sentence
from explain.types import Case, Contribution, DeletionCurve, Donation, Edit, Swap, SwapPart
from mspa_model.errors import MspaError
from mspa_model.runs import Run
from mspa_model.types import Modality, RankingTrace, Source
from tests.explain.closed_form import trace_of


@pytest.fixture(scope="module")
def trace(closed: Run) -> RankingTrace:
    return trace_of(closed, "u000")


def id_at(run: Run, trace: RankingTrace, rank: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[rank - 1])])


@pytest.mark.parametrize(
    ("gap", "fixed", "given", "said"),
    [
        (0.0, 0.0, True, "Lumi stands above place 3 as it is: there is no gap to close."),
        (1.0, 0.0, True, "None of them come from co-tipping or popularity"),
        (1.0, -0.5, False, "No real donor would bring it nearer."),
        (1.0, 0.25, True, "0.25 of them come from "),
        (0.004, 0.0, True, "it gains 0.75 and stands 2nd."),
    ],
)
def test_where_a_gap_comes_from(closed: Run, gap: float, fixed: float, given: bool, said: str) -> None:
    best = [Donation(Modality.AUDIO, 5, "Kato")] if given else []
    sentence = donor_sentence(closed, 1, 2, gap, fixed, best, 0.75, 2, 3)
    assert said.replace("Lumi", name_of(closed.dataset, 1)) in sentence
    assert ("None of them" in sentence) == (gap > 0 >= fixed)
    assert ("Kato's sound" in sentence) == (given and gap > 0)


def swap(*without: float) -> Swap:
    parts = tuple(SwapPart("source weight", "text", f"change {i}", 0.5, w) for i, w in enumerate(without))
    return Swap(0, 1, "a", "b", "inside", -0.1, 0.2, parts)


def test_pairs_turned_round_are_counted(closed: Run, trace: RankingTrace) -> None:
    info, step = closed.dataset.info, replace(trace.final, index=2, kept=True)
    one = swap_sentence([swap(-0.1, 0.1)], step, 10, info)
    assert one.startswith("Step 2 turns 1 pair round in the top 10 or at its edge. The largest part of it is this: ")
    assert one.endswith("change 0; without that change alone, it would not have turned.")
    two = swap_sentence([swap(-0.1), swap(0.0), swap(-0.2)], step, 10, info)
    assert "turns 3 pairs round" in two
    assert two.endswith(
        "In 3 of them the largest part is this: change 0; without that change alone, 2 would not have turned."
    )
    assert "without that" not in swap_sentence([swap(0.1)], step, 10, info)
    assert swap_sentence([swap()], step, 10, info) == "Step 2 turns 1 pair round in the top 10 or at its edge."
    none = swap_sentence([], replace(step, kept=False), 10, info)
    assert none == "Step 2, proposed and not kept, turns no pair of streamers round in the top 10."


@pytest.mark.parametrize(("step", "told"), [(None, 0), (0, 0), (3, 3)])
def test_evidence_names_the_step(closed: Run, step: int | None, told: int) -> None:
    case = Case("u000", "s001")
    told_of = replace(explain(closed, case), case=replace(case, step=step, rival_id="s002"))
    line = _case_line(told_of, Pseudonym("1a2b", "1a2b" * 16))
    assert (line.step, line.rival_id, line.live_at) == (told, "s002", None)
    parts = _largest(told_of)
    assert len(parts) == 5
    sizes = [abs(part.margin) for part in parts]
    inside = (*told_of.tips, *told_of.statements, *told_of.residuals)
    assert sizes == sorted((abs(part.margin) for part in inside), reverse=True)[:5]


def test_trainings_are_asked_of_usual_rankings_alone(closed: Run, trace: RankingTrace) -> None:
    order = trace.final.ranking.order.tolist()
    run = replace(closed, audit={"seeds": {"top10": {"u000": [order[:10], order[9:11]]}}})
    assert [trainings_with(run, trace, order[place]) for place in (0, 9, 10)] == [2, 3, None]
    assert trainings_with(run, replace(trace, live_at=datetime(2024, 3, 1, tzinfo=UTC)), order[0]) is None
    assert trainings_with(run, replace(trace, candidate_scope="all"), order[0]) is None
    assert trainings_with(run, replace(trace, history_scope="given"), order[0]) is None
    kept = replace(trace.final, ranking=replace(trace.final.ranking, new_share=0.2))
    assert trainings_with(run, replace(trace, steps=(kept,)), order[0]) is None


def test_the_rival_is_the_next_below_and_of_the_last_the_one_above(closed: Run, trace: RankingTrace) -> None:
    ranking = trace.final.ranking
    order = ranking.order.tolist()
    n = len(order)
    for rank, rival in ((1, 2), (n - 1, n), (n, n - 1)):
        pair = find_pair(closed, Case("u000", id_at(closed, trace, rank)), ranking)
        assert pair == (order[rank - 1], order[rival - 1])
    tipped = int(trace.final.preference.history.streamer_idx[0])
    lower = [i for i in order if ranking.scores[i] <= ranking.scores[tipped]]
    assert find_pair(closed, Case("u000", f"s{tipped:03d}"), ranking) == (tipped, (lower or order[-1:])[0])
    with pytest.raises(MspaError):
        find_pair(closed, Case("u000", "s001", "s001"), ranking)


def test_one_more_tip_is_the_median_of_those_given(closed: Run, trace: RankingTrace) -> None:
    history = trace.final.preference.history
    more = edit_history(history, [Edit("add tip", "s001")], lambda _: 1)
    assert (more.streamer_idx[-1], more.tip_row[-1]) == (1, -1)
    assert more.amount[-1] == np.median(history.amount)
    assert more.tipped_at[-1] == history.tipped_at[-1]
    nothing = history.keep(np.zeros(len(history), dtype=bool))
    only = edit_history(nothing, [Edit("add tip", "s001")], lambda _: 1)
    assert only.amount.tolist() == [1.0]
    assert np.isnat(only.tipped_at).all()
    assert edit_history(history, [], lambda _: 1) is history
    assert Edit("set statement", "x: y").strength == 1.0


@pytest.mark.parametrize(("x", "verdict"), [(1e-6, "not applicable"), (1.1e-6, "pass")])
def test_orders_that_differ_by_a_millionth_cost_the_same(x: float, verdict: str) -> None:
    costs = (2 * x, x, x)
    curve = DeletionCurve("tip", "margin", *(np.array([cost]) for cost in costs), 0.0)
    assert check_curve("tip", "margin", (curve,)).verdict == verdict


@pytest.mark.parametrize(
    ("drops", "together", "misleads"),
    [
        ([1.0, 1.0], 2.0, False),
        ([1.0, 1.0], 1.5, False),  # a quarter of what is claimed
        ([1.0, 1.0], 1.4, True),
        ([0.0, 0.0], 1.0, True),
        ([3.0, -1.0], 3.0, False),  # one of four
        ([1.0], 9.0, False),
        ([], 0.0, False),
    ],
)
def test_deletion_misleads_by_more_than_a_quarter(drops: list[float], together: float, misleads: bool) -> None:
    assert deletion_misleads(drops, together) is misleads


def test_order_of_naming_sums_over_modalities() -> None:
    def part(key: str, margin: float) -> Contribution:
        return Contribution("tip", Source.COTIPS, key, key, margin, 0.0)

    named = order_by_margin([part("a", 1.0), part("b", 2.0), part("a", 1.5), part("c", -4.0)])
    assert [(each.key, margin) for each, margin in named] == [("a", 2.5), ("b", 2.0), ("c", -4.0)]
    assert order_by_margin([]) == []


def test_places_of_ties_go_by_position() -> None:
    scores, candidates = torch.tensor([2.0, 3.0, 2.0, 2.0, 9.0]), torch.tensor([1, 0, 2, 3])
    assert [place_in(scores, candidates, i) for i in range(5)] == [2, 1, 3, 4, 1]


def test_a_list_that_would_begin_is_escaped() -> None:
    assert escape("1. first") == "1\\. first"
    assert escape("12) first") == "12\\) first"
    assert escape("- first") == "\\- first"
    assert escape("  + first") == "  \\+ first"
    assert escape("at 1.5 points") == "at 1.5 points"
