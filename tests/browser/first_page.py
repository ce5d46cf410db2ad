"""A server from its start to its first page at rest, and the bare page that ours is held against."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.dashboard import MAIN, PAGE_MS, STILL, dashboard, faults_on, open_page, window

BARE = """
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

st.header("A bare page")
st.plotly_chart(go.Figure(go.Bar(y=pd.Series([1, 2, 3]))))
"""
_LAST_OF_SIDEBAR = re.compile(r", made .*, model ")


@dataclass(frozen=True)
class FirstPage:
    """Seconds from the start of a server to its first page at rest: of the clock, and of the server's CPU."""

    wall_s: float
    cpu_s: float


def bare_script(folder: Path) -> Path:
    """The bare page as a script in a folder."""
    script = folder / "bare.py"
    script.write_text(BARE, encoding="utf-8")
    return script


def first_page(browser: Browser, folder: Path, script: Path = MAIN, run: Path | None = None) -> FirstPage:
    """Start a server in a folder, cold, and open its first page until it rests; ours, until its sidebar is whole."""
    with dashboard(run, folder, folder / "log.txt", script) as running, window(browser) as (page, _):
        open_page(page, running.url)
        if script == MAIN:
            last = page.locator("[data-testid=stSidebar]").get_by_text(_LAST_OF_SIDEBAR)
            expect(last).to_be_visible(timeout=PAGE_MS)
        expect(page.locator(STILL)).to_be_attached(timeout=PAGE_MS)  # its heading may have come while it was running
        rest = FirstPage(running.seconds(), running.cpu_seconds())
        assert faults_on(page) == []
        return rest
