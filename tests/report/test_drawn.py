"""Colours, lengths and words of figures say the direction that the numbers have."""

from dataclasses import replace

import pytest

from explain import figures
from explain.figures_style import BLUE, GREY, VERMILION, signed
from explain.narrate import source_sentences
from explain.types import Deletion, Explanation, RankMove
from mspa_model.types import DatasetInfo, RankingTrace, Source


def test_ranks_are_coloured_by_where_they_went(trace: RankingTrace, names: tuple[str, ...], info: DatasetInfo) -> None:
    picture = figures.rank_lines(trace, names, info, k=4, highlight=5)
    ranks = {i: [step.ranking.rank_of(i) for step in trace.steps] for i in range(6)}
    lines = [line for line in picture.figure.data if line.mode and line.line.dash == "solid"]
    assert len(lines) == len(picture.table)
    widths = sorted(line.line.width for line in lines)
    assert widths[-1] > widths[-2], "the one that is explained stands out"
    drawn = {i: [5 if r is None or r > 4 else r for r in row] for i, row in ranks.items()}
    expected = [BLUE if a > b else VERMILION if a < b else GREY for a, b in drawn.values()]
    shown = {tuple(line.y): line.line.color for line in lines}
    for (first, last), colour in zip(drawn.values(), expected, strict=True):
        if (first, last) in shown:
            assert shown[(first, last)] == colour
    assert {BLUE, VERMILION} & set(shown.values())
    proposal = [line for line in picture.figure.data if line.mode and line.line.dash == "dash"]
    assert len(proposal) == len(lines)
    assert all(list(line.x) == [1, 2] for line in proposal)
    assert all(min(line.y) >= 1 and max(line.y) <= 5 for line in lines), "below the top 4 is one row"


def test_moves_are_coloured_by_rise_and_fall(scenario_result, info: DatasetInfo) -> None:
    picture = figures.scenario_moves(scenario_result, info)
    fell, rose, left = picture.figure.data
    assert [each.line.color for each in (fell, rose, left)] == [VERMILION, BLUE, VERMILION]
    assert [list(each.x) for each in (fell, rose, left)] == [[1, 3], [2, 1], [3, 4]]
    assert picture.figure.layout.xaxis.ticktext[-1] == "outside"
    assert picture.table["rank after"].tolist()[:2] == [3, 1]
    still = replace(scenario_result, moves=(RankMove(1, "Kato", 2, 2, 0.1, ()),))
    assert len(figures.scenario_moves(still, info).table) == 0


@pytest.mark.parametrize(("worst", "ticks"), [(3, [1, 2, 3]), (12, list(range(1, 13))), (23, [1, 5, 10, 15, 20])])
def test_ticks_are_whole_ranks(scenario_result, info: DatasetInfo, worst: int, ticks: list[int]) -> None:
    moved = replace(scenario_result, moves=(RankMove(1, "Kato", worst, 1, 0.1, ()),))
    axis = figures.scenario_moves(moved, info).figure.layout.xaxis
    assert list(axis.tickvals) == ticks
    assert axis.type is None
    assert tuple(axis.range) == (0.5, worst + 0.5)
    far = replace(scenario_result, moves=(RankMove(1, "Kato", 240, 1, 0.1, ()),))
    axis = figures.scenario_moves(far, info).figure.layout.xaxis
    assert axis.type == "log"
    assert list(axis.tickvals) == [1, 2, 3, 5, 10, 20, 30, 50, 100, 200]


def test_a_source_that_gives_nothing_says_not_used(explanation: Explanation) -> None:
    picture = figures.margin_by_source(explanation)
    (bars,) = picture.figure.data
    told = dict(zip(bars.y, bars.text, strict=True))
    assert told["audio"] == told["text"] == "not used"
    assert told["popularity"] == "0", "both have the same of it"
    assert told["co-tipping"].startswith("+0.7")
    assert told["visual"].startswith("−0.2")
    assert bars.y[0] == "co-tipping"
    assert picture.table["margin"].iloc[-1] == pytest.approx(explanation.margin)
    assert "the largest part is co-tipping (+0.70); together +0.50." in picture.alt


def test_an_opened_source_is_summed_and_its_largest_part_named(explanation: Explanation) -> None:
    whole = figures.source_open(explanation, Source.COTIPS)
    margins = sorted((t.margin for t in explanation.tips), key=lambda m: -abs(m))
    assert whole.figure.data[0].x == pytest.approx(margins)
    assert f"({signed(margins[0])})." in whole.alt
    two = figures.source_open(explanation, Source.COTIPS, k=1)
    assert two.figure.data[0].y[-1] == f"{len(margins) - 1} others together"
    assert sum(two.figure.data[0].x) == pytest.approx(sum(margins))


def test_deletions_are_ordered_and_coloured_by_what_they_cost() -> None:
    found = [
        Deletion("tip", str(i), name, drop, drop, 3, 9) for i, (name, drop) in enumerate([("A", -0.1), ("B", 0.4)])
    ]
    picture = figures.deletions_drawn(found)
    (bars,) = picture.figure.data
    assert (list(bars.y), list(bars.marker.color)) == (["B", "A"], [BLUE, VERMILION])
    assert "Taking away B costs most: −0.40, its place goes from 3rd to 9th." in picture.alt
    assert "by score alone" not in picture.how_to_read
    assert "by score alone" in figures.deletions_drawn([replace(d, by_score=True) for d in found]).how_to_read


def test_reasons_for_and_one_against(explanation: Explanation, info: DatasetInfo) -> None:
    lines = source_sentences(explanation, info)
    assert len(lines) == 2
    assert lines[0].endswith(": 0.70 points ahead.")
    assert lines[1].startswith("Against that, how it looks")
    assert lines[1].endswith(": 0.20 points behind.")
    turned = replace(
        explanation,
        margin=-0.5,
        sources=tuple(replace(s, streamer=s.rival, rival=s.streamer) for s in explanation.sources),
    )
    lines = source_sentences(turned, info)
    assert lines[0].endswith(": 0.70 points behind.")
    assert lines[1].endswith(": 0.20 points ahead.")


def test_a_bar_of_the_margin_is_known_by_its_position(explanation: Explanation) -> None:
    labels = figures.margin_by_source(explanation).table["source"].tolist()
    found = [figures.source_of_bar(explanation, position) for position in range(len(labels))]
    assert [figures.SOURCE_LABELS[source] for source in found[:-1]] == labels[:-1]
    assert found[-1] is None
