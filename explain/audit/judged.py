"""Each case explained and judged: what its checks measured, and whether it names the planted modality first."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from explain.attribution import attribute_margin
from explain.audit.draw import AuditCase, mean_interval
from explain.audit.truth import FEWEST_TIPS, Planted, oracle_weights, pairs_right
from explain.checks import check_noise
from explain.counterfactual import rescore
from explain.leading import spreads_of
from explain.pipeline import explain
from explain.swaps import swap_account
from explain.types import Edit, Explanation
from mspa_model.runs import Run
from mspa_model.types import Modality, Ranking


@dataclass(frozen=True)
class Judged:
    """One explained case. parts_off: the largest miss of a sum, in points; seconds: to the attribution, to the seal."""

    told: Explanation
    parts_off: float
    attribution_s: float
    seal_s: float


@dataclass(frozen=True)
class Named:
    """Which modality leads: as the explanation says, as the model shows when each is muted, as planted.

    right: the explanation names the planted one; faithful: it names the one whose muting moves the ranking most.
    """

    right: bool
    faithful: bool
    oracle_right: bool
    pairs: float
    oracle_pairs: float


def judge(run: Run, each: AuditCase) -> Judged:
    """Explains the case as the dashboard does, on the clock."""
    trace = each.trace
    pair_of = int(trace.final.ranking.order[0]), int(trace.final.ranking.order[1])
    start = time.perf_counter()
    attribute_margin(run, trace.final, trace.final.ranking, *pair_of)
    attributed = time.perf_counter()
    told = explain(run, each.case, trace)
    sealed = time.perf_counter()
    off = max([check.value for check in told.checks if _is_sum(check.name) and check.value is not None], default=0.0)
    steps = [*trace.steps, *([trace.rejected] if trace.rejected else [])]
    swaps = [swap_account(run, trace, a.index, b.index).off for a, b in pairwise(steps)]
    return Judged(told, max([off, *swaps]), attributed - start, sealed - attributed)


def _is_sum(name: str) -> bool:
    return name.startswith(("Sources to ", "History to ", "Statements and residual to "))


def name_modality(run: Run, planted: Planted, each: AuditCase) -> Named | None:
    """None for users with fewer than ten tips, and where no modality counts."""
    step = each.trace.final
    spreads = dict(spreads_of(step.ranking, run.features.modalities))
    if len(step.preference.history) < FEWEST_TIPS or not any(spreads.values()):
        return None
    true = planted.weights[each.user_idx]
    said = np.array([spreads.get(m, 0.0) for m in Modality])
    shown = np.array([muting_moves(run, each, m) if m in spreads else 0.0 for m in Modality])
    oracle = oracle_weights(planted, each.user_idx, step.preference.history)
    return Named(
        right=bool(said.argmax() == true.argmax()),
        faithful=bool(said.argmax() == shown.argmax()),
        oracle_right=bool(oracle.argmax() == true.argmax()),
        pairs=pairs_right(said, true),
        oracle_pairs=pairs_right(oracle, true),
    )


def muting_moves(run: Run, each: AuditCase, modality: Modality) -> float:
    """Places that candidates move in the mean when the modality is muted and the model run again."""
    step = each.trace.final
    muted = rescore(run, step, (Edit("mute modality", modality.value),))
    return float(np.abs(_places(step.ranking) - _places(muted)).mean())


def _places(ranking: Ranking) -> np.ndarray:
    """The place of each candidate, by rising streamer_idx."""
    return ranking.by_score.argsort().numpy()


def truth_figures(named: Sequence[Named | None], colours: Sequence[str]) -> dict[str, Any]:
    """Shares over the cases with enough tips; of colours, how often the planted modality is named under each."""
    told = [(n, colour) for n, colour in zip(named, colours, strict=True) if n is not None]
    right = {c: np.array([n.right for n, colour in told if colour == c], float) for c in ("green", "amber", "red")}
    wrong = [n for n, _ in told if not n.right]
    share = {c: float(values.mean()) if len(values) else None for c, values in right.items()}
    return {
        "main_modality_share": _mean([n.right for n, _ in told]),
        "oracle_main_modality_share": _mean([n.oracle_right for n, _ in told]),
        "pairwise_order_share": _mean([n.pairs for n, _ in told]),
        "oracle_pairwise_order_share": _mean([n.oracle_pairs for n, _ in told]),
        "green_right_share": share["green"],
        "amber_right_share": share["amber"],
        "red_right_share": share["red"],
        "green_minus_red": difference_interval(right["green"], right["red"]),
        "n": len(told),
        "n_by_colour": {c: len(values) for c, values in right.items()},
        "wrong": len(wrong),
        "wrong_by_model": sum(n.faithful for n in wrong),
        "wrong_by_explanation": sum(not n.faithful for n in wrong),
        "faithful_share": _mean([n.faithful for n, _ in told]),
    }


def difference_interval(one: np.ndarray, other: np.ndarray, seed: int = 0) -> dict[str, float | None]:
    """Mean of the one less mean of the other, with a 95 % bootstrap interval over both; None where one is empty."""
    if not len(one) or not len(other):
        return {"value": None, "low": None, "high": None}
    rng = np.random.default_rng(seed)
    means = [rng.choice(values, (2000, len(values))).mean(1) for values in (one, other)]
    low, high = np.percentile(means[0] - means[1], [2.5, 97.5])
    return {"value": float(one.mean() - other.mean()), "low": float(low), "high": float(high)}


def _mean(values: Sequence[float | bool]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def case_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """What the checks of all cases say together."""
    beaten = [check_noise(j.told.noises).verdict for j in judged]
    attributions = [a for j in judged for a in j.told.attributions]
    gaps = {kind: _gaps(judged, kind) for kind in ("feature", "tip", "statement")}
    each = [np.mean(g) for j in judged if (g := [c.places for c in j.told.curves if _at_rank_level(c)])]
    return {
        "additivity_max": max((j.parts_off for j in judged), default=None),
        "converged_share": _mean([a.converged for a in attributions]),
        "infidelity_better_share": _mean([verdict == "pass" for verdict in beaten if verdict != "not applicable"]),
        "deletion_gap": mean_interval(np.array(each)),
        "deletion_gap_by_kind": {kind: mean_interval(values) for kind, values in gaps.items()},
        "p95_s": {
            "attribution": float(np.percentile([j.attribution_s for j in judged], 95)) if judged else None,
            "seal": float(np.percentile([j.seal_s for j in judged], 95)) if judged else None,
        },
    }


def _gaps(judged: Sequence[Judged], kind: str) -> np.ndarray:
    curves = [c for j in judged for c in j.told.curves]
    return np.array([c.places for c in curves if c.kind == kind and _at_rank_level(c)])


def _at_rank_level(curve: Any) -> bool:
    """Features move nobody else, so their one curve is of places too; of tips and statements the curve of places."""
    return curve.quantity == "place" or curve.kind == "feature"
