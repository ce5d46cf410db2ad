"""Groups of looks and sounds: media of their typical streamers, and their names. Reached through app/cache.py."""

import streamlit as st

from app.lookup import RUN_KEY, clip
from app.ui.media import Clip
from mspa_model.runs import Run
from mspa_model.types import Modality

_MOST_LOOKED_AT = 200  # members; a set with few media need not be searched to its end


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=RUN_KEY)
def group_examples(run: Run, value_idx: int, n: int) -> tuple[tuple[int, Clip], ...]:
    """(streamer_idx, clip) of the group's n most typical streamers of whom its modality's medium is kept."""
    from explain.group_examples import typical_members

    visual = run.vocabulary.values[value_idx].modality is Modality.VISUAL
    examples: list[tuple[int, Clip]] = []
    for idx in typical_members(run, value_idx)[:_MOST_LOOKED_AT]:
        kept = clip(run, idx, -1)
        if kept is not None and (kept.frame if visual else kept.sound):
            examples.append((idx, kept))
        if len(examples) == n:
            break
    return tuple(examples)


def name_group(run: Run, title: str, name: str) -> None:
    """Keeps a name for a group beside the run; an empty one takes it back. Raises RunError where it cannot be kept."""
    from mspa_model.preference.group_names import save_group_names

    save_group_names(run.path, run.hash, {**run.group_names, title: name})
