"""The key file of pseudonyms: made once, beside the run and never in it, whole, for its owner alone, never shown."""

import errno
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from explain.report import secret as module
from explain.report.secret import _create, find_secrets, make_secret, places, read_secret
from mspa_model.errors import RunError
from mspa_model.runs import Run
from tests.explain.closed_form import closed_form_run


@pytest.fixture(scope="module")
def closed(make_world, small_config) -> Run:
    return closed_form_run(make_world("matrix"), small_config)


@pytest.fixture
def run(closed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run in a folder of its own, for a user whose state folder is empty."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "runs" / "my.run"
    folder.mkdir(parents=True)
    return replace(closed, path=folder)


@pytest.fixture
def barred(run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder around the run, where nothing can be written; rights would not keep root from it."""
    whole = os.open

    def refusing(path, flags, *mode, **more):
        if flags & os.O_CREAT and Path(path).parent == run.path.parent:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return whole(path, flags, *mode, **more)

    monkeypatch.setattr(os, "open", refusing)
    return run.path.parent


def test_there_is_none_before_first_use_and_then_always_the_same(run: Run):
    assert find_secrets(run) == ()
    first = make_secret(run)
    assert make_secret(run) == first
    assert find_secrets(run) == (first,)


def test_it_lies_beside_the_run_for_its_owner_alone(run: Run):
    make_secret(run)
    assert {path.name for path in run.path.parent.iterdir()} == {"my.run", "my.run.key"}
    assert list(run.path.iterdir()) == []
    assert stat.S_IMODE((run.path.parent / "my.run.key").stat().st_mode) == 0o600


def test_two_runs_have_two_keys(run: Run):
    other = run.path.parent / "other"
    assert make_secret(run) != make_secret(replace(run, path=other))


def test_the_key_holds_256_bits_of_chance(run: Run):
    assert re.fullmatch(rb"[0-9a-f]{64}", make_secret(run))


def test_many_at_once_end_with_one_key_and_nothing_beside_it(run: Run):
    start = Barrier(8)

    def make(_: int) -> bytes:
        start.wait()
        return make_secret(run)

    with ThreadPoolExecutor(8) as pool:
        made = {*pool.map(make, range(8))}
    assert len(made) == 1
    assert {path.name for path in run.path.parent.iterdir()} == {"my.run", "my.run.key"}


def test_who_comes_second_leaves_the_first_one_s_key(run: Run):
    """Both have seen that there is none: the one that writes last must not win."""
    place = places(run)[0]
    _create(place)
    first = read_secret(place)
    _create(place)
    assert read_secret(place) == first


def test_where_the_parent_cannot_be_written_it_lies_in_the_state_folder(run: Run, barred: Path, tmp_path: Path):
    secret = make_secret(run)
    place = tmp_path / "state" / "mspa" / f"{run.hash}.key"
    assert read_secret(place) == secret == make_secret(run)
    assert [path.name for path in barred.iterdir()] == ["my.run"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_without_xdg_the_state_folder_is_the_home_s(run: Run, barred: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for state in ("", "not/absolute"):
        monkeypatch.setenv("XDG_STATE_HOME", state)
        assert places(run)[1] == tmp_path / "home" / ".local" / "state" / "mspa" / f"{run.hash}.key"


def test_where_no_place_can_be_written_that_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch):
    def refuse(place: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(place))

    monkeypatch.setattr(module, "_create", refuse)
    with pytest.raises(RunError, match=r"no place for the key of pseudonyms .*XDG_STATE_HOME"):
        make_secret(run)


def test_a_full_disk_is_not_taken_for_a_barred_place(run: Run, monkeypatch: pytest.MonkeyPatch):
    def fill(place: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(place))

    monkeypatch.setattr(module, "_create", fill)
    with pytest.raises(OSError, match="No space left"):
        make_secret(run)


@pytest.mark.parametrize("content", [b"", b"ab" * 31, b"ab" * 40, b"AB" * 32, b"\xff" * 64, b"no key at all\n"])
def test_a_broken_key_is_one_sentence_that_shows_nothing_of_it_and_is_not_replaced(run: Run, content: bytes):
    place = places(run)[0]
    place.write_bytes(content)
    for ask in (find_secrets, make_secret):
        with pytest.raises(RunError, match="holds no key; expected 64 hexadecimal digits") as refused:
            ask(run)
        assert not content.strip() or content.decode("latin-1").strip() not in str(refused.value)
    assert place.read_bytes() == content


def test_a_key_that_cannot_be_read_is_one_sentence(run: Run, tmp_path: Path):
    places(run)[0].mkdir()
    with pytest.raises(RunError, match="cannot be read"):
        find_secrets(run)
    with pytest.raises(RunError, match="cannot be read"):
        read_secret(tmp_path / "nowhere.key")


def test_no_key_gets_into_git():
    ignored = (Path(__file__).parents[2] / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "*.key" in ignored
