"""The audit's cases: a seeded draw of users with tips, each with one of their first ten streamers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from explain.types import Case
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import RankingTrace

TOP, LAST = 10, 50  # places of the cases; places of the streamers that a recipe is to bring up end at 50
RESAMPLES = 2000


@dataclass(frozen=True)
class AuditCase:
    """A case with its trace. below_id: a streamer at places 11 to 50 of the same user; None where there is none."""

    case: Case
    trace: RankingTrace
    user_idx: int
    streamer_idx: int
    below_id: str | None


def draw_cases(run: Run, sample: int, seed: int) -> Iterator[AuditCase]:
    """At most `sample` cases, one a user. Users without a tip are left out: popularity alone ranks for them.

    The order of users and the places drawn depend on the seed alone, so a smaller sample is the start of a larger one.
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(run.dataset.tips["user_idx"], minlength=run.dataset.n_users)
    users = rng.permutation(np.flatnonzero(counts))[:sample]
    draws = rng.random((len(users), 2))
    ids = run.dataset.streamers["streamer_id"]
    for user_idx, (first, second) in zip(users.tolist(), draws.tolist(), strict=True):
        user_id = str(run.dataset.users["user_id"].iloc[user_idx])
        trace = rank_user(run, user_id)
        order = trace.final.ranking.order.tolist()
        if len(order) < 2:
            continue
        streamer = order[int(first * min(TOP, len(order)))]
        below = order[TOP:LAST]
        below_id = str(ids.iloc[below[int(second * len(below))]]) if below else None
        yield AuditCase(Case(user_id, str(ids.iloc[streamer])), trace, user_idx, streamer, below_id)


def mean_interval(values: Float[np.ndarray, " n"], seed: int = 0) -> dict[str, float | None]:
    """Mean over cases with its 95 % percentile bootstrap interval; None without a case."""
    if len(values) == 0:
        return {"value": None, "low": None, "high": None}
    rng = np.random.default_rng(seed)
    means = rng.choice(values, (RESAMPLES, len(values))).mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"value": float(np.mean(values)), "low": float(low), "high": float(high)}
