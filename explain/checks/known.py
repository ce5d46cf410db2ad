"""Checks of what an explanation rests on: the user's tips, users like this one, and the run's own audit."""

from collections.abc import Mapping
from typing import Any

from explain.evidence import METRIC
from explain.types import Check, EvidenceLine, Leading
from mspa_model.number_format import percent, signed
from mspa_model.runs import Run
from mspa_model.types import RankingTrace

HELD, NOT_HELD = 0.8, 0.5  # of random halves of the tips under which the same modality leads: for green, and above red
TOP_K = 10
SEEDS_LIMIT = 2  # of three trainings that have the streamer in the top 10
RHO_LIMIT = 0.2
UNAUDITED, _OF_THE_RUN = "Run audited", "Run: "  # how the names of the checks begin that the audit decides
TRUTH_LIMIT = 0.8  # of how often an oracle names the planted modality


def check_leading(leading: Leading) -> Check:
    """Does the modality named first stay first on random halves of the tips? Below half of them that is grave."""
    name = "Holds on half the history"
    if leading.held is None:
        few = leading.modality is not None
        why = "too few to halve." if few else "no modality counts in this ranking."
        verdict = "fail" if few else "not applicable"
        return Check(name, None, HELD if few else None, verdict, f"{name}: {why}", grave=False)
    grave = leading.held < NOT_HELD
    verdict = "pass" if leading.held >= HELD else "fail"
    return Check(name, leading.held, NOT_HELD if grave else HELD, verdict, f"{name}: {leading.sentence}", grave)


def check_evidence(run: Run, evidence: EvidenceLine) -> Check:
    """Is this run better than popularity alone for users with as many tips, by its interval?"""
    name = "Such histories are known"
    popularity = popularity_figure(run.metrics)
    if evidence.low is None or popularity is None:
        return Check(name, None, None, "fail", f"{name}: that was not measured.", grave=False)
    verdict = "pass" if evidence.low > popularity else "fail"
    above = "is above" if verdict == "pass" else "is not surely above"
    sentence = (
        f"{name}: {METRIC} of {evidence.value:.3f} ({evidence.low:.3f} or more) {above} the {popularity:.3f} of "
        "popularity alone."
    )
    return Check(name, evidence.low, popularity, verdict, sentence, grave=False)


def popularity_figure(metrics: Mapping[str, Any]) -> float | None:
    """The same metric of the popularity baseline over all measured users; None where it was not measured."""
    try:
        return float(metrics["models"]["popularity"][METRIC]["value"])
    except (KeyError, TypeError):
        return None


def decided_by_audit(name: str) -> bool:
    """Whether a check's verdict comes from the run's audit, and so another audit may give another."""
    return name == UNAUDITED or name.startswith(_OF_THE_RUN)


def run_checks(run: Run, in_seeds: int | None = None) -> tuple[Check, ...]:
    """What the run's audit found, cited under every case; in_seeds: trainings of three that have the streamer."""
    audit = run.audit
    if audit is None:
        said = "Run audited: it was not; `python -m explain audit RUN` makes the run's own checks."
        return (Check(UNAUDITED, None, None, "fail", said, grave=False),)
    return (_randomised(audit), _seeded(audit, in_seeds, run.dataset.info.streamer_is), *_true(audit))


def trainings_with(run: Run, trace: RankingTrace, streamer_idx: int) -> int | None:
    """In how many of three trainings (the run's own and two of other seeds) the streamer is in the user's top 10.

    None where the audit did not rank this user, or the trace is of other tips or candidates than it ranked.
    """
    stored = ((run.audit or {}).get("seeds") or {}).get("top10", {}).get(trace.user_id)
    usual = trace.history_scope == "all" and trace.candidate_scope == "new" and trace.live_at is None
    if stored is None or not usual or trace.final.ranking.new_share:
        return None
    own = trace.final.ranking.rank_of(streamer_idx)
    if own is None or own > TOP_K:
        return None
    return 1 + sum(streamer_idx in top for top in stored)


def _randomised(audit: Mapping[str, Any]) -> Check:
    name, rho = "Run: depends on what was learnt", audit["randomisation_median_rho"]
    if rho is None:
        return Check(name, None, None, "not applicable", f"{name}: no modality to randomise.")
    verdict = "pass" if abs(rho) <= RHO_LIMIT else "fail"
    sentence = (
        f"{name}: with all layers drawn anew, attributions resemble the real ones by a median rank correlation of "
        f"{signed(rho)} (within {RHO_LIMIT:g} of none)."
    )
    return Check(name, rho, RHO_LIMIT, verdict, sentence)


def _seeded(audit: Mapping[str, Any], in_seeds: int | None, streamer_is: str) -> Check:
    name, share = "Run: same over trainings", audit["seeds_top10_share"]
    if in_seeds is not None:
        verdict = "pass" if in_seeds >= SEEDS_LIMIT else "fail"
        sentence = f"{name}: this {streamer_is} is in the top 10 of {in_seeds} of three trainings."
        return Check(name, float(in_seeds), float(SEEDS_LIMIT), verdict, sentence, grave=False)
    if share is None:
        return Check(name, None, None, "not applicable", f"{name}: no other training was made.", grave=False)
    limit = SEEDS_LIMIT / 3
    verdict = "pass" if share >= limit else "fail"
    stay = f"{percent(share)} stay in the top 10 with another seed (at least {percent(limit)})"
    sentence = f"{name}: of the audit's cases, {stay}."
    return Check(name, share, limit, verdict, sentence, grave=False)


def _true(audit: Mapping[str, Any]) -> tuple[Check, ...]:
    """Only where the data set has its truth beside it: the sample world."""
    truth = audit.get("truth") or {}
    own, oracle = truth.get("main_modality_share"), truth.get("oracle_main_modality_share")
    if not own or not oracle:
        return ()
    verdict = "pass" if own / oracle >= TRUTH_LIMIT else "fail"
    sentence = (
        f"Run: agrees with the truth: it names the planted main modality first for {percent(own)} of the audit's "
        f"cases, an oracle that knows the tastes for {percent(oracle)} (at least {percent(TRUTH_LIMIT)} of that)."
    )
    return (Check("Run: agrees with the truth", own / oracle, TRUTH_LIMIT, verdict, sentence, grave=False),)
