"""Text that comes from data, made harmless for Markdown, and dates in the dataset's time zone."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from mspa_model.number_format import GAP
from mspa_model.runs import Run
from mspa_model.types import DatasetInfo
from mspa_model.words import NAME_LIMIT, middle_cut, shortened

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&\"'])")
_KNOWN_BY = 60  # characters of what an option is known by; of a longer one its start and its end
Option = TypeVar("Option")
_GAP = "\u200b"  # a zero-width space: what Markdown extensions look for in finished text no longer matches


def escape_md(text: str) -> str:
    """The text as one line that Markdown shows letter by letter: no link, image, HTML, formula or emoji code."""
    line = _one_line(str(text))
    line = re.sub(r":(?=[^\s\d])", f":{_GAP}", line)
    line = re.sub(r"(?i)\b(www|https?|ftp|mailto)(?=[.:])", rf"\1{_GAP}", line)
    line = re.sub(r"@(?=[^\s\d])", f"@{_GAP}", line)
    return _SPECIAL.sub(r"\\\1", line)


def _one_line(text: str) -> str:
    """Runs of blanks as one; the blank before a per cent sign does not break."""
    return re.sub(r"(?<=\d) %", f"{GAP}%", " ".join(re.split(rf"[^\S{GAP}]+", text.strip())))


def told_apart(
    options: Iterable[Option], words: Callable[[Option], str] = str, known_by: Callable[[Option], str] = str
) -> Callable[[Option], str]:
    """What a drop-down shows for each option, as its format_func: plain text, which it never reads as Markdown.

    No two are the same, because a drop-down knows its options by nothing else: "Lumi", "Lumi (s012)".
    """
    told: dict[Option, str] = {}
    taken: set[str] = set()
    for option in options:
        label = first = shortened(words(option), NAME_LIMIT) or "(blank)"
        if label in taken:
            label = first = f"{first} ({middle_cut(known_by(option), _KNOWN_BY)})"
        number = 1
        while label in taken:  # ids that differ only beyond what is shown of them
            number += 1
            label = f"{first} {number}"
        taken.add(label)
        told[option] = label
    return lambda option: told[option] if option in told else shortened(words(option), NAME_LIMIT)


def capital(word: str) -> str:
    """The word with a capital first letter and the rest as it is."""
    return word[:1].upper() + word[1:]


def run_words(run: Run) -> str:
    """Which run is looked at and which audit its seals go by, e.g. "Run 0a1b2c3d4e5f, audit 5f4e3d2c1b0a"."""
    return f"Run {run.hash[:12]}, {f'audit {run.audit_hash[:12]}' if run.audit_hash else 'not audited'}"


def when(moment: datetime | pd.Timestamp | None, info: DatasetInfo) -> str:
    """ "21 Nov 2026, 10:07" in the dataset's time zone; "no time" where there is none."""
    if moment is None or pd.isna(moment):
        return "no time"
    stamp = pd.Timestamp(moment)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp
    return f"{stamp.tz_convert(ZoneInfo(info.timezone)):%-d %b %Y, %H:%M}"
