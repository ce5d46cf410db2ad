"""Figures of the proof: deletion curves, three methods side by side, tips by what they are worth, the audit's curve."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from explain.figures_style import (
    AMBER,
    BLUE,
    FAINT,
    GREEN,
    GREY,
    TABLE_LENGTH,
    VERMILION,
    Picture,
    distinct,
    empty_picture,
    lay_out,
    signed,
)
from explain.narrate import counted, plain
from explain.types import DeletionCurve, Opinions, TipWorth

_ORDERS = (
    ("first named first", "named", BLUE),
    ("random order", "random", GREY),
    ("last named first", "reverse", AMBER),
)
_METHODS = (("integrated gradients", BLUE), ("Shapley values", GREEN), ("ablation", AMBER))
_SEALS = (("green", GREEN), ("amber", AMBER), ("red", VERMILION))


def curve_drawn(curves: Sequence[DeletionCurve], kind: str) -> Picture:
    """What it costs to take parts of one kind away one after the other, in three orders; margins."""
    curve = next((c for c in curves if c.kind == kind and c.quantity == "margin"), None)
    parts = "entries of the history" if kind == "tip" else f"{kind}s"
    if curve is None:
        return empty_picture(f"There are fewer than two {parts} to take away.", ["taken away", "named", "random"])
    rows = {label: np.concatenate([[0.0], getattr(curve, field)]) for label, field, _ in _ORDERS}
    taken = [f"{10 * n} %" for n in range(10)] if kind == "feature" else list(range(len(curve.named) + 1))
    figure = go.Figure(
        [
            go.Scatter(x=taken, y=rows[label], name=label, mode="lines+markers", line={"color": colour})
            for label, _, colour in _ORDERS
        ]
    )
    figure.update_xaxes(title=f"{parts} taken away")
    figure.update_yaxes(title="points of margin lost")
    table = pd.DataFrame({"taken away": [str(t) for t in taken], **rows})
    alt = (
        f"Lines of the margin lost as {parts} are taken away: {signed(float(curve.named.mean()))} in the mean in the "
        f"order of naming, {signed(float(curve.random.mean()))} in random order, "
        f"{signed(float(curve.reverse.mean()))} from the last."
    )
    how = "Where names are right, the blue line lies above the grey one and the grey one above the yellow."
    return Picture(lay_out(figure, height=280), table, alt, how)


def opinions_drawn(opinions: Opinions) -> Picture:
    """One modality's margin by three methods, block by block."""
    values = (opinions.integrated, opinions.shapley, opinions.ablation)
    blocks = [f"block {number}" for number in range(1, len(opinions.integrated) + 1)]
    figure = go.Figure(
        [
            go.Bar(x=blocks, y=each, name=name, marker={"color": colour})
            for each, (name, colour) in zip(values, _METHODS, strict=True)
        ]
    )
    figure.update_yaxes(title="points of margin")
    table = pd.DataFrame({"block": blocks, **{name: each for each, (name, _) in zip(values, _METHODS, strict=True)}})
    alt = (
        f"Bars of {counted(len(blocks), 'block')} of neighbouring {opinions.modality.value} features by three methods; "
        f"they sum to {', '.join(signed(float(each.sum()), 3) for each in values)}."
    )
    how = "Three bars of a block that stand together say that the methods agree on it."
    return Picture(lay_out(figure, height=280), table, alt, how)


def tips_drawn(worths: Sequence[TipWorth], k: int = 12) -> Picture:
    """What the k weightiest tips are worth to the margin once all that rests on them is counted."""
    if not worths:
        return empty_picture("Nothing in the history bears on this margin.", ["given to", "worth", "by deletion"])
    top = sorted(worths, key=lambda w: -abs(w.worth))[:k]
    top.sort(key=lambda w: -w.worth)
    shapley = any(w.shapley is not None for w in top)
    bars = go.Bar(
        x=[w.worth for w in top],
        y=distinct([w.label for w in top], 40),
        orientation="h",
        marker={"color": [BLUE if w.shapley is None else GREEN for w in top]},
        text=[signed(w.worth) for w in top],
        textposition="outside",
        cliponaxis=False,
    )
    figure = lay_out(go.Figure(bars), n_rows=len(top))
    figure.update_xaxes(title="points of margin", zeroline=True)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    table = pd.DataFrame(
        {
            "tip": [plain(w.label, TABLE_LENGTH) for w in worths],
            "worth": [w.worth for w in worths],
            "by deletion": [w.deletion for w in worths],
            "by Shapley values": [w.shapley for w in worths],
        }
    )
    alt = (
        f"Bars of {counted(len(top), 'part')} of the history; first {plain(top[0].label, 60)}, {signed(top[0].worth)}."
    )
    how = "Each bar is the model run again without it: co-tipping, statements and what is not put into words together."
    if shapley:
        how += " Green ones stand in for each other, so that one deletion hides them: sampled Shapley values share."
    return Picture(figure, table, alt, how)


def randomisation_drawn(audit: Mapping[str, Any]) -> Picture:
    """How much of the real attributions is left as what was learnt is drawn anew, layer by layer."""
    curve = audit["randomisation_curve"]
    if not curve:
        return empty_picture("No modality has features enough to try.", ["drawn anew", "median", "low", "high"])
    levels = ["nothing", *(row["level"] for row in curve)]
    mid, low, high = ([1.0, *(row[key] for row in curve)] for key in ("median", "low", "high"))
    band = go.Scatter(
        x=[*levels, *levels[::-1]],
        y=[*high, *low[::-1]],
        fill="toself",
        fillcolor=FAINT,
        line={"width": 0},
        name="half",
    )
    line = go.Scatter(x=levels, y=mid, mode="lines+markers", line={"color": BLUE}, name="median")
    figure = lay_out(go.Figure([band, line]), height=280)
    figure.update_yaxes(title="rank correlation", range=[-0.6, 1.05])
    table = pd.DataFrame({"drawn anew": levels, "median": mid, "low": low, "high": high})
    alt = f"A line that falls from 1 to {signed(mid[-1])} as layers are drawn anew."
    return Picture(
        figure, table, alt, "An explanation of what was learnt must fall to zero; the band is the middle half."
    )


def seals_drawn(audit: Mapping[str, Any]) -> Picture:
    """How many of the audited cases are green, amber and red."""
    counts = [audit["seal"][colour] for colour, _ in _SEALS]
    names = [colour for colour, _ in _SEALS]
    bars = go.Bar(
        x=counts,
        y=names,
        orientation="h",
        marker={"color": [colour for _, colour in _SEALS]},
        text=[f"{count:,}" for count in counts],
        textposition="outside",
        cliponaxis=False,
    )
    figure = lay_out(go.Figure(bars), n_rows=3)
    figure.update_xaxes(title="cases")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    said = ", ".join(f"{count:,} {name}" for count, name in zip(counts, names, strict=True))
    table = pd.DataFrame({"seal": names, "cases": counts})
    how = "Green is faithful to the model, amber with the limit that it names; red is not to be quoted."
    return Picture(figure, table, f"Bars of {counted(audit['n_cases'], 'audited case')}: {said}.", how)
