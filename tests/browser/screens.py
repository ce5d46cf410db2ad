"""Take the pictures for README: `python -m tests.browser.screens RUN OUT [--user U] [--dark]`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from playwright.sync_api import Page, sync_playwright
from rich import print as say

from tests.browser.dashboard import chromium_path, dashboard, faults_on, launch, open_page, page_links, window


def take(run: Path, out: Path, query: str, scheme: str, width: int) -> list[Path]:
    """One PNG a page, whole page high, named by the page; raises RuntimeError where a page is broken."""
    out.mkdir(parents=True, exist_ok=True)
    path = chromium_path()
    if path is None:
        raise RuntimeError("got no chromium on the path; expected one. On Debian: apt-get install chromium")
    with (
        TemporaryDirectory() as elsewhere,
        sync_playwright() as playwright,
        dashboard(run.resolve(), Path(elsewhere), Path(elsewhere) / "log.txt") as running,
        window(launch(playwright, path), scheme, width) as (page, _),
    ):
        open_page(page, f"{running.url}/?{query}")
        suffix = "" if scheme == "light" else "-dark"
        return [
            _picture(page, f"{running.url}{link}?{query}", out / f"{link.strip('/') or 'overview'}{suffix}.png")
            for link in page_links(page).values()
        ]


def _picture(page: Page, url: str, file: Path) -> Path:
    """The page grown to its whole height, so that nothing is cut off."""
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 900})
    open_page(page, url)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(int(height) + 20, 4000)})
    page.wait_for_load_state("networkidle")
    broken = faults_on(page)
    if broken:
        raise RuntimeError(f"{url} shows {broken}")
    page.screenshot(path=file, animations="disabled")
    return file


def main(
    run: Annotated[Path, typer.Argument(help="Run folder to show.")],
    out: Annotated[Path, typer.Argument(help="Folder for the PNGs.")],
    user: Annotated[str, typer.Option(help="User to select; the dashboard's own choice where empty.")] = "",
    dark: Annotated[bool, typer.Option(help="The dark theme.")] = False,
    width: Annotated[int, typer.Option(help="Window width in pixels.")] = 1440,
) -> None:
    """Open every page of the dashboard on RUN and save a picture of each in OUT."""
    for file in take(run, out, f"user={user}" if user else "", "dark" if dark else "light", width):
        say(f"{file}  {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    typer.run(main)
