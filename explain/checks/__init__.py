"""The checks of a case: each a number, its limit, a verdict and one plain sentence."""

from explain.checks.inside import check_attributions, check_noise, check_nudge, check_opinions, check_references
from explain.checks.known import check_evidence, check_leading, decided_by_audit, run_checks, trainings_with
from explain.checks.order import check_curve, check_curves
from explain.checks.sums import check_sum, check_sums, check_tie

__all__ = [
    "check_attributions",
    "check_curve",
    "check_curves",
    "check_evidence",
    "check_leading",
    "check_noise",
    "check_nudge",
    "check_opinions",
    "check_references",
    "check_sum",
    "check_sums",
    "check_tie",
    "decided_by_audit",
    "run_checks",
    "trainings_with",
]
