"""All the way once, through the commands: CSV files, dataset folder, run, metrics, ranking, explanation, report."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.config import RunConfig, config_to_json
from tests.command import Command
from tests.worlds import checkerboard

USER = "u004"  # of the comedy half
MAP = """
[dataset]
name = "export"
title = "A customer's export"
kind = "events"
streamer_is = "streamer"
user_is = "user"
tip_is = "tip"
tip_unit = "coins"
timezone = "UTC"
modalities = ["visual", "audio", "text"]
licence = "CC0-1.0"
source = "a test"

[dataset.split]
kind = "time"
mask_for_val = ["train"]
mask_for_test = ["train", "val"]
metric = "ndcg@10"

[time]
unit = "s"

[amount]
scale = 0.01

[tips]
file = "gifts.csv"
columns = { user_id = "uid", streamer_id = "author_id", tipped_at = "ts", amount = "cents" }

[streamers]
columns = { streamer_id = "author_id" }

[features.visual]
file = "visual.csv"

[features.audio]
file = "audio.csv"

[features.text]
file = "text.csv"
"""


@pytest.fixture
def export(tmp_path: Path, small_config: RunConfig) -> Path:
    """The checkerboard as a customer would send it: own column names, Unix seconds, cents, features keyed by id."""
    world, src = checkerboard(), tmp_path / "export"
    src.mkdir()
    world.users.to_csv(src / "users.csv", index=False)
    world.streamers.rename(columns={"streamer_id": "author_id"}).to_csv(src / "streamers.csv", index=False)
    gifts = world.tips.rename(columns={"user_id": "uid", "streamer_id": "author_id"})
    gifts = gifts.assign(ts=gifts["tipped_at"].astype("int64") // 1_000_000, cents=gifts["amount"] * 100)
    gifts.drop(columns=["tipped_at", "amount"]).to_csv(src / "gifts.csv", index=False)
    for modality, array in world.features.items():
        table = pd.DataFrame(array, columns=[f"v{i}" for i in range(array.shape[1])])
        table.insert(0, "streamer_id", world.streamers["streamer_id"])
        table[::-1].to_csv(src / f"{modality}.csv", index=False)
    (src / "map.toml").write_text(MAP, encoding="utf-8")
    (src / "config.json").write_text(config_to_json(small_config), encoding="utf-8")
    return src


def test_from_csv_files_to_a_report_that_can_be_verified(
    export: Path, tmp_path: Path, mspa_model_command: Command, explain_command: Command
):
    folder, run = tmp_path / "dataset", tmp_path / "run"
    steps = [
        ("import", "csv", export, folder, "--map", export / "map.toml"),
        ("check", folder),
        ("train", folder, "--out", run, "--no-map", "--config", export / "config.json", "--device", "cpu"),
    ]
    for words in steps:
        answer = mspa_model_command(*words)
        assert answer.status == 0, answer.said

    _check_metrics(json.loads(mspa_model_command("evaluate", run, "--json").out))
    trace = json.loads(mspa_model_command("recommend", run, "--user", USER, "--k", 10, "--json").out)
    _check_trace(trace)

    first = trace["steps"][-1]["ranking"][0]["streamer"]
    told = json.loads(explain_command("case", run, "--user", USER, "--streamer", first, "--json").out)
    assert abs(sum(part["margin"] for part in told["sources"]) - told["margin"]) < 1e-5
    assert told["seal"]["colour"] in {"green", "amber", "red"}

    written = explain_command("report", run, "--user", USER, "--out", tmp_path / "report")
    assert written.status == 0, written.said
    files = {Path(line).suffix: Path(line) for line in written.out.split()}
    assert files[".pdf"].read_bytes().startswith(b"%PDF")
    assert USER not in files[".html"].read_text(encoding="utf-8"), "the user stands under a pseudonym"
    assert explain_command("verify", files[".json"], "--run", run).status == 0
    files[".json"].write_text(files[".json"].read_text(encoding="utf-8").replace(first, "s001"), encoding="utf-8")
    assert explain_command("verify", files[".json"], "--run", run).status in {1, 2}


def _check_metrics(told: dict) -> None:
    assert {"dataset", "split", "n_users", "models"} <= told.keys()
    assert told["split"] == "test"
    assert {"mspa", "mspa@step0", "ease", "als", "itemknn", "popularity"} <= told["models"].keys()
    for name in ("ndcg@10", "recall@10", "ndcg@20", "recall@20"):
        measured = told["models"]["mspa"][name]
        assert 0 <= measured["low"] <= measured["value"] <= measured["high"] <= 1
    # Tips stay inside a group of 20, nine of which are masked: chance inside it alone is far above popularity's.
    assert told["models"]["mspa"]["recall@20"]["value"] > 0.95
    assert told["models"]["mspa"]["ndcg@10"]["value"] > told["models"]["popularity"]["ndcg@10"]["value"]


def _check_trace(trace: dict) -> None:
    assert trace["user"] == USER
    assert [step["step"] for step in trace["steps"]] == list(range(len(trace["steps"])))
    for step in trace["steps"]:
        assert len(step["ranking"]) == 10
        for row in step["ranking"]:
            assert abs(sum(row["sources"].values()) - row["score"]) < 1e-5
        scores = [row["score"] for row in step["ranking"]]
        assert scores == sorted(scores, reverse=True)
    own_half = [int(row["streamer"][1:]) % 2 == 0 for row in trace["steps"][-1]["ranking"]]
    assert np.mean(own_half) >= 0.8, "a third would be chance: ten of the own half and twenty of the other are left"
