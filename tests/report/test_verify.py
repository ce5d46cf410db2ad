"""What is verified of a report whose user cannot be opened, or whose audit is not the run's any more."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from explain.checks import decided_by_audit, run_checks
from explain.pipeline import explain
from explain.report import gather_evidence, to_json, verify
from explain.report.evidence import Evidence, sealed
from explain.report.secret import make_secret, places
from explain.types import Case
from mspa_model.errors import UnknownIdError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from tests.explain.closed_form import closed_form_run

USER = "u003"
FIRST, SECOND = "1a" * 32, "2b" * 32  # hashes of two audits
Verified = Callable[..., tuple[bool, str]]


def audit(rho: float) -> dict:
    return {"randomisation_median_rho": rho, "seeds_top10_share": 0.9, "truth": {}, "seeds": None}


@pytest.fixture(scope="module")
def run(make_world, small_config, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Not audited; its folder holds nothing, and its key file lies beside it."""
    folder = tmp_path_factory.mktemp("verified") / "run"
    folder.mkdir()
    return replace(closed_form_run(make_world("no-audio"), small_config), path=folder)


@pytest.fixture(scope="module")
def audited(run: Run) -> Run:
    return replace(run, audit=audit(0.05), audit_hash=FIRST)


@pytest.fixture(scope="module")
def case(run: Run) -> Case:
    order = rank_user(run, USER).final.ranking.order
    return Case(USER, str(run.dataset.streamers["streamer_id"].iat[int(order[0])]))


@pytest.fixture(scope="module")
def unaudited_report(run: Run, case: Case) -> Evidence:
    return gather_evidence(run, case, "As it was.")


@pytest.fixture(scope="module")
def report(audited: Run, case: Case) -> Evidence:
    return gather_evidence(audited, case)


@pytest.fixture
def verified(tmp_path: Path) -> Verified:
    def of(evidence: Evidence, run: Run, *opened: object) -> tuple[bool, str]:
        file = tmp_path / "report.json"
        file.write_text(to_json(evidence), encoding="utf-8")
        return verify(file, run, *opened)

    return of


@pytest.fixture
def elsewhere(audited: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same run on another machine: no key file lies beside it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return replace(audited, path=tmp_path / "elsewhere")


# --- whose report it is ----------------------------------------------------------------------------------------------


def test_elsewhere_all_is_verified_but_the_user_and_that_is_said(verified: Verified, report: Evidence, elsewhere: Run):
    holds, sentence = verified(report, elsewhere)
    assert holds
    assert "every number agrees" in sentence
    assert "user its pseudonym stands for was not verified: there is no key file" in sentence
    assert USER not in sentence
    assert not places(elsewhere)[0].exists(), "verifying makes no key"


def test_the_key_file_opens_it_elsewhere(verified: Verified, report: Evidence, run: Run, elsewhere: Run):
    holds, sentence = verified(report, elsewhere, None, make_secret(run))
    assert holds
    assert "not verified" not in sentence


def test_the_user_named_opens_it_elsewhere(verified: Verified, report: Evidence, elsewhere: Run):
    holds, sentence = verified(report, elsewhere, USER)
    assert holds
    assert "That its pseudonym is this user's was not verified: there is no key file." in sentence
    assert not verified(report, elsewhere, "u004")[0]
    with pytest.raises(UnknownIdError, match="nearest known"):
        verified(report, elsewhere, "u9")


def test_the_key_file_tells_another_user_from_the_one_meant(verified: Verified, report: Evidence, audited: Run):
    assert verified(report, audited, USER) == verified(report, audited)
    holds, sentence = verified(report, audited, "u004")
    assert not holds
    assert "its pseudonym is another's" in sentence
    assert USER not in sentence


def test_another_key_is_told_from_none(verified: Verified, report: Evidence, elsewhere: Run):
    holds, sentence = verified(report, elsewhere, None, b"0" * 64)
    assert (holds, "another key made it" in sentence) == (False, True)
    make_secret(elsewhere)
    holds, sentence = verified(report, elsewhere)
    assert (holds, "the key file here is not the one it was made with" in sentence) == (True, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: replace(e, margin=e.margin + 0.01),
        lambda e: replace(e, streamer_rank=7),
        lambda e: replace(e, answer=e.answer.replace("1st", "2nd")),
        lambda e: replace(e, seal="red" if e.seal != "red" else "green"),
        lambda e: replace(e, sources=(replace(e.sources[0], margin=9.0), *e.sources[1:])),
        lambda e: replace(e, evidence_sentence="This ranking knows 999 tips by this user."),
        lambda e: replace(e, case=replace(e.case, user_key="f" * 64)),
        lambda e: replace(e, case=replace(e.case, step=7)),
        lambda e: replace(e, link=e.link.replace("user=", "user=x")),
    ],
)
def test_a_forgery_is_found_without_knowing_the_user(verified: Verified, report: Evidence, elsewhere: Run, change):
    holds, sentence = verified(sealed(change(report)), elsewhere)
    assert not holds
    assert "does not hold" in sentence


def test_too_many_who_may_be_meant_are_not_all_ranked(
    verified: Verified, report: Evidence, elsewhere: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(import_module("explain.report.verify"), "MOST_RANKED", 0)  # its package gives the function
    holds, sentence = verified(report, elsewhere)
    assert not holds
    assert "more than 0 users may be meant. Name the user with --user" in sentence


# --- under which audit -----------------------------------------------------------------------------------------------


def test_a_report_cites_the_model_and_the_audit(report: Evidence, unaudited_report: Evidence, run: Run):
    assert (report.run_hash, report.audit_hash) == (run.hash, FIRST)
    assert unaudited_report.audit_hash is None


def test_a_report_holds_after_the_run_was_audited(verified: Verified, unaudited_report: Evidence, audited: Run):
    holds, sentence = verified(unaudited_report, audited)
    assert holds
    assert "written before the run was audited" in sentence
    assert f"its {unaudited_report.seal} seal is right for that" in sentence
    assert "under what the run has now, the seal of this case is" in sentence


def test_what_an_unaudited_report_says_of_its_seal_is_judged_whole(
    verified: Verified, unaudited_report: Evidence, audited: Run
):
    colour = "green" if unaudited_report.seal != "green" else "amber"
    holds, sentence = verified(sealed(replace(unaudited_report, seal=colour)), audited)
    assert (holds, "seal says" in sentence) == (False, True)


def test_a_report_holds_after_a_later_audit_and_both_are_named(verified: Verified, report: Evidence, run: Run):
    again = replace(run, audit=audit(0.9), audit_hash=SECOND)
    holds, sentence = verified(report, again)
    assert holds
    assert f"It cites the audit {FIRST[:12]}…, and the run now has the audit {SECOND[:12]}…" in sentence
    assert f"The {report.seal} seal does follow from the checks that the report prints" in sentence
    now = explain(again, Case(USER, report.case.streamer_id)).seal.colour
    assert now == "red", "parameters drawn anew change nothing: that is grave"
    assert sentence.endswith("the seal of this case is red.")
    assert "speaks of run" not in sentence


def test_a_report_holds_where_the_run_has_no_audit_any_more(verified: Verified, report: Evidence, run: Run):
    holds, sentence = verified(report, run)
    assert holds
    assert f"It cites the audit {FIRST[:12]}…, and the run has none now" in sentence


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda e: replace(e, margin=e.margin + 0.01), "margin says"),
        (lambda e: replace(e, seal="red" if e.seal != "red" else "green"), "seal says"),
        (lambda e: replace(e, checks=(replace(e.checks[0], verdict="fail"), *e.checks[1:])), "checks 1.verdict says"),
        (lambda e: replace(e, checks=e.checks[1:]), "checks says"),
    ],
)
def test_what_no_audit_decides_is_judged_under_any(verified: Verified, report: Evidence, run: Run, change, where: str):
    for later in (run, replace(run, audit=audit(0.9), audit_hash=SECOND)):
        holds, sentence = verified(sealed(change(report)), later)
        assert (holds, where in sentence) == (False, True), sentence


def test_the_audit_s_checks_are_judged_where_it_still_lies_there(verified: Verified, report: Evidence, audited: Run):
    assert verified(report, audited) == (
        True,
        "The report holds: the case was run again and every number agrees within 0.0001.",
    )
    forged = [replace(c, value=0.01) if c.name == "Run: depends on what was learnt" else c for c in report.checks]
    assert forged != list(report.checks)
    holds, sentence = verified(sealed(replace(report, checks=tuple(forged))), audited)
    assert (holds, "value says 0.01" in sentence) == (False, True)


def test_which_checks_the_audit_decides(audited: Run, run: Run, case: Case):
    truth = {"main_modality_share": 0.9, "oracle_main_modality_share": 1.0}
    for variant in (run, audited, replace(audited, audit={**audited.audit, "truth": truth})):
        of_audit = {check.name for check in run_checks(variant, 2)}
        assert {c.name for c in explain(variant, case).checks if decided_by_audit(c.name)} == of_audit
        assert all(decided_by_audit(name) for name in of_audit)
