"""Checks of an attribution inside modalities: exact, better than noise, steady, shared by other methods, references."""

import math
from collections.abc import Sequence

import numpy as np

from explain.attribution import signed_rank_correlation
from explain.narrate import listed
from explain.types import Attribution, Check, Noise, Opinions, ReferenceEffect
from mspa_model.number_format import percent, true_minus

NOISE_LIMIT = 1.0  # of the least infidelity that random or shuffled values reach
SCALE_LIMIT = (
    2.0  # the factor by which the size of values may be off; .84 to 1.19 in 170 attributions of the sample run
)
NUDGE_LIMIT = 0.25  # five times the nudge; values drawn anew would change by 1.4
FIRST = 3  # blocks that methods name first
FIRST_LIMIT, SIGN_LIMIT, ORDER_LIMIT = 0.66, 0.9, 0.7
REFERENCE_LIMIT = 0.7


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


def check_noise(noises: Sequence[Noise]) -> Check:
    """Have an attribution's values the right signs and size, and is its infidelity below that of random and of shuffled
    values? Of several modalities the worst; infidelity alone is blind to size, and by Captum's writing to signs.
    """
    name = "Better than noise"
    wrong = next((n for n in noises if n.infidelity > 0 and (n.scale is None or n.scale <= 0)), None)
    if wrong is not None:
        return Check(name, wrong.scale, 0.0, "fail", f"{name}: {_wrong_way(wrong)}")
    told = [(n.infidelity / least, n) for n in noises if (least := min(n.random, n.shuffled)) > 0]
    if not told:
        return _nothing(name, "no modality has an inside that matters here.")
    sized = max((n for _, n in told), key=_off_by)
    if _off_by(sized) > SCALE_LIMIT:
        return Check(name, _off_by(sized), SCALE_LIMIT, "fail", f"{name}: {_wrong_size(sized)}")
    ratio, worst = max(told, key=lambda pair: pair[0])
    verdict = "pass" if ratio < NOISE_LIMIT else "fail"
    sentence = (
        f"{name}: what the features are said to be worth misses what they are worth by {ratio:.2g} of what the best of "
        f"random and shuffled values misses (inside {worst.modality.value}; below {NOISE_LIMIT:g})."
    )
    return Check(name, ratio, NOISE_LIMIT, verdict, sentence)


def _off_by(noise: Noise) -> float:
    """By what factor the size of the values is off, 1 where it is right."""
    return max(noise.scale, 1 / noise.scale) if noise.scale else math.inf


def _wrong_way(noise: Noise) -> str:
    inside = f"inside {noise.modality.value}"
    if not noise.scale:
        return f"{inside} the values say nothing of what the features are worth."
    scale = true_minus(f"{noise.scale:.2g}")
    return (
        f"{inside} the values have the wrong sign: they come nearest to what the features are worth when multiplied "
        f"by {scale}, which must be above zero."
    )


def _wrong_size(noise: Noise) -> str:
    return (
        f"inside {noise.modality.value} the values have the wrong size: they come nearest to what the features are "
        f"worth when multiplied by {noise.scale:.2g}, which must be from {1 / SCALE_LIMIT:g} to {SCALE_LIMIT:g}."
    )


def check_nudge(noises: Sequence[Noise]) -> Check:
    """Does a nudge of every feature leave the attribution much as it was?"""
    name = "Steady under a nudge"
    if not noises:
        return _nothing(name, "no modality has an inside that matters here.", grave=False)
    worst = max(noises, key=lambda n: n.sensitivity)
    verdict = "pass" if worst.sensitivity <= NUDGE_LIMIT else "fail"
    sentence = (
        f"{name}: features nudged by up to 5 % change the values by at most {percent(worst.sensitivity)} (inside "
        f"{worst.modality.value}; at most {percent(NUDGE_LIMIT)}, values without a rule would change by 140 %)."
    )
    return Check(name, worst.sensitivity, NUDGE_LIMIT, verdict, sentence, grave=False)


def check_opinions(opinions: Sequence[Opinions]) -> tuple[Check, ...]:
    """Do integrated gradients, Shapley values and ablation name the same blocks first, with the same signs and order?

    Each check takes the worst pair of methods in the worst modality.
    """
    rows = (
        ("Methods agree on the first", first_share, FIRST_LIMIT, "the three blocks of features named first"),
        ("Methods agree on signs", sign_share, SIGN_LIMIT, "the sign, by worth"),
        ("Methods agree on the order", signed_rank_correlation, ORDER_LIMIT, "the order of blocks (rank correlation)"),
    )
    told = [o for o in opinions if len(o.integrated) > FIRST and np.abs(o.integrated).sum() > 0]
    if not told:
        why = "no modality has blocks of features to compare."
        return tuple(_nothing(name, why, grave=False) for name, *_ in rows)
    checks = []
    for name, measure, limit, what in rows:
        value = min(measure(*pair) for o in told for pair in _pairs(o))
        verdict = "pass" if value >= limit else "fail"
        share = true_minus(f"{value:.2f}")
        sentence = f"{name}: integrated gradients, Shapley values and ablation share {share} of {what}"
        checks.append(Check(name, value, limit, verdict, f"{sentence} (at least {limit:g}).", grave=False))
    return tuple(checks)


def first_share(one: np.ndarray, other: np.ndarray, k: int = FIRST) -> float:
    """Of the k largest by size in the one, the share that is among the k largest of the other."""
    tops = [set(np.argsort(-np.abs(values), kind="stable")[:k].tolist()) for values in (one, other)]
    return len(tops[0] & tops[1]) / k


def sign_share(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the first one's total size on which both have the same sign; 1 where it has no size."""
    size = np.abs(one)
    return float(size[np.sign(one) == np.sign(other)].sum() / size.sum()) if size.sum() else 1.0


def check_references(effects: Sequence[ReferenceEffect]) -> Check:
    """Does a feature count the same, unit by unit, whoever the streamer is compared with?

    How far a feature differs is the reference's doing and may change; what a unit of it is worth should not.
    """
    name = "Same over references"
    if not effects:
        return _nothing(name, "no modality has an inside that matters here.", grave=False)
    worst = min(effects, key=lambda e: e.slopes)
    verdict = "pass" if worst.slopes >= REFERENCE_LIMIT else "fail"
    references = listed(list(dict.fromkeys(e.reference for e in effects)))
    slopes, least = (true_minus(f"{rho:.2f}") for rho in (worst.slopes, min(e.correlation for e in effects)))
    sentence = (
        f"{name}: against {references} instead of the rival, what a unit of a feature is worth keeps its order by a "
        f"rank correlation of {slopes} or more (at least {REFERENCE_LIMIT:g}); the values themselves, which "
        f"depend on whom one compares with, by {least} or more."
    )
    return Check(name, worst.slopes, REFERENCE_LIMIT, verdict, sentence, grave=False)


def _pairs(opinions: Opinions) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    integrated, shapley, ablation = opinions.integrated, opinions.shapley, opinions.ablation
    return (integrated, shapley), (integrated, ablation), (shapley, ablation)


def _nothing(name: str, why: str, grave: bool = True) -> Check:
    return Check(name, None, None, "not applicable", f"{name}: {why}", grave)
