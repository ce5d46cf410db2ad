"""Plain sentences from statements: first what the tips bear out, as surely as they do; what is only possible last."""

from collections.abc import Sequence

from mspa_model.number_format import percent
from mspa_model.preference.lift import Lifts
from mspa_model.types import FADED, DatasetInfo, History, Statement, Vocabulary
from mspa_model.words import counted, plural

FEW_TIPS = 5
STRONG = 0.5


def write_prose(
    statements: Sequence[Statement], history: History, lifts: Lifts, vocabulary: Vocabulary, info: DatasetInfo
) -> str:
    """The preference text; lifts: of this history. It contains names and words from the data: escape it to show it."""
    said = [sentence for sentence in _claims(statements, lifts, vocabulary, info) if sentence]
    if not len(history):
        return " ".join(said) or f"No {plural(info.tip_is)} yet: nothing can be said."
    if not statements:
        said = ["They show no taste that differs clearly from everyone's."]
    return " ".join([_opening(history, info), *said])


def listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def contrary_sentence(statements: Sequence[Statement], lifts: Lifts, vocabulary: Vocabulary, info: DatasetInfo) -> str:
    """The statements that the tips contradict, said as such; "" where there are none."""
    contrary = [s for s in statements if lifts.of(s.value_idx).grade(s.polarity) == "contrary"]
    parts = [
        f"{verb} {listed([vocabulary.values[s.value_idx].label for s in contrary if s.polarity == polarity])}"
        for verb, polarity in (("likes", 1), ("avoids", -1))
        if any(s.polarity == polarity for s in contrary)
    ]
    return f"Possibly, though the {plural(info.tip_is)} do not show it: {'; '.join(parts)}." if parts else ""


def _opening(history: History, info: DatasetInfo) -> str:
    """How many tips it is read from, and which of them count for less."""
    tips = counted(len(history), info.tip_is)
    if len(history) < FEW_TIPS:
        return f"Only {tips}, so this is a guess."
    n_faded = int((history.counts < 1).sum())
    if history.faded_before is None or not n_faded:
        return f"Read from {tips}."
    since = f"{n_faded:,} before {history.faded_before:%-d %B %Y}"
    return f"Read from {tips}, of which the {since} count for {percent(FADED)} each."


def _claims(statements: Sequence[Statement], lifts: Lifts, vocabulary: Vocabulary, info: DatasetInfo) -> list[str]:
    """A sentence a tier, "" where nobody stands in it."""
    tiers: dict[str, list[Statement]] = {
        "Far more often than others": [],
        "More often than others": [],
        "Less often than others": [],
        "Possibly more often than others": [],
        "Possibly less often than others": [],
    }
    for statement in statements:
        tier = _tier(statement, lifts)
        if tier:
            tiers[tier].append(statement)
    claims = {tier: [_claim(s, vocabulary, info) for s in tiers[tier]] for tier in tiers if tiers[tier]}
    return [
        *(f"{tier}: {listed(parts)}." for tier, parts in claims.items()),
        contrary_sentence(statements, lifts, vocabulary, info),
    ]


def _tier(statement: Statement, lifts: Lifts) -> str | None:
    """The adverb that the statement has earned; a weak one is not said as far however rare its value. None where the
    tips contradict it.
    """
    grade = lifts.of(statement.value_idx).grade(statement.polarity)
    if grade == "contrary":
        return None
    side = "more" if statement.polarity > 0 else "less"
    if grade == "possible":
        return f"Possibly {side} often than others"
    far = grade == "far" and statement.strength >= STRONG
    return "Far more often than others" if far else f"{side.capitalize()} often than others"


def _claim(statement: Statement, vocabulary: Vocabulary, info: DatasetInfo) -> str:
    label, n = vocabulary.values[statement.value_idx].label, len(statement.evidence)
    return f"{label} ({counted(n, info.tip_is)})" if n else label
