"""Start the real command, open its pages in headless Chromium, and read what is on them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "app" / "main.py"
STILL = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE_MS = 120_000  # the longest a page may work, in ms; the budgets are asserted apart


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard: where it answers, its process, and the wall clock of its start."""

    url: str
    pid: int
    started: float

    def memory_mib(self) -> float:
        """Resident memory of the process in MiB (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def seconds(self) -> float:
        """Wall time since its start."""
        return time.monotonic() - self.started

    def cpu_seconds(self) -> float:
        """CPU time of the process so far, all its threads, those too that ended."""
        return time.clock_gettime(~self.pid << 3 | 2)  # what clock_getcpuclockid(3) makes of a process's id (Linux)


def chromium_path() -> str | None:
    """Debian's Chromium, or another that is on the path."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def launch(playwright: Playwright, path: str) -> Browser:
    """Headless Chromium that asks nobody outside for anything."""
    return playwright.chromium.launch(executable_path=path, args=QUIET)


@contextmanager
def dashboard(run: Path | None, cwd: Path, log: Path, script: Path = MAIN) -> Iterator[Dashboard]:
    """`streamlit run app/main.py` from the folder cwd, until the block ends; run None: the shipped one."""
    port = _free_port()
    words = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    words += ["--", "--run", str(run)] if run else []
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=_environment()
        )
    try:
        _wait_until_healthy(f"http://localhost:{port}", process, log)
        yield Dashboard(f"http://localhost:{port}", process.pid, started)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes], patience: float = 10) -> None:
    """End the process and its children; what does not listen in time is killed."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment() -> dict[str, str]:
    """This process's environment without what would make an import work that fails for a person."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the dashboard ended with status {process.returncode}:\n{log.read_text()}")
        try:
            with urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, ConnectionError, TimeoutError):
            process_wait(process, 0.1)
    raise RuntimeError(f"no healthy page at {url} after {seconds} s:\n{log.read_text()}")


def process_wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Let a moment pass, less if the process ends in it."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return


@contextmanager
def window(browser: Browser, scheme: str = "light", width: int = 1440) -> Iterator[tuple[Page, list[str]]]:
    """A fresh window, and the list that fills with the URLs it asks others than the dashboard for."""
    context: BrowserContext = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if _is_outside(r.url) else None)
    try:
        yield page, outside
    finally:
        context.close()


def _is_outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in {"localhost", "127.0.0.1"}


def open_page(page: Page, url: str) -> None:
    """Go there and wait until the script has run and the page has its heading."""
    page.goto(url, timeout=PAGE_MS, wait_until="commit")
    settle(page)


def settle(page: Page) -> None:
    """Wait until the running script is done and the page shows a heading or says what is wrong."""
    expect(page.locator(STILL)).to_be_attached(timeout=PAGE_MS)
    expect(page.locator("[data-testid=stMain] :is(h1, h2, [data-testid=stAlert])").first).to_be_visible(timeout=PAGE_MS)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=PAGE_MS)


def page_links(page: Page) -> dict[str, str]:
    """Name to URL path of every page in the navigation, in order."""
    links = page.locator("[data-testid=stSidebarNavLink]").all()
    return {_plain(link.inner_text()): urlsplit(link.get_attribute("href") or "").path for link in links}


def _plain(text: str) -> str:
    """A label without its emoji."""
    return "".join(c for c in text if c.isascii()).strip()


def faults_on(page: Page) -> list[str]:
    """What no page may ever show: exceptions, tracebacks, charts that did not load."""
    found = [box.inner_text()[:300] for box in page.locator("[data-testid=stException]").all()]
    text = page.locator("[data-testid=stApp]").inner_text()
    return found + [sign for sign in ("Traceback (most recent", "Error loading", "Page not found") if sign in text]
