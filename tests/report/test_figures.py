"""Figures are pure, add up, carry all four parts of a Picture, and let no text from data become markup."""

import json

import numpy as np
import pytest

from explain import figures
from mspa_model.types import Source


@pytest.fixture(scope="module")
def calls(explanation, trace, names, info, history, map_points, scenario_result, metrics):
    """Every figure function with arguments that it must be able to draw."""
    unused = history.keep(np.array([True, False, False]))
    return {
        "margin_by_source": lambda: figures.margin_by_source(explanation),
        "source_open": lambda: figures.source_open(explanation, Source.COTIPS, k=2),
        "source_open visual": lambda: figures.source_open(explanation, Source.VISUAL),
        "attribution_bars": lambda: figures.attribution_bars(explanation.attributions[0], ["<b>a</b>", "b", "c"], k=2),
        "deletions_drawn": lambda: figures.deletions_drawn(explanation.deletions),
        "rank_lines": lambda: figures.rank_lines(trace, names, info, k=4, highlight=5),
        "weights_change": lambda: figures.weights_change(trace),
        "witnesses": lambda: figures.witnesses(trace, names, info),
        "fused_map": lambda: figures.fused_map(map_points, names, info, 0, (1, 2), names, (0.0, 0.0)),
        "scenario_moves": lambda: figures.scenario_moves(scenario_result, info),
        "history_timeline": lambda: figures.history_timeline(history, names, info, (0, 2), unused),
        "metrics_with_baselines": lambda: figures.metrics_with_baselines(metrics),
        "accuracy_by_tips": lambda: figures.accuracy_by_tips(metrics),
        "source_weights": lambda: figures.source_weights(metrics),
    }


FIGURES = (
    "margin_by_source",
    "source_open",
    "source_open visual",
    "attribution_bars",
    "deletions_drawn",
    "rank_lines",
    "weights_change",
    "witnesses",
    "fused_map",
    "scenario_moves",
    "history_timeline",
    "metrics_with_baselines",
    "accuracy_by_tips",
    "source_weights",
)


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_has_all_four_parts(calls, name):
    picture = calls[name]()
    assert picture.figure.data
    assert len(picture.table)
    assert picture.alt.endswith(".")
    assert picture.how_to_read.endswith((".", "%"))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_pure(calls, name):
    assert calls[name]().figure.to_json() == calls[name]().figure.to_json()


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_from_data_is_markup(calls, name):
    figure = calls[name]().figure.to_json()
    drawn = (
        json.dumps({**json.loads(figure), "template": None}, ensure_ascii=False)
        .replace("<br>", "")
        .replace("<extra>", "")
    )
    assert "<b>" not in drawn
    assert "<a " not in drawn
    assert "<i>" not in drawn
    assert "$x$" not in drawn
    assert "\u202e" not in drawn
