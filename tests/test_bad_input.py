"""What bad input gets: every fault named at once, exit status 2, one clear sentence, nothing written."""

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import SafetensorError

from mspa_model.config import RunConfig
from mspa_model.errors import run_command
from tests.command import Command
from tests.worlds import FAULTS, checkerboard, write_world

TOGETHER = (
    "duplicate streamer",
    "unknown streamer",
    "negative amount",
    "NaN in features",
    "inf in features",
    "time in the future",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fresh copy of the checkerboard, to be damaged."""
    return write_world(checkerboard(), tmp_path / "world")


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("name", FAULTS)
def test_check_and_train_name_the_fault_and_write_nothing(name: str, folder: Path, mspa_model_command: Command):
    FAULTS[name].break_(folder)
    before = _files(folder.parent)
    for words in (("check", folder), ("train", folder, "--out", folder.parent / "run")):
        answer = mspa_model_command(*words)
        assert answer.status == 2, words
        assert [says for says in FAULTS[name].says if says.lower() not in answer.said] == [], answer.said
        assert "traceback" not in answer.said
    assert _files(folder.parent) == before


def test_all_faults_of_a_folder_are_named_at_once(folder: Path, mspa_model_command: Command):
    for name in TOGETHER:
        FAULTS[name].break_(folder)
    for words in (("check", folder), ("train", folder, "--out", folder.parent / "run")):
        answer = mspa_model_command(*words)
        assert answer.status == 2
        missed = [(n, s) for n in TOGETHER for s in FAULTS[n].says if s.lower() not in answer.said]
        assert missed == [], answer.said


def test_a_fault_in_a_process_of_its_own_leaves_status_2_and_no_traceback(folder: Path):
    FAULTS["not Parquet"].break_(folder)
    words = [sys.executable, "-m", "mspa_model", "train", str(folder), "--out", str(folder.parent / "run")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder.parent)
    assert ended.returncode == 2
    assert "tips.parquet" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not (folder.parent / "run").exists()


def test_a_folder_that_is_not_there_is_a_fault_too(tmp_path: Path, mspa_model_command: Command):
    assert mspa_model_command("check", tmp_path / "nowhere").status == 2
    answer = mspa_model_command("train", tmp_path / "nowhere", "--out", tmp_path / "run")
    assert answer.status == 2
    assert "nowhere" in answer.said
    assert _files(tmp_path) == []


def test_train_does_not_overwrite_a_folder_that_is_no_run(folder: Path, mspa_model_command: Command):
    kept = folder.parent / "thesis"
    kept.mkdir()
    (kept / "chapter1.txt").write_text("years of work", encoding="utf-8")
    answer = mspa_model_command("train", folder, "--out", kept)
    assert answer.status == 2
    assert _files(kept) == ["chapter1.txt"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("recommend", "--user", "u0044"), ("u0044", "u004")),
        (("recommend", "--user", "u004", "--why", "s0077"), ("s0077", "s007")),
        (("recommend", "--tip", "s0077"), ("s0077", "s007")),
        (("compose", "--user", "<b>u004</b>"), ("<b>u004</b>", "u004")),
        (("recommend", "--user", "u" * 5_000), ("5000 characters",)),
    ],
)
def test_an_unknown_id_gets_one_sentence_and_the_nearest(
    words: tuple[str, ...], says: tuple[str, ...], tiny_run: Path, mspa_model_command: Command
):
    answer = mspa_model_command(words[0], tiny_run, *words[1:])
    assert answer.status == 2
    assert answer.out == ""
    assert [s for s in says if s.lower() not in answer.said] == []
    assert len(answer.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--user", "u0044", "--streamer", "s006"), ("u0044", "u004")),
        (("--user", "u004", "--streamer", "s0066"), ("s0066", "s006")),
        (("--user", "u004", "--streamer", "s006", "--rival", "nobody"), ("nobody",)),
        (("--user", "u004", "--streamer", "s006", "--step", "99"), ("99", "step")),
    ],
)
def test_an_unknown_case_gets_one_sentence(
    words: tuple[str, ...], says: tuple[str, ...], tiny_run: Path, explain_command: Command
):
    answer = explain_command("case", tiny_run, *words)
    assert answer.status == 2
    assert [s for s in says if s.lower() not in answer.said] == []
    assert len(answer.err.strip().splitlines()) == 1


@pytest.fixture
def run_copy(tiny_run: Path, tiny_world: Path, tmp_path: Path) -> Path:
    """The tiny run beside its world, as they lie in the session's folder; may be damaged."""
    shutil.copytree(tiny_world, tmp_path / "worlds" / tiny_world.name)
    return Path(shutil.copytree(tiny_run, tmp_path / "runs" / tiny_run.name))


def _change_a_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [_change_a_byte, Path.unlink], ids=["a byte changed", "a file missing"])
def test_a_damaged_run_is_refused_by_the_name_of_the_file(
    damage: Callable[[Path], None], tiny_run: Path, tmp_path: Path, mspa_model_command: Command
):
    names = sorted(file.name for file in tiny_run.iterdir())
    assert len(names) > 6
    for name in names:
        run = Path(shutil.copytree(tiny_run, tmp_path / name / "run"))
        damage(run / name)
        answer = mspa_model_command("recommend", run, "--user", "u004")
        assert answer.status == 2, name
        assert name in answer.err, answer.err
        assert "traceback" not in answer.said


def test_a_run_moved_with_its_world_still_loads_and_without_it_says_what_to_do(
    run_copy: Path, tiny_world: Path, mspa_model_command: Command
):
    assert mspa_model_command("recommend", run_copy, "--user", "u004").status == 0
    shutil.rmtree(run_copy.parents[1] / "worlds")
    answer = mspa_model_command("recommend", run_copy, "--user", "u004")
    assert answer.status == 2
    assert "--data" in answer.err
    assert mspa_model_command("recommend", run_copy, "--user", "u004", "--data", tiny_world).status == 0


def test_a_run_on_data_that_has_changed_is_refused(run_copy: Path, mspa_model_command: Command):
    FAULTS["time in the future"].break_(run_copy.parents[1] / "worlds" / run_copy.name)
    answer = mspa_model_command("recommend", run_copy, "--user", "u004")
    assert answer.status == 2


BYTES = 10_000  # less than the largest file of the smallest run
COPIED = [("a.npy", "b.npy", "[Errno 28] No space left on device: 'b.npy'")]


def test_a_disk_that_fills_up_is_one_sentence_and_the_old_run_stays_whole(
    make_run: Callable[[str], Path], make_world: Callable[[str], Path], tmp_path: Path
):
    """As on a full disk: this process may write no file beyond so many bytes."""
    run = Path(shutil.copytree(make_run("few-users"), tmp_path / "runs" / "few-users"))
    world = make_world("few-users")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert max(map(len, before.values())) > BYTES
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({BYTES}, {BYTES}))\n"
        "from mspa_model.__main__ import main\n"
        "main()"
    )
    words = [sys.executable, "-c", code, "evaluate", str(run), "--data", str(world), "--device", "cpu"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert ended.returncode == 2, ended.stderr[-2000:]
    assert "Traceback" not in ended.stderr
    assert "expected room for what is written" in ended.stderr.splitlines()[-1]
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    assert [path.name for path in run.parent.iterdir()] == [run.name]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "a.npy"),
        SafetensorError("I/O error (os error 28)"),
        shutil.Error(COPIED),
    ],
    ids=["Python", "safetensors", "shutil"],
)
def test_a_full_disk_is_known_whoever_wrote(error: Exception, capsys: pytest.CaptureFixture[str]):
    def app() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run_command(app)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("Got a disk that is full")


def test_an_error_that_nobody_can_act_on_is_not_hidden():
    def app() -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    with pytest.raises(OSError, match="Bad file"):
        run_command(app)


def test_a_place_that_is_no_folder_gets_one_sentence(
    folder: Path, make_run: Callable[[str], Path], explain_command: Command
):
    out = folder / "tips.parquet" / "report"
    answer = explain_command("report", make_run("few-users"), "--user", "u004", "--out", out)
    assert answer.status == 2
    assert "tips.parquet" in answer.err
    assert len(answer.err.strip().splitlines()) == 1


ABSENT = "no-such-folder"  # were it read, the sentence would be about it
WRITERS = {
    "train": ("mspa_model", "train", ABSENT, "--out"),
    "sample": ("mspa_model", "sample"),
    "import": ("mspa_model", "import", "csv", ABSENT),
    "benchmark": ("mspa_model", "benchmark", ABSENT, "--out"),
    "teach-lora": ("mspa_model", "teach-lora", ABSENT, "--model", ABSENT, "--out"),
    "report": ("explain", "report", ABSENT, "--user", "u1", "--out"),
}


@pytest.mark.parametrize("command", WRITERS)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(
    command: str, tmp_path: Path, mspa_model_command: Command, explain_command: Command
):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    package, *words = WRITERS[command]
    run = mspa_model_command if package == "mspa_model" else explain_command
    for out in ("link", "link/run", "file", "file/run", "x" * 300):
        answer = run(*words, tmp_path / out)
        assert answer.status == 2, out
        assert len(answer.err.strip().splitlines()) == 1
        assert ("a name of 300 bytes" if out.startswith("x") else str(tmp_path / out.split("/")[0])) in answer.err
        assert ABSENT not in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


@pytest.mark.parametrize("command", ["train", "benchmark", "teach-lora"])
def test_a_folder_with_other_files_is_told_before_anything_is_read(
    command: str, tmp_path: Path, mspa_model_command: Command
):
    (tmp_path / "thesis").write_text("years of work", encoding="utf-8")
    answer = mspa_model_command(*WRITERS[command][1:], tmp_path)
    assert answer.status == 2
    assert "which holds other files" in answer.err
    assert _files(tmp_path) == ["thesis"]


def test_a_run_is_trained_over_by_force_alone(
    make_world: Callable[[str], Path], make_run: Callable[[str], Path], tmp_path: Path, mspa_model_command: Command
):
    run = Path(shutil.copytree(make_run("few-users"), tmp_path / "run"))
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    answer = mspa_model_command("train", make_world("few-users"), "--out", run)
    assert answer.status == 2
    assert "which holds a run; expected a new folder. Name another folder, or say --force" in answer.err
    broken = tmp_path / "world"
    shutil.copytree(make_world("few-users"), broken)
    (broken / "tips.parquet").write_bytes(b"")
    assert mspa_model_command("train", broken, "--out", run, "--force").status == 2
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


@pytest.mark.parametrize(
    ("config", "words", "says"),
    [
        ('{"seed": 3}', ("--seed", "4"), "--seed 4 and seed 3 in --config"),
        (
            '{"ranking": {"max_dense_streamers": 5}}',
            ("--max-dense-streamers", "6"),
            "--max-dense-streamers 6 and ranking.max_dense_streamers 5 in --config",
        ),
    ],
)
def test_a_configuration_and_the_command_line_may_not_disagree(
    config: str, words: tuple[str, ...], says: str, tmp_path: Path, mspa_model_command: Command
):
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    given = ("train", ABSENT, "--out", tmp_path / "run", "--config", tmp_path / "config.json")
    answer = mspa_model_command(*given, *words)
    assert answer.status == 2
    assert says in answer.err
    for same in ((), (words[0], json.loads(config).get("seed", 5))):
        assert ABSENT in mspa_model_command(*given, *same).err


@pytest.mark.parametrize(("config", "words", "seed"), [("{}", (), 7), ('{"seed": 3}', (), 3), ("{}", ("--seed", 4), 4)])
def test_the_seed_is_the_command_line_s_or_the_configuration_s(
    config: str, words: tuple, seed: int, tmp_path: Path, mspa_model_command: Command, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    seeds: list[int] = []

    def benchmark(folder: Path, out: Path, settings: RunConfig, *_: object, **__: object) -> dict:
        seeds.append(settings.seed)
        return {}

    monkeypatch.setattr("mspa_model.training.benchmark.run.benchmark", benchmark)
    monkeypatch.setattr("mspa_model.training.benchmark.table.benchmark_table", lambda told: "")
    assert mspa_model_command("benchmark", ABSENT, "--config", tmp_path / "config.json", *words).status == 0
    assert seeds == [seed]
