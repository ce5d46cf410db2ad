"""What a training prints: what it will take, how well it ranks, what a first audit finds, what to type next."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from explain.audit.audit import audit
from explain.pipeline import explain
from explain.types import Case
from mspa_model.config import RunConfig
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run
from mspa_model.training import announced, first_audit
from mspa_model.training.first_audit import audit_sentence, run_first_audit
from mspa_model.training.next_steps import closing_lines, next_commands, typical_case
from mspa_model.training.verdict import verdict

SEAL = {"green": 3, "amber": 1, "red": 0}


@pytest.fixture
def path(make_run: Callable[[str], Path]) -> Path:
    return make_run("no-audio")


@pytest.fixture
def run(path: Path) -> Run:
    return load_run(path, device="cpu")


def audited(run: Run, *cases: tuple[str, str, str]) -> Run:
    rows = [{"user_id": user, "streamer_id": streamer, "seal": seal} for user, streamer, seal in cases]
    return replace(run, audit={"n_cases": 4, "seal": SEAL, "cases": rows})


def test_a_training_opens_with_what_it_takes_and_ends_with_what_it_is_worth(
    path: Path,
    run: Run,
    make_world: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(announced, "train", lambda *args, **kwargs: path)
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: pytest.fail("an audit was started"))
    announced.train_announced(make_world("no-audio"), path, RunConfig(), "cpu", False, False, 0)
    printed = capsys.readouterr()
    opening = printed.err.splitlines()
    assert opening[-2] == "Training on 60 users, 40 streamers and 600 tips, on the processor."
    assert opening[-1].startswith("This will take about ")
    assert opening[-1].endswith("longer where other programs keep the machine busy.")
    said = printed.out.splitlines()
    assert said[0] == f"Wrote the run {path} in 1 s."
    assert said[1] == verdict(run.metrics, run.dataset.info)
    assert "the best baseline" in said[1]
    assert [line.strip() for line in said[said.index("To go on:") + 1 :]] == list(next_commands(run))


def test_sizes_are_told_in_the_words_of_the_set(run: Run):
    info = replace(run.dataset.info, user_is="viewer", streamer_is="film", tip_is="rating of 4 or 5")
    assert announced.sizes_words(replace(run.dataset, info=info)) == "60 viewers, 40 films and 600 ratings of 4 or 5"


def test_the_commands_open_the_run_and_a_case_that_can_be_explained(run: Run):
    user_id, streamer_id = typical_case(run)
    dashboard, case, whole = next_commands(replace(run, path=Path("my runs") / "one"))
    assert dashboard.endswith("main.py -- --run 'my runs/one'")
    assert case == f"python -m explain case 'my runs/one' --user {user_id} --streamer {streamer_id}"
    assert whole == "python -m explain audit 'my runs/one'"
    assert explain(run, Case(user_id, streamer_id), rank_user(run, user_id)).streamer_rank == 1


def test_a_case_is_one_that_was_audited_best_a_green_one(run: Run):
    found = audited(run, ("u000", "s002", "red"), ("u001", "s003", "green"))
    assert typical_case(found) == ("u001", "s003")
    assert typical_case(audited(run, ("u\u202e1", "s003", "green"), ("u 2", "s004", "red"))) == ("u 2", "s004")
    said = closing_lines(found, None)
    assert said[1] == "Audit of 4 explanations: 3 faithful to the model, 1 with a limit, 0 not to be quoted."
    assert "--user u001 --streamer s003" in said[-2]


@pytest.mark.parametrize("name", ["few-users", "one-streamer"])
def test_a_set_with_nobody_to_rank_names_no_case(name: str, make_run: Callable[[str], Path]):
    found = load_run(make_run(name), device="cpu")
    assert (typical_case(found) is None) == (name == "one-streamer")
    assert len(next_commands(found)) == (2 if name == "one-streamer" else 3)


def test_a_writer_that_a_set_could_not_teach_is_told(run: Run):
    said = closing_lines(replace(run, metrics={**run.metrics, "composer_absent": "Counts alone."}), "No audit.")
    assert said[1:3] == ("Counts alone.", "No audit.")


def test_the_first_audit_is_a_process_of_its_own_with_a_limit(path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []

    def answer(command: list[str], **settings: object) -> SimpleNamespace:
        asked.append((command, settings))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", answer)
    assert run_first_audit(path, 20, "cpu", 300.0) is None
    assert run_first_audit(path, 20, "cpu", 1800.0) is None
    command, settings = asked[0]
    assert command[1:] == ["-m", "explain", "audit", str(path), "--sample", "20", "--no-seeds", "--device", "cpu"]
    assert [told["timeout"] for _, told in asked] == [60.0, 180.0]
    assert settings["env"]["PYTHONPATH"].split(":")[0] == str(Path(first_audit.__file__).parents[2])


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        (subprocess.TimeoutExpired("explain", 60.0), "The first audit took more than 60 s and was stopped"),
        (KeyboardInterrupt(), "The first audit was interrupted"),
        (PermissionError(13, "Permission denied"), "The first audit could not be started (Permission denied)"),
        (None, "The first audit failed (exit status 3)"),
    ],
)
def test_an_audit_that_ends_badly_fails_no_training(
    ending: BaseException | None, sentence: str, path: Path, monkeypatch: pytest.MonkeyPatch
):
    def answer(*args: object, **settings: object) -> SimpleNamespace:
        if ending is not None:
            raise ending
        return SimpleNamespace(returncode=3)

    monkeypatch.setattr(subprocess, "run", answer)
    said = run_first_audit(path, 20, "cpu", 1.0)
    assert said is not None
    assert said.startswith(sentence)
    assert said.endswith(f"`python -m explain audit {path}` makes it.")


def test_without_explain_there_is_no_audit(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(first_audit, "find_spec", lambda name: None)
    assert "explain is not installed" in (run_first_audit(path, 20, "cpu", 1.0) or "")


def test_an_audit_that_is_cut_off_leaves_the_run_as_it_was(path: Path, run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(first_audit, "SECONDS", 0.01)
    said = run_first_audit(path, 2, "cpu", 0.0)
    assert said is not None
    assert "was stopped" in said
    after = load_run(path, device="cpu")
    assert (after.hash, after.audit) == (run.hash, None)


def test_after_a_first_audit_no_seal_lacks_one(run: Run):
    found = audit(run, 2, 0, progress=False, retrain=False)
    fresh = replace(run, audit=found)
    user_id, streamer_id = typical_case(fresh)
    checks = explain(fresh, Case(user_id, streamer_id), rank_user(fresh, user_id)).checks
    names = {check.name: check.verdict for check in checks}
    assert "Run audited" not in names
    assert names["Run: same over trainings"] == "not applicable"
    assert audit_sentence(fresh).startswith("Audit of 2 explanations: ")
