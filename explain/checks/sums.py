"""The checks of a case and the seal over them, first version: sums, convergence of attributions, deletion in order."""

from collections.abc import Sequence

from explain.deletion import order_by_margin
from explain.narrate import ordinal
from explain.types import Attribution, Check, Contribution, Deletion, Seal
from mspa_model.types import SOURCES, Source

# Scores are float32 sums: 1e-5 of the size of what is added (of one point at least) is rounding, more is a lost part.
ADDITIVE_LIMIT = 1e-5
MODALITIES = tuple(source for source in SOURCES if source.modality)


def check_sum(name: str, parts: Sequence[Contribution], total: float) -> Check:
    """Do the parts add up to the total, for the streamer less its rival?"""
    if not parts:
        return Check(name, None, None, "not applicable", f"{name}: there are no parts to add up.")
    limit = ADDITIVE_LIMIT * max(1.0, sum(abs(part.streamer) + abs(part.rival) for part in parts))
    error = abs(sum(part.margin for part in parts) - total)
    verdict = "pass" if error <= limit else "fail"
    words = "add up" if verdict == "pass" else "do not add up"
    sentence = f"{name}: {len(parts)} parts {words} to {total:.4g} (off by {error:.1g}, at most {limit:.1g})."
    return Check(name, error, limit, verdict, sentence)


def check_sums(
    sources: Sequence[Contribution],
    tips: Sequence[Contribution],
    statements: Sequence[Contribution],
    residuals: Sequence[Contribution],
    margin: float,
) -> tuple[Check, ...]:
    """Sources to the score's margin, tips to co-tipping, statements and residual to each modality that is used."""
    of = {part.source: part.margin for part in sources}
    checks = [check_sum("Sources to score", sources, margin), check_sum("Tips to co-tipping", tips, of[Source.COTIPS])]
    if not tips:
        checks[1] = _unopened(checks[1], of[Source.COTIPS])
    for source in MODALITIES:
        inside = [p for p in (*statements, *residuals) if p.source is source]
        if inside:
            checks.append(check_sum(f"Statements and residual to {source.value}", inside, of[source]))
    return tuple(checks)


def check_attributions(attributions: Sequence[Attribution], skipped: Sequence[str]) -> Check:
    """Did every integrated gradient come within its limit?"""
    name = "Attribution converged"
    if not attributions:
        why = " ".join(skipped) or "no modality counts in this score."
        return Check(name, None, None, "not applicable", f"{name}: {why}")
    worst = max(attributions, key=lambda a: a.delta / a.limit)
    verdict = "pass" if worst.converged else "fail"
    sentence = (
        f"{name}: off by at most {worst.delta:.1g} (inside {worst.modality.value}, {worst.n_steps} steps; "
        f"limit {worst.limit:.1g})."
    )
    return Check(name, worst.delta, worst.limit, verdict, " ".join([sentence, *skipped]))


def check_deletion(kind: str, parts: Sequence[Contribution], deletions: Sequence[Deletion]) -> Check:
    """Does taking away the part named first cost the streamer more than taking away the one named last?

    Cost is places; where places are equal, the margin over the rival.
    """
    name = f"Deletion order of {kind}s"
    named = order_by_margin(parts)
    if len(named) < 2 or named[0][1] == named[-1][1]:
        return Check(name, None, None, "not applicable", f"{name}: fewer than two {kind}s that differ.")
    by_key = {d.key: d for d in deletions if d.kind == kind}
    first, last = by_key[named[0][0].key], by_key[named[-1][0].key]
    places = _places(first) - _places(last)
    gap = first.margin_drop - last.margin_drop
    verdict = "pass" if places > 0 or (places == 0 and gap > 0) else "fail"
    sentence = (
        f"{name}: without “{first.label}” (named first) {_moved(first)}, "
        f"without “{last.label}” (named last) {_moved(last)}."
    )
    return Check(name, float(places) if places else gap, 0.0, verdict, sentence)


def seal_of(checks: Sequence[Check]) -> Seal:
    """Red where any check failed, else amber: the full checks that could give green are not part of this version."""
    failed = [check for check in checks if check.verdict == "fail"]
    if failed:
        names = ", ".join(check.name.lower() for check in failed)
        return Seal("red", f"Not to be quoted: {len(failed)} of {len(checks)} checks failed ({names}).")
    passed = sum(check.verdict == "pass" for check in checks)
    rest = len(checks) - passed
    said = f"{passed} checks passed" + (f", {rest} did not apply" if rest else "")
    return Seal("amber", f"Not fully checked: {said}; noise and other methods are not tried yet.")


def _unopened(check: Check, margin: float) -> Check:
    """Co-tipping without tips must add nothing; anything else has lost its parts."""
    if abs(margin) <= ADDITIVE_LIMIT:
        return check
    return Check(check.name, abs(margin), ADDITIVE_LIMIT, "fail", f"{check.name}: {margin:.3g} points have no part.")


def _moved(deletion: Deletion) -> str:
    """What a deletion does to the place and the margin, in words."""
    places = f"it stays {ordinal(deletion.rank_before)}"
    if deletion.rank_after != deletion.rank_before:
        places = f"it goes from {ordinal(deletion.rank_before)} to {ordinal(deletion.rank_after)}"
    by_score = " by its score" if deletion.by_score else ""
    return f"{places}{by_score} and its margin changes by {-deletion.margin_drop:+.2g}"


def _places(deletion: Deletion) -> int:
    """Places lost; positive is costly."""
    return deletion.rank_after - deletion.rank_before
