"""Figures of what carries a modality: its frames, clips or texts, and the seconds, sentences and words inside them."""

from collections.abc import Sequence

import pandas as pd

from explain.figures_case import diverging, rest_label
from explain.figures_style import (
    FAINT,
    GREY,
    SOURCE_COLOURS,
    TABLE_LENGTH,
    Picture,
    distinct,
    empty_picture,
    place,
    shown,
    signed,
)
from explain.narrate import counted, plain
from explain.types import Carried, Carrying, Piece, PieceKind
from mspa_model.types import Source

_COLUMNS = ["what", "where", "points lost without", "place without"]


def inputs_drawn(found: Carrying, k: int = 10) -> Picture:
    """The share of each frame, clip or text, largest first; the last bar is the exact sum."""
    ordered = sorted(found.inputs, key=lambda given: -abs(given.share))
    top, rest = ordered[:k], ordered[k:]
    colour = SOURCE_COLOURS[Source(found.modality.value)]
    labels = [*distinct([given.label for given in top], 40), *([rest_label(len(rest))] if rest else []), "all together"]
    bars = [given.share for given in top] + ([sum(given.share for given in rest)] if rest else []) + [found.whole]
    colours = [colour] * len(top) + [FAINT] * bool(rest) + [GREY]
    hovers = [_hover(given) for given in top] + [""] * (len(bars) - len(top))
    figure = diverging(labels, bars, colours, hovers)
    figure.update_xaxes(title=f"points of {shown(found.name)}'s score")
    table = pd.DataFrame(
        {
            "what": [given.label for given in ordered],
            "words": [plain(given.text, TABLE_LENGTH) for given in ordered],
            "share": [given.share for given in ordered],
            "points lost without": [given.lost for given in ordered],
            "place without": pd.array([given.place_after for given in ordered], dtype="Int64"),
        }
    )
    if not any(given.text for given in ordered):
        table = table.drop(columns="words")
    alt = (
        f"Bars of {counted(len(ordered), 'input')} of {plain(found.name)}'s {found.modality.value}, together "
        f"{signed(found.whole)} points; first {top[0].label} ({signed(top[0].share)})."
    )
    over = "over every set of them" if found.exact else "over drawn orders of them"
    return Picture(
        figure,
        table,
        alt,
        f"Shapley values {over}: what each adds on average, whichever others are there. They add up to the grey bar, "
        "the score with this modality less the score without it.",
    )


def pieces_drawn(found: Carrying, kind: PieceKind, k: int = 10) -> Picture:
    """The pieces of a kind that move the score most when left out alone."""
    ordered = sorted(found.of_kind(kind), key=lambda piece: -abs(piece.lost))
    if not ordered:
        return empty_picture(f"No {kind} was left out.", _COLUMNS)
    top = ordered[:k]
    wheres = [where(found.inputs, piece) for piece in ordered]
    names = [piece.text or place_ for piece, place_ in zip(ordered, wheres, strict=True)]
    colour = SOURCE_COLOURS[Source(found.modality.value)]
    hovers = [f"{place_}<br>then {place(p.place_after)} by score" for p, place_ in zip(top, wheres, strict=False)]
    labels = distinct(names[:k], 40)
    figure = diverging(labels, [p.lost for p in top], [colour] * len(top), hovers)
    figure.update_xaxes(title="points lost without it")
    table = pd.DataFrame(
        {
            "what": [plain(name, TABLE_LENGTH) for name in names],
            "where": wheres,
            "points lost without": [piece.lost for piece in ordered],
            "place without": pd.array([piece.place_after for piece in ordered], dtype="Int64"),
        }
    )
    alt = (
        f"Bars of the {len(top)} of {counted(len(ordered), kind)} that move the score most when left out alone; first "
        f"{plain(names[0], 60)} ({signed(-ordered[0].lost)} without it)."
    )
    return Picture(
        figure,
        table,
        alt,
        f"Each bar is a run of encoder and model without that {kind} alone: to the right it held the score up, to the "
        "left it held it down. Such bars do not add up.",
    )


def where(inputs: Sequence[Carried], piece: Piece) -> str:
    """ "clip 2 of 3, 1 to 2 s"; of words the text that they stand in."""
    label = inputs[piece.of].label
    return f"{label}, {piece.start:g} to {piece.stop:g} s" if piece.kind == "second" else label


def _hover(given: Carried) -> str:
    return f"left out alone: {signed(-given.lost, 3)} points, then {place(given.place_after)} by score"
