"""A folder appears whole or not at all; what killed writers leave is cleared, and never what another still writes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mspa_model import folders
from mspa_model.errors import RunError
from mspa_model.folders import SETTLED, check_destination, check_free, clear_left_behind, new_folder

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


def _dangling(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nowhere")
    return folder / "link"


def _file(folder: Path) -> Path:
    (folder / "notes.txt").write_text("mine")
    return folder / "notes.txt"


UNFIT = {
    "a dangling link": (_dangling, "/link, a link to .*nowhere, where nothing is"),
    "below a dangling link": (lambda folder: _dangling(folder) / "run", "/link/run, below .*link, a link to"),
    "a file": (_file, "notes.txt, which is a file"),
    "below a file": (lambda folder: _file(folder) / "a" / "run", "/a/run, below .*notes.txt, which is a file"),
    "a long name": (lambda folder: folder / ("x" * 300), "a name of 300 bytes"),
    "a long name on the way": (lambda folder: folder / ("x" * 300) / "run", "a name of 300 bytes"),
    "letters of three bytes": (lambda folder: folder / ("漢" * 86), "a name of 258 bytes"),
}


@pytest.mark.parametrize("place", UNFIT)
@pytest.mark.parametrize("inside", [False, True])
def test_a_place_where_nothing_can_be_written_is_one_sentence(place: str, inside: bool, tmp_path: Path):
    make, says = UNFIT[place]
    with pytest.raises(RunError, match=says) as told:
        check_destination(make(tmp_path), inside=inside)
    assert str(told.value).startswith("Got --out ")
    assert len(str(told.value).splitlines()) == 1
    assert len(str(told.value)) < 500


def test_room_is_left_for_the_name_of_what_is_unfinished(tmp_path: Path):
    """Beside the folder stands another, with a longer name, until it is whole."""
    with pytest.raises(RunError, match="at most 223 bytes"):
        check_destination(tmp_path / ("x" * 224))
    longest = tmp_path / ("x" * 223)
    check_destination(longest)
    _write(longest, "whole")
    assert (longest / MARK).read_text() == "whole"
    check_destination(tmp_path / ("x" * 255), inside=True)


@pytest.mark.parametrize("inside", [False, True])
def test_a_place_without_rights_is_named(inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whoever runs this may be root, to whom the system refuses nothing."""
    shut = tmp_path / "shut"
    shut.mkdir()
    monkeypatch.setattr(folders.os, "access", lambda path, _: Path(path) != shut)
    with pytest.raises(RunError, match=r"new/run, in .*shut, where this user may not write"):
        check_destination(shut / "new" / "run", inside=inside)
    if inside:
        with pytest.raises(RunError, match="may not write"):
            check_destination(shut, inside=True)


def test_places_that_can_be_written_are_let_through(tmp_path: Path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    for name in ("new", "there", "link", "link/run", "not/yet/run"):
        check_destination(tmp_path / name)
        check_destination(tmp_path / name, inside=True)


def test_an_older_run_is_replaced_by_force_alone(tmp_path: Path):
    check_free(tmp_path / "run", MARK)
    _write(tmp_path / "run", "old")
    with pytest.raises(RunError, match=r"which holds a run; expected a new folder\. .* say --force"):
        check_free(tmp_path / "run", MARK)
    check_free(tmp_path / "run", MARK, force=True)
    (tmp_path / "run" / MARK).rename(tmp_path / "run" / "thesis")
    for force in (False, True):
        with pytest.raises(RunError, match="which holds other files"):
            check_free(tmp_path / "run", MARK, force)
