"""A case to its explanation: contributions, attributions, deletions, their checks, the seal, and the sentences."""

from dataclasses import replace

from explain.checks import (
    check_curves,
    check_evidence,
    check_leading,
    check_sums,
    check_tie,
    run_checks,
    trainings_with,
)
from explain.contribution import (
    residual_margins,
    source_margins,
    statement_margins,
    tip_margins,
)
from explain.correction import step_of
from explain.curves import take_away
from explain.evidence import evidence_line
from explain.inside import check_inside, open_modalities
from explain.leading import leading_modality
from explain.narrate import answer, name_of
from explain.rival import find_pair
from explain.seal import seal_of
from explain.sentences import sentences_of
from explain.types import Case, Explanation
from mspa_model.data.repeats import n_differing
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import RankingTrace


def explain(run: Run, case: Case, trace: RankingTrace | None = None) -> Explanation:
    """Why the case's streamer stands above or below its rival, with the proof.

    trace: the user's, where it is at hand (a new user has nothing else). Raises UnknownIdError for a user or streamer
    that the run does not know, MspaError for a step that the trace has not or a set without a second streamer.
    """
    trace = trace or rank_user(run, case.user_id, case.history, case.candidates, case.live_at, case.new_share)
    step = step_of(trace, case.step)
    ranking = step.ranking
    pair = find_pair(run, case, ranking)

    sources = source_margins(ranking, pair)
    tips = tip_margins(run, step, ranking, pair)
    statements = statement_margins(run, step, ranking, pair)
    residuals = residual_margins(run, step, ranking, pair)
    inside = open_modalities(run, step, pair)
    away = take_away(run, step, pair, tips, statements, inside.attributions)
    leading = leading_modality(run, step)
    evidence = evidence_line(run, case.user_id, n_differing(step.preference.history))

    scores = ranking.scores.double()
    margin = float(scores[pair[0]] - scores[pair[1]])
    checks = (
        *check_tie(margin),
        *check_sums(sources, tips, statements, residuals, margin),
        *check_inside(inside),
        *check_curves(away.curves),
        check_leading(leading),
        check_evidence(run, evidence),
        *run_checks(run, trainings_with(run, trace, pair[0])),
    )
    names = (name_of(run.dataset, pair[0]), name_of(run.dataset, pair[1]))
    ranks = (ranking.rank_of(pair[0]), ranking.rank_of(pair[1]))
    kept = tuple(ranking.score_rank_of(i) if i in ranking.placed else None for i in pair)
    info = run.dataset.info
    explanation = Explanation(
        case=replace(case, rival_id=_id_of(run, pair[1]), step=step.index, new_share=ranking.new_share),
        streamer_idx=pair[0],
        rival_idx=pair[1],
        streamer_name=names[0],
        rival_name=names[1],
        streamer_rank=ranks[0],
        rival_rank=ranks[1],
        margin=margin,
        sources=sources,
        tips=tips,
        statements=statements,
        residuals=residuals,
        attributions=inside.attributions,
        deletions=away.deletions,
        checks=checks,
        seal=seal_of(checks, run.audit),
        evidence=evidence,
        answer=answer(names, ranks, margin, sources, (*tips, *statements, *residuals), info, kept),
        sentences=(),
        streamer_kept=kept[0],
        rival_kept=kept[1],
        leading=leading,
        tip_worths=away.worths,
        concepts=inside.concepts,
        references=inside.references,
        opinions=inside.opinions,
        noises=inside.noises,
        curves=away.curves,
    )
    return replace(explanation, sentences=sentences_of(run, step, explanation, inside.skipped))


def _id_of(run: Run, streamer_idx: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[streamer_idx])
