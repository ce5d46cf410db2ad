"""What a group of looks or sounds is: frames or clips of its most typical streamers, and a field to name it by."""

from collections.abc import Iterable
from functools import partial

import streamlit as st

from app import cache
from app.resolve import Picked
from app.state import changed
from app.ui.fold import fold
from app.ui.media import Clip, show_frame, show_sound
from app.ui.states import fault, note
from app.ui.text import escape_md
from explain.group_examples import LONGEST_NAME, group_title, groups_named
from explain.narrate import counted, listed, name_of, plain
from mspa_model.errors import MspaError
from mspa_model.types import Modality, Value

_FRAMES, _SOUNDS = 6, 4
_NAMED = 4  # streamers named where no media are kept


def draw_groups_named(picked: Picked, texts: Iterable[str], key: str) -> None:
    """A fold with every group that the texts name; nothing where they name none."""
    named = groups_named(picked.run, texts)
    if not named:
        return
    titles = [group_title(picked.run.vocabulary.values[idx]) for idx in named]
    words = listed(titles) if len(titles) <= _NAMED else f"the {len(titles)} groups named here"
    fold(f"Frames and clips of {words}", f"{key}-groups-fold", partial(_draw_named, picked, named, key))


def _draw_named(picked: Picked, named: Iterable[int], key: str) -> None:
    for idx in named:
        with st.container(border=True, key=f"{key}-group-{idx}", gap="small"):
            st.markdown(f"**{escape_md(plain(picked.run.vocabulary.values[idx].label))}**")
            draw_group(picked, idx, key)


def draw_group(picked: Picked, value_idx: int, key: str) -> None:
    """Six frames or four clips of the group's most typical streamers, of each one; and how to name it."""
    value = picked.run.vocabulary.values[value_idx]
    examples = cache.group_examples(picked.run, value_idx, _FRAMES if value.modality is Modality.VISUAL else _SOUNDS)
    size = counted(value.n_streamers, picked.run.dataset.info.streamer_is)
    if examples:
        _draw_media(picked, value, examples)
        note(f"The most typical of {size}, nearest to the group's centre first.")
    else:
        names = [name_of(picked.run.dataset, idx) for idx in value.examples[:_NAMED]]
        kind = "frames" if value.modality is Modality.VISUAL else "sound"
        note(f"No {kind} of this group are kept. Its most typical, of {size}: {listed(names)}.")
    _draw_name(picked, value, key)


def _draw_media(picked: Picked, value: Value, examples: tuple[tuple[int, Clip], ...]) -> None:
    visual = value.modality is Modality.VISUAL
    for column, (idx, clip) in zip(st.columns(len(examples) if visual else 2) * 2, examples, strict=False):
        name = name_of(picked.run.dataset, idx)
        with column:
            if visual and clip.frame:
                show_frame(clip.frame, name)
            if not visual and clip.sound:
                show_sound(clip.sound, name)
            note(plain(name, 24))


def _draw_name(picked: Picked, value: Value, key: str) -> None:
    """A field for the name; an empty one takes the name back. What is typed is kept beside the run, for every page."""
    title = group_title(value)
    field = f"{key}-name-{title}"
    with st.popover("Name this group", key=f"{key}-name-popover-{title}", type="tertiary"):
        st.text_input(
            f"A name for {title}",
            picked.run.group_names.get(title, ""),
            max_chars=LONGEST_NAME,
            key=field,
            on_change=_rename,
            args=(picked, title, field),
        )
        note("Every page and report says it from now on, with the number behind. Empty takes it back.")


def _rename(picked: Picked, title: str, field: str) -> None:
    try:
        cache.name_group(picked.run, title, str(st.session_state[field]))
        changed()
    except MspaError as error:
        fault(error)
