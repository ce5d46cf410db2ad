"""What the pages ask of the inside of a modality. Cached and bounded; pages reach it through app/cache.py."""

from collections.abc import Callable

import streamlit as st

from app.lookup import RUN_KEY
from app.opening import LOCK as _LOCK
from app.state import Basis
from explain.types import Carrying, FromReference, Turn
from mspa_model.runs import Run
from mspa_model.types import Modality, Step

_RUN = RUN_KEY
Progress = Callable[[float], None]


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=_RUN)
def unopened(run: Run, modality: Modality, streamer_idx: int) -> str:
    """Why no frame, second or word of a streamer can be left out; empty where they can."""
    from explain.pieces import unopened as reason

    return reason(run, modality, streamer_idx)


def carrying(run: Run, step: Step, modality: Modality, streamer_idx: int, progress: Progress) -> Carrying:
    """What carries a streamer's modality for one user; progress gets the share that is done."""
    from explain.pieces import carrying as measure

    with _LOCK:
        return measure(run, step, modality, streamer_idx, progress)


@st.cache_resource(max_entries=128, show_spinner="Comparing references…", hash_funcs=_RUN)
def references(
    run: Run, basis: Basis, step_index: int, modality: Modality, pair: tuple[int, int]
) -> tuple[FromReference, ...]:
    """One modality of the pair's first against its second, the mean streamer and the most popular one."""
    from app.cache import trace
    from explain.references import from_references

    step = trace(run, basis).steps[step_index]
    with _LOCK:
        return from_references(run, step, modality, pair)


def references_sentence(seen: tuple[FromReference, ...], chosen: FromReference) -> str:
    """Whether the same part leads from all of them."""
    from explain.references import references_sentence as said

    return said(seen, chosen)


def agreement(one: FromReference, other: FromReference) -> float:
    """Signed rank correlation of the values of features from two references."""
    from explain.references import agreement as correlation

    return correlation(one, other)


@st.cache_resource(max_entries=256, show_spinner="Comparing the steps…", hash_funcs=_RUN)
def turn(run: Run, basis: Basis, before: int, after: int, pair: tuple[int, int]) -> Turn:
    """How the margin of a pair changed between two steps."""
    from app.cache import trace
    from explain.turns import turn_between

    ranked = trace(run, basis)
    with _LOCK:
        return turn_between(run, ranked, before, after, pair)
