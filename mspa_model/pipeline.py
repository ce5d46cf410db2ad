"""The way of the data on one page: a run and a user in, a trace of rankings out.

history_for -> compose -> rank -> RankingTrace
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal

import numpy as np
from jaxtyping import Bool

from mspa_model.data import history_of, streamer_idx_of, user_idx_of
from mspa_model.data.arrivals import join_histories
from mspa_model.data.rooms import live_streamers
from mspa_model.ranking.places import keep_places_in
from mspa_model.runs import Run
from mspa_model.types import Arrival, CandidateScope, History, HistoryScope, Preference, RankingTrace
from mspa_model.words import with_article


def history_for(run: Run, user_id: str, scope: HistoryScope = "all") -> History:
    """The tips of a user that a ranking may know; raises UnknownIdError with the nearest known ids."""
    return history_of(run.dataset, user_idx_of(run.dataset, user_id), scope)


def candidates_for(
    run: Run, history: History, scope: CandidateScope = "new", live_at: datetime | None = None
) -> Bool[np.ndarray, " n_streamers"]:
    """Which streamers are ranked: all, or only those that the history has no tip to; live_at: of them, who is live."""
    allowed = np.ones(run.dataset.n_streamers, dtype=bool) if live_at is None else live_streamers(run.dataset, live_at)
    if scope == "new":
        allowed[history.streamer_idx] = False
    return allowed


def compose_user(run: Run, user_id: str, scope: HistoryScope = "all") -> Preference:
    """What the composer writes from a user's tips."""
    return run.composer.compose(history_for(run, user_id, scope))


def rank_user(
    run: Run,
    user_id: str,
    history: HistoryScope = "all",
    candidates: CandidateScope = "new",
    live_at: datetime | None = None,
    new_share: float = 0.0,
) -> RankingTrace:
    """A known user's trace."""
    return rank_tips(run, history_for(run, user_id, history), candidates, history, live_at, new_share)


def rank_tips(
    run: Run,
    history: History,
    candidates: CandidateScope = "new",
    known: HistoryScope | Literal["given"] = "given",
    live_at: datetime | None = None,
    new_share: float = 0.0,
) -> RankingTrace:
    """The trace from a list of tips, a known user's or a new one's. live_at None: live or not, all are ranked.

    new_share: of the places, kept for cold streamers.
    """
    allowed = candidates_for(run, history, candidates, live_at)
    trace = run.recommender.rank(run.composer.compose(history), allowed, known, candidates)
    return replace(keep_places_in(trace, run.recommender.is_cold, new_share), live_at=live_at)


def rank_arrivals(
    run: Run,
    user_id: str,
    arrived: History,
    history: HistoryScope = "all",
    candidates: CandidateScope = "new",
    live_at: datetime | None = None,
    new_share: float = 0.0,
) -> Arrival:
    """A known user's trace with the tips that arrived, composed and corrected anew, beside the one without."""
    before = rank_user(run, user_id, history, candidates, live_at, new_share)
    joined = join_histories(history_for(run, user_id, history), arrived)
    return Arrival(arrived, before, rank_tips(run, joined, candidates, history, live_at, new_share))


def history_of_tips(run: Run, tips: list[tuple[str, float]]) -> History:
    """A new user's history from (streamer_id, amount), oldest first; raises UnknownIdError on an unknown streamer."""
    idx = np.array([streamer_idx_of(run.dataset, streamer_id) for streamer_id, _ in tips], dtype=np.int64)
    amounts = np.array([amount for _, amount in tips], dtype=np.float64)
    unknown = np.full(len(tips), np.datetime64("NaT"), dtype="datetime64[us]")
    return History("new user", idx, amounts, unknown, np.full(len(tips), -1, dtype=np.int64))


def why_absent(run: Run, trace: RankingTrace, streamer_id: str, k: int = 10) -> str:
    """One sentence on why a streamer is not in the top k; raises UnknownIdError on an unknown one."""
    idx = streamer_idx_of(run.dataset, streamer_id)
    info, ranking = run.dataset.info, trace.final.ranking
    name = run.dataset.streamer_names[idx]
    rank, by_score = ranking.rank_of(idx), ranking.score_rank_of(idx)
    if rank is None and trace.live_at is not None and not live_streamers(run.dataset, trace.live_at)[idx]:
        return f"{name} is left out because it is not live at {trace.live_at:%Y-%m-%d %H:%M} UTC."
    if rank is None or by_score is None:
        return f"{name} is left out because this {info.user_is} has already given it {with_article(info.tip_is)}."
    kept = f", in a place kept for the new ({by_score} by its score)" if idx in ranking.placed else ""
    if rank <= k:
        return f"{name} is not absent: it stands at place {rank}{kept}."
    where, last = f"{name} stands at place {rank} of {len(ranking.order)}", ranking.last_by_score(k)
    if by_score <= k or last is None:
        return f"{where}, {by_score} by its score: the places before it that are kept for the new put it there."
    gap = float(ranking.scores[ranking.order[last - 1]] - ranking.scores[idx])
    return f"{where}{kept}, {gap:.2f} points below place {last}."
