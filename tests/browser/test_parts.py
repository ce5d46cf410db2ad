"""Parts that draw themselves alone: what they cost beside a page, what they send, and what they hand to the page."""

import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import PAGE_MS, Dashboard, faults_on, open_page, page_links, settle, window

pytestmark = pytest.mark.browser
PROBES = re.compile(r"/_stcore/(health|host-config)$")  # Streamlit looks for its server beside the page first
# Of a page change's CPU. Measured four times: a source 0.13 to 0.15, checks 0.16 to 0.21, all parts 0.19 to 0.25.
# The goal is 0.25; the rest is room for noise.
PART_OF_PAGE = 0.3
BYTES_OF_PAGE = 0.35  # measured: a source 0.25, a fold 0.07: the browser keeps a table that it was sent
QUESTIONS = {
    "Overview": "Can I use this run",
    "User": "likes, and from what?",
    "Correction": "Did correction change anything",
    "Map": "Who resembles",
    "What-if": "What would move it",
    "Report": "What do I say tomorrow?",
    "Why": "is the answer faithful to",
}
TIMES = 3  # the least of so many counts: others use the machine too


def _turn_to(page: Page, name: str) -> None:
    page.locator("[data-testid=stSidebarNavLink]", has_text=name).click()
    expect(page.locator("[data-testid=stMain]")).to_contain_text(QUESTIONS[name], timeout=PAGE_MS)
    settle(page)


def _open(page: Page, title: str, inside: str) -> None:
    """Open a fold and wait for a text that it holds."""
    page.locator("[data-testid=stExpander] summary", has_text=title).first.click()
    expect(page.get_by_text(inside, exact=True).first).to_be_visible(timeout=PAGE_MS)
    settle(page)


def _close(page: Page, title: str, inside: str) -> None:
    page.locator("[data-testid=stExpander] summary", has_text=title).first.click()
    expect(page.get_by_text(inside, exact=True)).to_have_count(0, timeout=PAGE_MS)
    settle(page)


def _open_source(page: Page, name: str) -> None:
    page.locator(".st-key-opened button", has_text=name).click()
    expect(page.get_by_text(f"Inside {name}", exact=True)).to_be_visible(timeout=PAGE_MS)
    settle(page)


Count = Callable[[], tuple[float, int]]  # CPU seconds and bytes sent so far


def _least(count: Count, act: Callable[[], None], back: Callable[[], None]) -> list[float]:
    """The least that an act took; before each, `back` undoes it."""
    taken = []
    for _ in range(TIMES):
        back()
        before = count()
        act()
        taken.append([after - was for after, was in zip(count(), before, strict=True)])
    return [min(column) for column in zip(*taken, strict=True)]


def _wait_for_rest(page: Page, server: Dashboard) -> None:
    """Until the server does nothing of its own for a second, twice in a row; a minute at most."""
    idle = 0
    for _ in range(60):
        before = server.cpu_seconds()
        page.wait_for_timeout(1000)
        idle = idle + 1 if server.cpu_seconds() - before < 0.02 else 0
        if idle == 2:
            return


def _page_change(page: Page, count: Count) -> list[float]:
    """What a change of page takes: of each of the seven the least, then their mean."""
    rounds = []
    for _ in range(TIMES):
        counts = [count()]
        for name in QUESTIONS:
            _turn_to(page, name)
            counts.append(count())
        rounds.append([(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(counts)])
    least = [[min(column) for column in zip(*times, strict=True)] for times in zip(*rounds, strict=True)]
    return [sum(column) / len(least) for column in zip(*least, strict=True)]


def test_a_fold_or_another_source_costs_less_than_a_third_of_a_page_change_and_sends_itself_alone(
    shipped_dashboard: Dashboard, browser: Browser
):
    with window(browser) as (page, _):
        frames: list[int] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
        count: Count = lambda: (shipped_dashboard.cpu_seconds(), sum(frames))  # noqa: E731
        open_page(page, f"{shipped_dashboard.url}/why")
        first, second = page.locator(".st-key-opened button").all_inner_texts()[:2]
        checks = ("Checks (", "Checks of this explanation")
        parts = ("All parts", "Weight x fit of every part")
        acts = {
            "checks": (partial(_open, page, *checks), partial(_close, page, *checks)),
            "parts": (partial(_open, page, *parts), partial(_close, page, *parts)),
            "source": (partial(_open_source, page, second), partial(_open_source, page, first)),
        }
        taken = {}
        _wait_for_rest(page, shipped_dashboard)  # the language model is made in the background meanwhile
        for name, (act, back) in acts.items():
            act()
            taken[name] = _least(count, act, back)
        whole = _page_change(page, count)
    for name, (seconds, sent) in taken.items():
        assert seconds <= PART_OF_PAGE * whole[0], (name, taken, whole)
        assert sent <= BYTES_OF_PAGE * whole[1], (name, taken, whole)


def test_no_request_fails_but_streamlits_own_probes(shipped_dashboard: Dashboard, browser: Browser):
    with window(browser) as (page, _):
        failed: list[str] = []
        page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        page.on("console", lambda said: failed.append(said.location.get("url", "")) if said.type == "error" else None)
        open_page(page, shipped_dashboard.url)
        for path in page_links(page).values():
            open_page(page, f"{shipped_dashboard.url}{path}")
            assert faults_on(page) == []
        page.wait_for_load_state("networkidle")
        assert [url for url in failed if not PROBES.search(url)] == []
        assert failed, "nothing was watched: Streamlit's probes beside a page fail always"


def test_what_a_fold_changes_for_the_page_draws_the_page(tiny_dashboard: Dashboard, browser: Browser):
    with window(browser) as (page, _):
        open_page(page, f"{tiny_dashboard.url}/user?user=u004")
        page.locator("[data-testid=stExpander] summary", has_text="behind it").first.click()
        page.get_by_role("button", name="Leave out").first.click()
        expect(page.get_by_text("The first 10 with 1 edit")).to_be_visible(timeout=PAGE_MS)
        assert faults_on(page) == []
