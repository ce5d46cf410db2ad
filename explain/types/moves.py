"""Who moved between two rankings, and through what."""

from dataclasses import dataclass
from typing import Literal

from explain.types.case import Attribution
from explain.types.opinions import Concept
from mspa_model.types import Change, ChangeKind, Source


@dataclass(frozen=True)
class RankMove:
    """Where a streamer stood before and after, and which changes moved it."""

    streamer_idx: int
    name: str
    rank_before: int | None
    rank_after: int | None
    score_change: float
    by_source: tuple[tuple[Source, float], ...]


@dataclass(frozen=True)
class StepDifference:
    """What changed between two steps of a trace; moves ordered by the size of the rank change inside either top k."""

    step_before: int
    step_after: int
    changes: tuple[Change, ...]
    moves: tuple[RankMove, ...]
    sentence: str


@dataclass(frozen=True)
class SwapPart:
    """What one change of a correction adds to the margin of a pair that changed places.

    kind: as in Change; subject: source, value ("aspect: name") or modality; label: in words.
    margin: its Shapley value, riser less faller: a weight and what it multiplies share what only both together do.
    without: the margin at the later step had this change alone not been made; below zero, the swap hangs on it.
    """

    kind: ChangeKind
    subject: str
    label: str
    margin: float
    without: float

    @property
    def needed(self) -> bool:
        return self.without < 0


@dataclass(frozen=True)
class Swap:
    """A pair that changed places: the riser stood below the faller by score and stands above it afterwards.

    edge: "inside" where both stand in the top k before and after, "into" where the riser enters it or the faller
    leaves it. margins: riser less faller. parts: largest first; they add up to margin_after - margin_before.
    off: by how much they miss it.
    """

    riser_idx: int
    faller_idx: int
    riser: str
    faller: str
    edge: Literal["inside", "into"]
    margin_before: float
    margin_after: float
    parts: tuple[SwapPart, ...]

    @property
    def off(self) -> float:
        return abs(sum(part.margin for part in self.parts) - (self.margin_after - self.margin_before))


@dataclass(frozen=True)
class SwapAccount:
    """Every pair of either top k that changed places between two steps, the largest turn of a margin first.

    off: the largest miss over all pairs; 0 where nothing changed places.
    """

    step_before: int
    step_after: int
    k: int
    swaps: tuple[Swap, ...]
    sentence: str

    @property
    def off(self) -> float:
        return max((swap.off for swap in self.swaps), default=0.0)


@dataclass(frozen=True)
class SourceTurn:
    """A source's part of a pair's margin at two steps."""

    source: Source
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class Turn:
    """How the margin of a pair changed between two steps, whether or not the two changed places.

    margins: streamer less rival, in points. sources: in the order of SOURCES; parts: which change did it, largest
    first; both add up to the change of the margin. attribution: integrated gradients of the difference of the two
    steps' scores inside the modality whose part changed most, concepts: its labelled values; None and empty where no
    modality's part changed, or one of the two lacks it.
    """

    step_before: int
    step_after: int
    streamer_idx: int
    rival_idx: int
    streamer: str
    rival: str
    margin_before: float
    margin_after: float
    sources: tuple[SourceTurn, ...]
    parts: tuple[SwapPart, ...]
    attribution: Attribution | None
    concepts: tuple[Concept, ...]
    sentence: str

    @property
    def change(self) -> float:
        return self.margin_after - self.margin_before

    @property
    def off(self) -> float:
        """By how much sources or parts, whichever is worse, miss the change of the margin."""
        sums = (sum(source.change for source in self.sources), sum(part.margin for part in self.parts))
        return max(abs(added - self.change) for added in sums)
