"""Figures of one case: the margin over the rival by source, a source opened into its parts, attributions, deletions."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from explain.figures_style import (
    BLUE,
    FAINT,
    GREY,
    SOURCE_COLOURS,
    SOURCE_LABELS,
    TABLE_LENGTH,
    VERMILION,
    Picture,
    digits_for,
    distinct,
    empty_picture,
    lay_out,
    place,
    shown,
    signed,
)
from explain.narrate import counted, plain
from explain.types import Attribution, Contribution, Deletion, Explanation
from mspa_model.types import Source


def margin_by_source(explanation: Explanation) -> Picture:
    """How far each source puts the streamer above (right) or below (left) its rival; the last bar is the exact sum."""
    parts = _largest_first(explanation)
    labels = [SOURCE_LABELS[part.source] for part in parts] + ["all together"]
    margins = [part.margin for part in parts] + [explanation.margin]
    colours = [SOURCE_COLOURS[part.source] for part in parts] + [GREY]
    streamer, rival = explanation.streamer_name, explanation.rival_name
    figure = diverging(labels, margins, colours, [_part_hover(part, streamer, rival) for part in parts] + ["sum"])
    texts = [_bar_text(part, margins) for part in parts] + [signed(explanation.margin, digits_for(margins))]
    figure.update_traces(text=texts)
    _name_sides(figure, streamer, rival)
    table = pd.DataFrame(
        {
            "source": labels,
            plain(streamer) or "this one": [p.streamer for p in parts] + [sum(p.streamer for p in parts)],
            f"{plain(rival)} (rival)": [p.rival for p in parts] + [sum(p.rival for p in parts)],
            "margin": margins,
        }
    )
    biggest = f"the largest part is {labels[0]} ({signed(margins[0])})" if parts else "no source takes part"
    alt = (
        f"Bars of the margin of {plain(streamer)} over {plain(rival)} by source: {biggest}; "
        f"together {signed(explanation.margin)}."
    )
    return Picture(
        figure,
        table,
        alt,
        "Right of zero speaks for the first name, left for its rival; the bars add up to the grey one exactly.",
    )


def source_of_bar(explanation: Explanation, position: int) -> Source | None:
    """The source that the bar at a position of `margin_by_source` is of; None of the last, which is their sum."""
    parts = _largest_first(explanation)
    return parts[position].source if 0 <= position < len(parts) else None


def _largest_first(explanation: Explanation) -> list[Contribution]:
    return sorted(explanation.sources, key=lambda part: -abs(part.margin))


def source_open(explanation: Explanation, source: Source, k: int = 8) -> Picture:
    """The parts that add up to one source's margin: tips for co-tipping; statements and the residual for a modality.

    The k largest are shown and the others summed into one bar, so that the bars still add up.
    """
    parts = parts_of(explanation, source)
    if not parts:
        return empty_picture(f"{SOURCE_LABELS[source].capitalize()} has no parts to open.", ["part", "margin"])
    ordered = sorted(parts, key=lambda part: -abs(part.margin))
    top, rest = ordered[:k], ordered[k:]
    labels = distinct([part.label for part in top], 40) + ([rest_label(len(rest))] if rest else [])
    margins = [part.margin for part in top] + ([sum(part.margin for part in rest)] if rest else [])
    colours = [GREY if part.kind == "residual" else SOURCE_COLOURS[source] for part in top] + [FAINT] * bool(rest)
    streamer, rival = explanation.streamer_name, explanation.rival_name
    hovers = [_part_hover(part, streamer, rival) for part in top] + ["the smaller parts, summed"] * bool(rest)
    figure = diverging(labels, margins, colours, hovers)
    _name_sides(figure, streamer, rival)
    table = pd.DataFrame(
        {
            "part": [plain(part.label, TABLE_LENGTH) for part in ordered],
            "kind": ["history" if part.kind == "tip" else part.kind for part in ordered],
            "this one": [part.streamer for part in ordered],
            "rival": [part.rival for part in ordered],
            "margin": [part.margin for part in ordered],
        }
    )
    total = sum(part.margin for part in parts)
    alt = (
        f"Bars of {counted(len(parts), 'part')} of {SOURCE_LABELS[source]}, together {signed(total)}; "
        f"first {plain(top[0].label, 60)} ({signed(margins[0])})."
    )
    return Picture(
        figure, table, alt, f"The bars add up to the margin that {SOURCE_LABELS[source]} gives, {signed(total)}."
    )


def parts_of(explanation: Explanation, source: Source) -> tuple[Contribution, ...]:
    """All parts that add up to a source's margin; empty where the source does not open (popularity, or weight zero)."""
    if source is Source.COTIPS:
        return explanation.tips
    return tuple(part for part in (*explanation.statements, *explanation.residuals) if part.source is source)


def attribution_bars(attribution: Attribution, feature_names: Sequence[str] | None = None, k: int = 10) -> Picture:
    """Integrated gradients of the k strongest features of one modality, and all other features summed."""
    values = np.asarray(attribution.values, dtype=float)
    order = np.argsort(-np.abs(values), kind="stable")
    named = [feature_names[i] if feature_names is not None else f"feature {i}" for i in order]
    top, rest = order[:k], order[k:]
    labels = distinct(named[: len(top)], 40) + ([rest_label(len(rest))] if len(rest) else [])
    bars = [*values[top], *([values[rest].sum()] if len(rest) else [])]
    colour = SOURCE_COLOURS[Source(attribution.modality.value)]
    figure = diverging(labels, bars, [colour] * len(top) + [FAINT] * bool(len(rest)), [""] * len(bars))
    figure.update_xaxes(title=f"added to the score, against {shown(attribution.reference, 48)}")
    table = pd.DataFrame({"feature": [plain(name) for name in named], "attribution": values[order]})
    state = "converged" if attribution.converged else "did not converge"
    alt = (
        f"Integrated gradients of {len(values)} {attribution.modality} features: they sum to {signed(values.sum(), 3)} "
        f"where the score changes by {signed(attribution.total, 3)}; {state}."
    )
    how = (
        f"Bars sum to the change of the score up to {attribution.delta:.1e} (limit {attribution.limit:.1e}): "
        f"{state} after {attribution.n_steps} steps."
    )
    return Picture(figure, table, alt, how)


def deletions_drawn(deletions: Sequence[Deletion]) -> Picture:
    """What the streamer's score loses when one tip or statement is taken away and the model is run again."""
    if not deletions:
        return empty_picture("Nothing was taken away.", ["taken away", "score drop", "rank before", "rank after"])
    ordered = sorted(deletions, key=lambda deletion: -deletion.score_drop)
    labels = distinct([deletion.label for deletion in ordered], 40)
    hovers = [f"rank {d.rank_before} → {d.rank_after}" for d in ordered]
    colours = [BLUE if d.score_drop >= 0 else VERMILION for d in ordered]
    figure = diverging(labels, [d.score_drop for d in ordered], colours, hovers)
    figure.update_xaxes(title="score lost")
    table = pd.DataFrame(
        {
            "taken away": [plain(d.label, TABLE_LENGTH) for d in ordered],
            "kind": ["history" if d.kind == "tip" else d.kind for d in ordered],
            "score drop": [d.score_drop for d in ordered],
            "margin drop": [d.margin_drop for d in ordered],
            "rank before": [d.rank_before for d in ordered],
            "rank after": [d.rank_after for d in ordered],
        }
    )
    first = ordered[0]
    alt = (
        f"Taking away {plain(first.label, 60)} costs most: {signed(-first.score_drop)}, "
        f"its place goes from {place(first.rank_before)} to {place(first.rank_after)}."
    )
    return Picture(
        figure,
        table,
        alt,
        "Each bar is a run of the model without that one thing, the correction kept; longer to the right: it held "
        "the score up." + (" Ranks are by score alone, kept places left aside." if first.by_score else ""),
    )


def diverging(
    labels: Sequence[str], numbers: Sequence[float], colours: Sequence[str], hovers: Sequence[str]
) -> go.Figure:
    """Horizontal bars around zero, first on top, each with its number at its end; labels are already safe to show."""
    digits = digits_for(numbers)
    bars = go.Bar(
        x=list(numbers),
        y=list(labels),
        orientation="h",
        marker={"color": list(colours)},
        text=[signed(number, digits) for number in numbers],
        textposition="outside",
        cliponaxis=False,
        hovertext=[f"{label}<br>{hover}" if hover else label for label, hover in zip(labels, hovers, strict=True)],
        hovertemplate="%{hovertext}<br>%{text}<extra></extra>",
    )
    figure = lay_out(go.Figure(bars), n_rows=len(labels))
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    room = 0.16 * ((high - low) or 1.0)  # for the numbers at the bars' ends
    figure.update_xaxes(range=[low - room * (low < 0), high + room], zeroline=True)
    return figure.update_yaxes(autorange="reversed", type="category", showgrid=False)


def _name_sides(figure: go.Figure, streamer: str, rival: str) -> None:
    """Writes whom each side of zero speaks for under the axis."""
    figure.update_xaxes(title=f"← for {shown(rival)}   |   for {shown(streamer)} →")


def _bar_text(part: Contribution, margins: Sequence[float]) -> str:
    """The margin; a source that gives neither of the two anything says so, since a bare 0 could be a draw."""
    return "not used" if part.streamer == part.rival == 0 else signed(part.margin, digits_for(margins))


def rest_label(n_rest: int) -> str:
    return "the other one" if n_rest == 1 else f"{n_rest:,} others together"


def _part_hover(part: Contribution, streamer: str, rival: str) -> str:
    ours, theirs = signed(part.streamer, 3), signed(part.rival, 3)
    return f"{shown(part.label, 200)}<br>{shown(streamer, 60)}: {ours}<br>{shown(rival, 60)}: {theirs}"
