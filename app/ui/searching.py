"""A search that is started by a button, tells its progress, and can be cancelled."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.ui.states import note

Work = Callable[[Callable[[float], None]], Any]


def searched(key: str, label: str, asked: tuple, work: Work, doing: str = "Searching…") -> Any:
    """What the last search for `asked` found; None before it was started. Only the newest answer of a key is kept.

    doing: what stands on the bar meanwhile. Cancel starts the page anew, which ends the script that searches at the
    next progress it tells.
    """
    kept = st.session_state.get(f"{key}-found")
    if kept is not None and kept[0] == asked:
        return kept[1]
    if not st.button(label, key=f"{key}-start", type="primary"):
        if st.session_state.pop(f"{key}-cancelled", False):
            note("Cancelled: nothing was kept of that search.")
        return None
    with st.empty().container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text=doing, width="stretch")
        st.button("Cancel", key=f"{key}-cancel", on_click=_cancel, args=(key,))
    found = work(lambda done: bar.progress(min(1.0, done), text=doing))
    st.session_state[f"{key}-found"] = (asked, found)
    st.rerun()
    return found


def _cancel(key: str) -> None:
    st.session_state[f"{key}-cancelled"] = True
