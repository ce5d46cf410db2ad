"""The seal over a case's checks: does the explanation say what the model did? That the model is right it cannot say.

Red, do not quote: a grave check failed. Grave are the checks without which the numbers are not what they are said
to be: sums, convergence, noise, the order of deletion by margin, the run's randomisation; and a leading modality that
fewer than half of the random halves of the history share; and two that are tied, of whom there is nothing to say.
Amber, faithful with a limit: any other check failed. The seal names them.
Green, faithful to the model: no check failed and at least one applied.
A check that does not apply speaks neither for nor against. Ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from explain.checks.sums import TIED
from explain.narrate import counted
from explain.types import Check, Seal

RULES = (
    "A seal says whether the explanation is faithful to the model, not whether the model is right. "
    "Green: every check that applies is passed. Amber: a check that limits what may be said failed, and is named. "
    "Red: sums, convergence, noise, the order of deletion or the run's randomisation failed, or the leading modality "
    "stays first on fewer than half of the random halves of the history, or the two are tied."
)


def seal_of(checks: Sequence[Check], audit: Mapping[str, Any] | None = None) -> Seal:
    """Green, amber or red, with the reason in one sentence. audit: the run's, for what is known of such seals."""
    colour, sentence = _verdict(checks)
    return Seal(colour, sentence, truth_line(colour, audit))


def truth_line(colour: str, audit: Mapping[str, Any] | None, n_verdicts: int = 0) -> str:
    """How often answers under this seal named the true main reason: the audit's count where the truth was planted, no
    number elsewhere. n_verdicts: analysts' verdicts on this data, the only thing that could tell there.
    """
    truth = (audit or {}).get("truth") or {}
    n, share = (truth.get("n_by_colour") or {}).get(colour, 0), truth.get(f"{colour}_right_share")
    unknown = f"is not known until analysts' verdicts say so (Verdicts: {n_verdicts:,})."
    if not n or share is None:
        return f"Whether such an answer names the true main reason was tested on made-up worlds only; here it {unknown}"
    return (
        f"On this made-up world {round(share * n):,} of {counted(n, f'{colour} answer')} also named the true main "
        f"reason; on real data that {unknown}"
    )


def _verdict(checks: Sequence[Check]) -> tuple[Literal["green", "amber", "red"], str]:
    failed = [check for check in checks if check.verdict == "fail"]
    grave = [check for check in failed if check.grave]
    if any(check.name == TIED for check in grave):
        return "red", "Do not quote: the two are tied, so neither stands above the other."
    if grave:
        names, total = ", ".join(check.name.lower() for check in grave), counted(len(checks), "check")
        return "red", f"Do not quote: {len(grave)} of {total} failed gravely ({names})."
    passed = sum(check.verdict == "pass" for check in checks)
    if failed:
        names = "; ".join(check.name.lower() for check in failed)
        said = f"{counted(passed, 'check')} passed, {len(failed)} did not"
        return "amber", f"Faithful, with this limit: {said} ({names})."
    if passed == 0:
        return "amber", "Faithful, with this limit: no check applies to it."
    rest = len(checks) - passed
    applied = f", {rest} did not apply" if rest else ""
    return "green", f"Faithful to the model: {counted(passed, 'check')} passed, none failed{applied}."
