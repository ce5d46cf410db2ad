"""The seal over a case's checks: may the explanation be quoted?

Red, not to be quoted: a grave check failed. Grave are the checks without which the numbers are not what they are said
to be: sums, convergence, noise, the order of deletion by margin, the run's randomisation; and a leading modality that
fewer than half of the random halves of the tips share; and two that are tied, of whom there is nothing to say.
Amber, to be quoted with the limit: any other check failed. The seal names the first of them.
Green, may be quoted: no check failed and at least one applied.
A check that does not apply speaks neither for nor against. Ours.
"""

from collections.abc import Sequence

from explain.checks.sums import TIED
from explain.narrate import counted
from explain.types import Check, Seal

RULES = (
    "Green: every check that applies is passed. Amber: a check that limits what may be said failed, and is named. "
    "Red: sums, convergence, noise, the order of deletion or the run's randomisation failed, or the leading modality "
    "stays first on fewer than half of the random halves of the tips, or the two are tied."
)


def seal_of(checks: Sequence[Check]) -> Seal:
    """Green, amber or red, with the reason in one sentence."""
    failed = [check for check in checks if check.verdict == "fail"]
    grave = [check for check in failed if check.grave]
    if any(check.name == TIED for check in grave):
        return Seal("red", "Nothing to quote: the two are tied, so neither stands above the other.")
    if grave:
        names, total = ", ".join(check.name.lower() for check in grave), counted(len(checks), "check")
        return Seal("red", f"Not to be quoted: {len(grave)} of {total} failed gravely ({names}).")
    passed = sum(check.verdict == "pass" for check in checks)
    if failed:
        names = "; ".join(check.name.lower() for check in failed)
        said = f"{counted(passed, 'check')} passed, {len(failed)} did not"
        return Seal("amber", f"May be quoted with its limit: {said} ({names}).")
    if passed == 0:
        return Seal("amber", "May be quoted with its limit: no check applies to it.")
    rest = len(checks) - passed
    applied = f", {rest} did not apply" if rest else ""
    return Seal("green", f"May be quoted: {counted(passed, 'check')} passed, none failed{applied}.")
