"""How far what a text claims agrees with what is so: F1 of claims, and pointers that hold."""

from collections.abc import Iterable, Sequence

import numpy as np

from mspa_model.preference.claims import Writing
from mspa_model.training.text.truth import Truth
from mspa_model.types import History, Modality, Preference, Statement, Vocabulary

ClaimKey = tuple[int, int]  # (position, polarity)
NOTHING = float("nan")  # of a text that has nothing to be measured by; it is left out of the mean


def f1(said: frozenset[ClaimKey], true: frozenset[ClaimKey]) -> float:
    """2 x hits / (said + true); 1 where nothing is said and nothing is to be said."""
    if not said and not true:
        return 1.0
    return 2 * len(said & true) / (len(said) + len(true))


def taught_claims(statements: Sequence[Statement]) -> frozenset[ClaimKey]:
    """(value_idx, polarity) of each statement."""
    return frozenset((s.value_idx, s.polarity) for s in statements)


def claims_on_truth(statements: Sequence[Statement], truth: Truth) -> frozenset[ClaimKey]:
    """(planted position, polarity): two statements on one planted value count once. A value that stands for no planted
    one keeps a key of its own, -1 - value_idx, which nothing true has.
    """
    return frozenset((_position(s.value_idx, truth), s.polarity) for s in statements)


def planted_claims(truth: Truth, user_idx: int) -> frozenset[ClaimKey]:
    """What is so of a user. Planted values that no vocabulary value stands for are among it: nobody can say them."""
    held = truth.holds[user_idx]
    return frozenset((int(i), int(held[i])) for i in np.flatnonzero(held))


def of_modality(
    claims: frozenset[ClaimKey], modality: Modality, truth: Truth, vocabulary: Vocabulary
) -> frozenset[ClaimKey]:
    """The claims on one modality's planted values, and on values of its own that stand for none."""

    def belongs(position: int) -> bool:
        if position >= 0:
            return truth.planted[position].modality is modality
        return vocabulary.values[-1 - position].modality is modality

    return frozenset(claim for claim in claims if belongs(claim[0]))


def _position(value_idx: int, truth: Truth) -> int:
    planted = int(truth.planted_of[value_idx])
    return planted if planted >= 0 else -1 - value_idx


def evidence_precision(preference: Preference, vocabulary: Vocabulary) -> float:
    """Share of a text's pointers whose streamer has the stated value; NaN without pointers."""
    streamers = preference.history.streamer_idx
    return _share(
        vocabulary.membership[streamers[t], s.value_idx] > 0 for s in preference.statements for t in s.evidence
    )


def evidence_truth(preference: Preference, truth: Truth) -> float:
    """Share of the pointers of statements that stand for a planted value whose streamer truly shows it; NaN without."""
    streamers = preference.history.streamer_idx
    mapped = [s for s in preference.statements if truth.planted_of[s.value_idx] >= 0]
    return _share(truth.shows[streamers[t], truth.planted_of[s.value_idx]] for s in mapped for t in s.evidence)


def written_precision(writing: Writing, history: History, vocabulary: Vocabulary) -> float:
    """As evidence_precision, of claims before they are checked; NaN without pointers.

    Wrong are pointers to a tip or on a value that is not there, and those of a dislike, which rests on absence.
    """
    n_values = len(vocabulary.values)

    def holds(value_idx: int, polarity: int, tip: int) -> bool:
        if polarity < 0 or not 0 <= value_idx < n_values or not 0 <= tip < len(history):
            return False
        return bool(vocabulary.membership[history.streamer_idx[tip], value_idx] > 0)

    return _share(holds(c.value_idx, c.polarity, tip) for c in writing.claims for tip in c.tips)


def _share(right: Iterable[bool]) -> float:
    found = [bool(r) for r in right]
    return float(np.mean(found)) if found else NOTHING
