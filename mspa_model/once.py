"""Made when it is first asked for, then kept, whichever thread asks."""

from collections.abc import Callable
from threading import RLock
from typing import TypeVar

Made = TypeVar("Made")


def once(make: Callable[[], Made]) -> Callable[[], Made]:
    """A function that makes at its first call and gives the same ever after; a thread that asks meanwhile waits.

    Where making fails nothing is kept: the next who asks tries again, and gets the error.
    """
    lock, made = RLock(), []

    def get() -> Made:
        with lock:
            if not made:
                made.append(make())
            return made[0]

    return get
