"""The sentences that the composer is taught to write, as frames around lists of values. Ours.

What a text is scored against is written in other sentences (training/text/references.py), which are never taught.
"""

from collections.abc import Sequence
from typing import Literal

SentenceKind = Literal["few", "some", "many", "nothing", "strong", "liked", "avoided"]
SLOT = "<values>"
FEW_TIPS, MANY_TIPS = 5, 20

# One word, comma or stop a token; SLOT is a list of stated values.
# No word for user or tip: sets have their own. Short, because an analyst reads many.
FRAMES: dict[SentenceKind, tuple[str, ...]] = {
    "few": ("Only a first guess .", "Little to go by so far .", "Take this as a guess .", "A first impression ."),
    "some": ("A taste begins to show .", "The taste takes shape .", "Enough to see a taste .", "A taste can be seen ."),
    "many": (
        "A taste shown many times .",
        "There is plenty to go by .",
        "A long history speaks here .",
        "A settled taste .",
    ),
    "nothing": ("Nothing stands out yet .", "No taste of their own shows .", "Much like everyone else ."),
    "strong": (
        f"Clearly loves {SLOT} .",
        f"Above all {SLOT} .",
        f"Drawn most of all to {SLOT} .",
        f"Cannot get enough of {SLOT} .",
    ),
    "liked": (f"Likes {SLOT} .", f"Leans towards {SLOT} .", f"Enjoys {SLOT} .", f"Warms to {SLOT} ."),
    "avoided": (f"Avoids {SLOT} .", f"Seldom goes for {SLOT} .", f"Cares little for {SLOT} .", f"Passes over {SLOT} ."),
}
OPENINGS: tuple[SentenceKind, ...] = ("few", "some", "many")


def opening_kind(n_tips: int) -> SentenceKind:
    """Which opening is true of so many tips."""
    if n_tips < FEW_TIPS:
        return "few"
    return "some" if n_tips < MANY_TIPS else "many"


def words_taught() -> tuple[str, ...]:
    """Every word of the frames, and what joins a list, in the order of first use."""
    said = (word for frames in FRAMES.values() for frame in frames for word in frame.split())
    return tuple(dict.fromkeys([",", "and", *(word for word in said if word != SLOT)]))


def spelled(words: Sequence[str]) -> str:
    """Words and labels as a line: no blank before a comma or a stop."""
    return " ".join(words).replace(" ,", ",").replace(" .", ".")
