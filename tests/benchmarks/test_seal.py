"""What a case costs on the shipped run: its attribution and its seal, in seconds of one core.

Seconds of the processor, not of the clock: what else runs on the machine is no part of them, and two cores give more.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from explain.attribution import attribute_margin
from explain.pipeline import explain
from explain.types import Case
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run
from mspa_model.types import RankingTrace

SHIPPED = Path(__file__).parents[2] / "sample_data" / "run"
ATTRIBUTION_S, SEAL_S = 1.0, 3.0


@pytest.fixture(scope="module")
def run() -> Run:
    return load_run(SHIPPED, device="cpu")


@pytest.fixture(scope="module")
def trace(run: Run) -> RankingTrace:
    """Of a user with more tips than nine in ten have."""
    counts = run.dataset.tips["user_idx"].value_counts()
    busy = int(counts.index[len(counts) // 10])
    return rank_user(run, str(run.dataset.users["user_id"].iloc[busy]))


def test_attribution_in_a_second(run: Run, trace: RankingTrace) -> None:
    order = trace.final.ranking.order
    pair = int(order[0]), int(order[1])
    assert _fastest(lambda: attribute_margin(run, trace.final, trace.final.ranking, *pair)) < ATTRIBUTION_S


def test_seal_in_three_seconds(run: Run, trace: RankingTrace) -> None:
    first = str(run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[0])])
    assert _fastest(lambda: explain(run, Case(trace.user_id, first), trace)) < SEAL_S


def _fastest(work: Callable[[], object], rounds: int = 3) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)
