"""What newly arrived tips are worth, on a platform small enough to rank by hand."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.config import RunConfig
from mspa_model.runs import Run
from mspa_model.training.arrived import arrived_pairs, arrived_tips
from mspa_model.training.evaluate import measure_traces
from mspa_model.training.metrics_words import arrived_words
from tests.training.test_evaluate import cotips_run
from tests.training.worlds import INFO
from tests.worlds import World, write_world

SECOND = 1 / np.log2(3)  # ndcg@10 of a single target at place 2
STORED = {"ease": {"setting": {"ridge": 10.0}}, "itemknn": {"setting": {"neighbors": 20}}}
Platform = Callable[[int], Run]


def _tips(*rows: tuple[str, str, str]) -> pd.DataFrame:
    tips = pd.DataFrame(rows, columns=["user_id", "streamer_id", "split"]).assign(amount=1.0)
    return tips.assign(tipped_at=pd.Series(pd.NaT, index=tips.index, dtype="datetime64[us, UTC]"))


@pytest.fixture
def platform(tmp_path: Path, small_config: RunConfig) -> Platform:
    """s0 is tipped with s2, and n users tip s1 with s3. u0 is known by s0, then s1 arrives, and s3 is what comes next.

    Ranked by co-tipping alone with a ridge of 10, which is EASE with a ridge of 10.
    """

    def make(n: int) -> Run:
        together = [(f"u{i}", s, "train") for i in (1, 2, 3) for s in ("s0", "s2")]
        beside = [(f"u{i}", s, "train") for i in range(5, 5 + n) for s in ("s1", "s3")]
        own = [("u0", "s0", "train"), ("u0", "s1", "val"), ("u0", "s3", "test"), ("u0", "s1", "test")]
        no_news = [("u4", "s0", "train"), ("u4", "s2", "test")]
        world = World(
            name="platform",
            users=pd.DataFrame({"user_id": [f"u{i}" for i in range(5 + n)]}),
            streamers=pd.DataFrame({"streamer_id": ["s0", "s1", "s2", "s3"]}),
            tips=_tips(*together, *beside, *own, *no_news),
            modalities=(),
            kind="matrix",
        )
        run = cotips_run(write_world(world, tmp_path / "world"), small_config, tmp_path)
        return replace(run, metrics={**run.metrics, "baselines": STORED})

    return make


def test_the_same_targets_are_looked_for_among_the_same_candidates(platform: Platform):
    pairs = arrived_pairs(platform(2).dataset)
    assert pairs.mask[0].indices.tolist() == [0, 1], "train and val"
    assert pairs.target[0].indices.tolist() == [3], "s1 came with val already"
    assert pairs.n_hidden == 1


# EASE: s0 speaks for s2 with 3 / (5 + 10) = .2, s1 for s3 with n / (n + 10): .17 for two users, .29 for four.
# Cosines: s0 and s2 have 3 / sqrt(5 x 3) = .77, s1 and s3 have 1. Both leave s3 second from s0 alone.
@pytest.mark.parametrize(("n", "ease"), [(2, SECOND), (4, 1.0)])
def test_gains_are_those_worked_out_by_hand(n: int, ease: float, platform: Platform):
    found = arrived_tips(platform(n), progress=False)
    assert found["n_users"] == 1, "u4 has no val tip"
    models = found["models"]
    for name, after in (("mspa@step0", ease), ("mspa", ease), ("ease", ease), ("itemknn", 1.0)):
        assert models[name]["train"] == pytest.approx({"ndcg@10": SECOND, "recall@20": 1.0}), name
        assert models[name]["train_val"] == pytest.approx({"ndcg@10": after, "recall@20": 1.0}), name
        assert models[name]["gain"]["ndcg@10"]["value"] == pytest.approx(after - SECOND), name
    paired = {name: found["paired"][name]["ndcg@10"]["value"] for name in found["paired"]}
    expected = {"mspa_minus_ease": 0.0, "mspa_minus_itemknn": ease - 1.0, "final_minus_step0": 0.0}
    assert paired == pytest.approx(expected)
    said = arrived_words(found, INFO)
    assert said[0].startswith(
        f"Newly arrived (val) ratings, nothing trained (1 measured): ndcg@10 0.6309 to {ease:.4f}"
    )
    assert "itemknn +0.3691" in said[0]
    assert "recall@20 1.0000 to 1.0000" in said[1]


def test_a_baseline_that_training_did_not_score_is_left_out(platform: Platform):
    run = replace(platform(2), metrics={"baselines": {"ease": {"setting": None}}})
    found = arrived_tips(run, progress=False)
    assert set(found["models"]) == {"mspa@step0", "mspa"}
    assert set(found["paired"]) == {"final_minus_step0"}


def test_without_val_tips_there_is_nothing_to_say(platform: Platform):
    run = platform(2)
    tips = run.dataset.tips[run.dataset.tips["split"] != "val"].reset_index(drop=True)
    assert arrived_tips(replace(run, dataset=replace(run.dataset, tips=tips)), progress=False) is None
    assert arrived_words(None, INFO) == ()


def test_traces_already_measured_are_taken_over_and_change_nothing(
    make_world: Callable[[str], Path], small_config: RunConfig, tmp_path: Path
):
    run = cotips_run(make_world("few-users"), small_config, tmp_path)
    measured = measure_traces(run, arrived_pairs(run.dataset), np.arange(0, 6, 2), "", progress=False)
    alone = arrived_tips(run, progress=False)
    assert alone["n_users"] == 6
    assert arrived_tips(run, measured, progress=False) == alone
    json.dumps(alone, allow_nan=False)
    shifted = [replace(m, tops=m.tops[:, ::-1].copy()) for m in measured]
    assert arrived_tips(run, shifted, progress=False) != alone, "what was measured is what is told"
