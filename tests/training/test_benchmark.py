"""The benchmark: known answers on tiny worlds, taken up again, and worlds that lack what a model needs."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, load_dataset
from mspa_model.errors import RunError
from mspa_model.training.benchmark import run as run_module
from mspa_model.training.benchmark.mspa import without_modality
from mspa_model.training.benchmark.run import BENCHMARK_FILE, benchmark
from mspa_model.training.benchmark.store import Job, JobResult, Told, load_result, save_result
from mspa_model.training.benchmark.table import benchmark_table
from mspa_model.training.metrics import METRICS
from mspa_model.types import Features, Modality
from tests.command import Command
from tests.worlds import World, write_world
from tests.worlds.checkerboard import checkerboard
from tests.worlds.newcomers import newcomers

QUICK = ("popularity", "itemknn", "ease", "rp3beta", "contentknn")


def here(folder: Path, out: Path, only: tuple[str, ...] = QUICK, **more) -> dict:
    """A benchmark in this process: no seconds lost on importing torch, and what it calls can be counted."""
    return benchmark(folder, out, device="cpu", only=only, progress=False, isolated=False, **more)


def cold_world() -> World:
    """s038 (Comedy) and s039 (Music) have test tips alone, one from each user."""
    return newcomers(("s038", "s039"))


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict]:
    """Folder, results and figures of the cold world."""
    base = tmp_path_factory.mktemp("cold")
    folder = write_world(cold_world(), base / "world")
    return folder, base / "out", here(folder, base / "out")


# --- cold streamers --------------------------------------------------------------------------------------------------


def test_content_finds_the_newcomer_and_nobody_else_can(cold):
    part = cold[2]["slices"]["cold_streamers"]
    assert (part["n_streamers"], part["n_users"]) == (2, 60)
    # The two newcomers look like opposite halves, and every user's tips lie in one.
    assert part["models"]["contentknn"]["ndcg@10"]["value"] == 1.0
    assert part["models"]["contentknn"]["ranked_share"] == 1.0
    assert {name for name, found in part["models"].items() if found is None} == set(QUICK) - {"contentknn"}


def test_hidden_train_tips_make_cold_streamers_whom_content_ranks(cold, tmp_path: Path, mspa_model_command: Command):
    words = ("--hide", "0.15", "--model", "contentknn", "--model", "popularity", "--device", "cpu", "--json")
    answer = mspa_model_command("benchmark", cold[0], "--out", tmp_path / "out", *words)
    assert answer.status == 0, answer.said
    told = json.loads(answer.out)
    assert told["dataset"]["hidden_share"] == 0.15
    assert told["dataset"]["fingerprint"] != cold[2]["dataset"]["fingerprint"]
    part = told["slices"]["cold_streamers"]
    assert 6 <= part["n_streamers"] <= 8  # six of forty, and those that were cold
    assert part["models"]["popularity"] is None
    assert part["models"]["contentknn"]["ndcg@10"]["value"] > 0.5
    assert "15\u00a0% of the streamers are hidden" in benchmark_table(told)
    refused = mspa_model_command("benchmark", cold[0], "--hide", "1.5")
    assert refused.status == 2
    assert "between 0 and 1" in refused.err


# --- figures ---------------------------------------------------------------------------------------------------------


def test_figures_are_complete_and_json_ready(cold):
    told = json.loads((cold[1] / BENCHMARK_FILE).read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(cold[2], allow_nan=False))
    assert told["dataset"]["n_test_users"] == 60
    assert list(told["models"]) == list(QUICK)
    for name, model in told["models"].items():
        assert set(model["test"]) == set(model["val"]) == set(METRICS), name
        assert 1 <= len(model["tries"]) <= 4
        assert max(value for _, value in model["tries"]) == pytest.approx(model["val"]["ndcg@10"]["value"])
        assert model["train_s"] >= 0
        assert model["peak_mib"] is None or model["peak_mib"] > 10
    assert told["paired"] == {}, "MSPA was not asked for"
    (bucket,) = told["slices"]["users_by_train_tips"]
    assert bucket["low_tips"] == 6
    assert bucket["models"]["ease"] == told["models"]["ease"]["test"]
    assert "cannot rank them" in benchmark_table(told)


def _seeded(folder: Path, als: dict[int, list[float]]) -> dict[Job, JobResult]:
    """MSPA at .5 and .9 for two users, at both steps, beside ALS, whose values are given by seed."""
    test_users = np.flatnonzero(np.diff(eval_pairs(load_dataset(folder), "test").target.indptr))[:2]

    def result(own: dict[str, list[float]]) -> JobResult:
        rest = {"part": "test", "user_idx": test_users, "ranked": True}
        tables = [pd.DataFrame({"model": model, **rest, **dict.fromkeys(METRICS, v)}) for model, v in own.items()]
        return JobResult(Told("", dict.fromkeys(own, 1.0), 1.0), pd.concat(tables))

    mspa = {Job("mspa", 7): result({"mspa": [0.5, 0.9], "mspa@step0": [0.5, 0.9]})}
    return mspa | {Job("als", seed): result({"als": own}) for seed, own in als.items()}


def test_users_are_averaged_over_seeds_before_pairing(cold):
    results = _seeded(cold[0], {7: [0.0, 1.0], 8: [0.4, 0.0]})
    told = run_module.figures(load_dataset(cold[0]), results, seed=0)
    assert told["models"]["als"]["test"]["ndcg@10"]["value"] == pytest.approx(0.35)  # (0.2 + 0.5) / 2
    assert told["models"]["als"]["seeds"] == 2
    paired = told["paired"]["als"]["ndcg@10"]  # 0.5 - 0.2 and 0.9 - 0.5
    assert paired["value"] == pytest.approx(0.35)
    assert (paired["low"], paired["high"]) == (pytest.approx(0.3), pytest.approx(0.4))


# --- taking up again -------------------------------------------------------------------------------------------------


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ran: list[str] = []
    before = run_module.run_job
    monkeypatch.setattr(run_module, "run_job", lambda order: (ran.append(order.job.name), before(order))[1])
    return ran


def test_a_second_call_trains_nothing_and_says_the_same(cold, monkeypatch):
    ran = _counted(monkeypatch)
    assert here(cold[0], cold[1]) == cold[2]
    assert ran == []


def test_another_seed_or_changed_data_is_trained_again(cold, tmp_path, monkeypatch, small_config: RunConfig):
    world = replace(cold_world(), tips=cold_world().tips.iloc[:-1])
    changed = write_world(world, tmp_path / "changed")
    ran = _counted(monkeypatch)
    here(cold[0], tmp_path / "out", ("popularity",))
    here(cold[0], tmp_path / "out", ("popularity",), config=replace(small_config, seed=8))
    here(changed, tmp_path / "out", ("popularity",))
    assert ran == ["popularity-seed7", "popularity-seed8", "popularity-seed7"]


def test_a_result_cut_off_is_no_result(tmp_path: Path):
    job, users = Job("ease", 7), pd.DataFrame({"model": ["ease"], "part": ["test"], "user_idx": [0]})
    save_result(tmp_path, job, JobResult(Told("this", {"ease": 1.0}, None), users))
    assert load_result(tmp_path, job, "this") is not None
    assert load_result(tmp_path, job, "that") is None
    path = tmp_path / "jobs" / "ease-seed7.json"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:-9], encoding="utf-8")
    assert load_result(tmp_path, job, "this") is None
    path.write_text(whole, encoding="utf-8")
    path.with_suffix(".parquet").unlink()
    assert load_result(tmp_path, job, "this") is None


def test_killed_between_its_files_a_job_leaves_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    job, users = Job("ease", 7), pd.DataFrame({"model": ["ease"], "part": ["test"], "user_idx": [0]})
    save_result(tmp_path, job, JobResult(Told("old", {}, None), users))
    monkeypatch.setattr("mspa_model.training.benchmark.store.write_json", lambda *_: sys.exit("killed"))
    with pytest.raises(SystemExit):
        save_result(tmp_path, job, JobResult(Told("new", {}, None), users))
    assert load_result(tmp_path, job, "old") is load_result(tmp_path, job, "new") is None
    assert [p.name for p in (tmp_path / "jobs").iterdir()] == ["ease-seed7.parquet"]


# --- worlds that lack something, and refusals ------------------------------------------------------------------------


def test_without_features_content_is_absent_and_the_rest_is_there(make_world: Callable[[str], Path], tmp_path: Path):
    told = here(make_world("no-features"), tmp_path / "out")
    assert told["models"]["contentknn"]["test"] is None
    assert "no features" in told["models"]["contentknn"]["note"]
    assert told["models"]["ease"]["test"]["ndcg@10"]["value"] > 0
    assert "contentknn" in benchmark_table(told)


def test_without_val_users_the_first_setting_is_taken_and_val_is_null(tmp_path: Path):
    world = cold_world()
    tips = world.tips.assign(split=world.tips["split"].replace("val", "train"))
    told = here(write_world(replace(world, tips=tips), tmp_path / "world"), tmp_path / "out", ("ease", "itemknn"))
    ease = told["models"]["ease"]
    assert ease["val"]["ndcg@10"] == {"value": None, "low": None, "high": None}
    assert ease["setting"] == {"ridge": 10.0}
    assert ease["tries"][0][1] is None
    assert ease["test"]["ndcg@10"]["value"] > 0


def test_three_users_are_enough(tmp_path: Path):
    folder = write_world(checkerboard(n_users=3, n_streamers=12, tips_each=6), tmp_path / "world")
    told = here(folder, tmp_path / "out")
    assert all(model["test"] for model in told["models"].values())


def test_an_unknown_model_and_a_folder_of_others_are_refused(
    tiny_world: Path, tmp_path: Path, mspa_model_command: Command
):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    for words in (("--model", "eese", "--out", tmp_path / "new"), ("--model", "ease", "--out", tmp_path)):
        answer = mspa_model_command("benchmark", tiny_world, *words)
        assert answer.status == 2
        assert len(answer.err.strip().splitlines()) == 1
        assert "ease" in answer.said or "other files" in answer.said
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(RunError):
        here(tiny_world, tmp_path)


# --- MSPA ------------------------------------------------------------------------------------------------------------


def test_a_modality_left_out_is_gone():
    rows, has = np.ones((2, 3), dtype=np.float32), np.ones(2, dtype=bool)
    both = Features(*({Modality.VISUAL: x, Modality.AUDIO: x} for x in (rows, has, "shipped")))
    assert without_modality(both, Modality.VISUAL).modalities == (Modality.AUDIO,)
    assert without_modality(both, None).modalities == both.modalities


def test_mspa_beats_popularity_where_nobody_tips_across_and_each_modality_is_left_out(
    tmp_path: Path, small_config: RunConfig
):
    world = cold_world()
    seen = replace(world, features={"visual": world.features["visual"]}, modalities=("visual",))
    folder = write_world(replace(seen, streamers=world.streamers[["streamer_id"]]), tmp_path / "world")
    teacher = replace(small_config, composer=replace(small_config.composer, active="teacher"))
    told = here(folder, tmp_path / "out", ("mspa", "popularity"), config=teacher, n_seeds=1)
    assert list(told["models"]) == ["mspa", "mspa@step0", "popularity"]
    assert told["paired"]["popularity"]["ndcg@10"]["low"] > 0
    assert told["slices"]["cold_streamers"]["models"]["popularity"] is None
    left_out = told["slices"]["without_modality"]
    assert left_out["whole"]["ndcg@10"]["value"] > 0
    assert set(left_out["modalities"]) == {"visual"}
    visual = left_out["modalities"]["visual"]
    gap = left_out["whole"]["ndcg@10"]["value"] - visual["test"]["ndcg@10"]["value"]
    assert visual["paired"]["ndcg@10"]["value"] == pytest.approx(gap)
    assert "A modality left out" in benchmark_table(told)


def test_by_command_a_job_has_a_process_and_a_memory_peak_of_its_own(
    tiny_world: Path, tmp_path: Path, mspa_model_command: Command
):
    words = ("--model", "popularity", "--out", tmp_path / "out", "--device", "cpu", "--json")
    answer = mspa_model_command("benchmark", tiny_world, *words)
    assert answer.status == 0, answer.said
    told = json.loads(answer.out)["models"]["popularity"]
    assert told["test"]["ndcg@10"]["value"] > 0
    assert told["peak_mib"] is None or told["peak_mib"] > 50
