"""What the map page draws: stored points with names and groups, what the map is worth, where something new belongs."""

from collections import Counter

import numpy as np
from jaxtyping import Float

from explain.narrate import name_of, plain
from explain.types import MapView
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.ranking.index import NeighborIndex
from mspa_model.runs import Run
from mspa_model.types import MapPoints

MAX_GROUPS = 7  # colours that stay apart
OTHER, NONE = "other", "none"
PLACED_FROM = 5


def map_view(run: Run, aspect: str | None = None) -> MapView:
    """The stored map, coloured by an aspect of the vocabulary (None: the first). MspaError where none is stored."""
    points = stored_map(run)
    known = aspects(run)
    if aspect is not None and aspect not in known:
        raise UnknownIdError(
            f"the aspect {aspect[:40]!r}", f"one of {', '.join(known) or 'none'}", "Choose one of these."
        )
    aspect = aspect or (known[0] if known else None)
    group_of, groups = _groups(run, aspect)
    names = tuple(name_of(run.dataset, i) for i in range(run.dataset.n_streamers))
    return MapView(points.streamer_xy, names, aspect, group_of, groups, quality_sentence(points, run))


def aspects(run: Run) -> tuple[str, ...]:
    """The aspects that the map can be coloured by, those that cover most streamers first."""
    covered: dict[str, np.ndarray] = {}
    for idx, value in enumerate(run.vocabulary.values):
        has = run.vocabulary.membership[:, idx] > 0
        covered[value.aspect] = covered.get(value.aspect, np.zeros_like(has)) | has
    return tuple(sorted(covered, key=lambda a: -int(covered[a].sum())))


def place(run: Run, vector: Float[np.ndarray, " dim"], k: int = PLACED_FROM) -> Float[np.ndarray, " 2"]:
    """Map coordinates of a vector of the fused space: the mean of its k nearest streamers', weighted by similarity.

    The map itself is never fitted again, so nothing else moves.
    """
    similarity, found = NeighborIndex(run.recommender.streamer_fused).search(vector[None].astype(np.float32), k)
    weights = np.clip(similarity[0], 1e-6, None)
    return (weights[:, None] * stored_map(run).streamer_xy[found[0]]).sum(0) / weights.sum()


def stored_map(run: Run) -> MapPoints:
    """The run's map; raises MspaError where none was stored."""
    if run.map is None:
        raise MspaError(
            "a run without a map", "one trained with its map", "Neighbours are still found in the original space."
        )
    return run.map


def quality_sentence(points: MapPoints, run: Run) -> str:
    """How far the map may be believed, in plain words."""
    quality, noun = points.quality, run.dataset.info.streamer_is
    if "knn15" not in quality:
        return "Too few points to measure how well this map keeps neighbours: read nothing from it alone."
    k = f"{quality.get('neighbors', 15):.0f}"
    beside = f"a flat PCA {quality['knn15_pca']:.0%}, chance {quality['knn15_random']:.0%}"
    near = f"{quality['trustworthiness']:.0%} trustworthy and {quality['continuity']:.0%} continuous"
    return (
        f"Of the {k} nearest neighbours of a {noun}, the map keeps {quality['knn15']:.0%} near ({beside}); "
        f"it is {near}. Distances between far groups mean nothing."
    )


def _groups(run: Run, aspect: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """One label per streamer: its value of the aspect that most others share; rare ones are "other"."""
    sized = [(i, v) for i, v in enumerate(run.vocabulary.values) if v.aspect == aspect]
    sized.sort(key=lambda pair: -pair[1].n_streamers)
    labels = np.full(run.dataset.n_streamers, NONE, dtype=object)
    for rank, (idx, value) in reversed(list(enumerate(sized))):
        labels[run.vocabulary.membership[:, idx] > 0] = plain(value.label) if rank < MAX_GROUPS else OTHER
    counts = Counter(labels.tolist())
    named = sorted((g for g in counts if g not in (OTHER, NONE)), key=lambda g: -counts[g])
    return tuple(labels.tolist()), (*named, *(g for g in (OTHER, NONE) if g in counts))
