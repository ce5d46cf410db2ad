"""A picture on a page: the figure, its alternative text, its how-to-read line and its table twin."""

import streamlit as st

from app.ui.table import show_table
from app.ui.text import escape_md
from explain.figures_style import Picture

_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}


def show_picture(picture: Picture, key: str, title: str) -> None:
    """Draw it; the twin is made only once its fold is opened."""
    st.markdown(f"**{escape_md(title)}**")
    st.plotly_chart(picture.figure, key=key, alt=picture.alt, config=_CONFIG)
    st.caption(f"How to read: {escape_md(picture.how_to_read)}")
    twin = st.expander("The same as a table", key=f"{key}-twin", type="compact", on_change="rerun")
    if twin.open:
        with twin:
            show_table(picture.table, f"{key}-table", picture.alt)
