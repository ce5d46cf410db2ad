"""A search that is started by a button, tells its progress, and can be cancelled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.state import changed, n_changes
from app.ui.states import note

Work = Callable[[Callable[[float], None]], Any]
_WANTED = "search-wanted"  # session_state: the search that a button in a fold started, and after how many changes


@dataclass(frozen=True)
class Search:
    """key: one of the page's searches; asked: what its answer belongs to; doing: what stands on its bar meanwhile."""

    key: str
    asked: tuple
    work: Work
    doing: str


def searched(key: str, label: str, asked: tuple, work: Work, doing: str = "Searching…", in_fold: bool = False) -> Any:
    """What the last search for `asked` found; None before it was started. Only the newest answer of a key is kept.

    Cancel starts the page anew, which ends the script that searches at the next progress it tells. in_fold: the button
    runs the page, and run_wanted() searches, since what a widget of a fold asks for waits until the fold is drawn.
    """
    kept = st.session_state.get(f"{key}-found")
    if kept is not None and kept[0] == asked:
        return kept[1]
    search = Search(key, asked, work, doing)
    later = {"on_click": _want, "args": (search,)} if in_fold else {}
    if not st.button(label, key=f"{key}-start", type="primary", **later) or in_fold:
        if st.session_state.pop(f"{key}-cancelled", False):
            note("Cancelled: nothing was kept of that search.")
        return None
    found = _run(search)
    st.rerun()
    return found


def run_wanted(beginnings: tuple[str, ...]) -> None:
    """Run the search that a button started, if its key begins so; its answer is there when the fold is drawn."""
    search, wanted_at = st.session_state.get(_WANTED, (None, 0))
    if search is not None and search.key.startswith(beginnings):
        del st.session_state[_WANTED]
        if wanted_at == n_changes():
            _run(search)


def _run(search: Search) -> Any:
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text=search.doing, width="stretch")
        st.button("Cancel", key=f"{search.key}-cancel", on_click=_cancel, args=(search.key,))
    found = search.work(lambda done: bar.progress(min(1.0, done), text=search.doing))
    st.session_state[f"{search.key}-found"] = (search.asked, found)
    place.empty()
    return found


def _want(search: Search) -> None:
    changed()
    st.session_state[_WANTED] = (search, n_changes())


def _cancel(key: str) -> None:
    st.session_state[f"{key}-cancelled"] = True
