"""What a case costs on the shipped run, its attribution and its seal, beside a trace of the same user.

In seconds: `python -m tests.benchmarks.seconds`.
"""

from pathlib import Path

import pytest

from explain.attribution import attribute_margin
from explain.pipeline import explain
from explain.types import Case
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run
from mspa_model.types import RankingTrace
from tests.benchmarks.cpu import cost_ratio

SHIPPED = Path(__file__).parents[2] / "sample_data" / "run"
ATTRIBUTION, SEAL = 4.0, 80.0  # traces; 0.8 and 24 measured


def busy_trace(run: Run) -> RankingTrace:
    """Of a user with more tips than nine in ten have."""
    counts = run.dataset.tips["user_idx"].value_counts()
    busy = int(counts.index[len(counts) // 10])
    return rank_user(run, str(run.dataset.users["user_id"].iloc[busy]))


@pytest.fixture(scope="module")
def run() -> Run:
    return load_run(SHIPPED, device="cpu")


@pytest.fixture(scope="module")
def trace(run: Run) -> RankingTrace:
    return busy_trace(run)


def test_attribution_costs_a_bounded_number_of_traces(run: Run, trace: RankingTrace) -> None:
    pair = tuple(trace.final.ranking.order[:2].tolist())
    ratio = cost_ratio(
        lambda: attribute_margin(run, trace.final, trace.final.ranking, *pair), lambda: rank_user(run, trace.user_id)
    )
    assert ratio < ATTRIBUTION


def test_a_seal_costs_a_bounded_number_of_traces(run: Run, trace: RankingTrace) -> None:
    first = str(run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[0])])
    case = Case(trace.user_id, first)
    assert cost_ratio(lambda: explain(run, case, trace), lambda: rank_user(run, trace.user_id), rounds=3) < SEAL
