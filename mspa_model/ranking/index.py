"""Nearest neighbours by cosine similarity, exact until that no longer pays; the one importer of faiss.

Measured on one thread, 128 dimensions, vectors in 200 clusters, ten neighbours of one query (docs/LOG.md):

| vectors | exact | inverted lists, 16 of 1,024 read | their building | their recall@10 |
|---|---|---|---|---|
| 10,000 | 0.1 ms | 0.03 ms | 0.2 s | .997 |
| 100,000 | 2.1 ms | 0.08 ms | 2.9 s | .998 |
| 1,000,000 | 25.6 ms | 0.46 ms | 6.9 s | 1.000 |
"""

import faiss
import numpy as np
from jaxtyping import Float, Int

# At 100,000 an exact search is lost in the drawing of a page and building takes as long as 1,400 of them; at a million
# it takes 26 ms, and a search for each of a thousand users half a minute.
EXACT_UP_TO = 200_000
LISTS = 1024
LISTS_READ = 16
_TAUGHT = 64  # vectors a list that the lists are found from; faiss wants 39 at least
_SEED = 7
_DIGITS = 6  # of a similarity; what lies behind is float32's rounding
_LEVEL = 2.1e-6  # similarities nearer than this may be equal in these digits
_ROWS_AT_ONCE = 1 << 16  # of vectors that a similarity is written out for


class NeighborIndex:
    """Inner products of normalised vectors, on a GPU where faiss sees one: all of them, or of the nearest inverted
    lists (Sivic and Zisserman 2003). The same vectors give the same answers.
    """

    def __init__(self, vectors: Float[np.ndarray, "n dim"], exact_up_to: int = EXACT_UP_TO) -> None:
        self._vectors = _normalised(vectors)
        index = _empty_index(self._vectors, len(self._vectors) <= exact_up_to)
        gpus = faiss.get_num_gpus() if hasattr(faiss, "get_num_gpus") else 0
        if gpus > 0:
            index = faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)
        index.add(self._vectors)
        self._index = index

    def search(
        self, query: Float[np.ndarray, "batch dim"], k: int
    ) -> tuple[Float[np.ndarray, "batch k"], Int[np.ndarray, "batch k"]]:
        """Cosine similarity to six digits and position of the k nearest (k is cut to the number of vectors), nearest
        first, what is equal by position. Of an index that is not exact a few of them may be missed, and places left
        over hold -1.
        """
        rows, k = _normalised(query), min(k, len(self._vectors))
        found = self._index.search(rows, min(k + 1, len(self._vectors)))[1]
        ordered = [self._in_order(row, near, k) for row, near in zip(rows, found, strict=True)]
        return tuple(np.stack(columns) for columns in zip(*ordered, strict=True))

    def _in_order(
        self, row: Float[np.ndarray, " dim"], near: Int[np.ndarray, " n"], k: int
    ) -> tuple[Float[np.ndarray, " k"], Int[np.ndarray, " k"]]:
        """The k nearest by the rule. faiss names equals in falling order of position, and whom it leaves out at the cut
        depends on k: where the last is level with the one behind it, every vector is looked at.
        """
        missed, near = near[near < 0], near[near >= 0]
        similarity = self._similarity(row, near)
        if len(near) > k and np.sort(similarity)[-k] - similarity.min() <= _LEVEL:
            near = np.arange(len(self._vectors))
            similarity = self._similarity(row, near)
        best = np.lexsort((near, -similarity))[:k]
        left = min(k - len(best), len(missed))
        similarity = np.append(similarity[best], np.full(left, -np.inf)).astype(np.float32)
        return similarity, np.append(near[best], missed[:left])

    def _similarity(self, row: Float[np.ndarray, " dim"], near: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Summed row by row, so that twins come to the same; digits that are rounding are left out."""
        parts = [near[start : start + _ROWS_AT_ONCE] for start in range(0, len(near), _ROWS_AT_ONCE)]
        sums = [(self._vectors[part] * row).sum(1, dtype=np.float64) for part in parts]
        return np.concatenate([np.zeros(0), *sums]).round(_DIGITS)

    def neighbors_of(self, position: int, k: int) -> tuple[Float[np.ndarray, " k"], Int[np.ndarray, " k"]]:
        """The k nearest to a stored vector, itself left out."""
        similarity, found = self.search(self._vectors[position : position + 1], k + 1)
        others = (found[0] != position) & (found[0] >= 0)
        return similarity[0][others][:k], found[0][others][:k]


def _empty_index(vectors: Float[np.ndarray, "n dim"], exact: bool) -> faiss.Index:
    flat = faiss.IndexFlatIP(vectors.shape[1])
    if exact:
        return flat
    lists = faiss.IndexIVFFlat(flat, vectors.shape[1], _n_lists(len(vectors)), faiss.METRIC_INNER_PRODUCT)
    lists.own_fields, lists.nprobe = True, LISTS_READ
    flat.this.disown()  # the lists own their centres now
    lists.cp.seed, lists.cp.niter, lists.cp.max_points_per_centroid = _SEED, 10, _TAUGHT
    lists.train(vectors)
    return lists


def _n_lists(n: int) -> int:
    return max(1, min(LISTS, n // _TAUGHT))


def _normalised(vectors: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n dim"]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
