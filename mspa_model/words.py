"""Words from data on one line, and the dataset's own words counted."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

NAME_LIMIT = 60
_LONGEST = 5_000  # characters of a text whose end is looked for
_ID_LIMIT = 24  # characters of an id behind a name: its start and its end
_HISSING = ("s", "x", "z", "ch", "sh")  # ends of a word after which the plural is spoken as a syllable
_UNCHANGED = ("series", "species")
_SPOKEN_WITH_Y_OR_W = ("use", "uni", "ute", "eu", "one", "once")  # begin with a vowel to the eye and not to the ear
_CLOSING = re.compile(r" \([^()]*\)$")


def plain(text: str, limit: int = NAME_LIMIT) -> str:
    """The text on one line without control and direction marks, cut to `limit` characters."""
    if len(text) <= limit and text.isprintable() and "  " not in text and text.strip() == text:
        return text
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text[: 4 * limit])
    line = " ".join("".join(c for c in visible if unicodedata.category(c) != "Cf").split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def shortened(name: str, limit: int) -> str:
    """As plain; the id in brackets, by which a name is told from others, stays where there is room for it."""
    closing = _CLOSING.search(name)
    if len(name) <= limit or closing is None or len(closing[0]) > limit // 2 + 1:
        return plain(name, limit)
    tail = plain(closing[0].strip(), limit)
    return f"{plain(name[: closing.start()], limit - len(tail) - 1)} {tail}"


def distinct_names(names: Sequence[str], ids: Sequence[str], noun: str) -> tuple[str, ...]:
    """What each is called, on one line of at most 60 characters: its name, else the noun and its id.

    No two are called the same: whoever shares a name, or as much of it as is shown, carries its id, "Live (s12)".
    """
    called = [plain(name) or plain(f"{noun} {known}") for name, known in zip(names, ids, strict=True)]
    for suffix in (lambda row: middle_cut(ids[row], _ID_LIMIT), lambda row: f"row {row + 1}"):
        counts = Counter(called)
        shared = [row for row, name in enumerate(called) if counts[name] > 1]
        for row in shared:
            closing = f" ({suffix(row)})"
            called[row] = plain(called[row], NAME_LIMIT - len(closing)) + closing
    return tuple(called)


def middle_cut(text: str, limit: int) -> str:
    """The text on one line, its start and its end where it is longer than `limit` characters."""
    line, half = plain(text, _LONGEST), (limit - 1) // 2
    return line if len(line) <= limit else f"{line[:half]}…{line[-half:]}"


def plural(word: str) -> str:
    """The plural of a dataset's word: "ratings of 4 or 5", "micro-videos", "categories", "dishes", "people"."""
    head, of, rest = word.partition(" of ")
    return _plural_head(head) + of + rest


def _plural_head(head: str) -> str:
    if head.endswith(_UNCHANGED) or not _latin(head[-1:]):
        return head
    if head.lower().endswith("person"):
        return head[:-5] + "eople"
    if head.endswith("y") and head[-2:-1] not in "aeiou":
        return head[:-1] + "ies"
    return head + ("es" if head.endswith(_HISSING) else "s")


def _latin(letter: str) -> bool:
    """Whether English could put an ending behind it: not behind a word in Chinese or Arabic."""
    return not letter.isalpha() or "LATIN" in unicodedata.name(letter, "")


def with_article(word: str, opening: bool = False) -> str:
    """ "a tip", "an order", "a user"; opening: "An order", as the first words of a sentence."""
    spoken = word.lower()
    vowel = spoken.startswith(("a", "e", "i", "o", "u")) and not spoken.startswith(_SPOKEN_WITH_Y_OR_W)
    return f"{'A' if opening else 'a'}{'n' if vowel else ''} {word}"


def counted(number: int, word: str) -> str:
    """ "1 tip", "12 tips"."""
    return f"{number:,} {word if number == 1 else plural(word)}"


def small(number: float) -> str:
    """The size of a number near zero with two digits that say something: "0.25", "0.0042", "less than 0.0001"."""
    size = abs(number)
    return f"{size:.2f}" if size >= 0.1 or size == 0 else f"{size:.2g}" if size >= 1e-4 else "less than 0.0001"


def time_words(seconds: float) -> str:
    """ "8 s", "2 min", "1 h 5 min": about, in units that say something."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{minutes} min" if not hours else f"{hours} h {minutes} min" if minutes else f"{hours} h"
