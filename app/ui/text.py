"""Text that comes from data, made harmless for Markdown, and dates in the dataset's time zone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from mspa_model.types import DatasetInfo

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&\"'])")
_GAP = "\u200b"  # a zero-width space: what Markdown extensions look for in finished text no longer matches


def escape_md(text: str) -> str:
    """The text as one line that Markdown shows letter by letter: no link, image, HTML, formula or emoji code."""
    line = " ".join(str(text).split())
    line = re.sub(r":(?=[^\s\d])", f":{_GAP}", line)
    line = re.sub(r"(?i)\b(www|https?|ftp|mailto)(?=[.:])", rf"\1{_GAP}", line)
    line = re.sub(r"@(?=[^\s\d])", f"@{_GAP}", line)
    return _SPECIAL.sub(r"\\\1", line)


def capital(word: str) -> str:
    """The word with a capital first letter and the rest as it is."""
    return word[:1].upper() + word[1:]


def when(moment: datetime | pd.Timestamp | None, info: DatasetInfo) -> str:
    """ "21 Nov 2026, 10:07" in the dataset's time zone; "no time" where there is none."""
    if moment is None or pd.isna(moment):
        return "no time"
    stamp = pd.Timestamp(moment)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp
    return f"{stamp.tz_convert(ZoneInfo(info.timezone)):%-d %b %Y, %H:%M}"
