"""Where a command may write; a folder that appears whole or not at all, and what a killed process leaves of one."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mspa_model.errors import RunError

try:
    import fcntl
except ImportError:  # not on Windows: what is left behind there stays
    fcntl = None

NAME_ROOM = 32  # bytes that the longest name beside a folder adds to its own: .NAME.unfinished-abcdefgh
_LONGEST_NAME = 255  # bytes, where the system does not say
_SHOWN = 80  # characters of a path in a sentence
SETTLED = 60.0  # seconds without a change before a folder may count as left behind: its writer has locked it by then


def check_destination(out: Path, named: str = "--out", inside: bool = False) -> None:
    """Raises RunError, in one sentence, where no folder could be written at `out`: asked before anything is computed.

    named: what the sentence calls it. inside: files are put into the folder that may be there already; else a new
    folder is written beside it and takes its place.
    """
    out = Path(out).absolute()
    _refuse_long_names(out, named, 0 if inside else NAME_ROOM)
    for place in (out, *out.parents):
        if place.is_symlink() and not place.exists():
            where = "" if place == out else f"below {_shown(place)}, "
            got = f"{named} {_shown(out)}, {where}a link to {_shown(os.readlink(place))}, where nothing is"
            raise RunError(got, "a folder or a place for one", "Name another place, or make what the link names.")
        if place.exists() and not place.is_dir():
            what = "which is a file" if place == out else f"below {_shown(place)}, which is a file"
            raise RunError(f"{named} {_shown(out)}, {what}", "a folder or a place for one", "Name another place.")
    there = next(place for place in (out if inside else out.parent, *out.parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        got = f"{named} {_shown(out)}, in {_shown(there)}, where this user may not write"
        raise RunError(got, "a place that may be written", "Change its rights or name another place.")


def check_free(out: Path, mark: str, force: bool = False, what: str = "run") -> None:
    """Raises RunError where `out` holds something: other files, or, without force, a folder with the file `mark`."""
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not (out / mark).is_file():
        got = f"--out {_shown(out)}, which holds other files"
        raise RunError(got, f"a new folder or an older {what}", "Name another folder.")
    if not force:
        todo = f"Name another folder, or say --force: the old {what} is kept until the new one is whole."
        raise RunError(f"--out {_shown(out)}, which holds a {what}", "a new folder", todo)


def _refuse_long_names(out: Path, named: str, room: int) -> None:
    """Part by part, because the system answers no question about a path with a name that is too long."""
    there = Path(out.anchor)
    for place, part in enumerate(out.parts[1:], start=2):
        limit = os.pathconf(there, "PC_NAME_MAX") if hasattr(os, "pathconf") else _LONGEST_NAME
        size, most = len(os.fsencode(part)), limit - (room if place == len(out.parts) else 0)
        if size > most:
            got, expected = f"{named} with a name of {size} bytes ({_shown(part)})", f"at most {most} bytes"
            raise RunError(got, expected, "Shorten it.")
        there = there / part if (there / part).is_dir() else there


def _shown(path: Path | str) -> str:
    text = str(path)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}…{text[-_SHOWN // 2 :]}"


@contextmanager
def new_folder(out: Path, mark: str) -> Iterator[Path]:
    """A sibling folder to write into; takes the place of `out` at the end, and vanishes where anything fails.

    mark: the file by which an older folder at `out` may be replaced; raises RunError where another stands there.
    """
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    clear_left_behind(out)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.unfinished-", dir=out.parent))
    handle = _lock(fresh)
    try:
        yield fresh
        fresh.chmod(0o755)
        _replace(out, fresh, mark)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _replace(out: Path, fresh: Path, mark: str) -> None:
    if not out.exists():
        fresh.rename(out)
        return
    check_free(out, mark, force=True)
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.before-", dir=out.parent))
    out.rename(old / out.name)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def clear_left_behind(out: Path) -> None:
    """Removes what killed writers of `out` have left beside it, never what another is still writing.

    Where one was killed between taking the old folder away and putting the new one there, the old one comes back.
    """
    for folder in _left_behind(out):
        if (folder / out.name).is_dir() and ".before-" in folder.name and not out.exists():
            (folder / out.name).rename(out)
        shutil.rmtree(folder, ignore_errors=True)


def _left_behind(out: Path) -> list[Path]:
    known = re.compile(rf"\.{re.escape(out.name)}\.(unfinished|before)-[a-z0-9_]{{8}}")
    found = [path for path in out.parent.iterdir() if known.fullmatch(path.name) and path.is_dir()]
    return [p for p in found if not p.is_symlink() and time.time() - p.stat().st_mtime > SETTLED and _free(p)]


def _free(folder: Path) -> bool:
    """True where no process holds the folder: the system lets go of a lock however its process ends."""
    handle = _lock(folder)
    if handle is not None:
        os.close(handle)
    return handle is not None


def _lock(folder: Path) -> int | None:
    """Locks the folder until the handle is closed; None where another holds it, or this system locks no folders."""
    if fcntl is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
