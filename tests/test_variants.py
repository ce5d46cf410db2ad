"""Sets that lack something: everything keeps working, and says what is missing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import Command
from tests.worlds import VARIANTS

USER = "u004"


def _works(name: str, run: Path, user: str, mspa_model: Command, explain: Command) -> dict:
    """Recommend, explain and report for a user; the case as explained."""
    trace = json.loads(mspa_model("recommend", run, "--user", user, "--json").out)
    ranking = trace["steps"][-1]["ranking"]
    assert ranking, name
    for row in ranking:
        assert abs(sum(row["sources"].values()) - row["score"]) < 1e-5
    answer = explain("case", run, "--user", user, "--streamer", ranking[0]["streamer"], "--json")
    assert answer.status == 0, answer.said
    report = explain("report", run, "--user", user, "--out", run.parent / f"{name}-report")
    assert report.status == 0, report.said
    return json.loads(answer.out)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_set_that_lacks_something_is_trained_ranked_explained_and_reported(
    name: str,
    make_world: Callable[[str], Path],
    make_run: Callable[[str], Path],
    mspa_model_command: Command,
    explain_command: Command,
):
    assert mspa_model_command("check", make_world(name)).status == 0
    told = _works(name, make_run(name), USER, mspa_model_command, explain_command)
    assert abs(sum(part["margin"] for part in told["sources"]) - told["margin"]) < 1e-5


def test_what_is_missing_is_said(
    make_world: Callable[[str], Path], make_run: Callable[[str], Path], mspa_model_command: Command
):
    lacking = {"no-audio": "audio", "no-features": "visual", "matrix": "text"}
    for name, modality in lacking.items():
        metrics = json.loads(mspa_model_command("evaluate", make_run(name), "--json").out)
        sources = metrics["sources"]
        assert modality not in sources or sources[modality]["base_weight"] == 0
        assert any(modality in note for note in metrics["notes"]), metrics["notes"]


def test_a_user_without_tips_is_ranked_by_popularity_and_told_so(
    make_run: Callable[[str], Path], mspa_model_command: Command, explain_command: Command
):
    run = make_run("user-without-tips")
    _works("user-without-tips", run, "u060", mspa_model_command, explain_command)
    trace = json.loads(mspa_model_command("recommend", run, "--user", "u060", "--json").out)
    assert trace["stop"] == "no tips"
    assert "no tips" in trace["preference"].lower()
    assert all(abs(row["sources"]["cotips"]) < 1e-6 for row in trace["steps"][0]["ranking"])


def test_a_user_with_one_tip_is_ranked_and_never_corrected(
    make_run: Callable[[str], Path], mspa_model_command: Command, explain_command: Command
):
    run = make_run("one-tip-users")
    _works("one-tip-users", run, "u060", mspa_model_command, explain_command)
    trace = json.loads(mspa_model_command("recommend", run, "--user", "u060", "--json").out)
    assert trace["stop"] == "too few witnesses"
    assert len(trace["steps"]) == 1
