"""Figures of ranks: lines over the correction steps, and the moves of a scenario."""

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from explain.figures_style import (
    BLUE,
    GREY,
    TABLE_LENGTH,
    VERMILION,
    Picture,
    distinct,
    empty_picture,
    lay_out,
    place,
    shown,
)
from explain.narrate import counted, plain
from explain.types import RankMove, ScenarioResult
from mspa_model.types import DatasetInfo, RankingTrace, Step

_MANY = 60  # ranks beyond which an axis is logarithmic


def rank_lines(
    trace: RankingTrace, names: Sequence[str], info: DatasetInfo, k: int = 10, highlight: int | None = None
) -> Picture:
    """Where each streamer that is ever in the top k stands at each step; the proposal that was not kept is dashed.

    names: by streamer_idx. highlight: streamer_idx drawn thicker. Ranks below the top k share one row, "lower".
    """
    steps = steps_of(trace)
    if not len(trace.final.ranking.order):
        return empty_picture(f"There is no {info.streamer_is} to rank.", [info.streamer_is])
    ranks = _rank_table(steps, k, highlight)
    figure = go.Figure()
    for streamer_idx, row in ranks.items():
        _add_line(figure, trace, row, names[streamer_idx], k, streamer_idx == highlight)
    _rank_axes(figure, steps, ranks, names, k)
    labels = [title_of(step) for step in steps]
    table = pd.DataFrame(
        [[plain(names[i], TABLE_LENGTH), *row] for i, row in ranks.items()], columns=[info.streamer_is, *labels]
    ).astype(dict.fromkeys(labels, "Int64"))
    moved = [i for i, row in ranks.items() if row[0] != row[len(trace.steps) - 1]]
    span = "at step 0"
    if len(trace.steps) > 1:
        span = f"from step 0 to step {trace.final.index}; {len(moved)} changed rank"
    alt = f"Ranks of {counted(len(ranks), info.streamer_is)} {span}. {trace.stop_sentence}"
    how = "First is at the top: blue rises, orange falls, grey stays; dashed is a proposal that was not kept."
    return Picture(figure, table, plain(alt, 400), how)


def steps_of(trace: RankingTrace) -> tuple[Step, ...]:
    """The kept steps, then the proposal that was not kept."""
    return (*trace.steps, trace.rejected) if trace.rejected is not None else trace.steps


def title_of(step: Step) -> str:
    """ "step 1", "step 2, not kept"."""
    return f"step {step.index}" if step.kept else f"step {step.index}, not kept"


def _rank_table(steps: Sequence[Step], k: int, highlight: int | None) -> dict[int, list[int | None]]:
    """Ranks at every step by streamer_idx, for whoever is in the top k of some step, in the order of step 0."""
    inside = {int(i): None for step in steps for i in step.ranking.order[:k]}
    if highlight is not None:
        inside[highlight] = None
    ranks = {i: [step.ranking.rank_of(i) for step in steps] for i in inside}
    return dict(sorted(ranks.items(), key=lambda item: item[1][0] or math.inf))


def _add_line(figure: go.Figure, trace: RankingTrace, row: list[int | None], name: str, k: int, thick: bool) -> None:
    """One streamer's line: solid over the kept steps, dashed to the proposal."""
    n_kept = len(trace.steps)
    ys = [_drawn_rank(rank, k) for rank in row]
    rise = ys[0] - (ys[-1] if n_kept == 1 else ys[n_kept - 1])
    colour = BLUE if rise > 0 else VERMILION if rise < 0 else GREY
    hover = [f"{shown(name, 60)}<br>{place(rank)}" for rank in row]
    proposed = [(n_kept - 1, len(row), "dash")] if len(row) > n_kept else []
    for first, last, dash in ((0, n_kept, "solid"), *proposed):
        figure.add_scatter(
            x=list(range(first, last)),
            y=ys[first:last],
            mode="lines+markers",
            line={"color": colour, "width": 4 if thick else 2, "dash": dash},
            marker={"size": 11 if thick else 8, "symbol": "circle" if dash == "solid" else "circle-open"},
            hovertext=hover[first:last],
            hovertemplate="%{hovertext}<extra></extra>",
            showlegend=False,
        )


def _drawn_rank(rank: int | None, k: int) -> float:
    return float(k + 1) if rank is None or rank > k else float(rank)


def _heading_of(step: Step, answer: int) -> str:
    return f"{title_of(step)}<br>the answer" if step.kept and step.index == answer else title_of(step)


def _rank_axes(
    figure: go.Figure, steps: Sequence[Step], ranks: dict[int, list[int | None]], names: Sequence[str], k: int
) -> None:
    """Names at both ends of the lines, steps along the top."""
    rows = min(k, max(len(step.ranking.order) for step in steps))
    lower = any(rank is None or rank > k for row in ranks.values() for rank in row)
    ticks = [*range(1, rows + 1), *([k + 1] if lower else [])]
    answer = max(step.index for step in steps if step.kept)
    lay_out(figure, n_rows=len(ticks)).update_layout(margin_t=44)
    axis = {"tickvals": ticks, "range": [ticks[-1] + 0.6, 0.4], "showgrid": False, "zeroline": False}
    figure.update_yaxes(**axis, ticktext=_end_labels(0, ranks, names, rows, lower))
    if len(steps) > 1:
        figure.add_scatter(x=[0], y=[1], yaxis="y2", opacity=0, showlegend=False, hoverinfo="skip")
        figure.update_layout(yaxis2={**axis, "overlaying": "y", "side": "right", "automargin": True})
        figure.update_layout(yaxis2_ticktext=_end_labels(len(steps) - 1, ranks, names, rows, lower))
    figure.update_xaxes(
        tickvals=list(range(len(steps))),
        ticktext=[_heading_of(step, answer) for step in steps],
        range=[-0.15, max(len(steps) - 1, 0.3) + 0.15],
        side="top",
        zeroline=False,
    )


def _end_labels(
    column: int, ranks: dict[int, list[int | None]], names: Sequence[str], rows: int, lower: bool
) -> list[str]:
    at = {row[column]: shown(names[i]) for i, row in ranks.items()}
    return [f"{rank}  {at.get(rank, '')}" for rank in range(1, rows + 1)] + ["lower"] * lower


def scenario_moves(result: ScenarioResult, info: DatasetInfo, k: int = 12) -> Picture:
    """Where the streamers that a scenario moves most stood before (hollow) and stand after (full)."""
    moves = [move for move in result.moves if move.rank_before != move.rank_after][:k]
    columns = [info.streamer_is, "rank before", "rank after", "score change"]
    if not moves:
        return empty_picture("Nothing moved.", columns)
    worst = max(rank for move in moves for rank in (move.rank_before, move.rank_after) if rank is not None)
    figure = go.Figure()
    for label, move in zip(distinct([move.name for move in moves]), moves, strict=True):
        _add_move(figure, label, move, worst + 1)
    lay_out(figure, n_rows=len(moves))
    _move_axes(figure, worst, any(None in (move.rank_before, move.rank_after) for move in moves))
    rows = [[plain(m.name, TABLE_LENGTH), m.rank_before, m.rank_after, m.score_change] for m in moves]
    first = moves[0]
    said = f"{counted(len(moves), 'move')} drawn"
    alt = f"{plain(first.name)} from {place(first.rank_before)} to {place(first.rank_after)}; {said}."
    table = pd.DataFrame(rows, columns=columns).astype({"rank before": "Int64", "rank after": "Int64"})
    return Picture(figure, table, alt, "Hollow is before the edit, full is after: blue rose, orange fell.")


def _move_axes(figure: go.Figure, worst: int, outside: bool) -> None:
    """Whole ranks along the axis, logarithmic where they are many, and a last place for who is no candidate."""
    ticks = [base * power for power in (1, 10, 100, 1000, 10_000) for base in (1, 2, 3, 5)]
    if worst <= _MANY:
        ticks = list(range(1, worst + 1)) if worst <= 12 else [1, *range(5, worst + 1, 5)]
    ticks = [tick for tick in ticks if tick <= worst]
    texts = [f"{tick:,}" for tick in ticks] + ["outside"] * outside
    span = {"type": "log"} if worst > _MANY else {"range": [0.5, worst + (1.5 if outside else 0.5)]}
    ticks = ticks + [worst + 1] * outside
    figure.update_xaxes(title="rank (left is better)", zeroline=False, tickvals=ticks, ticktext=texts, **span)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)


def _add_move(figure: go.Figure, label: str, move: RankMove, outside: int) -> None:
    before, after = (rank if rank is not None else outside for rank in (move.rank_before, move.rank_after))
    colour = BLUE if after < before else VERMILION
    figure.add_scatter(
        x=[before, after],
        y=[label, label],
        mode="lines+markers",
        line={"color": colour, "width": 3},
        marker={"size": 12, "symbol": ["circle-open", "circle"], "color": colour},
        hovertext=[f"{shown(move.name, 60)}<br>{place(move.rank_before)} → {place(move.rank_after)}"] * 2,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
