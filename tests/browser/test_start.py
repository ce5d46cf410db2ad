"""What README's first command promises: the shipped run, from any folder, soon, beside a bare page, and under 2 GiB."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.dashboard import MAIN, dashboard, faults_on, open_page, page_links, window

pytestmark = pytest.mark.browser
# The least of two first pages' CPU beside the least of two bare ones'; measured 6.1. Wall times decide nothing here.
TIMES_BARE = 9.0
BARE = """
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

st.header("A bare page")
st.plotly_chart(go.Figure(go.Bar(y=pd.Series([1, 2, 3]))))
"""
MEMORY_MIB = 2048


def _first_page(browser: Browser, folder: Path, script: Path) -> float:
    """CPU seconds of a server, from its start to its first page at rest."""
    with dashboard(None, folder, folder / "log.txt", script) as running, window(browser) as (page, _):
        open_page(page, running.url)
        assert faults_on(page) == []
        return running.cpu_seconds()


def test_the_first_page_of_the_shipped_run_takes_so_many_bare_pages(browser: Browser, tmp_path: Path):
    bare = tmp_path / "bare.py"
    bare.write_text(BARE, encoding="utf-8")
    taken = [[_first_page(browser, tmp_path, script) for script in (bare, MAIN)] for _ in range(2)]
    least = [min(pair) for pair in zip(*taken, strict=True)]
    assert least[1] < TIMES_BARE * least[0], taken


def test_all_pages_fit_in_memory_and_ask_nobody_outside(browser: Browser, tmp_path: Path):
    with dashboard(None, tmp_path, tmp_path / "log.txt") as running, window(browser) as (page, outside):
        open_page(page, running.url)
        for path in page_links(page).values():
            open_page(page, f"{running.url}{path}")
            assert faults_on(page) == [], path
        assert outside == []
        assert running.memory_mib() < MEMORY_MIB
