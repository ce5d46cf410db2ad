"""Can I use this run, and where do I look?"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app.ui.chart import show_picture
from app.ui.compare import draw_compare
from app.ui.fold import fold, part
from app.ui.layout import pair
from app.ui.states import answer, heading, note, say
from app.ui.table import show_table
from app.ui.text import capital, escape_md, run_words, when
from app.ui.worklist import draw_worklist
from app.verdict import (
    arrived_reading,
    arrived_sentence,
    correction_sentence,
    repair_reading,
    repair_sentences,
    verdict,
)
from explain.evidence import kept_by_tips
from explain.figures import accuracy_by_tips, metrics_with_baselines, source_weights
from explain.narrate import plural
from explain.newcomers import cold_sentences, places_how, places_table
from mspa_model.runs import Run
from mspa_model.types import DatasetInfo
from mspa_model.words import with_article


def draw(run: Run) -> None:
    """Verdict, data and run, accuracy beside baselines, sources, and whom to look at."""
    info = run.dataset.info
    answer("Can I use this run, and where do I look?", verdict(run.metrics, info))
    say(correction_sentence(run.metrics, info))
    repaired = repair_sentences(run.metrics, info)
    for sentence in repaired:
        say(sentence)
    if repaired:
        note(repair_reading(info))
    arrived = arrived_sentence(run.metrics, info)
    if arrived:
        say(arrived)
        note(arrived_reading(info))
    _draw_cards(run)
    left, right = pair("metrics", (3, 2))
    with left:
        show_picture(metrics_with_baselines(run.metrics, info), "metrics", "Accuracy on test, beside the baselines")
    with right:
        show_picture(source_weights(run.metrics, info), "sources", "What the scores are made of")
        for sentence in run.metrics.get("notes", ()):
            note(sentence)
    part(partial(draw_worklist, run))
    _draw_new(run)
    title = f"How well {plural(info.user_is)} with few and with many {plural(info.tip_is)} are known"
    fold(escape_md(title), "buckets", partial(_draw_by_tips, run))
    draw_compare(run)


def _draw_by_tips(run: Run) -> None:
    show_picture(accuracy_by_tips(run.metrics, run.dataset.info), "by-tips", "Accuracy by what is known of them")
    if kept := kept_by_tips(run):
        note(kept)


def _draw_cards(run: Run) -> None:
    dataset, info = run.dataset, run.dataset.info
    times = dataset.tips["tipped_at"].dropna()
    cards = (
        (capital(plural(info.user_is)), f"{dataset.n_users:,}", f"{run.metrics['n_users']:,} of them measured on test"),
        (
            capital(plural(info.streamer_is)),
            f"{dataset.n_streamers:,}",
            ", ".join(run.features.modalities) or "no modality",
        ),
        (
            capital(plural(info.tip_is)),
            f"{len(dataset.tips):,}",
            f"{run.metrics['n_hidden_pairs']:,} test pairs hidden by the mask",
        ),
        ("First and last", *_span(times, run)),
    )
    for column, (label, value, below) in zip(st.columns(len(cards)), cards, strict=True):
        with column, st.container(border=True, height="stretch", gap="small"):
            st.metric(escape_md(label), value)
            note(below)
    note(f"{plain_title(run)} {run_words(run)}, made {run.created_at[:16].replace('T', ' ')}.")
    if dataset.warnings:
        with st.expander(f"What the check of the data warned of ({len(dataset.warnings)})", type="compact"):
            for warning in dataset.warnings:
                note(warning)


def plain_title(run: Run) -> str:
    """The data set's own title as one short sentence."""
    return f"Data: {run.dataset.info.title[:160].rstrip('.')}."


def _span(times: pd.Series, run: Run) -> tuple[str, str]:
    info = run.dataset.info
    if times.empty:
        return "no times", f"this set keeps no time of {with_article(info.tip_is)}"
    days = max(1, (times.max() - times.min()).days)
    return f"{days:,} days", f"{when(times.min(), info)} to {when(times.max(), info)}"


def _draw_new(run: Run) -> None:
    """How well cold streamers are ranked, where evaluate measured it; a run from before it did has nothing to show."""
    found, info = run.metrics.get("cold"), run.dataset.info
    if not found:
        return
    heading(f"New {plural(info.streamer_is)}")
    for sentence in cold_sentences(found, info):
        say(sentence)
    if found["n_pairs"]:
        title = "What keeping places for them brings and costs"
        fold(title, "places-fold", partial(_draw_places, found, info))


def _draw_places(found: Mapping[str, Any], info: DatasetInfo) -> None:
    table = places_table(found, info)
    numbers = {name: st.column_config.NumberColumn(format="%.4f") for name in table.columns[1:]}
    show_table(table, "places", "Shares of the places kept for the new, on test", numbers)
    note(f"How to read: {places_how(info)}")


draw(st.session_state["run"])
