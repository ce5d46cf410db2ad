"""Every page, opened for real in both themes: it draws, nothing is broken, and nobody outside is asked for anything."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import Dashboard, faults_on, open_page, page_links, settle, window

pytestmark = pytest.mark.browser
PAGES = ("Overview", "User", "Correction", "Why", "Map", "What-if", "Report")
USER = "u004"  # of the comedy half
EVIL = "<img src=x onerror=document.title='owned'>"


def _visit_all(page: Page, url: str, query: str) -> dict[str, str]:
    """Open each page by its own address; page name to the text of its main part. Asserts that each is sound."""
    open_page(page, f"{url}/?{query}")
    links = page_links(page)
    assert tuple(links) == PAGES
    texts = {}
    for name, path in links.items():
        open_page(page, f"{url}{path}?{query}")
        assert faults_on(page) == [], name
        texts[name] = page.locator("[data-testid=stMain]").inner_text()
    return texts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_draws_in_both_themes_and_asks_nobody_outside(
    tiny_dashboard: Dashboard, browser: Browser, scheme: str
):
    with window(browser, scheme) as (page, outside):
        texts = _visit_all(page, tiny_dashboard.url, f"user={USER}")
        assert outside == []
        background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert all(len(text) > 200 for text in texts.values()), "a page with nothing on it"
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 3 * 128) == (scheme == "dark")


def test_every_page_of_a_set_without_names_times_audio_and_map_draws(matrix_dashboard: Dashboard, browser: Browser):
    with window(browser) as (page, outside):
        texts = _visit_all(page, matrix_dashboard.url, f"user={USER}")
        assert outside == []
    assert "audio: the set has none" in texts["Overview"]
    assert "text: the set has none" in texts["Overview"]


def test_no_page_draws_more_than_eight_charts(tiny_dashboard: Dashboard, browser: Browser):
    with window(browser) as (page, _):
        open_page(page, f"{tiny_dashboard.url}/?user={USER}")
        for name, path in page_links(page).items():
            open_page(page, f"{tiny_dashboard.url}{path}?user={USER}")
            assert page.locator("[data-testid=stPlotlyChart]").count() <= 8, name


def test_the_selection_survives_a_change_of_page_and_stays_in_the_url(tiny_dashboard: Dashboard, browser: Browser):
    with window(browser) as (page, _):
        open_page(page, f"{tiny_dashboard.url}/?user={USER}&history=train")
        page.locator("[data-testid=stSidebarNavLink]", has_text="Why").click()
        page.wait_for_url(re.compile(rf"user={USER}"))
        settle(page)
        assert "history=train" in page.url
        assert faults_on(page) == []


@pytest.mark.parametrize("query", ["user=u0044", f"user={EVIL}", f"user={USER}&streamer=s9999", f"user={USER}&step=-1"])
def test_a_url_that_means_nothing_gets_a_sentence_and_runs_nothing(
    tiny_dashboard: Dashboard, browser: Browser, query: str
):
    with window(browser) as (page, outside):
        for path in ("/", "/user", "/why"):
            open_page(page, f"{tiny_dashboard.url}{path}?{query}")
            assert faults_on(page) == []
        assert page.title() != "owned"
        assert outside == []


def test_an_unknown_user_is_answered_with_the_nearest_known_ids(tiny_dashboard: Dashboard, browser: Browser):
    with window(browser) as (page, _):
        open_page(page, f"{tiny_dashboard.url}/?user=u0044")
        expect(page.locator("[data-testid=stApp]")).to_contain_text(re.compile(r"u0(04|44)\b"))
