"""Recipes on the What-if page for one user: the fewest edits, and the best donors."""

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.ui.edits import put_edits
from app.ui.media import clip_of, show_clip
from app.ui.searching import searched
from app.ui.states import heading, note, say
from app.ui.table import show_table
from explain.narrate import plural
from explain.types import ContentHeadroom, Donation, RecipeSearch

_K = 10
_SHOWN = 4  # clips side by side


def draw_recipes(picked: Picked) -> None:
    """The fewest edits of this user that bring the streamer into the top 10, or push it out; a click takes them up."""
    rank, name = picked.trace.final.ranking.rank_of(picked.streamer_idx), picked.streamer_name
    if rank is None:
        return
    direction, verb = ("down", f"push {name} out of") if rank <= _K else ("up", f"bring {name} into")
    heading(f"The fewest edits that {verb} the top {_K}")
    asked = (picked.run.hash, picked.basis, picked.streamer_id, direction)
    found: RecipeSearch | None = searched(
        "recipes",
        "Find the fewest edits",
        asked,
        lambda progress: cache.recipes(picked.run, picked.trace, picked.streamer_id, direction, progress),
    )
    if found is None:
        info = picked.run.dataset.info
        note(f"Tries {plural(info.tip_is)}, statements and muted modalities, each set of edits ranked by the model.")
        return
    say(found.sentence)
    if found.recipes:
        _draw_found(picked, found)


def _draw_found(picked: Picked, found: RecipeSearch) -> None:
    info = picked.run.dataset.info
    rows = [
        {
            "edits": "; ".join(recipe.labels),
            "rank before": recipe.rank_before,
            "rank after": recipe.rank_after,
            f"distance from this {info.user_is}": recipe.distance,
            f"{plural(info.user_is)} less unusual": None if recipe.unlike is None else 100 * recipe.unlike,
        }
        for recipe in found.recipes
    ]
    columns = {
        "edits": st.column_config.TextColumn(width="large"),
        f"distance from this {info.user_is}": st.column_config.NumberColumn(format="%.2f"),
        f"{plural(info.user_is)} less unusual": st.column_config.NumberColumn(format="%.0f %%"),
    }
    show_table(
        pd.DataFrame(rows),
        "recipes",
        "What someone could act on first; click one to take its edits up",
        columns,
        on_pick=lambda row: put_edits(found.recipes[row].edits),
    )
    note(
        f"Distance: how far the edits move this {info.user_is} in the space of the map. Less unusual: the share of "
        f"real {plural(info.user_is)} who stand nearer to their nearest other than the edited one does to any."
    )


def draw_headroom(picked: Picked) -> None:
    """The best that any real donor reaches for this user, with each donor to be seen and heard."""
    room = cache.content_headroom(picked.run, picked.basis, picked.streamer_id)
    heading("Were its content another's")
    say(room.sentence)
    if room.gap > 0 and room.by_modality:
        _draw_reaches(picked, room)


def _draw_reaches(picked: Picked, room: ContentHeadroom) -> None:
    rows = [
        {
            "modality": reach.modality.value,
            "best donor": "its own" if reach.donation is None else reach.donation.donor,
            "points gained": reach.gain,
            "rank then": reach.rank,
        }
        for reach in room.by_modality
    ]
    number = st.column_config.NumberColumn(format="%+.3f")
    show_table(pd.DataFrame(rows), "reaches", "The best real donor of each modality, alone", {"points gained": number})
    draw_clips(picked, [reach.donation for reach in room.by_modality if reach.donation is not None])


def draw_clips(picked: Picked, donations: list[Donation]) -> None:
    """Each donor once, with what the set keeps of it."""
    if not donations:
        return
    idxs = list(dict.fromkeys(d.donor_idx for d in donations))[:_SHOWN]
    names, dataset = {d.donor_idx: d.donor for d in donations}, picked.run.dataset
    clips = {i: clip_of(cache.segments(picked.run), dataset.folder, id_of(picked.run, i)) for i in idxs}
    shown = [i for i in idxs if clips[i] is not None]
    if not shown:
        note("No frame and no sound is kept of these donors.")
        return
    for column, idx in zip(st.columns(_SHOWN), shown, strict=False):
        with column:
            gives = [d.modality.value for d in donations if d.donor_idx == idx]
            show_clip(clips[idx], names[idx], f"Gives {' and '.join(dict.fromkeys(gives))}.")
