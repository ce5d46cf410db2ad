"""A user's pseudonym: HMAC-SHA-256 of the run and the user's id under the run's secret.

Who has a report and a list of all ids, but not the key file, cannot tell whose it is by trying the ids. Who has the run
as well can rank everyone and see whose numbers these are: keep runs as you keep their data.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from explain.report.secret import find_secrets
from mspa_model.errors import UnknownIdError
from mspa_model.runs import Run

SIGN = "~"  # before a key in a URL, where an id could stand too
SHORTEST = 4
_IN_LINK = 16


@dataclass(frozen=True)
class Pseudonym:
    """What a report calls a user. digits: on the page, the key's first ones; key: 64 hex digits."""

    digits: str
    key: str


def user_key(secret: bytes, run_hash: str, user_id: str) -> str:
    """64 hex digits; another run gives the same user another key, so that reports of two runs cannot be joined."""
    return hmac.digest(secret, f"{run_hash}\0{user_id}".encode(), "sha256").hex()


def pseudonym_of(run: Run, user_id: str, secret: bytes) -> Pseudonym:
    """The key, and of it four digits or as many more as no other user of the run begins with, e.g. "7f3a"."""
    key = user_key(secret, run.hash, user_id)
    others = [user_key(secret, run.hash, other) for other in run.dataset.users["user_id"] if other != user_id]
    length = SHORTEST
    while any(other.startswith(key[:length]) for other in others):
        length += 1
    return Pseudonym(key[:length], key)


def link_key(key: str) -> str:
    """How a link names the user, e.g. "~7f3a90c2d1e4b5a6"."""
    return SIGN + key[:_IN_LINK]


def user_behind(run: Run, key: str, secrets: Sequence[bytes]) -> str | None:
    """The user_id behind a key, a link's key or a pseudonym; None where no secret gives it to just one user."""
    wanted = key.removeprefix(SIGN)
    if len(wanted) < SHORTEST:
        return None
    for secret in secrets:
        hits = [u for u in run.dataset.users["user_id"] if user_key(secret, run.hash, u).startswith(wanted)]
        if len(hits) == 1:
            return str(hits[0])
    return None


def user_of_key(run: Run, key: str) -> str:
    """The same by the run's own key file; raises UnknownIdError where that opens no user, or where there is none."""
    secrets = find_secrets(run)
    user_id = user_behind(run, key, secrets)
    if user_id is not None:
        return user_id
    word = run.dataset.info.user_is
    got = f"the {word} pseudonym {key.removeprefix(SIGN)[:20]!r}"
    if not secrets:
        todo = f"Put the key file that it was made with there, or ask for the {word} by id."
        raise UnknownIdError(f"{got} and no key file beside the run", f"{run.path.resolve().name}.key", todo)
    todo = "Open the run that the report names, with its key file: others give the same user another pseudonym."
    raise UnknownIdError(got, f"one of exactly one {word} of this run under the key file here", todo)
