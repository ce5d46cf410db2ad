"""New tips of one user on a page: read like a file of the command line, and ranked anew with nothing trained."""

import tempfile
from pathlib import Path

import numpy as np
import streamlit as st

from app.lookup import RUN_KEY
from app.opening import LOCK
from app.state import Basis
from explain.types import RankMove
from mspa_model.runs import Run
from mspa_model.types import Arrival, History

ENDINGS = ("csv", "parquet")


def uploaded_tips(run: Run, basis: Basis, content: bytes, ending: str) -> History:
    """The tips in an uploaded file of one of ENDINGS. Raises MspaError in one sentence; the file's name is not used."""
    from mspa_model.data.arrivals import read_arrivals
    from mspa_model.pipeline import history_for

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"uploaded.{ENDINGS[ENDINGS.index(ending)]}"
        path.write_bytes(content)
        return read_arrivals(path, run.dataset, history_for(run, basis.user_id, basis.history))


def picked_tips(run: Run, basis: Basis, tips: tuple[tuple[int, float], ...]) -> History:
    """(streamer_idx, amount) picked by hand, in this order, as the newest: they have no time."""
    idx = np.array([streamer_idx for streamer_idx, _ in tips], dtype=np.int64)
    amount = np.array([amount for _, amount in tips], dtype=np.float64)
    no_time = np.full(len(tips), np.datetime64("NaT"), dtype="datetime64[us]")
    return History(basis.user_id, idx, amount, no_time, np.full(len(tips), -1, dtype=np.int64))


def together(one: History, other: History) -> History:
    """Both lists of new tips as one."""
    parts = (np.concatenate([getattr(h, name) for h in (one, other)]) for name in ("streamer_idx", "amount"))
    times = np.concatenate([one.tipped_at, other.tipped_at])
    return History(one.user_id, *parts, times, np.full(len(times), -1, dtype=np.int64))


@st.cache_resource(max_entries=64, show_spinner="Composing, correcting and ranking anew…", hash_funcs=RUN_KEY)
def arrived(run: Run, basis: Basis, tips: History) -> Arrival:
    """The user's trace with the new tips, beside the one without."""
    from mspa_model.pipeline import rank_arrivals

    with LOCK:
        return rank_arrivals(run, basis.user_id, tips, basis.history, basis.candidates, basis.live_at, basis.new_share)


def arrival_moves(run: Run, arrival: Arrival, k: int) -> tuple[RankMove, ...]:
    """Who moved in either top k between the two last steps, the largest move first."""
    from explain.correction import rank_moves

    return rank_moves(run, arrival.before.final.ranking, arrival.after.final.ranking, k)
