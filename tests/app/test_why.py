"""The Why page: what the answer names is what is opened, and a click on a bar opens that one."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.ui.chart import pass_on
from explain.contribution import source_margins
from explain.figures_style import SOURCE_LABELS
from explain.narrate import decisive
from mspa_model.pipeline import rank_user
from mspa_model.runs import load_run
from mspa_model.types import Source
from tests.app.pages import sound, texts, turn_to

MODALITIES = (Source.VISUAL, Source.AUDIO, Source.TEXT, Source.COTIPS)


def disagreeing(folder: Path) -> Iterator[tuple[dict[str, str], Source, Source]]:
    """Cases whose largest source speaks against the streamer: the selection, the source named, the largest."""
    run = load_run(folder, device="cpu")
    ids = run.dataset.streamers["streamer_id"]
    for user in run.dataset.users["user_id"]:
        ranking = rank_user(run, user).final.ranking
        order = ranking.order.tolist()
        for above, below in pairwise(order):
            parts = source_margins(ranking, (above, below))
            named = decisive(parts, sum(part.margin for part in parts))
            largest = max(parts, key=lambda part: abs(part.margin))
            if named and {named.source, largest.source} <= set(MODALITIES) and largest.margin < 0:
                query = {"user": str(user), "streamer": str(ids[above]), "rival": str(ids[below])}
                yield query, named.source, largest.source


def inside(page: AppTest) -> str:
    return next(line for line in texts(page).splitlines() if line.startswith("**Inside "))


def test_the_source_that_the_answer_names_is_opened_and_not_the_largest_against_it(
    open_app: Callable[..., AppTest], tiny_run: Path
):
    query, named, largest = next(disagreeing(tiny_run))
    page = turn_to(open_app(tiny_run, **query), "why")
    assert sound(page)
    assert inside(page) == f"**Inside {SOURCE_LABELS[named]}**"
    page.session_state["opened"] = largest
    page.run()
    assert inside(page) == f"**Inside {SOURCE_LABELS[largest]}**"
    page.query_params["streamer"], page.query_params["rival"] = query["rival"], query["streamer"]
    page.run()
    assert inside(page) == f"**Inside {SOURCE_LABELS[named]}**"  # the other way round it is the same source's doing
    assert "is the answer faithful to the model?" in texts(page)
    assert "until analysts' verdicts say so (Verdicts: 0)" in texts(page)


def test_a_click_on_a_bar_is_passed_on_and_one_beside_all_bars_is_not(monkeypatch: pytest.MonkeyPatch):
    clicked: list[int] = []
    for points in ([{"point_index": 2}], []):
        monkeypatch.setattr(st, "session_state", {"margin": {"selection": {"points": points}}})
        pass_on("margin", clicked.append)
    assert clicked == [2]
