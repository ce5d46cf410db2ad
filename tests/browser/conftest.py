"""A browser for the tests of this folder, and dashboards to look at."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.dashboard import Dashboard, chromium_path, dashboard, launch


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Where CI is set its absence is a failure: a run that looked at no page proves nothing."""
    path = chromium_path()
    if path is None:
        lacking = "no chromium on the path; on Debian: apt-get install chromium chromium-driver"
        pytest.fail(lacking) if os.environ.get("CI") else pytest.skip(lacking)
    with sync_playwright() as playwright:
        opened = launch(playwright, path)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def tiny_dashboard(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The dashboard on the checkerboard's run, started from a folder that is not the project's."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with dashboard(tiny_run, elsewhere, elsewhere / "log.txt") as running:
        yield running


@pytest.fixture(scope="session")
def shipped_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The dashboard on the run that ships."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with dashboard(None, elsewhere, elsewhere / "log.txt") as running:
        yield running


@pytest.fixture(scope="session")
def matrix_dashboard(make_run: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The dashboard on a set without times, names, texts, audio and map."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with dashboard(make_run("matrix"), elsewhere, elsewhere / "log.txt") as running:
        yield running
