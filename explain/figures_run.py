"""Figures of a whole run: accuracy with intervals beside the baselines, what each source weighs, accuracy by tips."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from explain.evidence import tips_known
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
from explain.narrate import listed, plural
from mspa_model.number_format import GAP, interval_words, percent
from mspa_model.training.verdict import MODEL_LABELS
from mspa_model.types import SOURCES, DatasetInfo


def metrics_with_baselines(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> Picture:
    """One metric on test of every model with its 95 % interval, best on top; the twin also has MSPA's lead, paired."""
    measured = {
        name: model[metric]
        for name, model in metrics["models"].items()
        if model and model.get(metric, {}).get("value") is not None
    }
    columns = ["model", metric, "low", "high", "MSPA less it", "from", "to"]
    if not measured:
        return empty_picture(_nobody(info), columns)
    ordered = sorted(measured.items(), key=lambda item: -item[1]["value"])
    labels = [shown(MODEL_LABELS.get(name, name)) for name, _ in ordered]
    colours = [BLUE if name.startswith("mspa") else GREY for name, _ in ordered]
    figure = _intervals(labels, [interval for _, interval in ordered], colours)
    figure.update_xaxes(title=f"{metric} on {metrics['split']}, {metrics['n_users']:,} tested")
    rows = [[MODEL_LABELS.get(name, name), *_ends(i), *_lead(metrics, name, metric)] for name, i in ordered]
    table = pd.DataFrame(rows, columns=columns)
    alt = (
        f"{metric} on {metrics['split']}: "
        + ", ".join(f"{MODEL_LABELS.get(n, n)} {i['value']:.3f}" for n, i in ordered)
        + "."
    )
    return Picture(
        figure,
        table,
        alt,
        f"Right is better; a line is the 95 % interval over {plural(info.user_is)}. Lines that overlap decide nothing: "
        f"the table holds MSPA against each of them, {info.user_is} by {info.user_is}.",
    )


def _ends(interval: Mapping) -> tuple[float | None, ...]:
    return tuple(interval.get(end) for end in ("value", "low", "high"))


def _lead(metrics: Mapping, name: str, metric: str) -> tuple[float | None, ...]:
    """MSPA less the model over the same users, with its interval; Nones where that was not kept."""
    paired = metrics.get("paired", {}).get({"mspa@step0": "final_minus_step0"}.get(name, f"mspa_minus_{name}")) or {}
    return _ends(paired.get(metric) or {})


def _nobody(info: DatasetInfo) -> str:
    return f"No {info.user_is} was tested, so nothing is measured."


def accuracy_by_tips(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> Picture:
    """How well the model does for users with few and with many tips, with intervals."""
    buckets = [bucket for bucket in metrics["buckets"] if bucket.get(metric, {}).get("value") is not None]
    tips, users = plural(info.tip_is), plural(info.user_is)
    columns = [f"{tips} known", f"{users} tested", metric, "low", "high"]
    if not buckets:
        return empty_picture(_nobody(info), columns)
    words = [tips_known(bucket, info) for bucket in buckets]
    labels = [shown(f"{word} ({bucket['n_users']:,})", 60) for word, bucket in zip(words, buckets, strict=True)]
    figure = _intervals(labels, [bucket[metric] for bucket in buckets], [BLUE] * len(buckets))
    figure.update_xaxes(title=f"{metric} on {metrics['split']}")
    rows = [[word, b["n_users"], *_ends(b[metric])] for word, b in zip(words, buckets, strict=True)]
    figures = [f"{word}: {b[metric]['value']:.3f}" for word, b in zip(words, buckets, strict=True)]
    alt = f"{metric} by number of {tips}; {'; '.join(figures)}."
    return Picture(
        figure,
        pd.DataFrame(rows, columns=columns),
        alt,
        f"Each line is the {users} with that many {tips} (how many in brackets), with its 95 % interval.",
    )


def source_weights(metrics: Mapping, info: DatasetInfo) -> Picture:
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
            text=[percent(s / 100) if weight else "weight zero" for s, weight in zip(shares, weights, strict=True)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{y}}: %{{x:.1f}}{GAP}%<extra></extra>",
        )
    )
    lay_out(figure, n_rows=len(sources))
    figure.update_xaxes(
        range=[0, 1.2 * max([1.0, *shares])],
        ticksuffix=f"{GAP}%",
        title=f"share of what makes scores differ, mean over {plural(info.user_is)}",
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
    said = listed([f"{SOURCE_LABELS[s]} {percent(share / 100)}" for s, share in zip(sources, shares, strict=True)])
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
            hovertemplate=f"{label}: {interval_words(*_ends(interval))}<extra></extra>",
        )
    lay_out(figure, height=90 + 44 * max(len(labels), 2))
    figure.update_xaxes(rangemode="tozero", zeroline=True)
    return figure.update_yaxes(range=[len(labels) - 0.5, -0.75], type="category", showgrid=False)
