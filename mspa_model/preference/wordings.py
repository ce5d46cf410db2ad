"""The sentences that the composer is taught to write, as frames around lists of values. Ours.

What a text is scored against is written in other sentences (training/text/references.py), which are never taught.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

SentenceKind = Literal["strong", "liked", "avoided", "maybe liked", "maybe avoided", "nothing", "rest"]
SLOT = "<values>"
FEW_TIPS = 5  # distinct streamers, below which every sentence is hedged

# One word, comma or stop a token; SLOT is a list of stated values. No word for user or tip: sets have their own.
# Short, because an analyst reads many.
SURE: Mapping[SentenceKind, tuple[str, ...]] = {
    "strong": (f"Clearly loves {SLOT} .", f"Above all {SLOT} .", f"Drawn most of all to {SLOT} ."),
    "liked": (f"Likes {SLOT} .", f"Leans towards {SLOT} .", f"Enjoys {SLOT} .", f"Warms to {SLOT} ."),
    "avoided": (f"Avoids {SLOT} .", f"Seldom goes for {SLOT} .", f"Cares little for {SLOT} ."),
    "nothing": ("Nothing stands out .", "No taste of their own shows ."),
    "rest": ("Otherwise much like everyone else .", "For the rest close to the average ."),
}
HEDGED: Mapping[SentenceKind, tuple[str, ...]] = {
    "strong": (f"Seems to love {SLOT} .", f"Perhaps above all {SLOT} ."),
    "liked": (f"May like {SLOT} .", f"Perhaps likes {SLOT} .", f"Possibly leans towards {SLOT} ."),
    "avoided": (f"May avoid {SLOT} .", f"Perhaps cares little for {SLOT} ."),
    "nothing": ("Nothing stands out yet .", "Too little to say ."),
    "rest": ("More cannot be said yet .", "The rest is open ."),
}
# What the tips do not tell from chance is hedged however many they are, in words that are taught anyway.
_MAYBE: Mapping[SentenceKind, SentenceKind] = {"maybe liked": "liked", "maybe avoided": "avoided"}


def frames_of(kind: SentenceKind, n_tipped: int) -> tuple[str, ...]:
    """How a sentence may be put, no surer than so many tipped streamers allow."""
    if kind in _MAYBE:
        return HEDGED[_MAYBE[kind]]
    return (HEDGED if n_tipped < FEW_TIPS else SURE)[kind]


def sentences_of(tiers: Mapping[SentenceKind, Sequence[int]]) -> list[tuple[SentenceKind, list[int]]]:
    """The sentences of a text, at least two, with the values that each says: one a tier of statements."""
    told: list[tuple[SentenceKind, list[int]]] = [(kind, list(values)) for kind, values in tiers.items() if values]
    if not told:
        return [("nothing", []), ("rest", [])]
    return told if len(told) > 1 else [*told, ("rest", [])]


def words_taught() -> tuple[str, ...]:
    """Every word of the frames, and what joins a list, in the order of first use."""
    every = (frame for frames in (SURE, HEDGED) for own in frames.values() for frame in own)
    said = (word for frame in every for word in frame.split())
    return tuple(dict.fromkeys([",", "and", *(word for word in said if word != SLOT)]))


def spelled(words: Sequence[str]) -> str:
    """Words and labels as a line: no blank before a comma or a stop."""
    return " ".join(words).replace(" ,", ",").replace(" .", ".")
