"""Who resembles Y?"""

from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.state import choose
from app.ui.chart import show_picture
from app.ui.fold import fold, part
from app.ui.group_examples import draw_groups_named
from app.ui.layout import pair
from app.ui.media import clip_of, show_clip
from app.ui.states import answer, basis, heading, missing, note, say
from app.ui.table import show_table
from app.ui.text import escape_md, told_apart
from explain.figures import fused_map
from explain.narrate import listed, plain
from explain.types import SENSES, MapMeasure, Neighbor
from mspa_model.errors import MspaError
from mspa_model.types import MapPoints, Modality

_K = 10
_FUSED, _SPACE = "everything together", "map-space"
_QUESTION = "Who resembles the one that is picked?"


def draw(picked: Picked) -> None:
    """Neighbours in the original space first; then the stored map, and what it is worth."""
    info = picked.run.dataset.info
    if picked.streamer_idx is None:
        answer(_QUESTION, f"There is no {info.streamer_is} left to rank, so nobody is picked.")
        return
    part(partial(_draw_near, picked))


def _draw_near(picked: Picked) -> None:
    """All of it goes by the space compared in, which is chosen on the page."""
    spaces = _spaces(picked)
    modality = spaces.get(st.session_state.get(_SPACE, ""))  # drawn below the answer, kept by its key
    near = _neighbours(picked, modality)
    if near:
        answer(_QUESTION, _nearest_words(picked, near, modality))
    basis(picked)
    if len(spaces) > 1:
        st.segmented_control("Compared by", list(spaces), default=_FUSED, required=True, key=_SPACE)
    if picked.run.map is None:
        _draw_neighbours(picked, near, "large")
        missing("This run was trained without a map. Neighbours need none: they are found in the original space.")
    else:
        left, right = pair("map", (4, 5))
        with left:
            _draw_neighbours(picked, near, 170)
        with right:
            part(partial(_draw_map, picked, picked.run.map, near, modality))
    draw_groups_named(picked, (label for neighbor in near for label in neighbor.shared), "map")
    _draw_media(picked, near)


def _spaces(picked: Picked) -> dict[str, Modality | None]:
    """The fused space, and that of each modality of which the run stored a map and which differs at all, by name."""
    planes = picked.run.map.planes if picked.run.map is not None else {}
    return {_FUSED: None} | {SENSES[m]: m for m in planes if m in cache.varying(picked.run).modalities}


def _neighbours(picked: Picked, modality: Modality | None) -> tuple[Neighbor, ...]:
    try:
        return cache.neighbours(picked.run, picked.streamer_idx, _K, modality)
    except MspaError as error:
        answer(_QUESTION, f"Nobody can be named for {picked.streamer_name}: {error.got} is not {error.expected}.")
        return ()


def _nearest_words(picked: Picked, near: tuple[Neighbor, ...], modality: Modality | None) -> str:
    """Who is nearest, and by what of all that could tell them apart."""
    alone = modality and f"{SENSES[modality]} alone"
    compared_by = alone or cache.compared_by(picked.run, picked.streamer_idx)
    if not compared_by:
        return f"Nothing of {picked.streamer_name} differs from the others, so who is near it says nothing."
    return f"{picked.streamer_name} is nearest to {listed([n.name for n in near[:3]])}, by {compared_by}."


def _draw_neighbours(picked: Picked, near: tuple[Neighbor, ...], width: int | Literal["large"]) -> None:
    """width: of the column of what both have."""
    if not near:
        return
    info = picked.run.dataset.info
    rows = [{info.streamer_is: n.name, "similarity": n.similarity, "both have": ", ".join(n.shared)} for n in near]
    columns = {
        info.streamer_is: st.column_config.TextColumn(width=140),
        "similarity": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.2f", width=100),
        "both have": st.column_config.TextColumn(width=width),
    }
    show_table(
        pd.DataFrame(rows),
        "neighbours",
        f"The {len(rows)} nearest in the original space, by cosine",
        columns,
        wrapped=True,
        on_pick=lambda row: choose(streamer=id_of(picked.run, near[row].streamer_idx)),
    )
    note(f"Click a row to pick that {info.streamer_is}.")


def _draw_map(picked: Picked, points: MapPoints, near: tuple[Neighbor, ...], modality: Modality | None) -> None:
    run, info = picked.run, picked.run.dataset.info
    aspects = cache.map_aspects(run)
    aspect = st.selectbox("Colour by", aspects, key="map-aspect", format_func=told_apart(aspects)) if aspects else None
    view = cache.map_view(run, aspect, modality)
    user_xy = cache.user_on_map(run, picked.basis, picked.step_index, modality)
    picture = fused_map(
        points if modality is None else points.planes[modality],
        view.names,
        info,
        picked.streamer_idx,
        [n.streamer_idx for n in near],
        view.group_of if aspect else None,
        user_xy,
    )
    show_picture(picture, "map", f"Every {info.streamer_is} of the run")
    distortion = cache.distortion(run, picked.streamer_idx, modality)
    if distortion:
        say(distortion)
    say(view.quality_sentence)
    _draw_measures(cache.map_measures(run, modality))


def _draw_measures(measures: tuple[MapMeasure, ...]) -> None:
    """Every number of the map beside what a flat PCA and chance reach."""
    if not measures:
        return
    fold("How far this map can be believed, in numbers", "map-measures", partial(_draw_numbers, measures))


def _draw_numbers(measures: tuple[MapMeasure, ...]) -> None:
    rows = [{"measure": m.label, "this map": m.value, "flat PCA": m.pca, "chance": m.random} for m in measures]
    share = st.column_config.NumberColumn(format="percent")
    show_table(
        pd.DataFrame(rows),
        "measures",
        "Each measure is better when higher; what PCA or chance reach too is no merit of this map",
        {"this map": share, "flat PCA": share, "chance": share},
    )


def _draw_media(picked: Picked, near: tuple[Neighbor, ...]) -> None:
    """The picked one beside its nearest, so that the likeness can be seen and heard."""
    if not near:
        return
    heading("Look and listen")
    dataset = picked.run.dataset
    shown = [(picked.streamer_idx, picked.streamer_name), *((n.streamer_idx, n.name) for n in near[:3])]
    both = {n.streamer_idx: f"Both: {listed(n.shared)}." for n in near if n.shared}
    clips = {idx: clip_of(cache.segments(picked.run), dataset.folder, id_of(picked.run, idx)) for idx, _ in shown}
    for column, (idx, name) in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            clip, text = clips[idx], plain(str(dataset.streamers["text"].iat[idx]), 200)
            if clip is not None:
                show_clip(clip, name, both.get(idx, ""))
                continue
            st.markdown(f"**{escape_md(name)}**")
            say(both.get(idx, ""))
            note(text or "Neither media nor text is kept for it.")
    if not any(clips.values()):
        note("This data set keeps no frames and no sound.")


draw(st.session_state["picked"])
