"""Figures of a whole run: accuracy with intervals beside the baselines, what each source weighs, accuracy by tips."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from explain.figures_style import (
    BLUE,
    GREY,
    SOURCE_COLOURS,
    SOURCE_LABELS,
    Picture,
    empty_picture,
    lay_out,
    shown,
)
from explain.narrate import listed
from mspa_model.types import SOURCES

MODEL_LABELS = {
    "mspa": "MSPA, corrected",
    "mspa@step0": "MSPA, step 0",
    "ease": "EASE",
    "als": "ALS",
    "itemknn": "item kNN",
    "popularity": "popularity",
}


def metrics_with_baselines(metrics: Mapping, metric: str = "ndcg@10") -> Picture:
    """One metric on test of every model with its 95 % interval, best on top."""
    measured = {
        name: model[metric]
        for name, model in metrics["models"].items()
        if model and model.get(metric, {}).get("value") is not None
    }
    columns = ["model", metric, "low", "high"]
    if not measured:
        return empty_picture("No user was tested, so nothing is measured.", columns)
    ordered = sorted(measured.items(), key=lambda item: -item[1]["value"])
    labels = [shown(MODEL_LABELS.get(name, name)) for name, _ in ordered]
    colours = [BLUE if name.startswith("mspa") else GREY for name, _ in ordered]
    figure = _intervals(labels, [interval for _, interval in ordered], colours)
    figure.update_xaxes(title=f"{metric} on {metrics['split']}, {metrics['n_users']:,} tested")
    table = pd.DataFrame(
        [[MODEL_LABELS.get(name, name), i["value"], i["low"], i["high"]] for name, i in ordered], columns=columns
    )
    alt = (
        f"{metric} on {metrics['split']}: "
        + ", ".join(f"{MODEL_LABELS.get(n, n)} {i['value']:.3f}" for n, i in ordered)
        + "."
    )
    return Picture(
        figure,
        table,
        alt,
        "Right is better; a line is the 95 % interval over users. Where lines overlap much, do not claim a winner.",
    )


def accuracy_by_tips(metrics: Mapping, metric: str = "ndcg@10") -> Picture:
    """How well the model does for users with few and with many tips, with intervals."""
    buckets = [bucket for bucket in metrics["buckets"] if bucket.get(metric, {}).get("value") is not None]
    columns = ["tips known", "users tested", metric, "low", "high"]
    if not buckets:
        return empty_picture("No user was tested, so nothing is measured.", columns)
    labels = [f"{bucket['bucket']} ({bucket['n_users']:,})" for bucket in buckets]
    figure = _intervals(labels, [bucket[metric] for bucket in buckets], [BLUE] * len(buckets))
    figure.update_xaxes(title=f"{metric} on {metrics['split']}")
    rows = [[b["bucket"], b["n_users"], b[metric]["value"], b[metric]["low"], b[metric]["high"]] for b in buckets]
    alt = f"{metric} by number of tips: " + ", ".join(f"{b['bucket']} {b[metric]['value']:.3f}" for b in buckets) + "."
    return Picture(
        figure,
        pd.DataFrame(rows, columns=columns),
        alt,
        "Each line is the users with that many tips (how many in brackets), with its 95 % interval.",
    )


def source_weights(metrics: Mapping) -> Picture:
    """Mean share of each source in what makes scores differ; a source that val does not pay for is named with zero."""
    sources = [source for source in SOURCES if source.value in metrics["sources"]]
    shares = [100 * (metrics["sources"][s.value]["share"] or 0.0) for s in sources]
    weights = [metrics["sources"][s.value]["base_weight"] for s in sources]
    figure = go.Figure(
        go.Bar(
            y=[SOURCE_LABELS[s] for s in sources],
            x=shares,
            orientation="h",
            marker={"color": [SOURCE_COLOURS[s] for s in sources]},
            text=[f"{share:.0f} %" if weight else "weight zero" for share, weight in zip(shares, weights, strict=True)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )
    lay_out(figure, n_rows=len(sources))
    figure.update_xaxes(
        range=[0, 1.2 * max([1.0, *shares])],
        ticksuffix=" %",
        title="share of what makes scores differ, mean over users",
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    alone = [metrics["sources"][s.value].get("val_alone_ndcg@10") for s in sources]
    table = pd.DataFrame(
        {
            "source": [SOURCE_LABELS[s] for s in sources],
            "share, %": shares,
            "weight": weights,
            "ndcg@10 alone, val": alone,
        }
    )
    said = listed([f"{SOURCE_LABELS[s]} {share:.0f} %" for s, share in zip(sources, shares, strict=True)])
    alt = f"Share of each source: {said}."
    return Picture(
        figure, table, alt, "A longer bar moves more ranks. “Weight zero”: on val it did not pay, so it is left out."
    )


def _intervals(labels: Sequence[str], intervals: Sequence[Mapping], colours: Sequence[str]) -> go.Figure:
    """Dots with their 95 % interval, first on top, the value written beside each dot."""
    figure = go.Figure()
    for label, interval, colour in zip(labels, intervals, colours, strict=True):
        value = interval["value"]
        low, high = (value if interval[end] is None else interval[end] for end in ("low", "high"))
        figure.add_scatter(
            x=[value],
            y=[label],
            mode="markers+text",
            marker={"color": colour, "size": 11},
            text=[f"{value:.3f}"],
            textposition="top center",
            cliponaxis=False,
            showlegend=False,
            error_x={"array": [high - value], "arrayminus": [value - low], "color": colour, "thickness": 2},
            hovertemplate=f"{label}: {value:.4f} ({low:.4f} to {high:.4f})<extra></extra>",
        )
    lay_out(figure, height=90 + 44 * max(len(labels), 2))
    figure.update_xaxes(rangemode="tozero", zeroline=True)
    return figure.update_yaxes(range=[len(labels) - 0.5, -0.75], type="category", showgrid=False)
