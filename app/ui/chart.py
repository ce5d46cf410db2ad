"""A picture on a page: the figure, its alternative text, its how-to-read line and its table twin."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from app.ui.fold import fold
from app.ui.table import show_table
from app.ui.text import escape_md
from explain.figures_style import Picture

_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}


def show_picture(picture: Picture, key: str, title: str, on_pick: Callable[[int], None] | None = None) -> None:
    """Draw it; the twin is made only once its fold is opened. on_pick gets the position of a bar or point, once for
    each click.
    """
    st.markdown(f"**{escape_md(title)}**")
    if on_pick is None:
        st.plotly_chart(picture.figure, key=key, alt=picture.alt, config=_CONFIG)
    else:
        # What was clicked stays marked over reruns, whatever is chosen elsewhere later: nothing is to pale beside it.
        picture.figure.update_traces(unselected={"marker": {"opacity": 1}})
        settings = {"on_select": lambda: pass_on(key, on_pick), "selection_mode": "points"}
        st.plotly_chart(picture.figure, key=key, alt=picture.alt, config=_CONFIG, **settings)
    st.caption(f"How to read: {escape_md(picture.how_to_read)}")
    table = partial(show_table, picture.table, f"{key}-table", picture.alt)
    fold("The same as a table", f"{key}-twin", table, compact=True)


def pass_on(key: str, on_pick: Callable[[int], None]) -> None:
    """The click that the session state holds of a chart, to on_pick; a click beside every bar selects nothing."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        on_pick(int(points[0]["point_index"]))
