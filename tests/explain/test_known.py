"""What an explanation rests on: users like this one, and the run's audit, cited under every case."""

from dataclasses import replace

import pytest

from explain.checks import check_evidence, run_checks, trainings_with
from explain.types import Check, EvidenceLine
from mspa_model.number_format import signed
from mspa_model.runs import Run
from tests.explain.closed_form import trace_of


def evidence(low: float | None) -> EvidenceLine:
    return EvidenceLine(7, "5 tips and more", "ndcg@10", 0.25, low, 0.3, 60, True, "said")


def audited(run: Run, **fields: object) -> Run:
    found = {"randomisation_median_rho": 0.05, "seeds_top10_share": 0.8, "truth": {}, "seeds": None}
    return replace(run, audit={**found, **fields})


def named(checks: tuple[Check, ...], name: str) -> Check:
    return next(check for check in checks if check.name.endswith(name))


@pytest.mark.parametrize(("low", "verdict"), [(0.21, "pass"), (0.2, "fail"), (None, "fail")])
def test_such_histories_must_be_known_better_than_by_popularity(closed: Run, low: float | None, verdict: str) -> None:
    run = replace(closed, metrics={**closed.metrics, "models": {"popularity": {"ndcg@10": {"value": 0.2}}}})
    check = check_evidence(run, evidence(low))
    assert (check.verdict, check.grave) == (verdict, False)
    assert check.limit == (None if low is None else 0.2)


def test_unmeasured_popularity_is_a_limit(closed: Run) -> None:
    check = check_evidence(closed, evidence(0.9))
    assert (check.verdict, check.value) == ("fail", None)
    assert "not measured" in check.sentence


def test_a_run_without_audit_says_how_to_get_one(closed: Run) -> None:
    (check,) = run_checks(closed)
    assert (check.verdict, check.grave) == ("fail", False)
    assert "python -m explain audit" in check.sentence


@pytest.mark.parametrize(("rho", "verdict"), [(0.2, "pass"), (-0.2, "pass"), (0.21, "fail"), (-0.21, "fail")])
def test_randomisation_forbids_either_way(closed: Run, rho: float, verdict: str) -> None:
    check = named(run_checks(audited(closed, randomisation_median_rho=rho)), "learnt")
    assert (check.verdict, check.grave, check.value) == (verdict, True, rho)
    assert signed(rho) in check.sentence


def test_what_was_not_measured_does_not_apply(closed: Run) -> None:
    checks = run_checks(audited(closed, randomisation_median_rho=None, seeds_top10_share=None))
    assert [check.verdict for check in checks] == ["not applicable", "not applicable"]


@pytest.mark.parametrize(("share", "verdict"), [(0.67, "pass"), (0.66, "fail")])
def test_seeds_over_all_cases(closed: Run, share: float, verdict: str) -> None:
    check = named(run_checks(audited(closed, seeds_top10_share=share)), "trainings")
    assert (check.verdict, check.grave, check.value) == (verdict, False, share)


@pytest.mark.parametrize(("count", "verdict"), [(3, "pass"), (2, "pass"), (1, "fail")])
def test_seeds_of_this_case(closed: Run, count: int, verdict: str) -> None:
    check = named(run_checks(audited(closed), count), "trainings")
    assert (check.verdict, check.grave, check.value, check.limit) == (verdict, False, count, 2)
    assert f"top 10 of {count} of three" in check.sentence


@pytest.mark.parametrize(("own", "verdict"), [(0.73, "pass"), (0.71, "fail")])
def test_truth_is_held_against_the_oracle(closed: Run, own: float, verdict: str) -> None:
    truth = {"main_modality_share": own, "oracle_main_modality_share": 0.9}
    check = named(run_checks(audited(closed, truth=truth)), "truth")
    assert (check.verdict, check.grave) == (verdict, False)
    assert check.value == pytest.approx(own / 0.9)
    nothing = {"main_modality_share": None, "oracle_main_modality_share": None}
    assert not [c for c in run_checks(audited(closed, truth=nothing)) if "truth" in c.name]


def test_trainings_that_have_a_streamer(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    first, eleventh = (int(trace.final.ranking.order[place]) for place in (0, 10))
    run = audited(closed, seeds={"seeds": [4, 5], "top10": {"u000": [[first, eleventh], [eleventh]]}})
    assert trainings_with(run, trace, first) == 2
    assert trainings_with(run, trace, int(trace.final.ranking.order[1])) == 1
    assert trainings_with(run, trace, eleventh) is None  # it is not in this run's own top 10
    assert trainings_with(closed, trace, first) is None
    assert trainings_with(run, replace(trace, user_id="u001"), first) is None
    assert trainings_with(run, replace(trace, history_scope="train"), first) is None
    assert trainings_with(run, replace(trace, candidate_scope="all"), first) is None
