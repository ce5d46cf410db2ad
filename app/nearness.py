"""Neighbours and stored maps, for the pages. Cached and bounded; pages reach it through app/cache.py."""

import streamlit as st

from app.lookup import RUN_KEY
from app.opening import LOCK as _LOCK
from app.state import Basis
from explain.types import MapMeasure, MapView, Neighbor, Varying
from mspa_model.runs import Run
from mspa_model.types import Modality

_RUN = RUN_KEY


@st.cache_resource(max_entries=512, show_spinner=False, hash_funcs=_RUN)
def neighbours(run: Run, streamer_idx: int, k: int, modality: Modality | None = None) -> tuple[Neighbor, ...]:
    """The k nearest streamers in the original embedding space, fused or of a modality."""
    from explain.neighbors import neighbors

    with _LOCK:
        return tuple(neighbors(run, streamer_idx, k, modality))


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=_RUN)
def varying(run: Run) -> Varying:
    """What can tell streamers apart in the original space."""
    from explain.neighbors import varying as found

    return found(run)


def compared_by(run: Run, streamer_idx: int) -> str:
    """What a streamer's nearest are near by, in words; "" where nothing tells them apart."""
    from explain.neighbors import compared_by as words

    return words(run, streamer_idx, varying(run))


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=_RUN)
def map_aspects(run: Run) -> tuple[str, ...]:
    """What the map can be coloured by."""
    from explain.map import aspects

    return aspects(run)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=_RUN)
def map_view(run: Run, aspect: str | None, modality: Modality | None = None) -> MapView:
    """A stored map with a group for every streamer."""
    from explain.map import map_view as view

    return view(run, aspect, modality)


def distortion(run: Run, streamer_idx: int, modality: Modality | None) -> str:
    """What a map does to one streamer's neighbours, in a sentence."""
    from explain.map import distortion_sentence

    return distortion_sentence(run, streamer_idx, modality)


def map_measures(run: Run, modality: Modality | None) -> tuple[MapMeasure, ...]:
    """What a map is worth beside PCA and chance."""
    from explain.map import map_measures as measures
    from explain.map import stored_map

    return measures(stored_map(run, modality))


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=_RUN)
def user_on_map(
    run: Run, basis: Basis, step_index: int, modality: Modality | None = None
) -> tuple[float, float] | None:
    """Where the user of a step belongs on a stored map, from the nearest streamers; None without tips."""
    from app.cache import trace
    from explain.map import place

    preference = trace(run, basis).steps[step_index].preference
    if not len(preference.history):
        return None
    with _LOCK:
        if modality is None:
            x, y = place(run, run.recommender.user_fused(preference))
        else:
            x, y = place(run, run.recommender.user_vector(preference, modality).cpu().numpy(), modality=modality)
    return float(x), float(y)
