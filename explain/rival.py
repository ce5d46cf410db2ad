"""Whom a case is compared with: the rival that it names, else the next streamer below."""

from explain.contribution import Pair
from explain.types import Case
from mspa_model.data.ids import streamer_idx_of
from mspa_model.errors import MspaError
from mspa_model.ranking.order import best_first
from mspa_model.runs import Run
from mspa_model.types import Ranking


def find_pair(run: Run, case: Case, ranking: Ranking) -> Pair:
    """streamer_idx of the case's streamer and of its rival; by default the next below, for the last the one above."""
    streamer = streamer_idx_of(run.dataset, case.streamer_id)
    rival = _next_below(ranking, streamer) if case.rival_id is None else streamer_idx_of(run.dataset, case.rival_id)
    if rival is None or rival == streamer:
        word = run.dataset.info.streamer_is
        raise MspaError(
            f"no rival for {word} {case.streamer_id[:40]!r}", f"another {word}", "Name one to compare it with."
        )
    return streamer, rival


def _next_below(ranking: Ranking, streamer: int) -> int | None:
    """The next candidate, for the last the one above; a streamer that has no other beside it is compared by score."""
    order, scores = ranking.order.tolist(), ranking.scores
    if streamer in order and len(order) > 1:
        place = order.index(streamer)
        return order[place + 1] if place + 1 < len(order) else order[place - 1]
    everyone = best_first(scores).tolist()
    others = [i for i in order if i != streamer] or [i for i in everyone if i != streamer]
    lower = [i for i in others if scores[i] <= scores[streamer]]
    return next(iter(lower or others[-1:]), None)
