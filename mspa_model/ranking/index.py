"""Exact nearest neighbours by cosine similarity; the one importer of faiss."""

import faiss
import numpy as np
from jaxtyping import Float, Int


class NeighborIndex:
    """Flat inner-product index over normalised vectors, on a GPU where faiss sees one."""

    def __init__(self, vectors: Float[np.ndarray, "n dim"]) -> None:
        self._vectors = _normalised(vectors)
        index = faiss.IndexFlatIP(self._vectors.shape[1])
        gpus = faiss.get_num_gpus() if hasattr(faiss, "get_num_gpus") else 0
        if gpus > 0:
            index = faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)
        index.add(self._vectors)
        self._index = index

    def search(
        self, query: Float[np.ndarray, "batch dim"], k: int
    ) -> tuple[Float[np.ndarray, "batch k"], Int[np.ndarray, "batch k"]]:
        """Cosine similarity and position of the k nearest (k is cut to the number of vectors), nearest first."""
        return self._index.search(_normalised(query), min(k, len(self._vectors)))

    def neighbors_of(self, position: int, k: int) -> tuple[Float[np.ndarray, " k"], Int[np.ndarray, " k"]]:
        """The k nearest to a stored vector, itself left out."""
        similarity, found = self.search(self._vectors[position : position + 1], k + 1)
        others = found[0] != position
        return similarity[0][others][:k], found[0][others][:k]


def _normalised(vectors: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n dim"]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
