"""Two to four plain sentences from statements, no surer than the tips allow."""

from collections.abc import Sequence

from mspa_model.types import DatasetInfo, Statement, Vocabulary

FEW_TIPS = 5
STRONG, CLEAR = 0.6, 0.35


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
    tips = f"One tip ({info.tip_is})" if n_tips == 1 else f"{n_tips} tips (each a {info.tip_is})"
    return f"{tips} only, so this is a guess." if n_tips < FEW_TIPS else f"Read from {tips}."


def _claims(statements: Sequence[Statement], vocabulary: Vocabulary) -> str:
    liked = [s for s in statements if s.polarity > 0]
    rare = [s for s in statements if s.polarity < 0]
    sentences = []
    for verb, chosen in (
        ("Far more often than others", [s for s in liked if s.strength >= STRONG]),
        ("More often than others", [s for s in liked if CLEAR <= s.strength < STRONG]),
        ("Somewhat more often", [s for s in liked if s.strength < CLEAR]),
        ("Less often than others", rare),
    ):
        if chosen:
            sentences.append(f"{verb}: {listed([_phrase(s, vocabulary) for s in chosen])}.")
    return " ".join(sentences)


def _phrase(statement: Statement, vocabulary: Vocabulary) -> str:
    label = vocabulary.values[statement.value_idx].label
    return f"{label} ({len(statement.evidence)})" if statement.polarity > 0 and statement.evidence else label
