"""The commands as they are typed, on a trained run."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from explain.__main__ import _N_PIECES, main
from mspa_model.number_format import signed
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


@dataclass(frozen=True)
class Done:
    """What a command left: exit status and both streams."""

    status: int
    out: str
    err: str


@pytest.fixture
def explain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs a command in this process: the imports of a new one take seconds."""

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["explain", *words])
        with pytest.raises(SystemExit) as left:
            main()
        streams = capsys.readouterr()
        return Done(int(left.value.code or 0), streams.out, streams.err)

    return run


def test_case_as_json_adds_up(explain: Callable[..., Done], folder: Path, first: tuple[Run, str]) -> None:
    streamers = first[0].dataset.streamers
    name = streamers.loc[streamers["streamer_id"] == first[1], "name"].iloc[0]
    done = explain("case", str(folder), "--user", "u002", "--streamer", name.upper(), "--json", "--device", "cpu")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert sum(part["margin"] for part in told["sources"]) == pytest.approx(told["margin"], abs=1e-5)
    assert told["streamer_rank"] == 1
    assert told["seal"]["colour"] in ("amber", "red")
    assert told["run"] == {"hash": first[0].hash, "created_at": first[0].created_at, "audit_hash": None}


def test_case_in_words_gives_the_seal_s_colour_first_in_brackets(
    explain: Callable[..., Done], folder: Path, first: tuple[Run, str]
) -> None:
    words = ("case", str(folder), "--user", "u002", "--streamer", first[1], "--device", "cpu")
    seal = json.loads(explain(*words, "--json").out)["seal"]
    line = explain(*words).out.splitlines()[2]
    assert line == f"[{seal['colour']}] {seal['sentence']}"
    assert re.match(r"\[(green|amber|red)\] \w", line)


def test_case_in_words_says_the_answer_first(
    explain: Callable[..., Done], folder: Path, first: tuple[Run, str]
) -> None:
    done = explain("case", str(folder), "--user", "u002", "--streamer", first[1])
    assert done.status == 0, done.err
    assert "stands 1st, above" in done.out.splitlines()[0]
    assert "Sources to score" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--user", "nobody", "--streamer", "s000"), "nearest known ids"),
        (("--user", "u002", "--streamer", "nobody"), "nearest known ids"),
        (("--user", "u002", "--streamer", "s000", "--step", "9"), "step 9"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    explain: Callable[..., Done], folder: Path, words: tuple[str, ...], said: str
) -> None:
    done = explain("case", str(folder), *words)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_report_and_verify(explain: Callable[..., Done], folder: Path, tmp_path: Path) -> None:
    done = explain("report", str(folder), "--user", "u002", "--out", str(tmp_path), "--device", "cpu")
    assert done.status == 0, done.err
    files = [Path(line) for line in done.out.split("\n") if line]
    evidence = next(file for file in files if file.suffix == ".json")
    assert explain("verify", str(evidence), "--run", str(folder)).status == 0
    assert explain("verify", str(evidence), "--run", str(tmp_path)).status == 2
    key = folder.with_name(f"{folder.name}.key")
    assert done.err in ("", f"Made the key file {key}, which alone opens the pseudonyms: keep it.\n")
    again = explain("report", str(folder), "--user", "u002", "--out", str(tmp_path), "--device", "cpu")
    assert (again.out, again.err) == (done.out, "")
    moved = shutil.copytree(folder, folder.parent / tmp_path.name)
    unopened = explain("verify", str(evidence), "--run", str(moved))
    assert (unopened.status, "was not verified: there is no key file" in unopened.out) == (0, True)
    opened = explain("verify", str(evidence), "--run", str(moved), "--key", str(key))
    assert (opened.status, "not verified" in opened.out) == (0, False)
    named = explain("verify", str(evidence), "--run", str(moved), "--user", "u002")
    assert (named.status, "was not verified" in named.out) == (0, True)
    assert explain("verify", str(evidence), "--run", str(moved), "--user", "u003").status == 1
    assert key.read_text(encoding="ascii").strip() not in opened.out + opened.err
    broken = explain("verify", str(evidence), "--run", str(moved), "--key", str(evidence))
    assert (broken.status, broken.out, broken.err.count("\n")) == (2, "", 1)
    assert "holds no key" in broken.err
    told = json.loads(evidence.read_text(encoding="utf-8"))
    evidence.write_text(json.dumps({**told, "answer": "It stands first, whatever the model says."}), encoding="utf-8")
    forged = explain("verify", str(evidence), "--run", str(folder))
    assert (forged.status, forged.err) == (1, "")
    assert "changed" in forged.out


def test_help_says_what_each_command_is_for(explain: Callable[..., Done]) -> None:
    for words in ([], ["case"], ["report"], ["verify"]):
        assert explain(*words, "--help").status == 0


def test_it_starts_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "explain", "--help"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0
    assert "verify" in done.stdout


SAMPLE = str(Path(__file__).parents[2] / "sample_data" / "run")


@pytest.mark.parametrize(("modality", "kind"), [("audio", "second"), ("text", "sentence"), ("visual", None)])
def test_case_opens_a_modality_into_what_it_is_made_from(explain: Callable[..., Done], modality: str, kind: str | None):
    words = ("case", SAMPLE, "--user", "u0463", "--streamer", "s000", "--device", "cpu", "--open", modality)
    told = explain(*words, "--json")
    assert told.status == 0, told.err
    inside = json.loads(told.out)["inside"]
    assert sum(given["share"] for given in inside["inputs"]) == pytest.approx(inside["whole"], abs=1e-5)
    assert (kind in {piece["kind"] for piece in inside["pieces"]}) == (kind is not None)
    said = explain(*words).out
    assert inside["sentence"] in said
    assert all(f"{signed(given['share'], 3)}  {given['label']}" in said for given in inside["inputs"])
    strongest = sorted(inside["pieces"], key=lambda piece: -abs(piece["lost"]))[:_N_PIECES]
    assert said.count("  without ") == len(strongest)
    assert all(f"{signed(-piece['lost'], 3)}  without " in said for piece in strongest)


def test_case_says_why_a_modality_cannot_be_opened(explain: Callable[..., Done], folder: Path, first: tuple[Run, str]):
    words = ("case", str(folder), "--user", "u002", "--streamer", first[1], "--device", "cpu", "--open", "audio")
    done = explain(*words)
    assert (done.status, done.out) == (2, "")
    assert "audio" in done.err
    assert done.err.strip().count("\n") == 0
