"""Deletion: take a tip or a statement away, run the model again, and see what it costs the streamer."""

from collections.abc import Sequence

from explain.contribution import Pair
from explain.counterfactual import rescore
from explain.types import Contribution, Deletion, Edit
from mspa_model.runs import Run
from mspa_model.types import Ranking, Step

MAX_DELETED = 6  # parts of one kind that are deleted: those named first, and the one named last


def delete_parts(run: Run, step: Step, parts: Sequence[Contribution], pair: Pair) -> tuple[Deletion, ...]:
    """One deletion per part named, in the order of their margins; of many, the first five and the last.

    parts: tips or statements of one kind; a statement's parts in several modalities are one.
    """
    named = order_by_margin(parts)
    if len(named) > MAX_DELETED:
        named = [*named[: MAX_DELETED - 1], named[-1]]
    before = rescore(run, step, ())
    return tuple(_delete(run, step, before, key, pair) for key, _ in named)


def order_by_margin(parts: Sequence[Contribution]) -> list[tuple[Contribution, float]]:
    """Each tip or statement once, with its margin over all modalities, the largest first: the order of naming."""
    first: dict[str, Contribution] = {}
    margins: dict[str, float] = {}
    for part in parts:
        first.setdefault(part.key, part)
        margins[part.key] = margins.get(part.key, 0.0) + part.margin
    return sorted(((part, margins[key]) for key, part in first.items()), key=lambda named: -named[1])


def _delete(run: Run, step: Step, before: Ranking, part: Contribution, pair: Pair) -> Deletion:
    after = rescore(run, step, (_edit(step, part),))
    score_before, score_after = before.scores.double(), after.scores.double()
    drop = score_before - score_after
    streamer, rival = pair
    return Deletion(
        kind="tip" if part.kind == "tip" else "statement",
        key=part.key,
        label=part.label,
        score_drop=float(drop[streamer]),
        margin_drop=float(drop[streamer] - drop[rival]),
        rank_before=place(before, streamer),
        rank_after=place(after, streamer),
        by_score=before.new_share > 0,
    )


def place(ranking: Ranking, streamer_idx: int) -> int:
    """The rank by score, kept places left aside; for a streamer that is no candidate, what it would have among them."""
    scores = ranking.scores
    return ranking.score_rank_of(streamer_idx) or 1 + int((scores[ranking.order] > scores[streamer_idx]).sum())


def _edit(step: Step, part: Contribution) -> Edit:
    if part.kind == "tip":
        return Edit("drop tip", part.key)
    statement = step.preference.statements[int(part.key)]
    return Edit("delete statement", f"{statement.aspect}: {statement.value}")
