"""What a search for recipes costs beside ranking once, and many scenarios at once beside one by one."""

from pathlib import Path

import pytest

from explain.counterfactual import rescore
from explain.possible import possible_edits
from explain.recipes import find_recipes
from explain.rescoring import Rescorer
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run
from mspa_model.types import RankingTrace
from tests.benchmarks.cpu import cost_ratio
from tests.benchmarks.test_ratios import USER

RECIPE = 1_300.0  # rankings of one scenario that a search may cost; 220 to 430 measured, for 1,100 to 1,400 scenarios
TOGETHER = 1 / 2  # of what scenarios cost one by one; less than a fifth measured


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return load_run(tiny_run, device="cpu")


@pytest.fixture(scope="module")
def trace(run: Run) -> RankingTrace:
    return rank_user(run, USER)


@pytest.mark.parametrize(("rank", "direction"), [(1, "down"), (11, "up")])
def test_the_fewest_edits_cost_a_bounded_number_of_rankings(run: Run, trace: RankingTrace, rank: int, direction: str):
    order = trace.final.ranking.order.tolist()
    streamer = str(run.dataset.streamers["streamer_id"].iloc[order[rank - 1]])
    edits = (possible_edits(run, trace.final, order[rank - 1])[0],)
    ratio = cost_ratio(
        lambda: find_recipes(run, trace, streamer, direction), lambda: rescore(run, trace.final, edits), rounds=2
    )
    assert ratio < RECIPE


def test_many_scenarios_at_once_cost_far_less_than_one_by_one(run: Run, trace: RankingTrace):
    singles = [(edit,) for edit in possible_edits(run, trace.final, int(trace.final.ranking.order[-1]))]
    some = singles[:10]
    ratio = cost_ratio(
        lambda: Rescorer(run, trace.final).scores(singles),
        lambda: [rescore(run, trace.final, edits) for edits in some],
        rounds=3,
    )
    assert ratio < TOGETHER * len(singles) / len(some)
