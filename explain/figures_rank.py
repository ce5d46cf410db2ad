"""Figures of a ranking trace: rank lines over the correction steps, weights before and after, witnesses."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from explain.figures_style import (
    BLUE,
    GREY,
    SOURCE_COLOURS,
    SOURCE_LABELS,
    VERMILION,
    Picture,
    empty_picture,
    lay_out,
    ordinal,
    plain,
    shown,
)
from mspa_model.types import SOURCES, DatasetInfo, Ranking, RankingTrace, Step


def rank_lines(
    trace: RankingTrace, names: Sequence[str], info: DatasetInfo, k: int = 10, highlight: int | None = None
) -> Picture:
    """Where each streamer that is ever in the top k stands at each step; the proposal that was not kept is dashed.

    names: by streamer_idx. highlight: streamer_idx drawn thicker. Ranks below the top k share one row, "lower".
    """
    steps = _columns(trace)
    if not len(trace.final.ranking.order):
        return empty_picture(f"There is no {info.streamer_is} to rank.", [info.streamer_is])
    ranks = _rank_table(steps, k, highlight)
    figure = go.Figure()
    for streamer_idx, row in ranks.items():
        _add_line(figure, trace, row, names[streamer_idx], k, streamer_idx == highlight)
    _rank_axes(figure, steps, ranks, names, k)
    labels = [_column_label(step) for step in steps]
    table = pd.DataFrame([[plain(names[i]), *row] for i, row in ranks.items()], columns=[info.streamer_is, *labels])
    moved = [i for i, row in ranks.items() if row[0] != row[len(trace.steps) - 1]]
    alt = (
        f"Rank lines of {len(ranks)} {info.streamer_is}s over {len(trace.steps)} kept steps; "
        f"{len(moved)} changed rank. {trace.stop_sentence}"
    )
    how = "First is at the top: blue rises, orange falls, grey stays; dashed is a proposal that was not kept."
    return Picture(figure, table, plain(alt), how)


def _columns(trace: RankingTrace) -> tuple[Step, ...]:
    return (*trace.steps, trace.rejected) if trace.rejected is not None else trace.steps


def _column_label(step: Step) -> str:
    return f"step {step.index}" if step.kept else f"step {step.index}, not kept"


def _rank_table(steps: Sequence[Step], k: int, highlight: int | None) -> dict[int, list[int | None]]:
    """Ranks at every step by streamer_idx, for whoever is in the top k of some step, ordered by the last kept rank."""
    inside = {int(i): None for step in steps for i in step.ranking.order[:k]}
    if highlight is not None:
        inside[highlight] = None
    ranks = {i: [step.ranking.rank_of(i) for step in steps] for i in inside}
    return dict(sorted(ranks.items(), key=lambda item: item[1][0] or 10**9))


def _add_line(figure: go.Figure, trace: RankingTrace, row: list[int | None], name: str, k: int, thick: bool) -> None:
    """One streamer's line: solid over the kept steps, dashed to the proposal."""
    n_kept = len(trace.steps)
    ys = [_drawn_rank(rank, k) for rank in row]
    rise = ys[0] - (ys[-1] if n_kept == 1 else ys[n_kept - 1])
    colour = BLUE if rise > 0 else VERMILION if rise < 0 else GREY
    hover = [f"{shown(name, 80)}<br>{ordinal(rank)}" for rank in row]
    for first, last, dash in ((0, n_kept, "solid"), (n_kept - 1, len(row), "dash")):
        if last - first < 2 and dash == "dash":
            continue
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


def _rank_axes(
    figure: go.Figure, steps: Sequence[Step], ranks: dict[int, list[int | None]], names: Sequence[str], k: int
) -> None:
    """Names at both ends of the lines, steps along the top."""
    rows = min(k, max(len(step.ranking.order) for step in steps))
    lower = any(rank is None or rank > k for row in ranks.values() for rank in row)
    ticks = [*range(1, rows + 1), *([k + 1] if lower else [])]
    lay_out(figure, n_rows=len(ticks))
    axis = {"tickvals": ticks, "range": [ticks[-1] + 0.6, 0.4], "showgrid": False, "zeroline": False}
    figure.update_yaxes(**axis, ticktext=_end_labels(0, ranks, names, rows, lower))
    if len(steps) > 1:
        figure.add_scatter(x=[0], y=[1], yaxis="y2", opacity=0, showlegend=False, hoverinfo="skip")
        figure.update_layout(yaxis2={**axis, "overlaying": "y", "side": "right", "automargin": True})
        figure.update_layout(yaxis2_ticktext=_end_labels(len(steps) - 1, ranks, names, rows, lower))
    figure.update_xaxes(
        tickvals=list(range(len(steps))),
        ticktext=[_column_label(step) for step in steps],
        range=[-0.15, max(len(steps) - 1, 0.3) + 0.15],
        side="top",
        zeroline=False,
    )


def _end_labels(
    column: int, ranks: dict[int, list[int | None]], names: Sequence[str], rows: int, lower: bool
) -> list[str]:
    at = {row[column]: shown(names[i]) for i, row in ranks.items()}
    return [f"{rank}  {at.get(rank, '')}" for rank in range(1, rows + 1)] + ["lower"] * lower


def spread_shares(ranking: Ranking) -> np.ndarray:
    """Share of each source in what makes scores differ, by std of its contributions; sums to 1 (or all 0)."""
    spread = ranking.contributions.detach().cpu().double().numpy().std(axis=1)
    return spread / spread.sum() if spread.sum() > 0 else spread


def weights_change(trace: RankingTrace) -> Picture:
    """Each source's share of the scores' spread at step 0, at the last kept step, and in the proposal not kept."""
    shown_steps = {"step 0": trace.steps[0]}
    if len(trace.steps) > 1:
        shown_steps[f"step {trace.final.index}"] = trace.final
    if trace.rejected is not None:
        shown_steps["proposed, not kept"] = trace.rejected
    shares = {label: 100 * spread_shares(step.ranking) for label, step in shown_steps.items()}
    used = [i for i, source in enumerate(SOURCES) if any(share[i] > 0 for share in shares.values())]
    figure = go.Figure()
    for position, (label, share) in enumerate(shares.items()):
        figure.add_bar(
            y=[SOURCE_LABELS[SOURCES[i]] for i in used],
            x=[share[i] for i in used],
            name=label,
            orientation="h",
            marker=_step_marker(used, position, label),
            text=[f"{share[i]:.0f} %" for i in used],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} %<extra>" + label + "</extra>",
        )
    lay_out(figure, height=90 + 26 * len(shares) * max(len(used), 1)).update_layout(
        barmode="group", legend_traceorder="normal"
    )
    high = max((share.max() for share in shares.values()), default=1.0) or 1.0
    figure.update_xaxes(range=[0, 1.15 * high], ticksuffix=" %", title="share of what makes scores differ")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    table = pd.DataFrame(
        {"source": [SOURCE_LABELS[s] for s in SOURCES], **{f"{label}, %": share for label, share in shares.items()}}
    )
    final = shares[f"step {trace.final.index}"]
    alt = "Share of each source in the scores' spread at the last kept step: " + ", ".join(
        f"{SOURCE_LABELS[SOURCES[i]]} {final[i]:.0f} %" for i in used
    )
    return Picture(
        figure,
        table,
        alt + ".",
        "A longer bar moves more ranks; bars of one step add up to 100 %. A source that is absent has weight zero.",
    )


def _step_marker(used: Sequence[int], position: int, label: str) -> dict:
    """Step 0 pale, the last kept step full, the proposal hatched: the sources keep their colours."""
    marker: dict = {"color": [SOURCE_COLOURS[SOURCES[i]] for i in used]}
    if label == "proposed, not kept":
        marker["pattern"] = {"shape": "/", "fillmode": "overlay"}
    elif position == 0:
        marker["opacity"] = 0.45
    return marker


def witnesses(trace: RankingTrace, names: Sequence[str], info: DatasetInfo) -> Picture:
    """Where the user's own tips stood when each step was judged, each scored from the history without it (log axis)."""
    judged = [step for step in _columns(trace) if step.critique is not None and step.critique.witness_rank]
    columns = [info.streamer_is, "step", "rank"]
    if not judged:
        return empty_picture(f"No witness was called: {trace.stop_sentence}", columns)
    figure = go.Figure()
    rows = []
    for position, step in enumerate(judged):
        ranks, idx = np.array(step.critique.witness_rank), step.critique.witness_idx
        colour = BLUE if step.kept else GREY
        spread = position + 0.26 * _jitter(ranks)
        hover = [f"{shown(names[i], 80)}<br>{ordinal(int(rank))}" for i, rank in zip(idx, ranks, strict=True)]
        figure.add_scatter(
            x=ranks,
            y=spread,
            mode="markers",
            marker={"color": colour, "size": 9, "opacity": 0.75},
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            showlegend=False,
        )
        figure.add_scatter(
            x=[float(np.median(ranks))] * 2,
            y=[position - 0.36, position + 0.36],
            mode="lines",
            showlegend=False,
            line={"color": VERMILION, "width": 3},
            hovertemplate="median %{x:.0f}<extra></extra>",
        )
        rows += [[plain(names[i]), _column_label(step), int(rank)] for i, rank in zip(idx, ranks, strict=True)]
    lay_out(figure, height=110 + 80 * len(judged))
    figure.update_xaxes(type="log", title=f"rank of the {info.tip_is} when it is left out (left is better)", dtick=1)
    figure.update_yaxes(
        tickvals=list(range(len(judged))),
        ticktext=[f"before {_column_label(step)}" for step in judged],
        range=[len(judged) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    medians = "; ".join(f"before {_column_label(s)} {np.median(s.critique.witness_rank):.0f}" for s in judged)
    alt = f"Ranks of the {info.user_is}'s own {info.tip_is}s, each left out once; median: {medians}."
    return Picture(
        figure,
        pd.DataFrame(rows, columns=columns),
        alt,
        f"Each dot is one {info.tip_is}, scored as if it had not been given; the line is the median.",
    )


def _jitter(ranks: np.ndarray) -> np.ndarray:
    """Offsets in -1..1 that keep dots apart, the same each time: a figure is a pure function."""
    return np.sin(np.arange(len(ranks)) * 2.399963)
