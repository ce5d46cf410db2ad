"""Sets at the edge of the contract: every command answers in finite numbers, or says in one sentence why it cannot."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.command import Answer, Command
from tests.worlds import EXTREMES

UNMEASURED = "without a measured user"
NOBODY_LEFT = "nothing is left to rank"
# What a set cannot answer, by command; everything that is not named here it must answer.
REFUSED: dict[str, dict[str, str]] = {
    "one-tip-each": {"compare": UNMEASURED},
    "one-streamer": {"compare": UNMEASURED, "case": "no rival", "report": NOBODY_LEFT},
    "two-streamers": {"compare": UNMEASURED, "report": NOBODY_LEFT},
    "all-on-one": {"compare": UNMEASURED},
    "tipped-everyone": {"report": NOBODY_LEFT},
    "no-test": {"compare": UNMEASURED},
}

pytestmark = pytest.mark.parametrize("name", EXTREMES)


def _finite(text: str) -> dict:
    """The JSON, in which no number may be NaN or infinite."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in {text[:300]}")

    return json.loads(text, parse_constant=refuse)


def _answered(name: str, command: str, answer: Answer) -> bool:
    """True where the command answered; else it must be among what this set refuses, in one sentence."""
    if answer.status == 0:
        assert command not in REFUSED.get(name, {}), answer.out[:300]
        return True
    assert answer.status == 2
    assert answer.out == ""
    assert REFUSED.get(name, {}).get(command, "no refusal is due") in answer.err, answer.err
    assert len(answer.err.strip().splitlines()) == 1
    return False


@pytest.fixture
def folder(name: str, make_world: Callable[[str], Path]) -> Path:
    return make_world(name)


@pytest.fixture
def run(name: str, make_run: Callable[[str], Path]) -> Path:
    return make_run(name)


def test_it_is_sound_measured_and_compared(name: str, folder: Path, run: Path, mspa_model_command: Command):
    assert mspa_model_command("check", folder).status == 0
    metrics = _finite(mspa_model_command("evaluate", run, "--json").out)
    assert metrics["sources"]
    assert mspa_model_command("evaluate", run).status == 0
    answer = mspa_model_command("compare", run, run, "--json")
    if _answered(name, "compare", answer):
        _finite(answer.out)


def test_its_users_are_recommended_to_and_told_why(
    name: str, folder: Path, run: Path, tmp_path: Path, mspa_model_command: Command, explain_command: Command
):
    users = pd.read_parquet(folder / "users.parquet")["user_id"].tolist()
    everyone = users if name == "hostile-ids" else users[:1]
    for user in everyone:
        trace = _finite(mspa_model_command("recommend", run, "--user", user, "--candidates", "all", "--json").out)
        assert trace["user"] == user
        ranking = trace["steps"][-1]["ranking"]
        assert len(ranking) == min(10, len(pd.read_parquet(folder / "streamers.parquet")))
        for row in ranking:
            assert abs(sum(row["sources"].values()) - row["score"]) < 1e-5
    user, streamer = everyone[0], ranking[0]["streamer"]
    _finite(mspa_model_command("compose", run, "--user", user, "--json").out)
    case = ("case", run, "--user", user, "--streamer", streamer, "--candidates", "all", "--json")
    answer = explain_command(*case)
    if _answered(name, "case", answer):
        told = _finite(answer.out)
        assert abs(sum(part["margin"] for part in told["sources"]) - told["margin"]) < 1e-5
    answer = explain_command("report", run, "--user", user, "--out", tmp_path / "report")
    if _answered(name, "report", answer):
        written = [Path(line) for line in answer.out.splitlines()]
        assert {path.parent for path in written} == {tmp_path / "report"}
        _finite(next(path for path in written if path.suffix == ".json").read_text(encoding="utf-8"))


def test_nothing_is_left_beside_its_run(name: str, run: Path):
    """What a training keeps until it is done is gone, and ids that read like paths led nowhere."""
    assert list(run.parent.glob(f".{name}*")) == []
