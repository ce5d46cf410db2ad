"""What of a streamer's frames, sound or words carries a modality's part of its score."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mspa_model.types import Modality

PieceKind = Literal["second", "sentence", "word"]


@dataclass(frozen=True)
class Carried:
    """A frame, clip or text that the streamer's feature is the mean of.

    share: its Shapley value, in points of weight x fit; shares add up to Carrying.whole. lost: points that the score
    loses when it alone is left out (below zero: it gains); place_after: the rank by score then, None where not ranked.
    path: of a frame or clip; text: of a text; segment_row: of the segments table, -1 for the profile text.
    """

    label: str
    share: float
    lost: float
    place_after: int | None
    segment_row: int
    path: Path | None = None
    text: str = ""


@dataclass(frozen=True)
class Piece:
    """A part of one input that was left out alone, the rest encoded again.

    of: position of its input; start, stop: in seconds of the clip, or in characters of the text. lost, place_after: as
    in Carried.
    """

    kind: PieceKind
    of: int
    start: float
    stop: float
    text: str
    lost: float
    place_after: int | None


@dataclass(frozen=True)
class Carrying:
    """One modality of one streamer, taken apart into what it is made from.

    whole: weight x fit less what a streamer without the modality would have; place, place_without: the rank by score
    with all, and without the modality. exact: shares are over every set of inputs, else over drawn orders.
    drift: points by which the feature made again misses the run's own; limit: the most that counts as none.
    pieces: what was left out inside inputs; note: what was not tried, and why.
    """

    modality: Modality
    streamer_idx: int
    name: str
    whole: float
    place: int | None
    place_without: int | None
    inputs: tuple[Carried, ...]
    pieces: tuple[Piece, ...]
    exact: bool
    drift: float
    limit: float
    sentence: str
    note: str

    def of_kind(self, kind: PieceKind) -> tuple[Piece, ...]:
        """The pieces of one kind, in their order."""
        return tuple(piece for piece in self.pieces if piece.kind == kind)

    def together(self, kind: PieceKind) -> float:
        """Points lost as pieces of one kind are left out one at a time, summed."""
        return sum(piece.lost for piece in self.of_kind(kind))
