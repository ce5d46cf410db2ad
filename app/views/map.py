"""Who resembles Y?"""

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.state import choose
from app.ui.chart import show_picture
from app.ui.layout import pair
from app.ui.media import clip_of, show_clip
from app.ui.states import answer, basis, heading, missing, note, say
from app.ui.table import show_table
from app.ui.text import escape_md, told_apart
from explain.figures import fused_map
from explain.narrate import listed, plain
from explain.types import Neighbor
from mspa_model.errors import MspaError
from mspa_model.types import Modality

_K = 10
_SENSES = {Modality.VISUAL: "looks", Modality.AUDIO: "sound", Modality.TEXT: "words"}
_QUESTION = "Who resembles the one that is picked?"


def draw(picked: Picked) -> None:
    """Neighbours in the original space first; then the stored map, and what it is worth."""
    info = picked.run.dataset.info
    if picked.streamer_idx is None:
        answer(_QUESTION, f"There is no {info.streamer_is} left to rank, so nobody is picked.")
        return
    near = _neighbours(picked)
    if near:
        names = listed([n.name for n in near[:3]])
        answer(_QUESTION, f"{picked.streamer_name} is nearest to {names}, by {_compared_by(picked)}.")
    basis(picked)
    left, right = pair("map", (4, 5))
    with left:
        _draw_neighbours(picked, near)
    with right:
        _draw_map(picked, near)
    _draw_media(picked, near)


def _neighbours(picked: Picked) -> tuple[Neighbor, ...]:
    try:
        return cache.neighbours(picked.run, picked.streamer_idx, _K)
    except MspaError as error:
        answer(_QUESTION, f"Nobody can be named for {picked.streamer_name}: {error.got} is not {error.expected}.")
        return ()


def _compared_by(picked: Picked) -> str:
    """What the original space is made of, for this streamer: the modalities that it has, and co-tipping."""
    features = picked.run.features
    senses = [_SENSES[m] for m in features.modalities if features.present[m][picked.streamer_idx]]
    return f"{listed([*senses, 'co-tipping'])} taken together" if senses else "co-tipping alone"


def _draw_neighbours(picked: Picked, near: tuple[Neighbor, ...]) -> None:
    if not near:
        return
    info = picked.run.dataset.info
    rows = [{info.streamer_is: n.name, "similarity": n.similarity, "both have": ", ".join(n.shared)} for n in near]
    columns = {
        info.streamer_is: st.column_config.TextColumn(width=140),
        "similarity": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.2f", width=100),
    }
    show_table(
        pd.DataFrame(rows),
        "neighbours",
        f"The {len(rows)} nearest in the original space, by cosine",
        columns,
        on_pick=lambda row: choose(streamer=id_of(picked.run, near[row].streamer_idx)),
    )
    note(f"Click a row to pick that {info.streamer_is}.")


def _draw_map(picked: Picked, near: tuple[Neighbor, ...]) -> None:
    run, info = picked.run, picked.run.dataset.info
    if run.map is None:
        missing("This run was trained without a map. Neighbours need none: they are found in the original space.")
        return
    aspects = cache.map_aspects(run)
    aspect = st.selectbox("Colour by", aspects, key="map-aspect", format_func=told_apart(aspects)) if aspects else None
    view = cache.map_view(run, aspect)
    user_xy = cache.user_on_map(run, picked.basis, picked.step_index)
    picture = fused_map(
        run.map,
        view.names,
        info,
        picked.streamer_idx,
        [n.streamer_idx for n in near],
        view.group_of if aspect else None,
        user_xy,
    )
    show_picture(picture, "map", f"Every {info.streamer_is} of the run")
    say(view.quality_sentence)


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
