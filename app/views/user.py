"""What does the model think this user likes, and from what?"""

from functools import partial

import numpy as np
import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.beside import draw_beside
from app.ui.cards import draw_cards
from app.ui.chart import show_picture
from app.ui.composers import draw_composers
from app.ui.edits import editor_of
from app.ui.evidence import keeps_nothing
from app.ui.fold import fold
from app.ui.group_examples import draw_groups_named
from app.ui.layout import pair
from app.ui.ranking import K, hidden_sentence, show_top, user_idx
from app.ui.states import answer, basis, heading, missing, note, say
from app.ui.text import capital
from explain.figures import history_timeline
from explain.narrate import counted, listed, plural, reach_sentence
from mspa_model.types import History, Preference


def draw(picked: Picked) -> None:
    """Evidence line, preference, its statements as cards beside the ranking, other composers, history, sources."""
    info, preference = picked.run.dataset.info, picked.step.preference
    answer(f"What does the model think this {info.user_is} likes, and from what?", _answer(picked, preference))
    basis(picked)
    note(cache.evidence(picked.run, picked.user_id, preference.history).sentence)
    edits = editor_of(picked) if picked.is_last else None
    left, right = pair("statements", (4, 3))
    with left:
        _draw_statements(picked, preference)
        draw_cards(picked, edits)
    with right, st.container(key="beside"):
        draw_beside(picked, edits)
    others = st.container()  # filled last: a larger model may write for minutes
    _draw_history(picked, preference)
    _draw_top(picked)
    with others:
        draw_composers(picked)
        texts = cache.composed(picked.run, picked.user_id, picked.trace.history_scope).values()
        draw_groups_named(picked, (preference.text, *(written.text for written in texts)), "user")


def _answer(picked: Picked, preference: Preference) -> str:
    info = picked.run.dataset.info
    tips = counted(len(preference.history), info.tip_is)
    if not len(preference.history):
        return (
            f"Nothing yet: {info.user_is} {picked.user_id} has no {info.tip_is}, so the ranking is what everyone gets."
        )
    views = cache.statement_views(picked.run, picked.basis, picked.step_index)
    if not views:
        return f"From {tips} of {info.user_is} {picked.user_id}, nothing stands out enough to be put into words."
    # The first card's claim, and whatever else is claimed as surely: nothing here is surer than its card.
    alike = [view.label for view in views if view.claim == views[0].claim][:3]
    return f"{capital(info.user_is)} {picked.user_id} {views[0].claim} {listed(alike)}, judged from {tips}."


def _draw_statements(picked: Picked, preference: Preference) -> None:
    """The text, what all statements do together, and what their cards cannot show."""
    heading("Preference in words")
    say(preference.text or "Nothing was put into words.")
    if not preference.statements:
        return
    note(reach_sentence(cache.reach(picked.run, picked.basis, picked.step_index), K, picked.run.dataset.info))
    if keeps_nothing(picked):
        word = plural(picked.run.dataset.info.streamer_is)
        missing(f"This data set keeps no frames, no sound and no text of its {word}.")
    elif cache.segments(picked.run) is None:
        note("This data set keeps no frames and no sound; the cards show its texts.")


def _draw_history(picked: Picked, preference: Preference) -> None:
    info = picked.run.dataset.info
    heading(f"The {plural(info.tip_is)}")
    unused = _unused(picked, preference.history)
    cited = {p for s in preference.statements for p in s.evidence}
    picture = history_timeline(preference.history, cache.names(picked.run), info, cited, unused)
    show_picture(picture, "history", f"{counted(len(preference.history), info.tip_is)} used, {len(unused)} not used")


def _unused(picked: Picked, used: History) -> History:
    """The user's tips in the set that this ranking did not know."""
    tips = picked.run.dataset.tips
    own = tips[(tips["user_idx"] == user_idx(picked)) & ~tips.index.isin(used.tip_row)]
    return History(
        picked.user_id,
        own["streamer_idx"].to_numpy(),
        own["amount"].to_numpy(dtype=float),
        own["tipped_at"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]"),
        own.index.to_numpy(dtype=np.int64),
    )


def _draw_top(picked: Picked) -> None:
    """What each source adds, folded; the places themselves stand beside the statements."""
    if hidden_sentence(picked):
        note(hidden_sentence(picked))
    fold(f"What each source adds to the first {K}", "top-fold", partial(_draw_sources, picked))


def _draw_sources(picked: Picked) -> None:
    info = picked.run.dataset.info
    words = f"{capital(plural(info.streamer_is))} at step {picked.step_index}"
    show_top(picked, picked.step.ranking, "top", f"{words}, with what each source adds to the score")
    note(f"Click a row to make it the {info.streamer_is} that is explained.")


draw(st.session_state["picked"])
