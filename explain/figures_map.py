"""Figure of the stored fused map."""

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
    TABLE_LENGTH,
    VERMILION,
    Picture,
    distinct,
    lay_out,
    shown,
)
from explain.narrate import counted, listed, plain
from mspa_model.types import DatasetInfo, MapPlane, MapPoints

MAX_POINTS = 12_000
_GROUP_LOOKS = (
    (BLUE, "circle"),
    (VERMILION, "square"),
    (GREEN, "diamond"),
    (PURPLE, "triangle-up"),
    (AMBER, "triangle-down"),
    (SKY, "cross"),
)
_UNNAMED = ("all", "none", "other")


def fused_map(
    points: MapPoints | MapPlane,
    names: Sequence[str],
    info: DatasetInfo,
    highlight: int | None = None,
    neighbours: Sequence[int] = (),
    groups: Sequence[str] | None = None,
    user_xy: tuple[float, float] | None = None,
) -> Picture:
    """A stored map of streamers: one highlighted, its neighbours of the original space ringed, the user as a star.

    names, groups: by streamer_idx; the six largest groups get a colour and a shape ("none" and "other" are no groups).
    user_xy: where the selected user is placed.
    At most 12,000 points are drawn (the highlighted and its neighbours always), and none that has no place.
    """
    xy = np.asarray(points.streamer_xy, dtype=float)
    placed = np.isfinite(xy).all(1)
    neighbours = [i for i in neighbours if placed[i]]
    highlight = None if highlight is None or not placed[highlight] else highlight
    always = {*neighbours, *([highlight] if highlight is not None else [])}
    drawn = [i for i in _drawn_rows(len(xy), always) if placed[i]]
    label_of = _group_labels(groups, drawn)
    figure = go.Figure()
    for label, look in _legend(label_of):
        _add_points(figure, xy, [i for i in drawn if label_of[i] == label], names, label, look, groups is not None)
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
    lay_out(figure, height=520).update_layout(legend_itemsizing="constant")
    figure.update_xaxes(visible=False).update_yaxes(visible=False, scaleanchor="x")
    return Picture(
        figure,
        _map_table(xy, drawn, names, info, label_of, highlight, neighbours),
        _map_alt(drawn, names, info, highlight, neighbours),
        "Near often means alike, far means little: the rings are the true neighbours, found in the original space.",
    )


def _drawn_rows(n_streamers: int, always: Collection[int]) -> list[int]:
    """All streamers, or an even draw of them where there are too many for a browser."""
    if n_streamers <= MAX_POINTS:
        return list(range(n_streamers))
    even = np.linspace(0, n_streamers - 1, MAX_POINTS - len(always)).astype(int)
    return sorted({*even.tolist(), *always})


def _group_labels(groups: Sequence[str] | None, drawn: Sequence[int]) -> dict[int, str]:
    """Label of every drawn row: the largest six groups by name, "other" for the rest; "all" without groups."""
    if groups is None:
        return dict.fromkeys(drawn, "all")
    counts = Counter(groups[i] for i in drawn if groups[i] not in _UNNAMED)
    largest = [name for name, _ in counts.most_common(len(_GROUP_LOOKS))]
    labels = dict(zip(largest, distinct(largest), strict=True)) | {"none": "none"}
    return {i: labels.get(groups[i], "other") for i in drawn}


def _legend(label_of: dict[int, str]) -> list[tuple[str, dict]]:
    """Labels with their markers, the unnamed first so that they lie below; a shape says it without colour."""
    counts = Counter(label_of.values())
    named = [label for label, _ in counts.most_common() if label not in _UNNAMED]
    looks = [(label, {"color": GREY, "symbol": "circle"}) for label in _UNNAMED if label in counts]
    looks += [(lab, {"color": c, "symbol": s}) for lab, (c, s) in zip(named, _GROUP_LOOKS, strict=False)]
    return [(label, look | {"size": 6, "opacity": 0.6}) for label, look in looks]


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
            info.streamer_is: [plain(names[i], TABLE_LENGTH) for i in order],
            "role": [role.get(i, "") for i in order],
            "group": [groups.get(i, "") for i in order],
            "x": xy[order, 0],
            "y": xy[order, 1],
        }
    )


def _map_alt(
    drawn: Sequence[int], names: Sequence[str], info: DatasetInfo, highlight: int | None, neighbours: Sequence[int]
) -> str:
    alt = f"A map of {counted(len(drawn), info.streamer_is)}."
    if highlight is not None:
        near = listed([plain(names[i]) for i in list(neighbours)[:5]]) or "none given"
        alt += f" Marked: {plain(names[highlight])}; its nearest in the original space: {near}."
    return alt
