"""From feature dimensions up to what a person can read: the labelled values that a modality's margin runs along."""

import numpy as np

from explain.narrate import plain
from explain.types import Attribution, Concept
from mspa_model.runs import Run

LABEL_LIMIT = 120
MIN_LIKENESS = 0.1  # cosine below which the difference has next to nothing of a value


def concepts_of(
    run: Run, attribution: Attribution, streamer_idx: int, reference_idx: int | None, k: int = 5
) -> tuple[Concept, ...]:
    """The k values with the largest points, either way; only those that the difference of the two runs along.

    reference_idx None: the mean streamer.

    The attribution over the difference of features is the mean gradient along the line. A value's direction is its
    prototype (features are centred, so from the mean streamer to those that have it). The component of the difference
    along that direction, times the mean gradient, is what the value carries (after Kim et al. 2018, with the mean
    gradient in place of the local one). Values overlap, so their points do not add up.
    """
    rows = run.features.arrays[attribution.modality].astype(np.float64)
    difference = rows[streamer_idx] - (0.0 if reference_idx is None else rows[reference_idx])
    gradient = np.divide(attribution.values, difference, out=np.zeros_like(difference), where=difference != 0)
    directions = run.vocabulary.prototypes[attribution.modality].astype(np.float64)
    squared = (directions**2).sum(1)
    along = directions @ difference
    size = np.sqrt(squared) * np.linalg.norm(difference)
    likeness = np.divide(along, size, out=np.zeros_like(along), where=size > 0)
    amount = np.divide(along, squared, out=np.zeros_like(along), where=squared > 0)
    points = amount * (directions @ gradient)
    told = [
        i
        for i in np.argsort(-np.abs(points), kind="stable").tolist()
        if run.vocabulary.values[i].modality in (None, attribution.modality) and abs(likeness[i]) >= MIN_LIKENESS
    ]
    return tuple(
        Concept(
            attribution.modality,
            plain(run.vocabulary.values[i].label, LABEL_LIMIT),
            float(points[i]),
            float(likeness[i]),
        )
        for i in told[:k]
        if points[i] != 0
    )
