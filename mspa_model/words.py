"""Words from data on one line, and the dataset's own words counted."""

import unicodedata

NAME_LIMIT = 60


def plain(text: str, limit: int = NAME_LIMIT) -> str:
    """The text on one line without control and direction marks, cut to `limit` characters."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text[: 4 * limit])
    line = " ".join("".join(c for c in visible if unicodedata.category(c) != "Cf").split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def plural(word: str) -> str:
    """The plural of a dataset's word: "ratings of 4 or 5", "micro-videos", "categories"."""
    head, of, rest = word.partition(" of ")
    ending = head[:-1] + "ies" if head.endswith("y") and head[-2:-1] not in "aeiou" else head + "s"
    return ending + of + rest


def counted(number: int, word: str) -> str:
    """ "1 tip", "12 tips"."""
    return f"{number:,} {word if number == 1 else plural(word)}"


def small(number: float) -> str:
    """The size of a number near zero with two digits that say something: "0.25", "0.0042", "less than 0.0001"."""
    size = abs(number)
    return f"{size:.2f}" if size >= 0.1 or size == 0 else f"{size:.2g}" if size >= 1e-4 else "less than 0.0001"
