"""Who moved between two rankings, and through what."""

from dataclasses import dataclass

from mspa_model.types import Change, Source


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
