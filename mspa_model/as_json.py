"""Traces and preferences as the commands print them."""

from typing import Any

from mspa_model.runs import Run
from mspa_model.types import SOURCES, Preference, RankingTrace, Step


def trace_json(run: Run, trace: RankingTrace, k: int = 10) -> dict[str, Any]:
    """The trace as `recommend --json` prints it: kept steps, the last of which is the answer; a rejected one apart."""
    return {
        "user": trace.user_id,
        "history": trace.history_scope,
        "candidates": trace.candidate_scope,
        "last_tip_at": trace.last_tip_at.isoformat() if trace.last_tip_at else None,
        "preference": trace.final.preference.text,
        "steps": [_step_json(run, step, k) for step in trace.steps],
        "rejected": None if trace.rejected is None else _step_json(run, trace.rejected, k),
        "stop": trace.stop,
        "stop_sentence": trace.stop_sentence,
    }


def _step_json(run: Run, step: Step, k: int) -> dict[str, Any]:
    ids, scores = run.dataset.streamers["streamer_id"], step.ranking.scores
    parts = step.ranking.contributions
    ranking = [
        {
            "streamer": ids.iloc[i],
            "score": float(scores[i]),
            "sources": {s.value: float(parts[j, i]) for j, s in enumerate(SOURCES)},
        }
        for i in step.ranking.order[:k].tolist()
    ]
    return {
        "step": step.index,
        "kept": step.kept,
        "ranking": ranking,
        "critique": None if step.critique is None else step.critique.sentence,
        "changes": [c.sentence for c in step.changes],
        "witness_gain": step.witness_gain,
        "witness_uncertainty": step.witness_uncertainty,
        "reason": step.reason,
    }


def preference_json(run: Run, preference: Preference) -> dict[str, Any]:
    """A preference as `compose --json` prints it; evidence as streamer ids."""
    ids = run.dataset.streamers["streamer_id"]
    statements = [
        {
            "aspect": s.aspect,
            "value": s.value,
            "polarity": s.polarity,
            "strength": s.strength,
            "evidence": [ids.iloc[preference.history.streamer_idx[i]] for i in s.evidence],
        }
        for s in preference.statements
    ]
    composer = preference.composer
    return {"user": preference.history.user_id, "composer": composer, "text": preference.text, "statements": statements}
