"""A folder that appears whole or not at all, and what a killed process leaves of one."""

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

SETTLED = 60.0  # seconds without a change before a folder may count as left behind: its writer has locked it by then


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
    if not (out / mark).is_file() and any(out.iterdir()):
        raise RunError(f"--out {out}, which holds other files", "a new folder or an older run", "Name another folder.")
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
