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
        """Cosine similarity and position of the k nearest (k is cut to the number of vectors), nearest first. Of an
        index that is not exact a few of them may be missed, and places left over hold -1.
        """
        return self._index.search(_normalised(query), min(k, len(self._vectors)))

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
