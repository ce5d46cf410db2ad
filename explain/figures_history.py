"""Figure of a user's history: which tips the ranking knew, and which of them the statements rest on."""

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from explain.figures_style import BLUE, GREY, TABLE_LENGTH, Picture, empty_picture, lay_out, shown
from explain.narrate import counted, plain, plural
from mspa_model.number_format import percent
from mspa_model.types import FADED, DatasetInfo, History

# Amounts further apart than this factor are drawn on a log axis: tips on a platform go from 1 to 10,000.
_WIDE = 50


def history_timeline(
    history: History,
    names: Sequence[str],
    info: DatasetInfo,
    evidence: Collection[int] = (),
    unused: History | None = None,
) -> Picture:
    """The user's tips by amount over time, or in their order where the set has no times.

    names: by streamer_idx. evidence: positions in the history that statements rest on, full instead of hollow.
    unused: tips that the ranking did not know, as grey crosses.
    """
    cited = set(evidence)
    plainly = ["used" if count == 1.0 else "faded" for count in history.counts]
    roles = [("cited" if i in cited else role) for i, role in enumerate(plainly)]
    tips = _tip_table(history, names, info, roles)
    if unused is not None:
        tips = pd.concat([tips, _tip_table(unused, names, info, ["not used"] * len(unused))], ignore_index=True)
    if tips.empty:
        return empty_picture(f"This {info.user_is} has no {info.tip_is} yet.", list(tips.columns))
    kept_back = f" and {len(unused):,} that it did not know" if unused is not None and len(unused) else ""
    faded = ""
    if history.faded_before is not None:
        side = "Left of the line, before" if _timed(tips) else "Before"
        faded = f" {side} the taste shifted, they count for {percent(FADED)}; those not cited are grey."
    known = f"{counted(len(history), info.tip_is)} that the ranking knew{kept_back}; statements rest on {len(cited)}."
    read = f"Full dots: {plural(info.tip_is)} that statements rest on; hollow: also used; crosses: kept from the model."
    return Picture(_draw(tips, info, history.faded_before), tips, known + faded, read + faded)


def _tip_table(history: History, names: Sequence[str], info: DatasetInfo, roles: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            info.streamer_is: [plain(names[i], TABLE_LENGTH) for i in history.streamer_idx],
            "time": pd.to_datetime(history.tipped_at),
            _unit(info): history.amount.astype(float),
            "role": roles,
        }
    )


def _timed(tips: pd.DataFrame) -> bool:
    return not tips["time"].isna().any()


def _unit(info: DatasetInfo) -> str:
    return plain(info.tip_unit) or "amount"


def _draw(tips: pd.DataFrame, info: DatasetInfo, faded_before: datetime | None) -> go.Figure:
    """One trace a role, times along the axis only where every tip has one; a line where older tips fade."""
    timed = _timed(tips)
    when = tips["time"] if timed else pd.Series(np.arange(1, len(tips) + 1))
    looks = {
        "used": {"symbol": "circle-open", "size": 9, "color": BLUE, "line": {"width": 2}},
        "faded": {"symbol": "circle-open", "size": 9, "color": GREY, "line": {"width": 2}},
        "cited": {"symbol": "circle", "size": 11, "color": BLUE},
        "not used": {"symbol": "x-thin", "size": 8, "line": {"width": 2, "color": GREY}},
    }
    labels = {
        "used": f"used {info.tip_is}",
        "faded": "counts for less",
        "cited": "cited by a statement",
        "not used": "not used",
    }
    figure = go.Figure()
    if faded_before is None:
        del looks["faded"]
    for role, look in looks.items():
        rows = tips[tips["role"] == role]
        figure.add_scatter(
            x=when[rows.index],
            y=rows[_unit(info)],
            mode="markers",
            name=shown(labels[role]),
            marker=look,
            showlegend=len(rows) > 0,
            hovertext=[shown(name, 60) for name in rows[info.streamer_is]],
            hovertemplate="%{hovertext}<br>%{x}<br>%{y}<extra></extra>",
        )
    if faded_before is not None and timed:
        figure.add_vline(x=faded_before.isoformat(), line={"dash": "dot", "color": GREY})
    amounts = tips[_unit(info)]
    wide = amounts.min() > 0 and amounts.max() / amounts.min() > _WIDE
    lay_out(figure, height=300)
    figure.update_xaxes(title="time" if timed else f"order of the {plural(info.tip_is)}", zeroline=False)
    kind, span = ("log", "normal") if wide else ("linear", "tozero")
    return figure.update_yaxes(title=shown(_unit(info)), type=kind, rangemode=span, dtick=1 if wide else None)
