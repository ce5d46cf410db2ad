"""A folder appears whole or not at all; what killed writers leave is cleared, and never what another still writes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mspa_model.errors import RunError
from mspa_model.folders import SETTLED, clear_left_behind, new_folder

MARK = "done"
WRITER = """
import sys, time
from pathlib import Path
from mspa_model.folders import new_folder
with new_folder(Path(sys.argv[1]), "done") as fresh:
    (fresh / "half").write_text("half a run")
    print(fresh, flush=True)
    time.sleep(600)
"""


def _write(out: Path, text: str) -> None:
    with new_folder(out, MARK) as fresh:
        (fresh / MARK).write_text(text)


def _age(folder: Path) -> None:
    """As if nothing had touched it for as long as it takes to count as left behind."""
    then = time.time() - SETTLED - 1
    os.utime(folder, (then, then))


@pytest.fixture
def writer(tmp_path: Path):
    """A process in the middle of replacing tmp_path/run, and the folder that it writes."""
    _write(tmp_path / "run", "old")
    words = [sys.executable, "-c", WRITER, str(tmp_path / "run")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_a_new_folder_takes_the_old_one_s_place_and_leaves_nothing_beside_it(tmp_path: Path):
    for text in ("first", "second"):
        _write(tmp_path / "run", text)
        assert (tmp_path / "run" / MARK).read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path):
    _write(tmp_path / "run", "old")
    with pytest.raises(TypeError):
        _write(tmp_path / "run", b"what write_text refuses")
    assert (tmp_path / "run" / MARK).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_without_the_mark_is_never_replaced(tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis").write_text("years of work")
    with pytest.raises(RunError, match="holds other files"):
        _write(tmp_path / "run", "new")
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "thesis"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_writer_leaves_the_old_folder_whole_and_the_next_one_clears_up(
    end: signal.Signals, writer: tuple[subprocess.Popen, Path], tmp_path: Path
):
    process, half = writer
    process.send_signal(end)
    process.wait()
    assert (tmp_path / "run" / MARK).read_text() == "old"
    assert (half / "half").is_file()
    _age(half)
    _write(tmp_path / "run", "new")
    assert (tmp_path / "run" / MARK).read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_another_process_still_writes_is_left_alone(writer: tuple[subprocess.Popen, Path], tmp_path: Path):
    _, half = writer
    _age(half)
    _write(tmp_path / "run", "new")
    assert (half / "half").is_file()


def test_what_is_fresh_or_not_ours_is_left_alone(tmp_path: Path):
    names = (".run.settings", ".run.unfinished-notes", ".other.unfinished-abcdefgh", ".run.teaching")
    for name in names:
        (tmp_path / name).mkdir()
        _age(tmp_path / name)
    (tmp_path / ".run.unfinished-abcdefgh").mkdir()
    clear_left_behind(tmp_path / "run")
    assert {path.name for path in tmp_path.iterdir()} == {*names, ".run.unfinished-abcdefgh"}


def test_a_run_that_was_taken_away_and_never_replaced_comes_back(tmp_path: Path):
    away = tmp_path / ".run.before-abcdefgh"
    (away / "run").mkdir(parents=True)
    (away / "run" / MARK).write_text("old")
    _age(away)
    clear_left_behind(tmp_path / "run")
    assert (tmp_path / "run" / MARK).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
