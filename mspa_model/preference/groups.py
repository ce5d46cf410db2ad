"""Groups of streamers that look or sound alike: k-means over their features, named as honestly as possible."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from mspa_model.preference.columns import plain_label

PCA_DIM = 24  # distances in hundreds of noisy dimensions tell little
CLEAR_SHARE, CLEAR_LIFT, CLEAR_DEVIATIONS = 0.4, 1.6, 3.0


@dataclass(frozen=True)
class Label:
    """Something that streamers may have, by which a group could be named."""

    text: str
    has: Bool[np.ndarray, " n_streamers"]


@dataclass(frozen=True)
class StreamerGroup:
    """One cluster. typical: streamer_idx of its members, nearest the centre first."""

    has: Bool[np.ndarray, " n_streamers"]
    typical: tuple[int, ...]


def feature_groups(
    rows: Float[np.ndarray, "n_streamers feature_dim"],
    present: Bool[np.ndarray, " n_streamers"],
    n_clusters: int,
    min_streamers: int,
    seed: int,
) -> tuple[StreamerGroup, ...]:
    """Clusters of at least min_streamers, the largest first; none where too few have the modality or all are alike."""
    where = np.flatnonzero(present)
    points = rows[where]
    # Copies fall into one group: asked for more groups than there are different rows, k-means would divide by rounding.
    k = min(n_clusters, len(where) // max(2 * min_streamers, 1), len(np.unique(points, axis=0)))
    if k < 2:
        return ()
    from sklearn.cluster import KMeans  # half a second that no page waits for
    from sklearn.decomposition import PCA

    if min(points.shape) > PCA_DIM:
        points = PCA(PCA_DIM, random_state=seed).fit_transform(points)
    fitted = KMeans(k, n_init=4, random_state=seed).fit(points)
    distance = np.linalg.norm(points - fitted.cluster_centers_[fitted.labels_], axis=1)
    groups = [_group(where, distance, fitted.labels_ == c, len(rows)) for c in range(k)]
    kept = [g for g in groups if g.has.sum() >= min_streamers]
    return tuple(sorted(kept, key=lambda g: (-int(g.has.sum()), g.typical[0])))


def group_label(title: str, group: StreamerGroup, labels: Sequence[Label], names: Sequence[str], plural: str) -> str:
    """How a sentence says a group: its clear label, else its most typical streamers' names, else its size."""
    clear = clear_label(group.has, labels)
    if clear is not None:
        return f"{title}, mostly {clear}"
    known = [plain_label(names[i], 30) for i in group.typical if names[i].strip()][:2]
    if known:
        return f"{title}, like {' and '.join(known)}"
    return f"{title}, {int(group.has.sum())} {plural}"


def clear_label(has: Bool[np.ndarray, " n_streamers"], labels: Sequence[Label]) -> str | None:
    """The label that most members share, where they share it clearly more often than others do; else None.

    Clearly: at least 40 % of the members, 1.6 times the share of all, and three standard deviations above chance.
    """
    n, best, best_lift = int(has.sum()), None, 0.0
    for label in labels:
        everyone, inside = float(label.has.mean()), float(label.has[has].mean())
        noise = np.sqrt(everyone * (1 - everyone) / n) + 1e-9
        lift = inside / max(everyone, 1e-9)
        if (
            inside >= CLEAR_SHARE
            and lift >= CLEAR_LIFT
            and inside - everyone >= CLEAR_DEVIATIONS * noise
            and lift > best_lift
        ):
            best, best_lift = label.text, lift
    return best


def _group(where: np.ndarray, distance: np.ndarray, member: np.ndarray, n_streamers: int) -> StreamerGroup:
    has = np.zeros(n_streamers, dtype=bool)
    has[where[member]] = True
    near_first = where[member][np.argsort(distance[member], kind="stable")]
    return StreamerGroup(has, tuple(int(i) for i in near_first))
