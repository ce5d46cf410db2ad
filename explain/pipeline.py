"""A case to its explanation: contributions, attributions, deletions, their checks, the seal, and the sentences."""

from dataclasses import replace

from explain.attribution import attribute_margin
from explain.checks import check_attributions, check_deletion, check_sums, seal_of
from explain.contribution import (
    residual_margins,
    source_margins,
    statement_margins,
    statement_reach,
    tip_margins,
)
from explain.correction import step_of
from explain.deletion import delete_parts
from explain.evidence import evidence_line
from explain.narrate import (
    answer,
    attribution_sentence,
    deletion_sentence,
    live_sentence,
    name_of,
    reach_sentence,
    residual_sentence,
    source_sentences,
    unused_sentence,
)
from explain.newcomers import new_sentence
from explain.rival import find_pair
from explain.types import Case, Explanation
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import RankingTrace, Step

TOP_K = 10


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
    attributions, skipped = attribute_margin(run, step, ranking, *pair)
    deletions = delete_parts(run, step, tips, pair) + delete_parts(run, step, statements, pair)

    scores = ranking.scores.double()
    margin = float(scores[pair[0]] - scores[pair[1]])
    checks = (
        *check_sums(sources, tips, statements, residuals, margin),
        check_attributions(attributions, skipped),
        check_deletion("tip", tips, deletions),
        check_deletion("statement", statements, deletions),
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
        attributions=attributions,
        deletions=deletions,
        checks=checks,
        seal=seal_of(checks),
        evidence=evidence_line(run, case.user_id, len(step.preference.history)),
        answer=answer(names, ranks, margin, sources, (*tips, *statements, *residuals), info, kept),
        sentences=(),
        streamer_kept=kept[0],
        rival_kept=kept[1],
    )
    return replace(explanation, sentences=_sentences(run, step, explanation, skipped))


def _id_of(run: Run, streamer_idx: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[streamer_idx])


def _sentences(run: Run, step: Step, explanation: Explanation, skipped: tuple[str, ...]) -> tuple[str, ...]:
    info = run.dataset.info
    weights = step.ranking.weights.tolist()
    lines = [
        live_sentence(len(step.ranking.order), explanation.case.live_at, info),
        *source_sentences(explanation, info),
        *(new_sentence(run, step.ranking, idx) for idx in (explanation.streamer_idx, explanation.rival_idx)),
        unused_sentence(explanation.sources, weights, info),
        residual_sentence(explanation.residuals, explanation.statements),
        reach_sentence(statement_reach(run, step, step.ranking, TOP_K), TOP_K, info),
        deletion_sentence(explanation.deletions, info),
        attribution_sentence(explanation.attributions, skipped),
    ]
    return tuple(line for line in lines if line)
