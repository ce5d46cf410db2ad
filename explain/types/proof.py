"""What says how far an explanation can be trusted."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Check:
    """A number with its limit that says whether an explanation can be trusted.

    grave: a failure makes the seal red; otherwise amber, with this check as the limit that is named.
    """

    name: str
    value: float | None
    limit: float | None
    verdict: Literal["pass", "fail", "not applicable"]
    sentence: str
    grave: bool = True


@dataclass(frozen=True)
class Seal:
    """The verdict over a case's checks. green: faithful to the model; amber: with the limit named; red: do not quote.

    truth: how often answers under such a seal named the true reason, or that nobody knows.
    """

    colour: Literal["green", "amber", "red"]
    sentence: str
    truth: str = ""


@dataclass(frozen=True)
class EvidenceLine:
    """How well the model knows users with as many tips.

    metric, value, low, high, n_users: accuracy over test users whose number of train tips falls in the same bucket
    (bucket in words); None where none was tested. in_test: whether this user was.
    """

    n_tips: int
    bucket: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n_users: int
    in_test: bool
    sentence: str
