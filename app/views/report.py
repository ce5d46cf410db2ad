"""What do I say tomorrow?"""

from collections.abc import Hashable

import streamlit as st

from app import cache
from app.resolve import Picked
from app.state import link, url_time
from app.ui.fold import fold
from app.ui.layout import pair
from app.ui.seal import show_seal
from app.ui.states import answer, basis, heading, note
from app.ui.text import escape_md

_QUESTION = "What do I say tomorrow?"
_NOTE = 600  # characters: the report is one page
_WIDGET, _NOTES, _SHOWN = "note", "notes", "note-of"  # session_state: the input, notes by case, whose the input is
_MOST_NOTES = 100
_FILES = {
    "pdf": ("PDF", "application/pdf"),
    "html": ("HTML", "text/html"),
    "md": ("Markdown", "text/markdown"),
    "json": ("Evidence (JSON)", "application/json"),
}


def draw(picked: Picked) -> None:
    """The case as one printed page, the analyst's note on it, and the files to take along."""
    info = picked.run.dataset.info
    if picked.case is None:
        answer(_QUESTION, f"There is no {info.streamer_is} left to rank, so there is nothing to report.")
        return
    told = cache.explanation(picked.run, picked.case)
    answer(_QUESTION, told.answer)
    show_seal(told.seal, told.evidence)
    basis(picked)
    left, right = pair("report", (1, 2))
    with left:
        words = _note_of((picked.run.hash, picked.case))
        files = cache.report(picked.run, picked.case, words.strip())
        _draw_files(picked, files)
    with right:
        heading("As it prints: one A4")
        st.iframe(files["html"].decode(), height=1150)


def _note_of(case: Hashable) -> str:
    """The analyst's note on this case; each case of the session has its own, and none is lost by turning pages."""
    notes = st.session_state.setdefault(_NOTES, {})
    if _WIDGET not in st.session_state or st.session_state.get(_SHOWN) != case:
        st.session_state[_WIDGET] = notes.get(case, "")
    st.session_state[_SHOWN] = case
    # Kept as it is typed: a page that is left takes its inputs along.
    return st.text_area(
        "Your note on the report", key=_WIDGET, max_chars=_NOTE, height=140, on_change=_keep, args=(case,)
    )


def _keep(case: Hashable) -> None:
    notes = st.session_state[_NOTES]
    notes.pop(case, None)
    notes[case] = st.session_state[_WIDGET]
    for oldest in list(notes)[:-_MOST_NOTES]:
        del notes[oldest]


def _draw_files(picked: Picked, files: dict[str, bytes]) -> None:
    heading("Take it along")
    with st.container(horizontal=True):
        for kind, (label, mime) in _FILES.items():
            st.download_button(
                label, files[kind], f"report.{kind}", mime, key=f"file-{kind}", on_click="ignore", width="content"
            )
    note("All four show the same evidence; “python -m explain verify” runs the case again from the JSON.")
    word, key = picked.run.dataset.info.user_is, cache.key_file(picked.run)
    note(f"The {word} stands under a pseudonym that only the key file {key} opens: keep it, and keep it from others.")
    markdown = files["md"].decode()
    fold("Copy as Markdown", "markdown-fold", lambda: st.code(markdown, language=None, wrap_lines=True))
    case = picked.case
    address = link(
        "why",
        run=st.query_params.get("run"),
        user=case.user_id,
        streamer=case.streamer_id,
        rival=case.rival_id,
        step=case.step,
        history=None if case.history == "all" else case.history,
        candidates=None if case.candidates == "new" else case.candidates,
        at=case.live_at and url_time(case.live_at),
        new_share=case.new_share or None,
    )
    st.markdown(f"[{escape_md('Open this very case again')}]({address})")


draw(st.session_state["picked"])
