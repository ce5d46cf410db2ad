"""How the margin of a pair changed between two steps, on Why and Correction: by source, by change, and inside."""

from functools import partial

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.chart import show_picture
from app.ui.fold import fold
from app.ui.inside import draw_concepts, draw_verdict
from app.ui.layout import pair as columns
from app.ui.states import missing, note, say
from app.ui.table import show_table
from explain.figures import turn_drawn
from explain.types import Explanation, Turn


def draw_turn_of(picked: Picked, told: Explanation) -> None:
    """Folded, for the pair of a case: this step against another of the user's; nothing where there is no other."""
    rejected = picked.trace.rejected
    words = {step.index: f"step {step.index}" for step in picked.trace.steps if step.index != picked.step_index}
    if rejected is not None:
        words[rejected.index] = f"step {rejected.index}, proposed and not kept"
    if not words:
        return
    title = "What correction changed between the two"
    fold(title, "turn-fold", partial(_draw_against, picked, (told.streamer_idx, told.rival_idx), words))


def _draw_against(picked: Picked, pair: tuple[int, int], words: dict[int, str]) -> None:
    """words: the steps that it can be held against, by index."""
    key = picked.widget_key("turn", picked.step_index)
    before = st.selectbox("Held against", list(words), format_func=words.get, key=key)
    turn = cache.turn(picked.run, picked.basis, before, picked.step_index, pair)
    say(turn.sentence)
    draw_turn(turn)
    _draw_parts(turn)


def draw_turn(turn: Turn) -> None:
    """By source, and inside the modality whose part changed most."""
    left, right = columns("turn")
    with left:
        show_picture(turn_drawn(turn), "turn", f"{turn.streamer} against {turn.rival}: what changed, by source")
    with right:
        if turn.attribution is None:
            missing("No modality's part of this margin changed, or one of the two lacks it: nothing to open.")
            return
        st.markdown(f"**Inside {turn.attribution.modality.value}: the difference of the two steps**")
        draw_verdict(turn.attribution)
        draw_concepts(turn.concepts, "the two", "turn-concepts")


def _draw_parts(turn: Turn) -> None:
    rows = [{"change": part.label, "adds": part.margin, "margin without it": part.without} for part in turn.parts]
    number = st.column_config.NumberColumn(format="%+.3f")
    formats = dict.fromkeys(("adds", "margin without it"), number)
    show_table(pd.DataFrame(rows), "turn-parts", "What each change of the corrector adds to the margin", formats)
    note("A weight and what it weighs share equally what only both together do (Shapley values); the parts add up.")
