"""What a page says when there is something to say before any chart: its answer, an empty state, an error."""

import streamlit as st

from app.resolve import Picked
from app.state import choose
from app.ui.text import capital, escape_md, when
from explain.narrate import counted, plural
from mspa_model.errors import MspaError
from mspa_model.number_format import percent


def answer(question: str, sentence: str) -> None:
    """The page's question, small, and the one sentence that answers it."""
    with st.container(gap=None):
        st.caption(escape_md(question))
        st.header(escape_md(sentence), anchor=False)


def heading(text: str) -> None:
    """The title of a part of a page."""
    st.subheader(escape_md(text), anchor=False)


def basis(picked: Picked) -> None:
    """What the ranking knew and ranked, with the time of the last tip used; why this user, where none was chosen."""
    info, trace = picked.run.dataset.info, picked.trace
    known = counted(len(trace.steps[0].preference.history), info.tip_is)
    what = "all known" if trace.history_scope == "all" else "train only"
    last = f", the last on {when(trace.last_tip_at, info)} ({info.timezone})" if trace.last_tip_at else ""
    kept = "new to them" if trace.candidate_scope == "new" else f"already in their {plural(info.tip_is)} or not"
    ranked = counted(len(picked.step.ranking.order), info.streamer_is)
    live = f", only who is live at {when(trace.live_at, info)} ({info.timezone})" if trace.live_at else ""
    share = picked.step.ranking.new_share
    places = f", {percent(share)} of places kept for the new" if share else ""
    sentence = (
        f"{capital(info.user_is)} {picked.user_id}: from {known} ({what}{last}), {ranked} ranked, {kept}{live}{places}."
    )
    if picked.suggested:
        sentence += f" Nobody was chosen yet, so this is {picked.suggested}; choose another at the left."
    note(sentence)


def say(sentence: str) -> None:
    """A sentence of body text, escaped."""
    st.markdown(escape_md(sentence))


def note(sentence: str) -> None:
    """A small sentence beside something, escaped."""
    st.caption(escape_md(sentence))


def missing(sentence: str) -> None:
    """What the data or the run does not have, said plainly where it would have stood."""
    st.info(escape_md(sentence))


def warn(sentence: str) -> None:
    """Something the analyst has to know before reading on."""
    st.warning(escape_md(sentence))


def fault(error: MspaError) -> None:
    """A bad input in one sentence: what was got, what is expected, what to do."""
    st.error(escape_md(f"{str(error.got)[:1].upper()}{str(error.got)[1:]} is not {error.expected}. {error.todo}"))


def offer(param: str, ids: tuple[str, ...], key: str) -> None:
    """Buttons that put one of the ids into the selection."""
    with st.container(horizontal=True):
        for known in ids:
            st.button(escape_md(known), key=f"{key}-{known}", on_click=choose, kwargs={param: known})
