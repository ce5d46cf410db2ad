"""What other methods, other references and runs without a part say of an explanation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from explain.types.case import Attribution
from mspa_model.types import Modality

ReferenceChoice = Literal["rival", "mean", "popular"]


@dataclass(frozen=True)
class Opinions:
    """One modality's margin by three methods, over the same blocks of neighbouring features.

    integrated: integrated gradients, summed by block; shapley: sampled Shapley values (Castro et al. 2009); ablation:
    what putting the reference into one block alone costs. All in points of score.
    """

    modality: Modality
    reference: str
    integrated: Float[np.ndarray, " n_blocks"]
    shapley: Float[np.ndarray, " n_blocks"]
    ablation: Float[np.ndarray, " n_blocks"]


@dataclass(frozen=True)
class Noise:
    """How one modality's attribution stands beside values that know nothing of the model.

    infidelity: of the attribution, after the best scale that is not below zero; random, shuffled: the least of several
    draws, after the best of any sign (Yeh et al. 2019). sensitivity: largest relative change under a nudge of every
    feature. scale: what the attribution is best multiplied with, 1 where signs and size are right; None where it says
    nothing.
    """

    modality: Modality
    infidelity: float
    random: float
    shuffled: float
    sensitivity: float
    scale: float | None


@dataclass(frozen=True)
class ReferenceEffect:
    """One modality attributed from another reference, beside the attribution from the case's own.

    total: in points; correlation: signed rank correlation of the values, which fall as the two differences do;
    slopes: the same of values by unit of difference, which a sound attribution keeps whoever is compared with.
    """

    modality: Modality
    reference: str
    total: float
    correlation: float
    slopes: float


@dataclass(frozen=True)
class DeletionCurve:
    """What is lost as parts are taken away one after the other, after 1, 2, ... of them.

    kind: which parts; quantity: what is counted, and by what the parts were named first. named: in the order of
    naming; random: the mean of several random orders; reverse: from the part named last.
    places: places lost in the named order less the mean of the random ones, mean over the curve, in doublings of rank.
    """

    kind: Literal["feature", "tip", "statement"]
    quantity: Literal["margin", "place"]
    named: Float[np.ndarray, " n_deleted"]
    random: Float[np.ndarray, " n_deleted"]
    reverse: Float[np.ndarray, " n_deleted"]
    places: float

    @property
    def gap(self) -> float:
        """Mean over the curve of what the named order costs more than random orders do."""
        return float((self.named - self.random).mean())


@dataclass(frozen=True)
class TipWorth:
    """What one tip is worth to the margin once all that rests on it is counted: co-tipping, statements, residual.

    deletion: the margin lost without it, statement strengths recomputed, nothing composed anew; shapley: its mean
    marginal worth over orders of the tips, where deletion misleads, else None. key, label: as of its Contribution.
    """

    key: str
    label: str
    deletion: float
    shapley: float | None

    @property
    def worth(self) -> float:
        return self.deletion if self.shapley is None else self.shapley


@dataclass(frozen=True)
class Leading:
    """Which modality sorts this user's ranking most: the one whose part of the scores spreads widest over streamers.

    spreads: standard deviation over streamers of weight x fit, in points, widest first; held: share of random halves
    of the tipped streamers under which the same modality leads; None with fewer than four; n_halves: drawn.
    """

    spreads: tuple[tuple[Modality, float], ...]
    held: float | None
    n_halves: int
    sentence: str

    @property
    def modality(self) -> Modality | None:
        """The leading one; None where no modality counts."""
        return self.spreads[0][0] if self.spreads and self.spreads[0][1] > 0 else None


@dataclass(frozen=True)
class Concept:
    """A value of the vocabulary that part of a modality's margin can be read by.

    points: what the component of the difference along the value's direction in the features adds to the margin;
    likeness: cosine of difference and direction. Values overlap, so points of several do not add up.
    """

    modality: Modality
    label: str
    points: float
    likeness: float


@dataclass(frozen=True)
class FromReference:
    """One modality of a streamer attributed from one reference, and what a person can read of it.

    concepts: largest points first, either way; opinions: the same by other methods.
    """

    choice: ReferenceChoice
    attribution: Attribution
    concepts: tuple[Concept, ...]
    opinions: Opinions

    @property
    def leading(self) -> Concept | None:
        """The labelled value that carries most; None where the two differ along none."""
        return self.concepts[0] if self.concepts else None

    @property
    def share(self) -> float | None:
        """Points of the leading value over those of the modality; None where either is none. Shares do not add up."""
        return self.leading.points / self.attribution.total if self.leading and self.attribution.total else None
