"""Do parts add up to what they are parts of? A sum that is off by more than rounding has lost a part."""

from collections.abc import Sequence

from explain.narrate import counted, tied
from explain.types import Check, Contribution
from mspa_model.number_format import true_minus
from mspa_model.ranking.order import ROUNDING
from mspa_model.types import SOURCES, Source

# Scores are float32 sums: 1e-5 of the size of what is added (of one point at least) is rounding, more is a lost part.
ADDITIVE_LIMIT = 1e-5
TIED = "Told apart"
MODALITIES = tuple(source for source in SOURCES if source.modality)


def check_sum(name: str, parts: Sequence[Contribution], total: float) -> Check:
    """Do the parts add up to the total, for the streamer less its rival?"""
    if not parts:
        return Check(name, None, None, "not applicable", f"{name}: there are no parts to add up.")
    limit = ADDITIVE_LIMIT * max(1.0, sum(abs(part.streamer) + abs(part.rival) for part in parts))
    error = abs(sum(part.margin for part in parts) - total)
    verdict = "pass" if error <= limit else "fail"
    one = len(parts) == 1
    words = ("adds up" if one else "add up") if verdict == "pass" else ("does not add up" if one else "do not add up")
    reached = true_minus(f"{total:.4g}")
    sentence = f"{name}: {counted(len(parts), 'part')} {words} to {reached} (off by {error:.1g}, at most {limit:.1g})."
    return Check(name, error, limit, verdict, sentence)


def check_tie(margin: float) -> tuple[Check, ...]:
    """Two whose scores are the same have nothing that could be quoted; no check where they differ."""
    if not tied(margin):
        return ()
    sentence = f"{TIED}: the two scores are the same within {ROUNDING:g}, so nothing puts one above the other."
    return (Check(TIED, abs(margin), ROUNDING, "fail", sentence),)


def check_sums(
    sources: Sequence[Contribution],
    tips: Sequence[Contribution],
    statements: Sequence[Contribution],
    residuals: Sequence[Contribution],
    margin: float,
) -> tuple[Check, ...]:
    """Sources to the score's margin, tips to co-tipping, statements and residual to each modality that is used."""
    of = {part.source: part.margin for part in sources}
    checks = [
        check_sum("Sources to score", sources, margin),
        check_sum("History to co-tipping", tips, of[Source.COTIPS]),
    ]
    if not tips:
        checks[1] = _unopened(checks[1], of[Source.COTIPS])
    for source in MODALITIES:
        inside = [p for p in (*statements, *residuals) if p.source is source]
        if inside:
            checks.append(check_sum(f"Statements and residual to {source.value}", inside, of[source]))
    return tuple(checks)


def _unopened(check: Check, margin: float) -> Check:
    """Co-tipping without tips must add nothing; anything else has lost its parts."""
    if abs(margin) <= ADDITIVE_LIMIT:
        return check
    lost = true_minus(f"{margin:.3g}")
    return Check(check.name, abs(margin), ADDITIVE_LIMIT, "fail", f"{check.name}: {lost} points have no part.")
