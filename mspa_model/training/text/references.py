"""What a person might have written: the statements of a long history in wordings that no composer is taught.

Wordings that are taught stand in mspa_model/preference/wordings.py, plain ones in mspa_model/preference/prose.py;
none of their sentences may stand here, or BLEU would pay for a style learnt by heart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mspa_model.preference.prose import STRONG, listed
from mspa_model.types import DatasetInfo, Statement, Vocabulary


@dataclass(frozen=True)
class HeldOut:
    """One way to put statements: {} takes a list of values, {user} the set's word for who tips."""

    strong: str
    mild: str
    dislike: str
    nothing: str


HELD_OUT = (
    HeldOut(
        "What draws this {user} in before anything else: {}.",
        "Some weight lies on {} as well.",
        "Never much taken by {}.",
        "Nothing in particular draws this {user} in.",
    ),
    HeldOut(
        "A fan of {}, no doubt.",
        "Has a soft spot for {}.",
        "Rarely stops at {}.",
        "No favourites can be made out.",
    ),
    HeldOut(
        "If one had to name favourites, they would be {}.",
        "Somewhat behind come {}.",
        "At the other end stand {}.",
        "One could not name a favourite here.",
    ),
    HeldOut(
        "Give this {user} {}, and the evening is saved.",
        "Also welcome, if less so: {}.",
        "Better left out: {}.",
        "Anything will do for this {user}.",
    ),
)


def reference_prose(statements: Sequence[Statement], vocabulary: Vocabulary, info: DatasetInfo) -> tuple[str, ...]:
    """The statements in every held-out wording, in the order given within strong likes, other likes and dislikes.

    No numbers of tips: a text is not better for counting alike.
    """
    return tuple(_written(wording, statements, vocabulary, info) for wording in HELD_OUT)


def _written(wording: HeldOut, statements: Sequence[Statement], vocabulary: Vocabulary, info: DatasetInfo) -> str:
    liked = [s for s in statements if s.polarity > 0]
    tiers = (
        (wording.strong, [s for s in liked if s.strength >= STRONG]),
        (wording.mild, [s for s in liked if s.strength < STRONG]),
        (wording.dislike, [s for s in statements if s.polarity < 0]),
    )
    told = [_filled(form, [vocabulary.values[s.value_idx].label for s in tier], info) for form, tier in tiers if tier]
    return " ".join(told) or _filled(wording.nothing, ["it"], info)


def _filled(form: str, labels: Sequence[str], info: DatasetInfo) -> str:
    # One pass each, labels last: a label may hold braces, and is not to be read as a form.
    return form.replace("{user}", info.user_is).replace("{}", listed(labels), 1)
