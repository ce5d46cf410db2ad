"""What every figure shares: the Picture it comes back as, its colours, its layout and how text from data is shown.

Figures carry no background and no font colour, so that the page's own theme, light or dark, shows through.
"""

import html
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from explain.narrate import ordinal
from mspa_model.number_format import signed as signed  # passed on
from mspa_model.types import Source
from mspa_model.words import middle_cut, shortened

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
TABLE_LENGTH = 200
_ROW_HEIGHT = 30


@dataclass(frozen=True)
class Picture:
    """A figure with all that a page or a report owes its reader.

    figure: Plotly; table: the same numbers, names on one line but not escaped; alt: what it shows, for a reader who
    cannot see it; how_to_read: one line under it.
    """

    figure: go.Figure
    table: pd.DataFrame
    alt: str
    how_to_read: str


def shown(text: str, length: int = NAME_LENGTH) -> str:
    """Text from data as Plotly may show it: one short line, with nothing that Plotly or MathJax reads as markup."""
    return _harmless(shortened(text, length))


def distinct(texts: Sequence[str], length: int = NAME_LENGTH) -> list[str]:
    """`shown` for the labels of one axis, where two equal labels would fall on one row.

    Those that are equal as far as they are shown show their end too; where that is no help, repeats get a number.
    """
    counts = Counter(shown(text, length) for text in texts)
    seen: Counter[str] = Counter()
    labels = []
    for text in texts:
        label = shown(text, length)
        label = label if counts[label] == 1 else _harmless(middle_cut(text, length))
        seen[label] += 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return labels


def _harmless(line: str) -> str:
    return html.escape(line, quote=False).replace("$", "&#36;")


def digits_for(numbers: Sequence[float]) -> int:
    """Decimals that give the largest number three significant digits: 2 to 5."""
    largest = max((abs(number) for number in numbers), default=0.0)
    return 2 if largest <= 0 else min(max(2 - math.floor(math.log10(largest)), 2), 5)


def place(rank: int | None) -> str:
    """1st, 2nd, 3rd; "outside" where there is no rank."""
    return "outside" if rank is None else ordinal(rank)


def see_through(colour: str) -> str:
    """A "#RRGGBB" colour, pale on light and on dark pages."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"


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
    figure.update_yaxes(automargin=True, gridcolor=FAINT, zerolinecolor=GREY, title_standoff=8, ticksuffix="  ")
    return figure


def empty_picture(sentence: str, columns: Sequence[str]) -> Picture:
    """A picture that says in one sentence why there is nothing to draw."""
    figure = go.Figure()
    figure.add_annotation(text=shown(sentence, 160), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    lay_out(figure, height=110).update_xaxes(visible=False).update_yaxes(visible=False)
    return Picture(figure, pd.DataFrame(columns=list(columns)), sentence, sentence)
