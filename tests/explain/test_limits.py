"""Every limit that decides a verdict, tried on both sides and on the limit itself."""

from dataclasses import replace

import numpy as np
import pytest

from explain.checks.inside import check_nudge, check_opinions, check_references
from explain.checks.known import check_evidence, run_checks, trainings_with
from explain.checks.order import check_curve, check_curves
from explain.types import DeletionCurve, EvidenceLine, Noise, Opinions
from mspa_model.number_format import signed
from mspa_model.runs import Run
from mspa_model.types import Modality
from tests.explain.closed_form import trace_of

VISUAL = Modality.VISUAL
AUDIT = {
    "randomisation_median_rho": 0.1,
    "seeds_top10_share": 0.9,
    "truth": {"main_modality_share": 0.8, "oracle_main_modality_share": 0.9},
}


def audited(run: Run, **found: object) -> Run:
    return replace(run, audit=AUDIT | found)


@pytest.mark.parametrize(
    ("rho", "verdict"), [(0.2, "pass"), (-0.2, "pass"), (0.21, "fail"), (-0.21, "fail"), (None, "not applicable")]
)
def test_randomised(closed: Run, rho: float | None, verdict: str) -> None:
    check = run_checks(audited(closed, randomisation_median_rho=rho))[0]
    assert (check.verdict, check.value, check.grave) == (verdict, rho, True)
    assert check.limit == (None if rho is None else 0.2)
    if rho is not None:
        assert signed(rho) in check.sentence


@pytest.mark.parametrize(("n", "verdict"), [(0, "fail"), (1, "fail"), (2, "pass"), (3, "pass")])
def test_trainings_that_have_the_streamer(closed: Run, n: int, verdict: str) -> None:
    check = run_checks(audited(closed), n)[1]
    assert (check.verdict, check.value, check.limit, check.grave) == (verdict, float(n), 2.0, False)
    assert f"in the top 10 of {n} of three trainings" in check.sentence


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.66, "fail"), (2 / 3, "pass"), (0.67, "pass"), (0.0, "fail"), (None, "not applicable")]
)
def test_share_of_cases_that_stay(closed: Run, share: float | None, verdict: str) -> None:
    check = run_checks(audited(closed, seeds_top10_share=share))[1]
    assert (check.verdict, check.value, check.grave) == (verdict, share, False)
    if share is not None:
        assert check.limit == pytest.approx(2 / 3)
        assert f"{100 * share:.0f}\u00a0% stay in the top 10 with another seed (at least 67\u00a0%)" in check.sentence


@pytest.mark.parametrize(("own", "verdict"), [(0.4, "pass"), (0.39, "fail"), (0.5, "pass")])
def test_truth_is_held_to_the_oracle(closed: Run, own: float, verdict: str) -> None:
    truth = {"main_modality_share": own, "oracle_main_modality_share": 0.5}
    check = run_checks(audited(closed, truth=truth))[2]
    assert (check.verdict, check.limit, check.grave) == (verdict, 0.8, False)
    assert check.value == pytest.approx(own / 0.5)
    for none in ({}, None, {"main_modality_share": own}, {"oracle_main_modality_share": 0.5}):
        assert len(run_checks(audited(closed, truth=none))) == 2


def test_a_run_without_its_audit_fails_that_alone_and_not_gravely(closed: Run) -> None:
    (check,) = run_checks(replace(closed, audit=None))
    assert (check.name, check.verdict, check.grave) == ("Run audited", "fail", False)


@pytest.mark.parametrize(("low", "verdict"), [(0.11, "pass"), (0.1, "fail"), (0.05, "fail"), (None, "fail")])
def test_evidence_must_be_above_popularity(closed: Run, low: float | None, verdict: str) -> None:
    run = replace(closed, metrics={"models": {"popularity": {"ndcg@10": {"value": 0.1}}}})
    line = EvidenceLine(7, "5 tips and more", "ndcg@10", None if low is None else 0.2, low, 0.3, 60, True, "said.")
    check = check_evidence(run, line)
    assert (check.verdict, check.value, check.grave) == (verdict, low, False)
    if low is not None:
        assert check.limit == 0.1
        assert ("is above the 0.100" in check.sentence) == (verdict == "pass")
        assert f"0.200 ({low:.3f} or more)" in check.sentence
    assert check_evidence(replace(closed, metrics={}), replace(line, low=0.9)).verdict == "fail"
    assert check_evidence(replace(closed, metrics={"models": None}), replace(line, low=0.9)).limit is None


def test_trainings_are_counted_with_the_runs_own(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    order = [int(i) for i in trace.final.ranking.order]
    stored = {"seeds": {"top10": {"u000": [order[:10], order[5:15]]}}}
    run = replace(closed, audit=stored)
    assert [trainings_with(run, trace, idx) for idx in (order[0], order[5], order[9])] == [2, 3, 3]
    assert trainings_with(run, trace, order[10]) is None, "not in the own top 10"
    assert trainings_with(run, replace(trace, history_scope="train"), order[0]) is None
    assert trainings_with(run, replace(trace, candidate_scope="all"), order[0]) is None
    assert trainings_with(run, trace_of(closed, "u001"), order[0]) is None, "the audit did not rank this user"
    assert trainings_with(replace(closed, audit=None), trace, order[0]) is None
    tipped = int(trace.final.preference.history.streamer_idx[0])
    assert trainings_with(run, trace, tipped) is None, "no candidate"


BLOCKS = np.array([8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0])


@pytest.mark.parametrize(("shared", "verdict"), [(3, "pass"), (2, "pass"), (1, "fail"), (0, "fail")])
def test_two_of_three_blocks_named_first_are_enough(shared: int, verdict: str) -> None:
    other = np.roll(BLOCKS, 3 - shared)
    first = check_opinions((Opinions(VISUAL, "rival", BLOCKS, other, other),))[0]
    assert first.value == pytest.approx(shared / 3)
    assert (first.verdict, first.limit, first.grave) == (verdict, 0.66, False)
    assert f"share {shared / 3:.2f} of the three blocks" in first.sentence


@pytest.mark.parametrize(("turned", "verdict"), [(0.0, "pass"), (0.1, "pass"), (0.2, "fail")])
def test_signs_by_worth(turned: float, verdict: str) -> None:
    one = np.array([1 - turned - 0.2, 0.1, 0.1, turned])
    other = np.array([1 - turned - 0.2, 0.1, 0.1, -turned])
    signs = check_opinions((Opinions(VISUAL, "rival", one, other, other),))[1]
    assert signs.value == pytest.approx(1 - turned)
    assert (signs.verdict, signs.limit) == (verdict, 0.9)


def test_opinions_of_three_blocks_are_none() -> None:
    three = np.array([3.0, 2.0, 1.0])
    assert {c.verdict for c in check_opinions((Opinions(VISUAL, "rival", three, three, three),))} == {"not applicable"}
    four = np.array([4.0, 3.0, 2.0, 1.0])
    assert {c.verdict for c in check_opinions((Opinions(VISUAL, "rival", four, four, four),))} == {"pass"}


def test_checks_that_do_not_apply_keep_their_weight() -> None:
    assert not any(c.grave for c in (check_nudge(()), check_references(()), *check_opinions(())))
    assert [c.grave for c in check_curves(())] == [True, True, True, False, False]
    assert [c.name for c in check_curves(())] == [
        "Deletion order of features",
        "Deletion order of the history",
        "Deletion order of statements",
        "Places lost by the history",
        "Places lost by statements",
    ]
    assert check_nudge((Noise(VISUAL, 0.0, 1.0, 1.0, 0.25, 1.0),)).limit == 0.25


def curve(named: float, random: float, reverse: float) -> DeletionCurve:
    return DeletionCurve("tip", "margin", *(np.array([cost, cost]) for cost in (named, random, reverse)), 0.0)


@pytest.mark.parametrize(
    ("costs", "verdict"),
    [
        ((0.5, 0.5, 0.2), "fail"),  # no better than a random order
        ((0.5, 0.2, 0.5), "fail"),  # nor than its reverse
        ((0.5, 0.499, 0.499), "pass"),
        ((-0.2, -0.3, -0.4), "pass"),
        ((2e-6, 0.0, 0.0), "pass"),
        ((1e-6, -1e-6, 0.0), "not applicable"),
        ((0.0, 0.0, 3e-6), "fail"),
        ((0.5, 0.5, 0.5), "not applicable"),
    ],
)
def test_an_order_must_cost_more_than_both_others(costs: tuple[float, float, float], verdict: str) -> None:
    check = check_curve("tip", "margin", (curve(*costs),))
    assert check.verdict == verdict
    if verdict != "not applicable":
        assert check.limit == 0.0
        assert check.value == pytest.approx(costs[0] - costs[1])
        named, drawn, _ = (f"{cost:.2g}".replace("-0.", "−0.") for cost in costs)
        assert f"cost {named} points of margin, in random order {drawn}" in check.sentence
