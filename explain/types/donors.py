"""Streamer-side recipes: what a streamer would have to be like, shown by donors who are."""

from dataclasses import dataclass
from typing import Literal

from mspa_model.types import Modality


@dataclass(frozen=True)
class Donation:
    """One streamer-side edit: the streamer's features of a modality become those of a named donor streamer."""

    modality: Modality
    donor_idx: int
    donor: str


@dataclass(frozen=True)
class Reach:
    """The best that any real donor of one modality does for a streamer and one user.

    gain: points over the streamer's own features, never below zero: its own are always there. rank: its place then.
    """

    modality: Modality
    donation: Donation | None
    gain: float
    rank: int


@dataclass(frozen=True)
class ContentHeadroom:
    """How much of a streamer's gap to place k its content could close, were it like the best real donors.

    gap: points short of place k (negative: it stands above). by_modality: each alone; gain, rank: all of them
    together. fixed: the part of the gap that is co-tipping and popularity, which content cannot move.
    """

    streamer_idx: int
    k: int
    gap: float
    fixed: float
    by_modality: tuple[Reach, ...]
    gain: float
    rank: int
    sentence: str


@dataclass(frozen=True)
class GroupFilter:
    """A filter over users; what is None does not filter.

    column, equals: a column of users.parquet and its value; statement: "aspect: name" that the plain statistics of
    the user's tips say it likes; min_tips, max_tips: of its number of tips.
    """

    column: str | None = None
    equals: str | None = None
    statement: str | None = None
    min_tips: int | None = None
    max_tips: int | None = None


@dataclass(frozen=True)
class Group:
    """Users that a filter lets through. user_ids: those that are asked, drawn by seed where there are n_users more."""

    name: str
    user_ids: tuple[str, ...]
    n_users: int


@dataclass(frozen=True)
class DonorRecipe:
    """The fewest donations after which the streamer stands in the top k of a share of a group.

    before, after: for how many of the group's users it does. sentence: in words.
    """

    donations: tuple[Donation, ...]
    before: int
    after: int
    sentence: str

    @property
    def n_edits(self) -> int:
        return len(self.donations)


@dataclass(frozen=True)
class DonorSearch:
    """What a search among donors found for a group (or one user): up to three recipes of the smallest size.

    n_users: asked; n_ranked: in how many of their rankings the streamer stands at all; best: the highest share that any
    combination tried reaches.
    """

    recipes: tuple[DonorRecipe, ...]
    streamer_idx: int
    k: int
    share: float
    n_users: int
    n_ranked: int
    best: float
    n_tried: int
    seconds: float
    stop: Literal["found", "not needed", "nobody", "cancelled", "none"]
    sentence: str
