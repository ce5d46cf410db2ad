"""What-if edits, and what they do."""

from dataclasses import dataclass
from typing import Literal

from explain.types.moves import RankMove
from mspa_model.types import Ranking


@dataclass(frozen=True)
class Edit:
    """One what-if edit.

    kind "drop tip": key is the tip's position in the history, or several: "3,7". "add tip": key is a streamer_id.
    "mute modality": key is the modality. "set statement", "delete statement": key is "aspect: value"; for
    "set statement" polarity and strength say what it becomes (adding it where it was not).
    """

    kind: Literal["drop tip", "add tip", "mute modality", "set statement", "delete statement"]
    key: str
    strength: float = 1.0
    polarity: Literal[1, -1] = 1


@dataclass(frozen=True)
class Scenario:
    """An immutable set of edits; parent is the scenario it was grown from."""

    edits: tuple[Edit, ...] = ()
    parent: "Scenario | None" = None

    def with_edit(self, edit: Edit) -> "Scenario":
        return Scenario((*self.edits, edit), parent=self)


@dataclass(frozen=True)
class ScenarioResult:
    """Rankings before and after a scenario, and what moved. With no edit, nothing does."""

    scenario: Scenario
    before: Ranking
    after: Ranking
    moves: tuple[RankMove, ...]
    top_k_changed: int
    sentence: str
    limits: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """A single edit and what it alone would do to one streamer; edits are tried, not guessed."""

    edit: Edit
    label: str
    rank_before: int | None
    rank_after: int | None
    score_change: float


@dataclass(frozen=True)
class Headroom:
    """How far a streamer stands from the k-th place: its score less the score that holds that place.

    k: the last place up to the one asked for that is held by score and not kept for the new.
    """

    k: int
    rank: int | None
    gap: float
    sentence: str
