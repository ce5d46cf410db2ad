"""A case under another audit than the run has now: the audit that a report cites decides its seal."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from explain.checks import decided_by_audit, run_checks
from explain.report.evidence import CheckLine, Evidence
from explain.seal import seal_of
from explain.types import Check, Explanation
from mspa_model.runs import Run


def as_cited(run: Run, explanation: Explanation, evidence: Evidence) -> Explanation:
    """The explanation as it stood under the audit that the report cites.

    Where that is neither the run's own nor none, its checks and what it knew of such seals are the report's: what it
    found is not here any more.
    """
    if evidence.audit_hash == run.audit_hash:
        return explanation
    if evidence.audit_hash is None:
        cited = run_checks(replace(run, audit=None))
    else:
        cited = tuple(_check(line) for line in evidence.checks if decided_by_audit(line.name))
    checks = (*_without_audit(explanation.checks), *cited)
    seal = seal_of(checks)
    truth = seal.truth if evidence.audit_hash is None else evidence.seal_truth
    return replace(explanation, checks=checks, seal=replace(seal, truth=truth))


def audit_sentence(run: Run, explanation: Explanation, evidence: Evidence) -> str:
    """Which audit the report cites, which the run has now, and what that means for the seal; "" where they are one.

    explanation: under the run's own audit.
    """
    cited, present = evidence.audit_hash, run.audit_hash
    if cited == present:
        return ""
    now = "has none now" if present is None else f"now has the audit {present[:12]}…"
    seal = f"under what the run has now, the seal of this case is {explanation.seal.colour}."
    if cited is None:
        return f"It was written before the run was audited, and its {evidence.seal} seal is right for that; {seal}"
    return (
        f"It cites the audit {cited[:12]}…, and the run {now}: what the cited one found could not be looked up again. "
        f"The {evidence.seal} seal does follow from the checks that the report prints; {seal}"
    )


def _without_audit(checks: Sequence[Check]) -> Iterable[Check]:
    return (check for check in checks if not decided_by_audit(check.name))


def _check(line: CheckLine) -> Check:
    return Check(line.name, line.value, line.limit, line.verdict, line.sentence, line.grave)
