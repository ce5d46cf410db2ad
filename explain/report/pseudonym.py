"""A user's pseudonym: a hash of the run's hash and the user's id.

It keeps ids off paper. It is no anonymity: who has the run, or both the report and a list of ids, can find the user.
"""

import hashlib

from mspa_model.errors import UnknownIdError
from mspa_model.runs import Run

SIGN = "~"  # before a key in a URL, where an id could stand too
_SHORTEST = 4
_IN_LINK = 16


def user_key(run_hash: str, user_id: str) -> str:
    """64 hex digits; another run gives the same user another key, so that reports of two runs cannot be joined."""
    return hashlib.sha256(f"{run_hash}\0{user_id}".encode()).hexdigest()


def pseudonym(run: Run, user_id: str) -> str:
    """The key's first digits, four or as many more as no other user of the run begins with, e.g. "7f3a"."""
    key = user_key(run.hash, user_id)
    others = [user_key(run.hash, other) for other in run.dataset.users["user_id"] if other != user_id]
    length = _SHORTEST
    while any(other.startswith(key[:length]) for other in others):
        length += 1
    return key[:length]


def link_key(key: str) -> str:
    """How a link names the user, e.g. "~7f3a90c2d1e4b5a6"."""
    return SIGN + key[:_IN_LINK]


def user_of_key(run: Run, key: str) -> str:
    """The user_id behind a key, a link's key or a pseudonym; raises UnknownIdError where not just one user has it."""
    wanted = key.removeprefix(SIGN)
    hits = [u for u in run.dataset.users["user_id"] if user_key(run.hash, u).startswith(wanted)]
    if len(wanted) < _SHORTEST or len(hits) != 1:
        word = run.dataset.info.user_is
        todo = "Open the run that the report names: another run gives the same user another pseudonym."
        raise UnknownIdError(f"the {word} pseudonym {wanted[:20]!r}", f"one of exactly one {word} of this run", todo)
    return str(hits[0])
