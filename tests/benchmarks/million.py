"""A million streamers and a million users on synthetic embeddings: indices built, traces served, with the figures.

python -m tests.benchmarks.million [--streamers N] [--users N] [--traces N]: prints JSON. Nothing is trained: parts are
random (tests/ranking/parts.py), the composer is the teacher, a history has 5 to 40 tips. Not a test: it takes half an
hour and 6 GiB.
"""

import argparse
import json
import resource
import time

import numpy as np
import torch
from tqdm import tqdm

from mspa_model.ranking.index import NeighborIndex
from tests.ranking.parts import random_history, random_recommender
from tests.ranking.test_batch import empty_set

DIM = 128
CLUSTERS, APART = 200, 3.0  # synthetic embeddings lie in clusters, as trained ones do


def clustered(n: int, seed: int) -> np.ndarray:
    """n rows of DIM in CLUSTERS clusters, float32."""
    rng = np.random.default_rng(seed)
    centres = APART * rng.normal(size=(CLUSTERS, DIM)).astype(np.float32)
    return centres[rng.integers(0, CLUSTERS, n)] + rng.standard_normal((n, DIM), dtype=np.float32)


def index_figures(n: int, seed: int) -> dict[str, float]:
    """Seconds to build, milliseconds a query of ten neighbours, and how many of the exact ten are found."""
    rows = clustered(n, seed)
    start = time.perf_counter()
    index = NeighborIndex(rows)
    built = time.perf_counter() - start
    asked = np.random.default_rng(seed).integers(0, n, 200)
    start = time.perf_counter()
    found = [set(index.neighbors_of(int(i), 10)[1].tolist()) for i in asked]
    query = (time.perf_counter() - start) / len(asked)
    exact = NeighborIndex(rows, exact_up_to=n)
    kept = [len(f & set(exact.neighbors_of(int(i), 10)[1].tolist())) / 10 for f, i in zip(found, asked, strict=True)]
    return {"build_s": built, "query_ms": 1e3 * query, "recall@10": float(np.mean(kept))}


def trace_figures(n_streamers: int, n_traces: int) -> dict[str, float]:
    """Milliseconds a whole trace, from a composed preference to every step's ranking of all streamers."""
    recommender = random_recommender(empty_set(n_streamers), "low rank", feature_dim=DIM).with_caution(1.64, 1.64)
    allowed, seconds, rankings = np.ones(n_streamers, dtype=bool), [], 0
    rng = np.random.default_rng(0)
    for seed in tqdm(range(n_traces), "traces"):
        preference = recommender.composer.compose(random_history(n_streamers, int(rng.integers(5, 41)), seed))
        start = time.perf_counter()
        trace = recommender.rank(preference, allowed)
        seconds.append(time.perf_counter() - start)
        rankings += len(trace.steps) + (trace.rejected is not None)
    median, late = np.percentile(seconds, [50, 95])
    return {"n": n_traces, "median_ms": 1e3 * median, "p95_ms": 1e3 * late, "rankings_each": rankings / n_traces}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("streamers", 1_000_000), ("users", 1_000_000), ("traces", 1_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    figures = {
        "threads": torch.get_num_threads(),
        "streamers": {"n": asked.streamers, **index_figures(asked.streamers, 0)},
        "users": {"n": asked.users, **index_figures(asked.users, 1)},
        "traces": trace_figures(asked.streamers, asked.traces),
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
