"""What every figure shares: the Picture it comes back as, its colours, its layout and how text from data is shown.

Figures carry no background and no font colour, so that the page's own theme, light or dark, shows through.
"""

import html
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from mspa_model.types import Source

# Okabe and Ito's colours, for every kind of colour vision; the first five also keep 3:1 on white and on #0e1117.
BLUE, VERMILION, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7F7F7F"
AMBER, SKY = "#E69F00", "#56B4E9"
FAINT = "rgba(127,127,127,0.28)"
SOURCE_COLOURS = {
    Source.VISUAL: BLUE,
    Source.AUDIO: VERMILION,
    Source.TEXT: GREEN,
    Source.COTIPS: PURPLE,
    Source.POPULARITY: GREY,
}
SOURCE_LABELS = {
    Source.VISUAL: "visual",
    Source.AUDIO: "audio",
    Source.TEXT: "text",
    Source.COTIPS: "co-tipping",
    Source.POPULARITY: "popularity",
}
NAME_LENGTH = 26
_JOINERS = {"\u200c", "\u200d"}  # Persian and emoji need them; every other invisible letter can only mislead
_ROW_HEIGHT = 30


@dataclass(frozen=True)
class Picture:
    """A figure with all that a page or a report owes its reader.

    figure: Plotly; table: the same numbers, names as they are (not escaped); alt: what it shows, for a reader who
    cannot see it; how_to_read: one line under it.
    """

    figure: go.Figure
    table: pd.DataFrame
    alt: str
    how_to_read: str


def plain(text: str) -> str:
    """The text on one line, without control and direction letters, which could reorder or hide what is around it."""
    kept = (
        c if c in _JOINERS or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else " " for c in text
    )
    return " ".join("".join(kept).split())


def shorten(text: str, length: int = NAME_LENGTH) -> str:
    """The text on one line, cut to `length` letters with an ellipsis."""
    text = plain(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def shown(text: str, length: int = NAME_LENGTH) -> str:
    """Text from data as Plotly may show it: shortened, and with nothing that Plotly or MathJax would read as markup."""
    return html.escape(shorten(text, length), quote=False).replace("$", "&#36;")


def distinct(texts: Sequence[str], length: int = NAME_LENGTH) -> list[str]:
    """`shown` for the labels of one axis, where two equal labels would fall on one row: repeats get a number."""
    seen: dict[str, int] = {}
    labels = []
    for text in (shown(text, length) for text in texts):
        seen[text] = seen.get(text, 0) + 1
        labels.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return labels


def signed(number: float, digits: int = 2) -> str:
    """+0.42, −0.42, 0: with a true minus sign; zero carries none."""
    text = f"{abs(number):.{digits}f}"
    if float(text) == 0:
        return "0"
    return ("+" if number > 0 else "−") + text


def ordinal(rank: int | None) -> str:
    """1st, 2nd, 3rd; "outside" where there is no rank."""
    if rank is None:
        return "outside"
    ending = "th" if rank % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{ending}"


def lay_out(figure: go.Figure, n_rows: int | None = None, height: int | None = None) -> go.Figure:
    """The figure with the shared layout; a height that follows from its rows where it has rows."""
    tall = height or 90 + _ROW_HEIGHT * max(n_rows or 8, 2)
    figure.update_layout(
        height=tall,
        margin={"l": 8, "r": 16, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        bargap=0.35,
        hoverlabel={"align": "left", "namelength": -1},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": None},
    )
    figure.update_xaxes(automargin=True, gridcolor=FAINT, zerolinecolor=GREY, title_standoff=8)
    figure.update_yaxes(automargin=True, gridcolor=FAINT, zerolinecolor=GREY, title_standoff=8)
    return figure


def empty_picture(sentence: str, columns: Sequence[str]) -> Picture:
    """A picture that says in one sentence why there is nothing to draw."""
    figure = go.Figure()
    figure.add_annotation(text=shown(sentence, 160), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    lay_out(figure, height=110).update_xaxes(visible=False).update_yaxes(visible=False)
    return Picture(figure, pd.DataFrame(columns=list(columns)), sentence, sentence)
