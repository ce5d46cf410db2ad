"""Tables: sortable, searchable, and each one as CSV."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.ui.text import escape_md

_SENTENCE, _TALL = 100, 72  # a text cell of more characters is wrapped; streamlit wraps in rows above 70 pixels
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The table as UTF-8 CSV in which no text cell is a spreadsheet formula."""
    return frame.map(_inert).to_csv(index=False).encode("utf-8-sig")


def _inert(cell: object) -> object:
    if isinstance(cell, list | tuple):
        cell = ", ".join(map(str, cell))
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def show_table(
    frame: pd.DataFrame,
    key: str,
    caption: str,
    columns: Mapping[str, Any] | None = None,
    height: int | str = "auto",
    wrapped: bool = False,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Draw a table with its caption and a CSV button. on_pick gets the position of a row, once for each click.

    wrapped: cells are broken into lines however short, as a narrow column needs it.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escape_md(caption), width="stretch")
        st.download_button(
            "CSV",
            data=lambda: csv_bytes(frame),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"{key}-csv",
            on_click="ignore",
            type="tertiary",
            help="Download this table",
        )
    settings: dict[str, Any] = {"hide_index": True, "column_config": columns, "height": height, "alt": caption}
    if wrapped or any(isinstance(cell, str) and len(cell) > _SENTENCE for cell in frame.to_numpy().ravel()):
        settings["row_height"] = _TALL
    if on_pick is None:
        st.dataframe(frame, key=key, **settings)
        return
    # A callback and not the return value: a row stays marked over reruns, and would undo every later choice.
    st.dataframe(frame, key=key, on_select=lambda: _pass_on(key, on_pick), selection_mode="single-row", **settings)


def _pass_on(key: str, on_pick: Callable[[int], None]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        on_pick(int(rows[0]))
