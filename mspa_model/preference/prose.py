"""Two to four plain sentences from statements, no surer than the tips allow."""

from collections.abc import Sequence

from mspa_model.types import DatasetInfo, Statement, Vocabulary
from mspa_model.words import counted, plural

FEW_TIPS = 5
STRONG = 0.5


def write_prose(statements: Sequence[Statement], n_tips: int, vocabulary: Vocabulary, info: DatasetInfo) -> str:
    """The preference text. It contains names and words from the data: escape it before showing it."""
    if n_tips == 0:
        return "No tips yet: nothing can be said." if not statements else _claims(statements, vocabulary)
    opening = _opening(n_tips, info)
    if not statements:
        return f"{opening} They show no taste that differs clearly from everyone's."
    return f"{opening} {_claims(statements, vocabulary)}"


def listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _opening(n_tips: int, info: DatasetInfo) -> str:
    tips, own_word = counted(n_tips, "tip"), info.tip_is if n_tips == 1 else plural(info.tip_is)
    named = tips if info.tip_is == "tip" else f"{tips} ({own_word})"
    return f"Only {named}, so this is a guess." if n_tips < FEW_TIPS else f"Read from {named}."


def _claims(statements: Sequence[Statement], vocabulary: Vocabulary) -> str:
    liked = [s for s in statements if s.polarity > 0]
    tiers = (
        ("Far more often than others", [s for s in liked if s.strength >= STRONG]),
        ("More often than others", [s for s in liked if s.strength < STRONG]),
        ("Less often than others", [s for s in statements if s.polarity < 0]),
    )
    return " ".join(f"{verb}: {listed([_claim(s, vocabulary) for s in told])}." for verb, told in tiers if told)


def _claim(statement: Statement, vocabulary: Vocabulary) -> str:
    label, n = vocabulary.values[statement.value_idx].label, len(statement.evidence)
    return f"{label} ({counted(n, 'tip')})" if n else label
