"""Traces, preferences and what new tips did to a ranking, as the commands print them: JSON, and lines of text."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mspa_model.runs import Run
from mspa_model.types import SOURCES, Arrival, DatasetInfo, Preference, RankingTrace, Step
from mspa_model.words import counted, plain, with_article


def trace_json(run: Run, trace: RankingTrace, k: int = 10) -> dict[str, Any]:
    """The trace as `recommend --json` prints it: kept steps, the last of which is the answer; a rejected one apart.

    In a ranking, new: a streamer without a train tip; kept_place: it stands there by new_share and not by its score.
    """
    return {
        "user": trace.user_id,
        "history": trace.history_scope,
        "candidates": trace.candidate_scope,
        "live_at": trace.live_at.isoformat() if trace.live_at else None,
        "n_ranked": len(trace.final.ranking.order),
        "new_share": trace.final.ranking.new_share,
        "last_tip_at": trace.last_tip_at.isoformat() if trace.last_tip_at else None,
        "preference": trace.final.preference.text,
        "steps": [_step_json(run, step, k) for step in trace.steps],
        "rejected": None if trace.rejected is None else _step_json(run, trace.rejected, k),
        "stop": trace.stop,
        "stop_sentence": trace.stop_sentence,
    }


def arrival_json(run: Run, arrival: Arrival, k: int = 10) -> dict[str, Any]:
    """As trace_json, of the trace with the new tips, and under "arrived" what came in and what moved.

    before, after: ids of the top k; left: with the place that each has now, null where it is no candidate any more;
    names: by id, of all these.
    """
    ids, after = run.dataset.streamers["streamer_id"], arrival.after.final.ranking
    names = run.dataset.streamer_names
    order = arrival.before.final.ranking.order[:k].tolist()
    tipped = set(arrival.tips.streamer_idx.tolist())
    told = {
        "tips": [
            {
                "streamer": ids.iloc[i],
                "amount": float(a),
                "tipped_at": None if np.isnat(t) else f"{t.astype('datetime64[s]')}+00:00",
            }
            for i, a, t in zip(arrival.tips.streamer_idx, arrival.tips.amount, arrival.tips.tipped_at, strict=True)
        ],
        "n_known": len(arrival.before.steps[0].preference.history),
        "before": [ids.iloc[i] for i in order],
        "after": [ids.iloc[i] for i in after.order[:k].tolist()],
        "entered": [ids.iloc[i] for i in arrival.entered(k)],
        "left": [{"streamer": ids.iloc[i], "place": after.rank_of(i), "tipped": i in tipped} for i in arrival.left(k)],
        "kept_steps": [len(arrival.before.steps) - 1, len(arrival.after.steps) - 1],
        "names": {ids.iloc[i]: names[i] for i in dict.fromkeys([*order, *after.order[:k].tolist()])},
    }
    return {**trace_json(run, arrival.after, k), "arrived": told}


def trace_words(told: Mapping[str, Any], info: DatasetInfo) -> str:
    """What trace_json or arrival_json says, as lines of text."""
    lines = [told["preference"]]
    if told["live_at"] is not None:
        lines.append(f"\n{live_sentence(told['n_ranked'], told['live_at'], info)}")
    for step in told["steps"]:
        lines.append(f"\nStep {step['step']}. {step['reason']}")
        lines += [f"  {c}" for c in step["changes"]]
        lines += [f"  {i}. {_row_words(row)}" for i, row in enumerate(step["ranking"], 1)]
    lines.append(f"\n{told['stop_sentence']}")
    lines += [f"\n{line}" for line in _arrived_words(told.get("arrived"), info)]
    return "\n".join([*lines, told["why"]] if "why" in told else lines)


def live_sentence(n_ranked: int, moment: str, info: DatasetInfo) -> str:
    """How many are live and may stand in the ranking; nobody is said plainly."""
    if n_ranked == 0:
        return f"No {info.streamer_is} that may be ranked is live at {moment}, so there is nothing to recommend then."
    return f"Only who is live at {moment} is ranked: {n_ranked:,}. The correction was judged among all."


def _row_words(row: Mapping[str, Any]) -> str:
    """ "s377  Unforgiven (1992)  2.370": the id is what other commands ask for."""
    return f"{_called(row['streamer'], row['name'])}  {row['score']:.3f}{_new_words(row)}"


def _called(streamer_id: str, name: str) -> str:
    return f"{streamer_id}  {name}" if name else streamer_id


def _new_words(row: Mapping[str, Any]) -> str:
    """How a line marks a streamer without a train tip."""
    return "" if not row["new"] else "  new: a kept place" if row["kept_place"] else "  new"


def _arrived_words(arrived: Mapping[str, Any] | None, info: DatasetInfo) -> Iterable[str]:
    if arrived is None:
        return
    names, (before, after) = arrived["names"], arrived["kept_steps"]
    known = f"{arrived['n_known']} known of this {info.user_is}"
    yield f"{counted(len(arrived['tips']), f'new {info.tip_is}')} beside {known}; nothing was trained."
    yield f"Kept correction steps: {before} before, {after} after."
    yield f"Top {len(arrived['before'])} before: {', '.join(names[i] for i in arrived['before']) or 'nobody'}."
    yield f"Entered: {', '.join(names[i] for i in arrived['entered']) or 'nobody'}."
    yield f"Left: {', '.join(_left_words(one, names, info) for one in arrived['left']) or 'nobody'}."


def _left_words(one: Mapping[str, Any], names: Mapping[str, str], info: DatasetInfo) -> str:
    called = names[one["streamer"]]
    if one["place"] is None:
        return f"{called} ({f'has {with_article(info.tip_is)} now' if one['tipped'] else 'no candidate'})"
    return f"{called} (now {one['place']})"


def _name(run: Run, streamer_idx: int) -> str:
    """On one line; empty where the set has none."""
    return plain(str(run.dataset.streamers["name"].iloc[streamer_idx]))


def _step_json(run: Run, step: Step, k: int) -> dict[str, Any]:
    ids, scores = run.dataset.streamers["streamer_id"], step.ranking.scores
    parts = step.ranking.contributions
    ranking = [
        {
            "streamer": ids.iloc[i],
            "name": _name(run, i),
            "score": float(scores[i]),
            "new": bool(run.recommender.is_cold[i]),
            "kept_place": i in step.ranking.placed,
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
