"""What a search for recipes costs: its budget in seconds, and many scenarios at once against one by one."""

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from explain.counterfactual import rescore
from explain.possible import possible_edits
from explain.recipes import find_recipes
from explain.rescoring import Rescorer
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run
from mspa_model.types import RankingTrace
from tests.benchmarks.test_ratios import USER, _fastest, _reference

RECIPE_S = 2.0  # the slowest of the streamers asked for
TIMES_FASTER = 3.0  # a scenario among many than one alone


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return load_run(tiny_run, device="cpu")


@pytest.fixture(scope="module")
def trace(run: Run) -> RankingTrace:
    return rank_user(run, USER)


def test_the_fewest_edits_are_found_in_time(benchmark: BenchmarkFixture, run: Run, trace: RankingTrace):
    order, ids = trace.final.ranking.order.tolist(), run.dataset.streamers["streamer_id"]
    asked = [(str(ids.iloc[order[rank - 1]]), "down" if rank <= 10 else "up") for rank in (1, 10, 11, 15, len(order))]
    seconds = []

    def ask() -> None:
        seconds.append(max(find_recipes(run, trace, streamer, direction).seconds for streamer, direction in asked))

    _fastest(benchmark, ask, rounds=3)
    assert min(seconds) < RECIPE_S


def test_many_scenarios_at_once_cost_far_less_than_one_by_one(
    benchmark: BenchmarkFixture, run: Run, trace: RankingTrace
):
    singles = [(edit,) for edit in possible_edits(run, trace.final, int(trace.final.ranking.order[-1]))]
    together = _fastest(benchmark, lambda: Rescorer(run, trace.final).scores(singles), rounds=3)
    alone = _reference(lambda: [rescore(run, trace.final, edits) for edits in singles[:10]], rounds=3) / 10
    assert together < alone * len(singles) / TIMES_FASTER
