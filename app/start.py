"""The start of the dashboard: its arguments, which runs they name, and an end with one sentence where that is wrong.

Imported by Streamlit's server before anybody is served, so nothing heavy is imported here.
"""

import argparse
import asyncio
import importlib
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from mspa_model.errors import MspaError
from mspa_model.manifest import check_manifest

_SHIPPED = Path(__file__).resolve().parent.parent / "sample_data" / "run"
SERVING = threading.Event()  # a server runs, not a script or a test alone
_AHEAD = (
    "mspa_model.runs",
    "mspa_model.pipeline",
    "explain.figures",
    "plotly.graph_objects",
)  # what every first page imports
_PAUSE = 0.3  # seconds until the server, which is starting, answers


def given_runs(arguments: list[str]) -> dict[str, Path]:
    """Runs by the name that the URL knows them by; the shipped one where none is given."""
    parser = argparse.ArgumentParser(prog="streamlit run app/main.py --", exit_on_error=False)
    parser.add_argument(
        "--run", action="append", type=Path, metavar="RUN", help="run folder; more than one can be given"
    )
    known, unknown = parser.parse_known_args(arguments)
    if unknown:  # before Python 3.12 argparse itself ends the process here, with its usage
        raise argparse.ArgumentError(None, f"nothing is known of {unknown[0][:80]!r}")
    folders = known.run or [_SHIPPED]
    runs: dict[str, Path] = {}
    for folder in (folder.expanduser().resolve() for folder in folders):
        name, count = folder.name, 2
        while name in runs:
            name, count = f"{folder.name}-{count}", count + 1
        runs[name] = folder
    return runs


def unreadable(error: argparse.ArgumentError) -> str:
    """What is wrong with the arguments, and how the dashboard is started."""
    return f"The dashboard's arguments cannot be read: {error}. Start it with: streamlit run app/main.py -- --run RUN"


def refuse_wrong_start(arguments: list[str]) -> None:
    """Ends the process with one sentence and exit status 2 where the arguments are wrong or a folder is no whole run.

    A run that is lost or changes later is told on its page.
    """
    try:
        for folder in given_runs(arguments).values():
            check_manifest(folder)
    except argparse.ArgumentError as error:
        _end(unreadable(error))
    except MspaError as error:
        _end(str(error))


def _end(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    sys.exit(2)


def import_ahead() -> None:
    """The libraries of the first page, imported while the browser that is to show it starts and loads its own."""
    for name in _AHEAD:
        importlib.import_module(name)


@asynccontextmanager
async def open_browser(_app: st.App) -> AsyncIterator[None]:
    """What `streamlit run` does for a plain script and not for a server of its own: a browser shows the first page."""
    SERVING.set()
    threading.Thread(target=import_ahead, name="imports", daemon=True).start()
    from streamlit import cli_util
    from streamlit.web.server import server_util

    if not st.get_option("server.headless"):
        url = server_util.get_url(st.get_option("browser.serverAddress"))
        asyncio.get_running_loop().call_later(_PAUSE, cli_util.open_browser, url)
    try:
        yield
    finally:
        SERVING.clear()
