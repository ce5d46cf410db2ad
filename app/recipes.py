"""What the pages ask of swaps, recipes and donors. Cached and bounded; pages reach it through app/cache.py.

A search that takes its time tells its progress to the page that started it, which keeps the answer itself: a cached
function can draw nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app.lookup import RUN_KEY
from app.opening import LOCK as _LOCK
from app.state import Basis
from explain.types import (
    ContentHeadroom,
    Direction,
    DonorSearch,
    Group,
    GroupFilter,
    GroupRecipeSearch,
    RecipeSearch,
    SwapAccount,
)
from mspa_model.runs import Run
from mspa_model.types import RankingTrace

if TYPE_CHECKING:
    from explain.plausible import UserPool

_RUN = RUN_KEY
Progress = Callable[[float], None]
_TRACES = "group-traces"  # session_state: of the last group that was asked
_MAX_KEPT = 1 << 19  # users x streamers of them


@st.cache_resource(max_entries=256, show_spinner="Comparing the steps…", hash_funcs=_RUN)
def swaps(run: Run, basis: Basis, before: int, after: int) -> SwapAccount:
    """Which change turned which pair round between two steps."""
    from app.cache import trace
    from explain.swaps import swap_account

    ranked = trace(run, basis)
    with _LOCK:
        return swap_account(run, ranked, before, after)


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=_RUN)
def pool(run: Run) -> "UserPool":
    """The real users that an edited one is held against."""
    from explain.plausible import user_pool

    with _LOCK:
        return user_pool(run)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=_RUN)
def content_headroom(run: Run, basis: Basis, streamer_id: str) -> ContentHeadroom:
    """The best that any real donor reaches for one user."""
    from app.cache import trace
    from explain.donors import content_headroom as measure

    ranked = trace(run, basis)
    with _LOCK:
        return measure(run, ranked, streamer_id)


def recipes(run: Run, ranked: RankingTrace, streamer_id: str, direction: Direction, progress: Progress) -> RecipeSearch:
    """The fewest edits of one user; progress gets the share of the tries that is spent."""
    from explain.recipes import find_recipes

    held = pool(run)
    with _LOCK:
        return find_recipes(run, ranked, streamer_id, direction, progress=progress, pool=held)


def group(run: Run, given: GroupFilter) -> Group:
    """The users that a filter lets through."""
    from explain.groups import group_of

    with _LOCK:
        return group_of(run, given)


def group_donors(
    run: Run, asked: Group, basis: Basis, streamer_id: str, share: float, progress: Progress
) -> DonorSearch:
    """The fewest donors that bring the streamer into the top 10 of a share of a group."""
    from explain.donor_search import find_donors

    traces = _traces(run, asked, basis, lambda done: progress(0.9 * done))
    with _LOCK:
        found = find_donors(run, traces, streamer_id, share)
    progress(1.0)
    return found


def group_recipes(
    run: Run, asked: Group, basis: Basis, streamer_id: str, direction: Direction, share: float, progress: Progress
) -> GroupRecipeSearch:
    """The fewest edits of one kind, made for every user of a group, that move the streamer for a share of them."""
    from explain.group_recipes import find_group_recipes

    traces, held = _traces(run, asked, basis, lambda done: progress(0.5 * done)), pool(run)
    with _LOCK:
        return find_group_recipes(
            run, traces, streamer_id, direction, share, progress=lambda done: progress(0.5 + 0.5 * done), pool=held
        )


def _traces(run: Run, asked: Group, basis: Basis, progress: Progress) -> list[RankingTrace]:
    """The group's traces; those of the last group are kept for the next search, where they are not too large."""
    from explain.groups import group_traces

    key = (run.hash, asked, replace(basis, user_id=""))
    kept = st.session_state.get(_TRACES)
    if kept is not None and kept[0] == key:
        return kept[1]
    with _LOCK:
        traces = group_traces(
            run, asked, basis.history, basis.candidates, None, progress, basis.live_at, basis.new_share
        )
    if len(traces) * run.dataset.n_streamers <= _MAX_KEPT:
        st.session_state[_TRACES] = (key, traces)
    return traces
