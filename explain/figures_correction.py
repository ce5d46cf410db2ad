"""Figures of a correction: what each source weighs before and after it, and where the witnesses stand."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from explain.figures_rank import steps_of, title_of
from explain.figures_style import (
    BLUE,
    GREY,
    SOURCE_COLOURS,
    SOURCE_LABELS,
    TABLE_LENGTH,
    VERMILION,
    Picture,
    empty_picture,
    lay_out,
    place,
    see_through,
    shown,
)
from explain.narrate import listed, plain, plural
from mspa_model.number_format import GAP, percent
from mspa_model.types import SOURCES, DatasetInfo, Ranking, RankingTrace, Step
from mspa_model.words import with_article

_NOT_KEPT = "proposed, not kept"


def spread_shares(ranking: Ranking) -> np.ndarray:
    """Share of each source in what makes scores differ (n_sources,), by std of contributions; sums to 1 (or all 0)."""
    spread = ranking.contributions.detach().cpu().double().numpy().std(axis=1)
    return spread / spread.sum() if spread.sum() > 0 else spread


def weights_change(trace: RankingTrace) -> Picture:
    """Each source's share of the scores' spread at step 0, at the last kept step, and in the proposal not kept."""
    shares = {label: 100 * spread_shares(step.ranking) for label, step in _compared(trace).items()}
    used = [i for i in range(len(SOURCES)) if any(share[i] > 0 for share in shares.values())]
    if not used:
        return empty_picture("No source tells the candidates apart.", ["source", *shares])
    figure = go.Figure([_share_bars(label, share, used) for label, share in shares.items()])
    lay_out(figure, height=90 + 26 * len(shares) * len(used))
    figure.update_layout(barmode="group", legend_traceorder="normal")
    high = max(share.max() for share in shares.values())
    figure.update_xaxes(range=[0, 1.15 * high], ticksuffix=f"{GAP}%", title="share of what makes scores differ")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    columns = {f"{label}, %": share for label, share in shares.items()}
    table = pd.DataFrame({"source": [SOURCE_LABELS[source] for source in SOURCES], **columns})
    final = spread_shares(trace.final.ranking)
    said = listed([f"{SOURCE_LABELS[SOURCES[i]]} {percent(final[i])}" for i in used])
    last = "the last kept step" if len(trace.steps) > 1 else "step 0"
    return Picture(
        figure,
        table,
        f"Share of each source in the scores' spread at {last}: {said}.",
        "A longer bar moves more ranks; bars of one step add up to 100 %. A source that is absent has weight zero.",
    )


def _compared(trace: RankingTrace) -> dict[str, Step]:
    steps = {"step 0": trace.steps[0]}
    if len(trace.steps) > 1:
        steps[f"step {trace.final.index}"] = trace.final
    if trace.rejected is not None:
        steps[_NOT_KEPT] = trace.rejected
    return steps


def _share_bars(label: str, share: np.ndarray, used: Sequence[int]) -> go.Bar:
    """Step 0 pale, the last kept step full, the proposal hatched: the sources keep their colours."""
    colours = [SOURCE_COLOURS[SOURCES[i]] for i in used]
    marker: dict = {"color": [see_through(c) for c in colours] if label == "step 0" else colours}
    if label == _NOT_KEPT:
        marker["pattern"] = {"shape": "/", "fillmode": "replace", "solidity": 0.35}
    return go.Bar(
        y=[SOURCE_LABELS[SOURCES[i]] for i in used],
        x=[share[i] for i in used],
        name=label,
        orientation="h",
        marker=marker,
        text=[percent(share[i] / 100) for i in used],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=f"%{{y}}: %{{x:.1f}}{GAP}%<extra>{label}</extra>",
    )


def witnesses(trace: RankingTrace, names: Sequence[str], info: DatasetInfo) -> Picture:
    """Where the user's own tips stood before and after each step, each ranked without itself (log axis)."""
    judged = [step for step in steps_of(trace) if step.held_out is not None and step.held_out.streamer_idx]
    columns = [info.streamer_is, "step", "rank before", "rank after"]
    if not judged:
        return empty_picture(f"No witness was called. {trace.stop_sentence}", columns)
    rows = [(f"{when} {title_of(step)}", step, when) for step in judged for when in ("before", "after")]
    figure = go.Figure()
    for row, (_, step, when) in enumerate(rows):
        _add_witnesses(figure, row, step, when, names)
    lay_out(figure, height=110 + 56 * len(rows))
    ticks = [base * 10**power for power in range(6) for base in (1, 2, 5)]
    title = f"rank of {with_article(info.tip_is)} when it is left out (left is better)"
    figure.update_xaxes(type="log", title=title, tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks])
    labels, span = [label for label, _, _ in rows], [len(rows) - 0.5, -0.5]
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=labels, range=span, showgrid=False, zeroline=False)
    about = ""
    if any(step.held_out.about for step in judged):
        about = f" The ranks are not exact: they are told from a draw of all {plural(info.streamer_is)}."
    medians = listed([f"{np.median(_ranks(step, when)):.0f} {label}" for label, step, when in rows])
    return Picture(
        figure,
        pd.DataFrame(_witness_rows(judged, names), columns=columns),
        f"Ranks of the {info.user_is}'s own {plural(info.tip_is)}, each left out once; the median is {medians}.",
        f"Each dot is one {info.tip_is}, ranked as if it had not been given; the line is their median. A step is kept "
        f"where they rise by more than their uncertainty.{about}",
    )


def _ranks(step: Step, when: str) -> np.ndarray:
    """Ranks of the witnesses "before" or "after" a step that was judged."""
    return np.array(step.held_out.before if when == "before" else step.held_out.after)


def _witness_rows(judged: Sequence[Step], names: Sequence[str]) -> list[list[str | int]]:
    return [
        [plain(names[idx], TABLE_LENGTH), title_of(step), before, after]
        for step in judged
        for idx, before, after in zip(
            step.held_out.streamer_idx, step.held_out.before, step.held_out.after, strict=True
        )
    ]


def _add_witnesses(figure: go.Figure, row: int, step: Step, when: str, names: Sequence[str]) -> None:
    """One row of dots, spread a little so that they do not hide each other, and the line at their median."""
    ranks = _ranks(step, when)
    figure.add_scatter(
        x=ranks,
        # The golden angle keeps neighbours apart and is the same each time: a figure is a pure function.
        y=row + 0.26 * np.sin(np.arange(len(ranks)) * 2.399963),
        mode="markers",
        marker={"color": BLUE if step.kept else GREY, "size": 9, "opacity": 0.75},
        hovertext=[
            f"{shown(names[i], 60)}<br>{place(int(rank))}"
            for i, rank in zip(step.held_out.streamer_idx, ranks, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.add_scatter(
        x=[float(np.median(ranks))] * 2,
        y=[row - 0.38, row + 0.38],
        mode="lines",
        line={"color": VERMILION, "width": 3},
        hovertemplate="median %{x:.0f}<extra></extra>",
        showlegend=False,
    )
