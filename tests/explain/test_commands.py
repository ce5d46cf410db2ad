"""The commands as they are typed, on a trained run."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run


@pytest.fixture(scope="module")
def folder(make_run: Callable[[str], Path]) -> Path:
    return make_run("no-audio")


@pytest.fixture(scope="module")
def first(folder: Path) -> tuple[Run, str]:
    run = load_run(folder, device="cpu")
    order = rank_user(run, "u002").final.ranking.order
    return run, str(run.dataset.streamers["streamer_id"].iloc[int(order[0])])


def explain(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "explain", *words], capture_output=True, text=True, timeout=120)


def test_case_as_json_adds_up(folder: Path, first: tuple[Run, str]) -> None:
    done = explain("case", str(folder), "--user", "u002", "--streamer", first[1], "--json", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert sum(part["margin"] for part in told["sources"]) == pytest.approx(told["margin"], abs=1e-5)
    assert told["streamer_rank"] == 1
    assert told["seal"]["colour"] in ("amber", "red")


def test_case_in_words_says_the_answer_first(folder: Path, first: tuple[Run, str]) -> None:
    done = explain("case", str(folder), "--user", "u002", "--streamer", first[1])
    assert done.returncode == 0, done.stderr
    assert "stands 1st, above" in done.stdout.splitlines()[0]
    assert "Sources to score" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--user", "nobody", "--streamer", "s000"), "nearest known ids"),
        (("--user", "u002", "--streamer", "nobody"), "nearest known ids"),
        (("--user", "u002", "--streamer", "s000", "--step", "9"), "step 9"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = explain("case", str(folder), *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_report_and_verify(folder: Path, tmp_path: Path) -> None:
    done = explain("report", str(folder), "--user", "u002", "--out", str(tmp_path), "--device", "cpu")
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.split("\n") if line]
    evidence = next(file for file in files if file.suffix == ".json")
    assert explain("verify", str(evidence), "--run", str(folder)).returncode == 0
    assert explain("verify", str(evidence), "--run", str(tmp_path)).returncode == 2


def test_help() -> None:
    for words in ([], ["case"], ["report"], ["verify"]):
        assert explain(*words, "--help").returncode == 0
