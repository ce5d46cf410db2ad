"""What the card of a statement and the comparison of preferences are made of; every value is frozen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from explain.types import RankMove
from mspa_model.preference.lift import GRADES, Grade, Lift
from mspa_model.types import Preference, Ranking, Statement

Agreement = Literal["all", "some", "opposite"]
MarkKind = Literal["no tip", "opposite", "rarer", "silent"]


@dataclass(frozen=True)
class Support:
    """What the user's own tips say of a value, whoever wrote the statement: what its strength rests on.

    lift: how much more often it is tipped than by everyone; taught: signed strength by the teacher's statistics, before
    its threshold; faded_before: tips before this moment (UTC) count for less in both.
    """

    lift: Lift
    taught: float
    faded_before: datetime | None = None


@dataclass(frozen=True)
class Mark:
    """Why a statement is to be doubted: in two or three words, and in a sentence."""

    kind: MarkKind
    words: str
    sentence: str


@dataclass(frozen=True)
class Effect:
    """What deleting one statement does to the top k; moves as rank_moves() orders them."""

    top_k_changed: int
    moves: tuple[RankMove, ...]
    sentence: str


@dataclass(frozen=True)
class StatementView:
    """One card. word: the strength in words; support_sentence: how many tips it holds for; mark: None where sound.

    grade: how surely the tips bear the statement out, which the text's adverb follows too.
    """

    statement: Statement
    label: str
    word: str
    support: Support
    support_sentence: str
    effect: Effect
    mark: Mark | None
    grade: Grade

    @property
    def claim(self) -> str:
        """ "likes", "avoids", "possibly likes" or "possibly avoids", as the tips allow."""
        verb = "likes" if self.statement.polarity > 0 else "avoids"
        return verb if self.grade in ("far", "clear") else f"possibly {verb}"

    @property
    def rank(self) -> tuple[int, int, int, float]:
        """Order of the text's sentences: what the tips bear out, the possible, what they contradict; likes first."""
        unsure = GRADES.index(self.grade)
        return (max(unsure, 1), -self.statement.polarity, unsure, -self.statement.strength)

    @property
    def signed(self) -> float:
        return self.statement.polarity * self.statement.strength


@dataclass(frozen=True)
class SaidValue:
    """What each of several preferences says of one value.

    signed: polarity x strength, None where it does not speak of the value, in the order of the preferences.
    agreement: "some" where only some speak of it, "opposite" where one likes what another avoids.
    """

    value_idx: int
    label: str
    signed: tuple[float | None, ...]
    agreement: Agreement


@dataclass(frozen=True)
class Anew:
    """A preference composed again from the tips that edits left, beside the edited one.

    ranking: with the correction run again; differences: values on which the two differ, signed = (edited, anew).
    """

    preference: Preference
    ranking: Ranking
    differences: tuple[SaidValue, ...]
    top_k_changed: int
    sentence: str
