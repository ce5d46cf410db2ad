"""Why a streamer stands where it stands, whole."""

from dataclasses import dataclass

from explain.types.case import Attribution, Case, Contribution, Deletion
from explain.types.opinions import Concept, DeletionCurve, Leading, Noise, Opinions, ReferenceEffect, TipWorth
from explain.types.proof import Check, EvidenceLine, Seal


@dataclass(frozen=True)
class Explanation:
    """Why a streamer stands where it stands, above or below its rival, with the proof.

    streamer_kept, rival_kept: the rank that the score alone would give, where it stands in a place kept for the new;
    None where it stands by its score.
    leading: which modality sorts the user's whole ranking most; tip_worths: tips by what they are worth in all;
    concepts: of each modality's margin; references, opinions, noises, curves: what the checks are made from.
    """

    case: Case
    streamer_idx: int
    rival_idx: int
    streamer_name: str
    rival_name: str
    streamer_rank: int | None
    rival_rank: int | None
    margin: float
    sources: tuple[Contribution, ...]
    tips: tuple[Contribution, ...]
    statements: tuple[Contribution, ...]
    residuals: tuple[Contribution, ...]
    attributions: tuple[Attribution, ...]
    deletions: tuple[Deletion, ...]
    checks: tuple[Check, ...]
    seal: Seal
    evidence: EvidenceLine
    answer: str
    sentences: tuple[str, ...]
    streamer_kept: int | None = None
    rival_kept: int | None = None
    leading: Leading | None = None
    tip_worths: tuple[TipWorth, ...] = ()
    concepts: tuple[Concept, ...] = ()
    references: tuple[ReferenceEffect, ...] = ()
    opinions: tuple[Opinions, ...] = ()
    noises: tuple[Noise, ...] = ()
    curves: tuple[DeletionCurve, ...] = ()
