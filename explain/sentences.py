"""The sentences under an answer: reasons with their numbers, what is left out, what a deletion does."""

from explain.contribution import statement_reach
from explain.narrate import (
    attribution_sentence,
    deletion_sentence,
    live_sentence,
    reach_sentence,
    residual_sentence,
    source_sentences,
    unused_sentence,
)
from explain.newcomers import new_sentence
from explain.types import Explanation
from mspa_model.runs import Run
from mspa_model.types import Step

TOP_K = 10


def sentences_of(run: Run, step: Step, explanation: Explanation, skipped: tuple[str, ...]) -> tuple[str, ...]:
    """Reasons first; skipped: what attribution could not open."""
    info = run.dataset.info
    weights = step.ranking.weights.tolist()
    lines = [
        live_sentence(len(step.ranking.order), explanation.case.live_at, info),
        *source_sentences(explanation, info),
        *(new_sentence(run, step.ranking, idx) for idx in (explanation.streamer_idx, explanation.rival_idx)),
        unused_sentence(explanation.sources, weights, info),
        residual_sentence(explanation.residuals, explanation.statements),
        reach_sentence(statement_reach(run, step, step.ranking, TOP_K), TOP_K, info),
        explanation.leading.sentence if explanation.leading else "",
        deletion_sentence(explanation.deletions, info),
        attribution_sentence(explanation.attributions, skipped),
    ]
    return tuple(line for line in lines if line)
