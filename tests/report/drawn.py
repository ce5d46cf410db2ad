"""A Picture as approved text: all that it draws and says, its layout as far as it differs from the shared one."""

import base64
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import yaml

from explain.figures import Picture
from explain.figures_style import lay_out


def as_text(picture: Picture) -> str:
    """YAML of words, table, traces and layout; a value that is a list of plain values stays on one line."""
    table = [list(picture.table.columns), *picture.table.astype(object).to_numpy().tolist()]
    told = {
        "alt": picture.alt,
        "how_to_read": picture.how_to_read,
        "table": table,
        "traces": _plain(picture.figure.to_dict()["data"]),
        "layout": _beyond(layout_of(picture.figure), layout_of(lay_out(go.Figure()))),
    }
    return yaml.safe_dump(_plain(told), allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)


def layout_of(figure: go.Figure) -> dict[str, Any]:
    """A figure's layout but Plotly's own template."""
    return _plain({key: value for key, value in figure.to_dict()["layout"].items() if key != "template"})


def _beyond(layout: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """What a layout has otherwise than the shared one; None for what it lacks of it."""
    told = {key: None for key in shared if key not in layout}
    for key, value in layout.items():
        beside = shared.get(key)
        if isinstance(value, dict) and isinstance(beside, dict):
            value = _beyond(value, beside)
            if not value:
                continue
        if value != beside:
            told[key] = value
    return told


def _plain(value: Any) -> Any:
    """Without numpy's and Plotly's ways to hold numbers; without last digits, which differ between machines."""
    if isinstance(value, dict) and "bdata" in value:
        flat = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        return _plain(flat.tolist())
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, np.ndarray, pd.Series)):
        return [_plain(each) for each in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.9g}") + 0.0
    return str(value)
