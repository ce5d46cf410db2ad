"""Tables: sortable, searchable, each one as CSV, their numbers written as in every sentence."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.ui.text import escape_md
from mspa_model.number_format import GAP, MINUS, percent

ABSENT = "–"
_SENTENCE, _TALL = 100, 72  # a text cell of more characters is wrapped; streamlit wraps in rows above 70 pixels
_ROW, _STYLED = 35, 20_000  # pixels of a row; cells above which a table is sent as it is
_FORMAT = re.compile(r"%(\+?)(?:\.(\d+))?([dfg])( ?%%)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The table as UTF-8 CSV in which no text cell is a spreadsheet formula."""
    return frame.map(_inert).to_csv(index=False).encode("utf-8-sig")


def _inert(cell: object) -> object:
    if isinstance(cell, list | tuple):
        cell = ", ".join(map(str, cell))
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def show_table(
    frame: pd.DataFrame,
    key: str,
    caption: str,
    columns: Mapping[str, Any] | None = None,
    height: int | str = "auto",
    wrapped: bool = False,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Draw a table with its caption and a CSV button. on_pick gets the position of a row, once for each click.

    wrapped: cells are broken into lines however short, as a narrow column needs it.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escape_md(caption), width="stretch")
        st.download_button(
            "CSV",
            data=lambda: csv_bytes(frame),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"{key}-csv",
            on_click="ignore",
            type="tertiary",
            help="Download this table",
        )
    tall = wrapped or any(isinstance(cell, str) and len(cell) > _SENTENCE for cell in frame.to_numpy().ravel())
    settings: dict[str, Any] = {"hide_index": True, "alt": caption, "placeholder": ABSENT}
    settings["height"] = height_for(height, len(frame), _TALL if tall else _ROW)
    if tall:
        settings["row_height"] = _TALL
    written, settings["column_config"] = _written(frame, columns or {})
    if on_pick is None:
        st.dataframe(written, key=key, **settings)
        return
    # A callback and not the return value: a row stays marked over reruns, and would undo every later choice.
    st.dataframe(written, key=key, on_select=lambda: _pass_on(key, on_pick), selection_mode="single-row", **settings)


def height_for(height: int | str, n_rows: int, row: int) -> int | str:
    """A table of fewer rows than its height has room for would be filled up with empty ones."""
    return "content" if isinstance(height, int) and (n_rows + 1) * row <= height else height


def _written(frame: pd.DataFrame, columns: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The frame with its numbers as text beside them, and the columns' settings without the formats that say the same.

    Streamlit's own formats write a hyphen for a minus; a column is still sorted by its numbers.
    """
    frame = frame.reset_index(drop=True)
    if frame.size > _STYLED or not frame.columns.is_unique:
        return frame, dict(columns)
    numbers = [name for name in frame.columns if _is_number(frame[name], columns.get(name))]
    if not numbers:
        return frame, dict(columns)
    settings, writers = dict(columns), {}
    for name in numbers:
        config = dict(settings.get(name) or {})
        kind = dict(config.get("type_config") or {})
        writers[name] = number_writer(kind.pop("format", None))
        if config:
            settings[name] = config | {"type_config": kind}
    return _with_texts(frame, [_texts(frame[name], writers.get(name)) for name in frame.columns]), settings


def _with_texts(frame: pd.DataFrame, texts: list[dict[int, object]]) -> Any:
    """A styler that shows these texts, of each column by row; a word without one shows itself.

    pandas would make HTML of every cell, of which Streamlit reads the texts alone: half of what a table cost.
    """
    columns = enumerate(texts)
    cells = [[{"id": f"row{y}_col{x}", "display_value": text} for y, text in rows.items()] for x, rows in columns]
    styler = frame.style.set_uuid("table")  # pandas draws one by chance: the browser would not know the table again
    styler._translate = lambda *_: {"body": cells}
    return styler


def _texts(column: pd.Series, write: Callable[[Any], object] | None) -> dict[int, object]:
    """What is shown in a column's rows, its absent cells by a dash; of words the absent alone."""
    if write is None and not isinstance(column.dtype, pd.StringDtype):
        write = _plainly
    absent = column.isna().to_numpy()
    if write is None:
        return dict.fromkeys(absent.nonzero()[0].tolist(), ABSENT)
    return {y: ABSENT if gone else write(cell) for y, (cell, gone) in enumerate(zip(column, absent, strict=True))}


def _plainly(cell: object) -> object:
    return f"{cell:.6f}" if isinstance(cell, float) else cell


def _is_number(column: pd.Series, config: Mapping[str, Any] | None) -> bool:
    """Written here; a bar of progress is drawn by Streamlit."""
    drawn = ((config or {}).get("type_config") or {}).get("type") == "progress"
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and not drawn


def number_writer(spec: str | None) -> Callable[[float], str]:
    """From a column's format ("%+.3f", "%.0f %%", "percent"; None: as it is) to how it writes a number."""
    if spec == "percent":
        return percent
    parts = _FORMAT.fullmatch(spec or "")
    if parts is None:
        return _as_it_is
    sign, digits, kind, share = parts.groups()
    size_spec = "g" if kind == "g" and not digits else f".{digits}g" if kind == "g" else f",.{digits or 0}f"

    def write(number: float) -> str:
        size = format(abs(number), size_spec)
        side = MINUS if number < 0 else "+" if sign else ""
        zero = not size.strip("0.")
        return f"{'' if zero else side}{size.replace('-', MINUS)}{f'{GAP}%' if share else ''}"

    return write


def _as_it_is(number: float) -> str:
    """Whole numbers whole, others with up to four decimals."""
    size = f"{abs(number):,.4f}".rstrip("0").rstrip(".")
    return f"{MINUS if number < 0 and size != '0' else ''}{size}"


def _pass_on(key: str, on_pick: Callable[[int], None]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        on_pick(int(rows[0]))
