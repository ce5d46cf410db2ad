"""Errors that a person can act on: what was got, what was expected, what to do."""

import errno
import re
import sys
from collections.abc import Callable

_FULL = "Free some space or name a place with more; what stood there before is whole."
_BARRED = "Change its rights or name another place."
_SYSTEM = {
    errno.ENOSPC: ("a disk that is full", "room for what is written", _FULL),
    errno.EDQUOT: ("a disk quota that is used up", "room for what is written", _FULL),
    errno.EFBIG: ("a file larger than this system lets it grow", "room for what is written", _FULL),
    errno.EACCES: ("a place that may not be used", "one that may be read and written", _BARRED),
    errno.EPERM: ("a place that may not be used", "one that may be read and written", _BARRED),
    errno.EROFS: ("a disk that is read-only", "one that can be written", _BARRED),
    errno.ENAMETOOLONG: ("a name that is too long", "one that this system allows", "Shorten it."),
    errno.ENOTDIR: ("a file on the way to a folder", "folders alone on the way", "Name another place."),
}


class MspaError(Exception):
    """Base of every error that is the input's fault; commands print it as one sentence and exit with status 2."""

    def __init__(self, got: str, expected: str, todo: str) -> None:
        self.got, self.expected, self.todo = got, expected, todo
        super().__init__(f"Got {got}; expected {expected}. {todo}")


class DataError(MspaError):
    """A dataset folder that is not sound."""


class RunError(MspaError):
    """A run folder that is damaged, incomplete or made from other data."""


class UnknownIdError(MspaError):
    """A user or streamer that the dataset does not know."""


class ResourceError(MspaError):
    """Work that would not fit the machine."""


class EncoderError(MspaError):
    """An encoder whose package or weights are absent or not the pinned ones."""


class ComposerError(MspaError):
    """A language model that is absent, unsafe to load or unable to write preferences."""


def system_fault(error: Exception) -> ResourceError | None:
    """A full disk or a barred place as a sentence, however deep it was met; None for every other error.

    safetensors, which writes by itself, and shutil, which copies whole folders, tell the number in words alone.
    """
    told = re.search(r"(?:os error |\[Errno )(\d+)", str(error))
    number = getattr(error, "errno", None) or (int(told[1]) if told else None)
    if number not in _SYSTEM:
        return None
    got, expected, todo = _SYSTEM[number]
    where = getattr(error, "filename", None)
    return ResourceError(f"{got}: {str(where)[:200]!r}" if where else got, expected, todo)


def run_command(app: Callable[[], object]) -> None:
    """A command line; what a person can act on becomes one sentence on stderr and exit status 2."""
    try:
        app()
    except Exception as error:
        fault = error if isinstance(error, MspaError) else system_fault(error)
        if fault is None:
            raise
        print(fault, file=sys.stderr)
        sys.exit(2)
