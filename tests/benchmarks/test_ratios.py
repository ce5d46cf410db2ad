"""What may not become slow, as ratios of the processor's seconds: the same on a slow machine and a busy one."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from explain.pipeline import explain
from explain.types import Case
from mspa_model.data import load_dataset
from mspa_model.pipeline import candidates_for, history_for, rank_user
from mspa_model.preference.statements import tip_weights
from mspa_model.runs import Run, load_run
from tests.benchmarks.cpu import cost_ratio
from tests.worlds import checkerboard, write_world

USER = "u004"
LOAD = 20.0  # 40,000 tips through the door, beside reading the same tables bare; 6 measured
CASE = 105.0  # a case with its seal, beside a trace of the same user; 35 measured


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return load_run(tiny_run, device="cpu")


def test_forty_thousand_tips_load_at_a_bounded_cost_beside_reading_them(tmp_path: Path):
    world = checkerboard(n_users=2_000, n_streamers=400, tips_each=20)
    assert len(world.tips) == 40_000
    folder = write_world(world, tmp_path / "large")
    tables = sorted(folder.glob("*.parquet"))
    assert cost_ratio(lambda: load_dataset(folder), lambda: [pd.read_parquet(t) for t in tables], rounds=3) < LOAD


def test_an_edited_preference_is_ranked_again_far_sooner_than_a_trace_is_made(run: Run):
    preference = rank_user(run, USER).final.preference
    allowed = candidates_for(run, history_for(run, USER))
    assert cost_ratio(lambda: run.recommender.score(preference, allowed), lambda: rank_user(run, USER)) < 1 / 3


def test_many_users_at_once_cost_far_less_than_one_by_one(run: Run):
    histories = [history_for(run, user) for user in run.dataset.users["user_id"]]
    rows = np.concatenate([tip_weights(history, run.dataset.n_streamers).numpy() for history in histories])
    tips = tip_weights(histories[0], run.dataset.n_streamers).new_tensor(rows)
    strengths = run.composer.teacher.strengths
    assert cost_ratio(lambda: strengths(tips), lambda: strengths(tips[:1])) < len(tips) / 4


def test_a_case_with_its_seal_costs_a_bounded_number_of_traces(run: Run):
    trace = rank_user(run, USER)
    first = run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[0])]
    case = Case(USER, first)
    assert cost_ratio(lambda: explain(run, case, trace), lambda: rank_user(run, USER), rounds=3) < CASE
