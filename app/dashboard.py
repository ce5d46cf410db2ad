"""What app/main.py draws: the run, the navigation, the sidebar and the page that the URL names."""

import argparse
import sys
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import cache
from app.opening import make_ahead
from app.resolve import Unknown, resolve
from app.start import SERVING, given_runs, unreadable
from app.state import Selection, read_selection
from app.ui import sidebar, states
from app.ui.layout import use_style
from app.ui.text import capital, run_words
from mspa_model.device import device_words
from mspa_model.errors import MspaError
from mspa_model.runs import Run
from mspa_model.words import plain

# Signs that plain text fonts have: icons of Streamlit's own set would be fetched from outside.
_PAGES = (
    ("overview", "Overview", "☑"),
    ("user", "", "☺"),
    ("correction", "Correction", "♻"),
    ("why", "Why", "⚖"),
    ("map", "Map", "✴"),
    ("what_if", "What-if", "⚗"),
    ("report", "Report", "✒"),
)


def choose_run(runs: dict[str, Path], selection: Selection) -> tuple[str, str]:
    """Name of the run to open, and a sentence where the selection asks for one that was not given at the start."""
    first = next(iter(runs))
    if selection.run is None or selection.run in runs:
        return selection.run or first, ""
    asked = plain(selection.run)
    return first, f"This dashboard was not started with a run “{asked}”; it has {', '.join(runs)}. {first} is shown."


def main() -> None:
    """Draw the page that the URL names, for the selection that the URL holds."""
    st.set_page_config(page_title="MSPA dashboard", page_icon="⚖", layout="wide", initial_sidebar_state=270)
    use_style()
    try:
        runs = given_runs(sys.argv[1:])
        selection = read_selection()
        name, note = choose_run(runs, selection)
        run = cache.open_run(runs[name])
    except argparse.ArgumentError as error:
        st.error(unreadable(error))
        return
    except MspaError as error:
        states.fault(error)
        return
    page = _navigation(run)
    for sentence in (note, *selection.faults):
        if sentence:
            states.warn(sentence)
    with st.sidebar:
        sidebar.draw_run(runs, name)
    try:
        draw_page(page, run, runs, selection)
    except MspaError as error:  # packages raise, the app translates
        states.fault(error)
    if SERVING.is_set():
        make_ahead(run)


def _navigation(run: Run) -> StreamlitPage:
    pages = [
        st.Page(
            f"views/{file}.py",
            title=title or capital(run.dataset.info.user_is),
            icon=icon,
            url_path=file.replace("_", "-"),
            default=file == "overview",
        )
        for file, title, icon in _PAGES
    ]
    return st.navigation(pages, expanded=True)


def draw_page(page: StreamlitPage, run: Run, runs: dict[str, Path], selection: Selection) -> None:
    """The sidebar's rest and the page; an unknown id is said once, with what is nearest."""
    st.session_state["run"], st.session_state["runs"] = run, runs
    said = st.container()
    of_the_run = page.url_path == ""
    if of_the_run:  # stored figures alone: there to read while the model is made
        page.run()
    picked = resolve(run, selection)
    with st.sidebar:
        if isinstance(picked, Unknown):
            sidebar.draw_user(run, selection.user if picked.param != "user" else None)
        else:
            sidebar.draw_user(run, picked.user_id)
            sidebar.draw_case(picked)
        sidebar.draw_scopes(run, selection)
        sidebar.draw_new_share(run, selection)
        st.caption(f"{run_words(run)}, made {run.created_at[:10]}, model {device_words(run.device)}")
    with said:
        if isinstance(picked, Unknown):
            states.warn(picked.sentence)
            states.offer(picked.param, picked.nearest, "nearest")
            return
        for sentence in picked.notes:
            states.warn(sentence)
    st.session_state["picked"] = picked
    if not of_the_run:
        page.run()
