"""How a page is laid out: its style sheet, and pairs of columns that become rows on a small screen."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_STYLE = Path(__file__).with_name("style.css")


def use_style() -> None:
    """The style sheet, which holds nothing from data."""
    st.html(_STYLE)


def pair(key: str, widths: Sequence[int] = (1, 1)) -> Sequence[DeltaGenerator]:
    """Two columns side by side; below each other where the window is narrower than 1200 px."""
    with st.container(key=f"pair-{key}"):
        return st.columns(widths, gap="large")
