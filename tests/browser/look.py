"""Look at a dashboard that somebody else started: `python -m tests.browser.look URL`; status 1 where it is broken."""

import time
from typing import Annotated

import typer
from playwright.sync_api import Error, Page, sync_playwright

from tests.browser.dashboard import chromium_path, faults_on, launch, open_page, window


def look(page: Page, url: str, wait: float) -> list[str]:
    """Faults on the first page; asks again, up to `wait` seconds, while nobody answers."""
    deadline = time.monotonic() + wait
    while True:
        try:
            open_page(page, url)
        except Error:
            if time.monotonic() > deadline:
                raise
            page.wait_for_timeout(500)
        else:
            return faults_on(page)


def main(
    url: Annotated[str, typer.Argument(help="Where the dashboard answers.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for the server.")] = 60,
) -> None:
    """Open the first page in headless Chromium and say whether it drew."""
    path = chromium_path()
    if path is None:
        raise SystemExit("got no chromium on the path; expected one. On Debian: apt-get install chromium")
    with sync_playwright() as playwright, window(launch(playwright, path)) as (page, _):
        broken = look(page, url, wait)
        typer.echo(f"{page.title()}: " + ("; ".join(broken) or "drawn without fault"))
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    typer.run(main)
