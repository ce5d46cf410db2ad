"""Costs, mostly as ratios, because a ratio means the same on a slow machine."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from explain.pipeline import explain
from explain.types import Case
from mspa_model.data import load_dataset
from mspa_model.pipeline import candidates_for, history_for, rank_user
from mspa_model.preference.statements import tip_weights
from mspa_model.runs import Run, load_run
from tests.worlds import checkerboard, write_world

USER = "u004"
LOAD_S = 2.0  # 40,000 tips through the door
EXPLAIN_S = 3.0  # a case with its seal


def _fastest(benchmark: BenchmarkFixture, work: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of the fastest round, by pytest-benchmark."""
    if benchmark.disabled:
        pytest.skip("pytest-benchmark measures nothing under xdist")
    benchmark.pedantic(work, rounds=rounds, iterations=1, warmup_rounds=1)
    return benchmark.stats.stats.min


def _reference(work: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of the fastest round of what the measured work is held against."""
    work()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return load_run(tiny_run, device="cpu")


def test_forty_thousand_tips_load_in_time(benchmark: BenchmarkFixture, tmp_path: Path):
    world = checkerboard(n_users=2_000, n_streamers=400, tips_each=20)
    assert len(world.tips) == 40_000
    folder = write_world(world, tmp_path / "large")
    assert _fastest(benchmark, lambda: load_dataset(folder), rounds=3) < LOAD_S


def test_an_edited_preference_is_ranked_again_far_sooner_than_a_trace_is_made(benchmark: BenchmarkFixture, run: Run):
    preference = rank_user(run, USER).final.preference
    allowed = candidates_for(run, history_for(run, USER))
    once = _fastest(benchmark, lambda: run.recommender.score(preference, allowed))
    assert once < _reference(lambda: rank_user(run, USER)) / 3


def test_many_users_at_once_cost_far_less_than_one_by_one(benchmark: BenchmarkFixture, run: Run):
    histories = [history_for(run, user) for user in run.dataset.users["user_id"]]
    rows = np.concatenate([tip_weights(history, run.dataset.n_streamers).numpy() for history in histories])
    tips = tip_weights(histories[0], run.dataset.n_streamers).new_tensor(rows)
    together = _fastest(benchmark, lambda: run.composer.teacher.strengths(tips))
    alone = _reference(lambda: run.composer.teacher.strengths(tips[:1]))
    assert together < alone * len(tips) / 4


def test_a_case_with_its_seal_is_explained_in_time(benchmark: BenchmarkFixture, run: Run):
    trace = rank_user(run, USER)
    first = run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[0])]
    assert _fastest(benchmark, lambda: explain(run, Case(USER, first), trace), rounds=3) < EXPLAIN_S
