"""What README's first command promises: the shipped run, from any folder, within 15 s and under 2 GiB."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.dashboard import dashboard, faults_on, open_page, page_links, window

pytestmark = pytest.mark.browser
FIRST_PAGE_S = 15
MEMORY_MIB = 2048


def test_the_first_page_of_the_shipped_run_is_there_in_time_and_all_pages_fit_in_memory(
    browser: Browser, tmp_path: Path
):
    with dashboard(None, tmp_path, tmp_path / "log.txt") as running, window(browser) as (page, outside):
        open_page(page, running.url)
        seconds = time.monotonic() - running.started
        assert faults_on(page) == []
        for path in page_links(page).values():
            open_page(page, f"{running.url}{path}")
            assert faults_on(page) == [], path
        assert outside == []
        assert running.memory_mib() < MEMORY_MIB
    assert seconds < FIRST_PAGE_S
