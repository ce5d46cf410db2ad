"""Figures of space and time: the stored fused map, a scenario's moves, the history of a user."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from explain.figures_style import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    SKY,
    VERMILION,
    Picture,
    distinct,
    empty_picture,
    lay_out,
    ordinal,
    plain,
    shorten,
    shown,
)
from explain.types import RankMove, ScenarioResult
from mspa_model.types import DatasetInfo, History, MapPoints

MAX_POINTS = 12_000
_GROUP_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, AMBER, SKY)


def fused_map(
    points: MapPoints,
    names: Sequence[str],
    info: DatasetInfo,
    highlight: int | None = None,
    neighbours: Sequence[int] = (),
    groups: Sequence[str] | None = None,
    user_xy: tuple[float, float] | None = None,
) -> Picture:
    """The stored map of streamers: one highlighted, its neighbours of the original space ringed, the user as a star.

    names, groups: by streamer_idx; the six largest groups are coloured. user_xy: where the selected user is placed.
    At most 12,000 points are drawn (the highlighted and its neighbours always).
    """
    xy = np.asarray(points.streamer_xy, dtype=float)
    drawn = _drawn_rows(len(xy), {*neighbours, *([highlight] if highlight is not None else [])})
    colour_of = _group_names(groups, drawn)
    figure = go.Figure()
    for label, colour in _legend(colour_of):
        rows = [i for i in drawn if colour_of[i] == label]
        _add_points(figure, xy, rows, names, label, {"color": colour, "size": 5, "opacity": 0.55}, bool(groups))
    _add_points(figure, xy, list(neighbours), names, "neighbours", _ring(9, BLUE), True)
    if highlight is not None:
        _add_points(figure, xy, [highlight], names, shown(names[highlight]), _ring(15, VERMILION), True)
    if user_xy is not None:
        figure.add_scattergl(
            x=[user_xy[0]],
            y=[user_xy[1]],
            mode="markers",
            name=f"this {info.user_is}",
            marker={"symbol": "star", "size": 15, "color": AMBER, "line": {"color": GREY, "width": 1}},
            hoverinfo="name",
        )
    lay_out(figure, height=520)
    figure.update_xaxes(visible=False).update_yaxes(visible=False, scaleanchor="x")
    return Picture(
        figure,
        _map_table(xy, drawn, names, info, colour_of, highlight, neighbours),
        _map_alt(drawn, names, info, highlight, neighbours),
        "Near often means alike, far means little: the rings are the true neighbours, found in the original space.",
    )


def _drawn_rows(n_streamers: int, always: Collection[int]) -> list[int]:
    """All streamers, or an even draw of them where there are too many for a browser."""
    if n_streamers <= MAX_POINTS:
        return list(range(n_streamers))
    even = np.linspace(0, n_streamers - 1, MAX_POINTS - len(always)).astype(int)
    return sorted({*even.tolist(), *always})


def _group_names(groups: Sequence[str] | None, drawn: Sequence[int]) -> dict[int, str]:
    """Group label of every drawn row: the largest six by name, "other" for the rest; one group where there are none."""
    if groups is None:
        return dict.fromkeys(drawn, "all")
    counts = Counter(groups[i] for i in drawn if groups[i])
    largest = {name: shown(name) for name, _ in counts.most_common(len(_GROUP_COLOURS))}
    return {i: largest.get(groups[i], "other") for i in drawn}


def _legend(colour_of: dict[int, str]) -> list[tuple[str, str]]:
    counts = Counter(colour_of.values())
    named = [name for name, _ in counts.most_common() if name not in {"other", "all"}]
    plain_ones = [(name, GREY) for name in ("all", "other") if name in counts]
    return plain_ones + list(zip(named, _GROUP_COLOURS, strict=False))


def _ring(size: int, colour: str) -> dict:
    return {"symbol": "circle-open", "size": size, "color": colour, "line": {"width": 3}}


def _add_points(
    figure: go.Figure, xy: np.ndarray, rows: Sequence[int], names: Sequence[str], label: str, marker: dict, legend: bool
) -> None:
    figure.add_scattergl(
        x=xy[rows, 0].round(3),
        y=xy[rows, 1].round(3),
        mode="markers",
        name=label,
        marker=marker,
        showlegend=legend and len(rows) > 0,
        hovertext=[shown(names[i], 60) for i in rows],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=list(rows),
    )


def _map_table(
    xy: np.ndarray,
    drawn: Sequence[int],
    names: Sequence[str],
    info: DatasetInfo,
    groups: dict[int, str],
    highlight: int | None,
    neighbours: Sequence[int],
) -> pd.DataFrame:
    """Highlighted and neighbours first, then all others."""
    near = list(neighbours)
    first = ([highlight] if highlight is not None else []) + near
    order = first + [i for i in drawn if i not in set(first)]
    role = dict.fromkeys(near, "neighbour") | ({highlight: "selected"} if highlight is not None else {})
    return pd.DataFrame(
        {
            info.streamer_is: [plain(names[i]) for i in order],
            "role": [role.get(i, "") for i in order],
            "group": [groups.get(i, "") for i in order],
            "x": xy[order, 0],
            "y": xy[order, 1],
        }
    )


def _map_alt(
    drawn: Sequence[int], names: Sequence[str], info: DatasetInfo, highlight: int | None, neighbours: Sequence[int]
) -> str:
    alt = f"A map of {len(drawn)} {info.streamer_is}s."
    if highlight is not None:
        near = ", ".join(shorten(names[i]) for i in list(neighbours)[:5]) or "none given"
        alt += f" Marked: {shorten(names[highlight])}; its nearest in the original space: {near}."
    return alt


def scenario_moves(result: ScenarioResult, info: DatasetInfo, k: int = 12) -> Picture:
    """Where the streamers that a scenario moves stood before (hollow) and stand after (full)."""
    moves = [move for move in result.moves if move.rank_before != move.rank_after][:k]
    columns = [info.streamer_is, "rank before", "rank after", "score change"]
    if not moves:
        return empty_picture("Nothing moved.", columns)
    labels = distinct([move.name for move in moves])
    figure = go.Figure()
    worst = max(rank for move in moves for rank in (move.rank_before, move.rank_after) if rank is not None)
    for label, move in zip(labels, moves, strict=True):
        _add_move(figure, label, move, worst + 1)
    lay_out(figure, n_rows=len(moves))
    figure.update_xaxes(title="rank (left is better)", zeroline=False)
    figure.update_xaxes(type="log" if worst > 60 else "linear", rangemode="tozero" if worst <= 60 else "normal")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    table = pd.DataFrame([[plain(m.name), m.rank_before, m.rank_after, m.score_change] for m in moves], columns=columns)
    first = moves[0]
    alt = (
        f"{len(moves)} moves; the largest: {shorten(first.name)} from {ordinal(first.rank_before)} "
        f"to {ordinal(first.rank_after)}. {result.sentence}"
    )
    return Picture(figure, table, plain(alt), "Hollow is before the edit, full is after: blue rose, orange fell.")


def _add_move(figure: go.Figure, label: str, move: RankMove, outside: int) -> None:
    before, after = (rank if rank is not None else outside for rank in (move.rank_before, move.rank_after))
    colour = BLUE if after < before else VERMILION
    figure.add_scatter(
        x=[before, after],
        y=[label, label],
        mode="lines+markers",
        showlegend=False,
        line={"color": colour, "width": 3},
        marker={"size": 12, "symbol": ["circle-open", "circle"], "color": colour},
        hovertext=[f"{shown(move.name, 80)}<br>{ordinal(move.rank_before)} → {ordinal(move.rank_after)}"] * 2,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def history_timeline(
    history: History,
    names: Sequence[str],
    info: DatasetInfo,
    evidence: Collection[int] = (),
    unused: History | None = None,
) -> Picture:
    """The user's tips over time (or in order, where the set has no times) by amount.

    evidence: positions in the history that the statements rest on, full instead of hollow.
    unused: tips that the ranking did not know, grey crosses.
    """
    if not len(history) and not (unused is not None and len(unused)):
        return empty_picture(
            f"This {info.user_is} has no {info.tip_is} yet.",
            [info.streamer_is, "time", info.tip_unit or "amount", "used"],
        )
    timed = len(history) == 0 or not np.isnat(history.tipped_at).any()
    marks = set(evidence)
    rows = [i for i in range(len(history)) if i not in marks]
    figure = go.Figure()
    _add_tips(
        figure,
        history,
        rows,
        names,
        timed,
        0,
        f"used {info.tip_is}",
        {"symbol": "circle-open", "size": 9, "color": BLUE, "line": {"width": 2}},
    )
    _add_tips(
        figure,
        history,
        sorted(marks),
        names,
        timed,
        0,
        "cited by a statement",
        {"symbol": "circle", "size": 11, "color": BLUE},
    )
    if unused is not None:
        grey = {"symbol": "x-thin-open", "size": 9, "color": GREY, "line": {"width": 2}}
        _add_tips(figure, unused, list(range(len(unused))), names, timed, len(history), "not used", grey)
    lay_out(figure, height=300)
    amounts = np.concatenate([history.amount, unused.amount if unused is not None else []])
    wide = len(amounts) and amounts.min() > 0 and amounts.max() / amounts.min() > 50
    figure.update_xaxes(title="time" if timed else f"order of the {info.tip_is}s", zeroline=False)
    figure.update_yaxes(
        title=shown(info.tip_unit or "amount"),
        type="log" if wide else "linear",
        rangemode="normal" if wide else "tozero",
    )
    alt = (
        f"{len(history)} used {info.tip_is}s of this {info.user_is}"
        + (f" and {len(unused)} not used" if unused is not None else "")
        + f"; {len(marks)} are cited by statements."
    )
    how = f"Full dots: {info.tip_is}s that statements rest on; hollow: also used; crosses: kept from the model."
    return Picture(figure, _history_table(history, names, info, marks, unused), alt, how)


def _add_tips(
    figure: go.Figure,
    history: History,
    rows: Sequence[int],
    names: Sequence[str],
    timed: bool,
    offset: int,
    label: str,
    marker: dict,
) -> None:
    if not rows:
        return
    when = pd.to_datetime(history.tipped_at[rows]) if timed else [offset + i + 1 for i in rows]
    figure.add_scatter(
        x=when,
        y=history.amount[rows],
        mode="markers",
        name=label,
        marker=marker,
        showlegend=True,
        hovertext=[shown(names[history.streamer_idx[i]], 60) for i in rows],
        hovertemplate="%{hovertext}<br>%{x}<br>%{y}<extra></extra>",
    )


def _history_table(
    history: History, names: Sequence[str], info: DatasetInfo, marks: set[int], unused: History | None
) -> pd.DataFrame:
    parts = [(history, lambda i: "cited" if i in marks else "used")]
    if unused is not None:
        parts.append((unused, lambda i: "not used"))
    rows = [
        [plain(names[tips.streamer_idx[i]]), tips.tipped_at[i], float(tips.amount[i]), role(i)]
        for tips, role in parts
        for i in range(len(tips))
    ]
    return pd.DataFrame(rows, columns=[info.streamer_is, "time", info.tip_unit or "amount", "used"])
