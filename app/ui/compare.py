"""The fold of the overview that holds the shown run against another of the same data."""

from functools import partial

import streamlit as st

from app import cache
from app.state import choose, read_selection
from app.ui.fold import fold
from app.ui.states import missing, note, say, warn
from app.ui.table import show_table
from app.ui.text import escape_md, told_apart
from explain.compare import (
    USER,
    config_sentence,
    config_table,
    figures_table,
    headline,
    how_to_read,
    largest_sentence,
    losses_table,
    overlap_sentence,
    seed_sentence,
    stale_sentence,
    users_sentence,
)
from explain.narrate import plural
from mspa_model.runs import Run
from mspa_model.types import Comparison

RUNS = "runs"  # session_state: the runs that the dashboard was started with, by name
_NONE = "—"


def draw_compare(run: Run) -> None:
    """Which run, then what sets the two apart, sentence first; nothing is computed before a run is chosen."""
    asked = bool(read_selection().against)
    fold("Compare with another run", "compare", partial(_draw_choice, run), expanded=asked)


def _draw_choice(run: Run) -> None:
    runs = cache.other_runs(st.session_state[RUNS], run)
    name = _choose_run(list(runs))
    if name is not None:
        _draw(run, cache.comparison(runs[name], run, tuple(runs.values())))


def _choose_run(names: list[str]) -> str | None:
    """The run that the URL names or the analyst picks; None where there is none."""
    asked = read_selection().against
    if asked is not None and asked not in names:
        warn(f"This dashboard knows no run “{asked}” to compare with.")
        asked = None
    if not names:
        missing("No other run is known: put it beside this run's folder, or start with --run RUN --run OTHER.")
        return None
    st.session_state["pick-against"] = asked or _NONE
    st.selectbox(
        "The other run",
        [_NONE, *names],
        key="pick-against",
        on_change=_take,
        format_func=told_apart([_NONE, *names], lambda name: "choose a run" if name == _NONE else name),
    )
    note("Runs that this dashboard was started with, and those of the same data that lie beside this run.")
    return asked


def _take() -> None:
    value = st.session_state["pick-against"]
    choose(against=None if value == _NONE else value)


def _draw(run: Run, found: Comparison) -> None:
    info = run.dataset.info
    st.markdown(f"**{escape_md(headline(found))}**")
    say(overlap_sentence(found, info))
    _draw_figures(run, found)
    _draw_losses(run, found)
    say(config_sentence(found))
    if found.config:
        table = partial(show_table, config_table(found), "compare-settings", "Settings whose value differs")
        fold("Which settings differ", "compare-config", table, compact=True)


def _draw_figures(run: Run, found: Comparison) -> None:
    metrics = list(dict.fromkeys(d.metric for d in found.differences))
    metric = st.segmented_control("Metric", metrics, default=found.metric, required=True, key="compare-metric")
    table = figures_table(found, metric, run.dataset.info)
    numbers = {name: st.column_config.NumberColumn(format="%.4f") for name in table.select_dtypes("float")}
    show_table(table, "compare-figures", f"{metric} on test: {found.after.name} less {found.before.name}", numbers)
    note(f"How to read: {how_to_read(found, metric)} {seed_sentence(found)}")


def _draw_losses(run: Run, found: Comparison) -> None:
    info = run.dataset.info
    say(users_sentence(found, info))
    if not found.losses:
        return
    table = losses_table(found, run.dataset)
    columns = {name: st.column_config.NumberColumn(format="%.3f") for name in table.select_dtypes("float")}
    show_table(
        table,
        "compare-losses",
        f"Largest losses by {found.metric}, from train {plural(info.tip_is)}",
        columns,
        on_pick=lambda row: choose(user=str(table[USER].iat[row]), history="train"),
    )
    say(largest_sentence(found, run.dataset))
    note(
        "How to read: points are how far that source puts the lost one ahead of what overtook it, in this run less in "
        f"the other. Click a row to pick that {info.user_is} for all pages. {stale_sentence(found)}"
    )
