"""Parts of a page that draw themselves anew alone: folds, and what a control of their own changes.

The rest of the page is neither computed nor sent again. What a part changes for the whole page (the selection, the
edits of a scenario) runs the page: the part sees that changes were made since the page was drawn.
"""

from collections.abc import Callable

import streamlit as st

from app.state import n_changes
from app.ui.searching import run_wanted
from app.ui.states import fault
from mspa_model.errors import MspaError


def part(draw: Callable[[], None]) -> None:
    """Draw it here; a widget in it draws it alone again."""
    st.fragment(_draw_part)(draw, n_changes())


def fold(
    title: str,
    key: str,
    draw: Callable[[], None],
    *,
    expanded: bool = False,
    compact: bool = False,
    searches: tuple[str, ...] = (),
) -> None:
    """A fold whose inside is computed once it is open. title: Markdown, escaped where it holds text from data.

    searches: how the keys of the searches in it begin (see searched()); they run above it, where Cancel reaches them.
    """
    if searches:
        run_wanted(searches)
    part(lambda: _draw_fold(title, key, draw, expanded, compact))


def _draw_part(draw: Callable[[], None], drawn_at: int) -> None:
    """drawn_at: how many changes had been made when the page was drawn."""
    if n_changes() != drawn_at:
        st.rerun()
    try:
        draw()
    except MspaError as error:  # packages raise, the app translates; no page sees what its part raises
        fault(error)


def _draw_fold(title: str, key: str, draw: Callable[[], None], expanded: bool, compact: bool) -> None:
    style = "compact" if compact else "default"
    box = st.expander(title, key=key, expanded=expanded, type=style, on_change="rerun")
    if box.open:
        with box:
            draw()
