"""Who resembles a streamer, searched in the original embedding space, never on the map."""

import numpy as np

from explain.map import space_of
from explain.narrate import listed, name_of, plain
from explain.types import SENSES, Neighbor, Varying
from mspa_model.errors import MspaError
from mspa_model.ranking.index import NeighborIndex
from mspa_model.runs import Run
from mspa_model.types import Modality

_LACKS = {None: "neither features nor co-tipping"} | {m: f"no {m.value} features" for m in Modality}
MAX_SHARED = 6  # values named per neighbour, the rarest first: what few have says most


def neighbors(run: Run, streamer_idx: int, k: int = 10, modality: Modality | None = None) -> tuple[Neighbor, ...]:
    """The k streamers nearest by cosine in the original space, nearest first, each with the values that both have.

    modality None: the fused space. Raises MspaError where the streamer has nothing there to be compared by, or all
    have the same.
    """
    vectors = space_of(run, modality)
    if not np.any(vectors[streamer_idx]):
        name = name_of(run.dataset, streamer_idx)
        raise MspaError(f"{name}, which has {_LACKS[modality]}", "one that has some", "Choose another to compare.")
    if not _differ(vectors):
        got = f"{name_of(run.dataset, streamer_idx)}, whom nothing there tells from anybody"
        raise MspaError(got, "one that differs", "Compare by something else.")
    similarity, found = NeighborIndex(vectors).neighbors_of(streamer_idx, k)
    return tuple(
        Neighbor(int(i), name_of(run.dataset, int(i)), float(s), shared_values(run, streamer_idx, int(i)))
        for s, i in zip(similarity, found, strict=True)
    )


def varying(run: Run) -> Varying:
    """Of a run; a look at every streamer's features, so worth keeping."""
    features = run.features
    differ = {m for m in features.modalities if _differ(features.arrays[m][features.present[m]])}
    return Varying(frozenset(differ), _differ(run.recommender.fused.cotips))


def _differ(rows: np.ndarray) -> bool:
    return bool(len(rows)) and bool((rows != rows[0]).any())


def compared_by(run: Run, streamer_idx: int, told_apart: Varying) -> str:
    """ "looks, sound and co-tipping taken together": what the streamer has of what tells them apart; "" for nothing."""
    features = run.features
    senses = [
        SENSES[m] for m in features.modalities if m in told_apart.modalities and features.present[m][streamer_idx]
    ]
    tipped = told_apart.cotips and bool(run.recommender.fused.cotips[streamer_idx].any())
    names = [*senses, *(["co-tipping"] if tipped else [])]
    return f"{names[0]} alone" if len(names) == 1 else f"{listed(names)} taken together" if names else ""


def shared_values(run: Run, one: int, other: int) -> tuple[str, ...]:
    """Labels of the vocabulary values that both streamers have, the rarest first."""
    membership = run.vocabulary.membership
    both = [run.vocabulary.values[i] for i in np.flatnonzero((membership[one] > 0) & (membership[other] > 0))]
    return tuple(plain(value.label) for value in sorted(both, key=lambda v: v.n_streamers)[:MAX_SHARED])
