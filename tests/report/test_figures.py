"""Figures are pure, add up, carry all four parts of a Picture, and let no text from data become markup."""

import json
from dataclasses import replace

import numpy as np
import pytest

from explain import figures, figures_map
from explain.figures_style import TABLE_LENGTH, digits_for, distinct
from explain.narrate import plain
from mspa_model.types import Source

AUDIT = {
    "n_cases": 10,
    "seal": {"green": 6, "amber": 3, "red": 1},
    "randomisation_curve": [{"level": "all", "median": 0.01, "low": -0.1, "high": 0.1}],
}


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
        "curve_drawn": lambda: figures.curve_drawn(explanation.curves, "tip"),
        "opinions_drawn": lambda: figures.opinions_drawn(explanation.opinions[0]),
        "tips_drawn": lambda: figures.tips_drawn(explanation.tip_worths),
        "randomisation_drawn": lambda: figures.randomisation_drawn(AUDIT),
        "seals_drawn": lambda: figures.seals_drawn(AUDIT),
        "rank_lines": lambda: figures.rank_lines(trace, names, info, k=4, highlight=5),
        "weights_change": lambda: figures.weights_change(trace),
        "witnesses": lambda: figures.witnesses(trace, names, info),
        "fused_map": lambda: figures.fused_map(map_points, names, info, 0, (1, 2), names, (0.0, 0.0)),
        "scenario_moves": lambda: figures.scenario_moves(scenario_result, info),
        "history_timeline": lambda: figures.history_timeline(history, names, info, (0, 2), unused),
        "metrics_with_baselines": lambda: figures.metrics_with_baselines(metrics, info),
        "accuracy_by_tips": lambda: figures.accuracy_by_tips(metrics, info),
        "source_weights": lambda: figures.source_weights(metrics, info),
    }


FIGURES = (
    "margin_by_source",
    "source_open",
    "source_open visual",
    "attribution_bars",
    "deletions_drawn",
    "curve_drawn",
    "opinions_drawn",
    "tips_drawn",
    "randomisation_drawn",
    "seals_drawn",
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


def bars(picture):
    return dict(zip(picture.figure.data[0].y, picture.figure.data[0].x, strict=True))


def test_the_bars_of_the_sources_add_up_to_the_last(explanation):
    *parts, total = bars(figures.margin_by_source(explanation)).values()
    assert sum(parts) == pytest.approx(total)
    assert total == explanation.margin


@pytest.mark.parametrize("source", [Source.COTIPS, Source.VISUAL])
@pytest.mark.parametrize("k", [1, 2, 9])
def test_an_opened_source_adds_up_however_few_parts_are_drawn(explanation, source, k):
    expected = next(part.margin for part in explanation.sources if part.source is source)
    picture = figures.source_open(explanation, source, k)
    assert sum(picture.figure.data[0].x) == pytest.approx(expected)
    assert picture.table["margin"].sum() == pytest.approx(expected)


def test_attribution_bars_keep_the_whole_sum(explanation):
    attribution = explanation.attributions[0]
    assert sum(figures.attribution_bars(attribution, k=1).figure.data[0].x) == pytest.approx(attribution.values.sum())


def test_rank_lines_hold_the_ranks_of_every_step(trace, names, info):
    table = figures.rank_lines(trace, names, info, k=3).table
    for column, step in zip(table.columns[1:], (*trace.steps, trace.rejected), strict=True):
        assert sorted(table[column])[:3] == [1, 2, 3]
        first = table.loc[table[column] == 1, info.streamer_is].item()
        assert first == plain(names[int(step.ranking.order[0])], TABLE_LENGTH)


def test_a_highlighted_streamer_far_below_is_drawn_as_lower(trace, names, info):
    figure = figures.rank_lines(trace, names, info, k=2, highlight=5).figure
    assert "lower" in figure.layout.yaxis.ticktext
    assert max(max(line.y) for line in figure.data) == 3


def test_shares_of_the_spread_sum_to_one(trace):
    assert figures.spread_shares(trace.final.ranking).sum() == pytest.approx(1)
    assert figures.weights_change(trace).table.iloc[:, 1:].sum().tolist() == pytest.approx([100, 100, 100])


def test_a_history_without_times_is_drawn_in_order(history, names, info):
    timeless = replace(history, tipped_at=np.full(3, np.datetime64("NaT"), dtype="datetime64[us]"))
    picture = figures.history_timeline(timeless, names, info, (1,))
    drawn = {trace.name: list(trace.x) for trace in picture.figure.data}
    assert drawn == {"used rating": [1, 3], "cited by a statement": [2], "not used": []}


def test_what_has_nothing_to_draw_says_so(explanation, trace, history, names, info, metrics, scenario_result):
    nobody = history.keep(np.zeros(3, dtype=bool))
    pictures = (
        figures.source_open(explanation, Source.POPULARITY),
        figures.deletions_drawn(()),
        figures.witnesses(replace(trace, steps=trace.steps[:1], rejected=None), names, info),
        figures.scenario_moves(replace(scenario_result, moves=()), info),
        figures.history_timeline(nobody, names, info),
        figures.metrics_with_baselines(metrics | {"models": {"mspa": None}}, info),
        figures.accuracy_by_tips(metrics | {"buckets": []}, info),
    )
    for picture in pictures:
        assert picture.table.empty
        assert picture.alt == picture.how_to_read
        assert picture.figure.layout.annotations[0].text


def test_many_streamers_are_thinned_but_never_the_one_looked_at(names, info, map_points):
    n = figures_map.MAX_POINTS + 500
    many = replace(map_points, streamer_xy=np.random.default_rng(7).normal(size=(n, 2)))
    picture = figures.fused_map(many, [f"s{i}" for i in range(n)], info, n - 2, (n - 4,))
    assert len(picture.table) <= figures_map.MAX_POINTS
    assert picture.table["role"].tolist()[:2] == ["selected", "neighbour"]


def test_equal_names_stay_two_rows():
    assert distinct(["Kato", "Kato", "<b>"]) == ["Kato", "Kato (2)", "&lt;b&gt;"]


@pytest.mark.parametrize(
    ("numbers", "digits"), [([], 2), ([0.0], 2), ([150.0], 2), ([1.5], 2), ([0.05], 4), ([1e-9], 5)]
)
def test_three_significant_digits(numbers, digits):
    assert digits_for(numbers) == digits


def test_the_held_out_are_shown_before_and_after_every_step_kept_or_not(trace, names, info):
    rejected = replace(trace.steps[1], index=2, kept=False)
    picture = figures.witnesses(replace(trace, rejected=rejected), names, info)
    labels = ["before step 1", "after step 1", "before step 2, not kept", "after step 2, not kept"]
    assert list(picture.figure.layout.yaxis.ticktext) == labels
    dots = [list(drawn.x) for drawn in picture.figure.data if drawn.mode == "markers"]
    assert dots == [[4, 29, 6], [3, 19, 6]] * 2
    assert picture.table["rank after"].tolist() == [3, 19, 6] * 2
