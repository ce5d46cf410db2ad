"""What the map page draws: stored points with names and groups, what the map is worth, where something new belongs."""

from collections import Counter

import numpy as np
from jaxtyping import Float

from explain.narrate import name_of, plain
from explain.types import MapMeasure, MapView
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.number_format import percent
from mspa_model.ranking.index import NeighborIndex
from mspa_model.runs import Run
from mspa_model.types import MapPlane, MapPoints, Modality
from mspa_model.words import with_article

MAX_GROUPS = 7  # colours that stay apart
OTHER, NONE = "other", "none"
PLACED_FROM = 5


def map_view(run: Run, aspect: str | None = None, modality: Modality | None = None) -> MapView:
    """A stored map, coloured by an aspect of the vocabulary (None: the first). modality None: the fused map.

    Raises MspaError where it is not stored, UnknownIdError on an unknown aspect.
    """
    points = stored_map(run, modality)
    known = aspects(run)
    if aspect is not None and aspect not in known:
        raise UnknownIdError(
            f"the aspect {aspect[:40]!r}", f"one of {', '.join(known) or 'none'}", "Choose one of these."
        )
    aspect = aspect or (known[0] if known else None)
    group_of, groups = _groups(run, aspect)
    names = tuple(name_of(run.dataset, i) for i in range(run.dataset.n_streamers))
    return MapView(points.streamer_xy, names, aspect, group_of, groups, quality_sentence(points, run), modality)


def aspects(run: Run) -> tuple[str, ...]:
    """The aspects that the map can be coloured by, those that cover most streamers first."""
    covered: dict[str, np.ndarray] = {}
    for idx, value in enumerate(run.vocabulary.values):
        has = run.vocabulary.membership[:, idx] > 0
        covered[value.aspect] = covered.get(value.aspect, np.zeros_like(has)) | has
    return tuple(sorted(covered, key=lambda a: -int(covered[a].sum())))


def place(
    run: Run, vector: Float[np.ndarray, " dim"], k: int = PLACED_FROM, modality: Modality | None = None
) -> Float[np.ndarray, " 2"]:
    """Map coordinates of a vector of the original space: the mean of its k nearest streamers', weighted by similarity.

    The map itself is never fitted again, so nothing else moves. NaN where no streamer has a place. modality None: the
    fused space; else that modality's, where a vector is a user's (Recommender.user_vector).
    """
    xy = stored_map(run, modality).streamer_xy
    there = np.flatnonzero(np.isfinite(xy).all(1))
    if not len(there):
        return np.full(2, np.nan, dtype=np.float32)
    vectors = space_of(run, modality)[there]
    similarity, found = NeighborIndex(vectors).search(vector[None].astype(np.float32), k)
    weights = np.clip(similarity[0], 1e-6, None)
    return (weights[:, None] * xy[there][found[0]]).sum(0) / weights.sum()


def space_of(run: Run, modality: Modality | None = None) -> Float[np.ndarray, "n_streamers dim"]:
    """The original space of a map: streamers' embeddings of a modality, or all of them fused."""
    if modality is None:
        return run.recommender.streamer_fused
    return run.recommender.streamer_embeddings(modality).cpu().numpy()


def stored_map(run: Run, modality: Modality | None = None) -> MapPoints | MapPlane:
    """The run's fused map, or that of a modality; raises MspaError where it is not stored."""
    if run.map is None:
        raise MspaError(
            "a run without a map", "one trained with its map", "Neighbours are still found in the original space."
        )
    if modality is None:
        return run.map
    if modality not in run.map.planes:
        known = ", ".join(m.value for m in run.map.planes) or "the fused map alone"
        raise MspaError(f"no map of {modality.value}", f"a map that this run stored ({known})", "Choose one of these.")
    return run.map.planes[modality]


def quality_sentence(points: MapPoints | MapPlane, run: Run) -> str:
    """How far the map may be believed, in plain words."""
    quality, noun = points.quality, run.dataset.info.streamer_is
    if "knn15" not in quality:
        return "Too few points to measure how well this map keeps neighbours: read nothing from it alone."
    k = f"{quality.get('neighbors', 15):.0f}"
    beside = f"a flat PCA {percent(quality['knn15_pca'])}, chance {percent(quality['knn15_random'])}"
    near = f"{percent(quality['trustworthiness'])} trustworthy and {percent(quality['continuity'])} continuous"
    said = (
        f"Of the {k} nearest neighbours of {with_article(noun)}, "
        f"the map keeps {percent(quality['knn15'])} near ({beside}); "
        f"it is {near}. Distances between far groups mean nothing."
    )
    if "seed_overlap" not in quality:
        return said
    return (
        f"{said} Fitted again with other seeds, it keeps {percent(quality['seed_overlap'])} of the neighbours that it "
        f"shows (chance {percent(quality['seed_overlap_random'])})."
    )


_MEASURES = {
    "trustworthiness": "Near on the map, near in truth (trustworthiness)",
    "continuity": "Near in truth, near on the map (continuity)",
    "knn": "True neighbours kept",
}


def map_measures(points: MapPoints | MapPlane) -> tuple[MapMeasure, ...]:
    """Every measure of a map beside PCA and random, at 15 neighbours and at 50, and between seeds; what is stored."""
    quality, found = points.quality, []
    for ending, size in (("", "15"), ("50", "50")):
        k = f"{quality.get(f'neighbors{ending}', int(size)):.0f}"
        for key, label in _MEASURES.items():
            name = f"knn{size}" if key == "knn" else f"{key}{ending}"
            if f"{name}_random" in quality:
                beside = quality[f"{name}_pca"], quality[f"{name}_random"]
                found.append(MapMeasure(f"{label}, {k} neighbours", quality[name], *beside))
    if "seed_overlap" in quality:
        label = f"Neighbours on the map that {quality['n_seeds']:.0f} seeds agree on"
        found.append(MapMeasure(label, quality["seed_overlap"], None, quality["seed_overlap_random"]))
    return tuple(found)


def distortion_sentence(run: Run, streamer_idx: int, modality: Modality | None = None) -> str:
    """How many of one streamer's true neighbours the map draws elsewhere; "" where that was not stored."""
    points, name = stored_map(run, modality), name_of(run.dataset, streamer_idx)
    if points.streamer_lost is None:
        return ""
    lost = float(points.streamer_lost[streamer_idx])
    if np.isnan(lost):
        return f"{name} is not on this map: it has nothing to be placed by."
    k = round(points.quality.get("neighbors", 15))
    kept = round((1 - lost) * k)
    typical = float(np.nanmean(points.streamer_lost))
    side = "more" if lost > typical else "no more"
    return (
        f"Of {name}'s {k} true neighbours {kept} are drawn near it and {k - kept} elsewhere, {side} than is usual here "
        f"({percent(typical)} are)."
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
