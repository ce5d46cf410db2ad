"""Every figure, drawn from a few points by hand, is the picture that was looked at and approved.

The approved ones lie in test_pictures/. `pytest tests/report/test_pictures.py --force-regen -n 0` draws them anew: read
the change before it is committed.
"""

import re
from collections.abc import Callable
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from explain import figures
from explain.figures import Picture
from explain.figures_style import empty_picture, lay_out
from explain.types import Carrying, Explanation, PieceKind
from mspa_model.types import Source
from tests.report import by_hand as made
from tests.report.by_hand import INFO, LETTERS
from tests.report.drawn import as_text, layout_of

TEN = [1.0, -0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
THIRTEEN = tuple((n, n + 1) for n in range(1, 14))


def lines(**told) -> Picture:
    """Six streamers: A and B change places, then a proposal that would bring F to the top."""
    steps = (
        made.step(0, made.ranking([6, 5, 4, 3, 2, 1], 6)),
        made.step(1, made.ranking([5, 6, 4, 3, 2, 1], 6)),
        made.step(2, made.ranking([5, 6, 4, 3, 2, 7], 6), kept=False),
    )
    return figures.rank_lines(made.trace(*steps), LETTERS, INFO, **told)


def once(scores: list[float], candidates: int | None = None, **told) -> Picture:
    """One step, nothing proposed."""
    return figures.rank_lines(made.trace(made.step(0, made.ranking(scores, candidates))), LETTERS, INFO, **told)


def proposed() -> Picture:
    """One kept step and a proposal, which then says who rises."""
    steps = (made.step(0, made.ranking([3, 2, 1])), made.step(1, made.ranking([2, 3, 1]), kept=False))
    return figures.rank_lines(made.trace(*steps), LETTERS, INFO, k=2)


def weighed(*spreads: dict[str, float], kept: bool = True) -> Picture:
    steps = [made.step(i, made.spreading(**each)) for i, each in enumerate(spreads)]
    last = made.step(len(spreads) - 1, made.spreading(**spreads[-1]), kept)
    return figures.weights_change(made.trace(*steps[:-1], last))


def judged(*ranks: tuple[int, ...] | None, kept: bool = True) -> Picture:
    steps = [made.step(i, made.ranking([1, 0]), True, each) for i, each in enumerate(ranks)]
    last = made.step(len(ranks) - 1, made.ranking([1, 0]), kept, ranks[-1])
    return figures.witnesses(made.trace(*steps[:-1], last), LETTERS, INFO)


def tipped(*amounts: float, timed: bool = True, cited: tuple[int, ...] = (), unused: int | None = None) -> Picture:
    others = None if unused is None else made.history(unused, timed=timed)
    told = made.history(len(amounts), list(amounts), timed)
    return figures.history_timeline(told, LETTERS, INFO, cited, others)


def faded(timed: bool = True) -> Picture:
    told = made.history(3, timed=timed).faded(made.FADE_DAY)
    return figures.history_timeline(told, LETTERS, INFO, (0,))


PICTURES: dict[str, Callable[[], Picture]] = {
    "attributions-named": lambda: figures.attribution_bars(
        made.attribution([0.1, -0.25, -0.05], -0.2, 1e-6), ["<b>a</b>", "b", "c"], k=2
    ),
    "attributions-ten": lambda: figures.attribution_bars(made.attribution(TEN, 2.5, 0.3)),
    "attributions-twelve": lambda: figures.attribution_bars(made.attribution([*TEN, 0.05, 0.01], 3.5, 2e-3)),
    "deletions": lambda: figures.deletions_drawn(made.deletions()),
    "deletions-none": lambda: figures.deletions_drawn(()),
    "curve-features": lambda: figures.curve_drawn(made.curves(), "feature"),
    "curve-tips": lambda: figures.curve_drawn(made.curves(), "tip"),
    "curve-none": lambda: figures.curve_drawn(made.curves(), "statement"),
    "opinions": lambda: figures.opinions_drawn(made.opinions(2)),
    "opinions-one": lambda: figures.opinions_drawn(made.opinions(1)),
    "tips-thirteen": lambda: figures.tips_drawn(made.worths(13)),
    "tips-shared": lambda: figures.tips_drawn(made.worths(3, shapley=True)),
    "tips-none": lambda: figures.tips_drawn(()),
    "randomisation": lambda: figures.randomisation_drawn(made.audit()),
    "randomisation-none": lambda: figures.randomisation_drawn({"randomisation_curve": []}),
    "seals": lambda: figures.seals_drawn(made.audit()),
    "ranks": lambda: lines(k=3, highlight=4),
    "ranks-of-two": lambda: lines(k=2),
    "ranks-once": lambda: once([6, 5, 4, 3, 2, 1], 5, k=6, highlight=5),
    "ranks-proposed": proposed,
    "ranks-eleven": lambda: once(list(range(11, 0, -1))),
    "ranks-none": lambda: once([1.0], 0),
    "weights": lambda: weighed({"visual": 3, "cotips": 1}, {"visual": 1, "cotips": 1}, {"cotips": 1}, kept=False),
    "weights-once": lambda: weighed({"text": 2, "audio": 1, "popularity": 1}),
    "weights-none": lambda: weighed({}),
    "witnesses": lambda: judged(None, (4, 30, 7), (2, 9), kept=False),
    "witnesses-none": lambda: judged(None, ()),
    "moves": lambda: figures.scenario_moves(made.moved((1, 3), (2, 2), (3, None), (None, 12)), INFO),
    "moves-equal-names": lambda: figures.scenario_moves(made.moved((2, 1), (1, 2), names=("Kato", "Kato")), INFO),
    "moves-thirteen": lambda: figures.scenario_moves(made.moved(*THIRTEEN), INFO),
    "moves-of-13": lambda: figures.scenario_moves(made.moved((13, 1)), INFO),
    "moves-of-60": lambda: figures.scenario_moves(made.moved((60, 1)), INFO),
    "moves-of-61": lambda: figures.scenario_moves(made.moved((61, 1), (2, None)), INFO),
    "moves-of-60000": lambda: figures.scenario_moves(made.moved((1, 60_000)), INFO),
    "moves-none": lambda: figures.scenario_moves(made.moved((2, 2)), INFO),
    "history": lambda: tipped(1.0, 5.0, 3.0, cited=(0, 2), unused=1),
    "history-wide": lambda: tipped(1.0, 51.0, unused=0),
    "history-not-so-wide": lambda: tipped(1.0, 50.0),
    "history-from-zero": lambda: tipped(0.0, 60.0),
    "history-untimed": lambda: tipped(2.0, 1.0, timed=False, cited=(1,)),
    "history-faded": faded,
    "history-faded-untimed": lambda: faded(timed=False),
    "history-none": lambda: tipped(),
    "map": lambda: figures.fused_map(
        made.places(5), LETTERS, INFO, 1, (3, 2), ["x", "y", "x", "none", "other"], (0.5, 2.0)
    ),
    "map-plain": lambda: figures.fused_map(made.places(4, lost=(1, 3)), LETTERS, INFO, 1, (3, 2)),
    "map-alone": lambda: figures.fused_map(made.places(1), LETTERS, INFO, 0),
    "map-eight-groups": lambda: figures.fused_map(made.places(9), LETTERS, INFO, groups=list("abcdefghh")),
    "metrics": lambda: figures.metrics_with_baselines(made.metrics(), INFO),
    "metrics-recall": lambda: figures.metrics_with_baselines(made.metrics(), INFO, "recall@20"),
    "metrics-none": lambda: figures.metrics_with_baselines(made.metrics(), INFO, "ndcg@20"),
    "accuracy": lambda: figures.accuracy_by_tips(made.metrics(), INFO),
    "accuracy-none": lambda: figures.accuracy_by_tips(made.metrics(), INFO, "recall@20"),
    "source-weights": lambda: figures.source_weights(made.metrics(), INFO),
    "inputs": lambda: figures.inputs_drawn(made.carrying()),
    "inputs-first": lambda: figures.inputs_drawn(made.carrying(), k=1),
    "inputs-texts": lambda: figures.inputs_drawn(made.reading(), k=1),
    "pieces-seconds": lambda: figures.pieces_drawn(made.carrying(), "second"),
    "pieces-first": lambda: figures.pieces_drawn(made.carrying(), "second", k=1),
    "pieces-words": lambda: figures.pieces_drawn(made.carrying(), "word"),
    "pieces-none": lambda: figures.pieces_drawn(made.carrying(), "sentence"),
    "turn": lambda: figures.turn_drawn(made.turn()),
}
OF_A_CASE: dict[str, Callable[[Explanation], Picture]] = {
    "margin": figures.margin_by_source,
    "margin-behind": lambda case: figures.margin_by_source(made.behind(case)),
    "open-cotips": lambda case: figures.source_open(case, Source.COTIPS, k=2),
    "open-cotips-first": lambda case: figures.source_open(case, Source.COTIPS, k=1),
    "open-cotips-all": lambda case: figures.source_open(case, Source.COTIPS, k=3),
    "open-visual": lambda case: figures.source_open(case, Source.VISUAL),
    "open-nothing": lambda case: figures.source_open(case, Source.POPULARITY),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_approved_one(name, file_regression):
    file_regression.check(as_text(PICTURES[name]()), basename=name, extension=".yml")


@pytest.mark.parametrize("name", OF_A_CASE)
def test_a_picture_of_a_case_is_the_approved_one(explanation: Explanation, name, file_regression):
    file_regression.check(as_text(OF_A_CASE[name](explanation)), basename=name, extension=".yml")


def test_all_share_one_layout():
    assert layout_of(lay_out(go.Figure())) == {
        "height": 330,
        "margin": {"l": 8, "r": 16, "t": 28, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "bargap": 0.35,
        "hoverlabel": {"align": "left", "namelength": -1},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": {}},
        "xaxis": {
            "automargin": True,
            "gridcolor": "rgba(127,127,127,0.28)",
            "zerolinecolor": "#7F7F7F",
            "title": {"standoff": 8},
        },
        "yaxis": {
            "automargin": True,
            "gridcolor": "rgba(127,127,127,0.28)",
            "zerolinecolor": "#7F7F7F",
            "title": {"standoff": 8},
            "ticksuffix": "  ",
        },
    }


@pytest.mark.parametrize(("n_rows", "height", "tall"), [(0, None, 330), (1, None, 150), (3, None, 180), (3, 200, 200)])
def test_a_figure_is_as_tall_as_its_rows(n_rows, height, tall):
    assert lay_out(go.Figure(), n_rows, height).layout.height == tall


LONG = "x" * 250


def lengths(picture: Picture) -> list[int]:
    """How many letters a long name keeps, of every place that it stands in."""
    return sorted({len(found) for found in re.findall(r"x{9,}…?", as_text(picture).replace("\n", ""))})


def long_case(explanation: Explanation) -> Explanation:
    """A case whose every name is long."""
    parts = tuple(replace(tip, label=LONG) for tip in explanation.tips)
    return replace(explanation, streamer_name=LONG, rival_name=LONG, tips=parts)


def long_inputs(kind: PieceKind) -> Carrying:
    found = made.carrying()
    inputs = tuple(replace(given, label=LONG, text=LONG) for given in found.inputs)
    pieces = tuple(replace(piece, text=LONG) for piece in found.pieces if piece.kind == kind)
    return replace(found, name=LONG, inputs=inputs, pieces=pieces)


def long_moves() -> Picture:
    return figures.scenario_moves(made.moved((1, 2), names=(LONG,)), INFO)


def long_witnesses() -> Picture:
    steps = (made.step(0, made.ranking([1, 0])), made.step(1, made.ranking([1, 0]), True, (4,)))
    return figures.witnesses(made.trace(*steps), [LONG] * 2, INFO)


def test_ranks_told_from_a_draw_are_said_to_be_not_exact():
    exact = made.step(1, made.ranking([1, 0]), True, (4,))
    assert exact.held_out is not None
    drawn = replace(exact, held_out=replace(exact.held_out, about=True))
    start = made.step(0, made.ranking([1, 0]))
    said = [figures.witnesses(made.trace(start, step), LETTERS, INFO).how_to_read for step in (exact, drawn)]
    assert ["not exact" in each for each in said] == [False, True]


# An axis or legend shows 26 letters of a name, labels of parts 40, sentences 60, what the mouse rests on 60 (a part
# itself 200), a table 200. Labels that would be equal show 19 letters of their beginning and 20 of their end.
@pytest.mark.parametrize(
    ("draw", "kept"),
    [
        (lambda case: figures.margin_by_source(long_case(case)), [26, 60]),
        (lambda case: figures.source_open(long_case(case), Source.COTIPS), [19, 20, 26, 60, 200]),
        (
            lambda case: figures.attribution_bars(replace(case.attributions[0], reference=LONG), [LONG] * 3),
            [19, 20, 48, 60],
        ),
        (lambda case: figures.deletions_drawn([replace(made.deletions()[0], label=LONG)]), [40, 60, 200]),
        (lambda case: figures.tips_drawn([replace(made.worths(1)[0], label=LONG)]), [40, 60, 200]),
        (lambda case: figures.rank_lines(made.trace(made.step(0, made.ranking([1]))), [LONG], INFO), [26, 60, 200]),
        (lambda case: long_moves(), [26, 60, 200]),
        (lambda case: long_witnesses(), [60, 200]),
        (lambda case: figures.history_timeline(made.history(1), [LONG], INFO), [60, 200]),
        (lambda case: figures.fused_map(made.places(2), [LONG] * 2, INFO, 0, (1,), [LONG, "y"]), [26, 60, 200]),
        (lambda case: figures.inputs_drawn(long_inputs("word")), [19, 20, 26, 60, 200, 250]),
        (lambda case: figures.pieces_drawn(long_inputs("word"), "word"), [40, 60, 200, 250]),
        (lambda case: figures.turn_drawn(replace(made.turn(), rival=LONG)), [26, 60]),
        (lambda case: empty_picture(LONG, ["a"]), [160, 250]),
    ],
)
def test_long_names_are_cut_where_they_stand(explanation: Explanation, draw, kept: list[int]):
    assert lengths(draw(explanation)) == kept
