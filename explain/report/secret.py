"""The secret behind a run's pseudonyms: a file beside the run's folder, made at first use, never shown and never in it.

RUN.key, mode 600; where that place cannot be written, the user's state folder, under the name of the model's identity.
"""

import errno
import os
import re
import secrets
from pathlib import Path

from mspa_model.errors import RunError
from mspa_model.runs import Run

_DIGITS = 64  # hexadecimal: 256 bits
_FORM = re.compile(rb"[0-9a-f]{64}\s*")
_BARRED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENAMETOOLONG}
_TODO = "Put a copy of the right file there; without it the users of earlier reports stay behind their pseudonyms."


def places(run: Run) -> tuple[Path, ...]:
    """Where the run's key file may lie, the usual place first."""
    folder = run.path.resolve()
    return folder.with_name(f"{folder.name}.key"), *_in_state_folder(f"{run.hash}.key")


def _in_state_folder(name: str) -> tuple[Path, ...]:
    configured = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        state = configured if configured.is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:  # a user without a home
        return ()
    return (state / "mspa" / name,)


def key_file(run: Run) -> Path | None:
    """Where the run's key file lies; None before its first report."""
    return next((place for place in places(run) if _lies(place)), None)


def find_secrets(run: Run) -> tuple[bytes, ...]:
    """The run's secrets, that of the usual place first; none before first use. Raises RunError on a broken file."""
    return tuple(read_secret(place) for place in places(run) if _lies(place))


def make_secret(run: Run) -> bytes:
    """The run's secret, made where there is none. Raises RunError where no place can be written."""
    if existing := find_secrets(run):
        return existing[0]
    for place in places(run):
        try:
            _create(place)
            return read_secret(place)
        except OSError as error:
            if error.errno not in _BARRED:
                raise
    tried = " and ".join(str(place.parent) for place in places(run))
    todo = "Make one of them writable, or set XDG_STATE_HOME to a folder that is."
    raise RunError(f"no place for the key of pseudonyms ({tried})", "a folder that can be written", todo)


def _create(place: Path) -> None:
    """A new secret at `place`, whole or not at all; of two processes at once the first one's stays."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = place.with_name(f".{secrets.token_hex(8)}.key")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(_DIGITS // 2).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, place)  # never over another: a rename would be
    except FileExistsError:
        return
    finally:
        fresh.unlink()


def read_secret(file: Path) -> bytes:
    """What a key file holds; raises RunError, without showing any of it, where that is no key."""
    try:
        with file.open("rb") as opened:
            text = opened.read(2 * _DIGITS)
    except OSError as error:
        got = f"the key file {file}, which cannot be read ({error.strerror})"
        raise RunError(got, "a file that this user may read", _TODO) from error
    if _FORM.fullmatch(text) is None:
        raise RunError(f"the key file {file}, which holds no key", f"{_DIGITS} hexadecimal digits", _TODO)
    return text.strip()


def _lies(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # a folder on the way that may not be looked into
        return False
