"""Recipes: the fewest edits, of one user or of a group, that bring a streamer where it was asked to be."""

from dataclasses import dataclass
from typing import Literal

from explain.types.scenario import Edit

Direction = Literal["up", "down"]


@dataclass(frozen=True)
class Recipe:
    """Edits of one user's preference after which a streamer stands inside (or outside) the top k: ranked again, so.

    labels: the edits in words. distance: how far the edited user stands from the user as it is, in the space of the
    map (proximity). unlike: share of real users that stand nearer to their nearest other user than the edited one does
    to any (plausibility; 0 as near as the nearest, 1 farther than all); None without a pool of users.
    """

    edits: tuple[Edit, ...]
    labels: tuple[str, ...]
    rank_before: int | None
    rank_after: int | None
    distance: float
    unlike: float | None
    sentence: str

    @property
    def n_edits(self) -> int:
        return len(self.edits)


@dataclass(frozen=True)
class RecipeSearch:
    """What a search for recipes found: up to three of the same, smallest size, what can be acted on first.

    n_tried: scenarios ranked again; seconds: of the whole search; stop: why it ended.
    """

    recipes: tuple[Recipe, ...]
    streamer_idx: int
    direction: Direction
    k: int
    n_tried: int
    seconds: float
    stop: Literal["found", "not needed", "no candidate", "tries", "cancelled", "edits"]
    sentence: str


@dataclass(frozen=True)
class GroupEdit:
    """One edit made alike for every user of a group.

    who: "all"; "stating": only those whose preference states the value that the edit is about; "tipped", "untipped":
    only those who tipped, or did not tip, the streamer of streamer_idx. Of an edit of tips the key is its streamer_id,
    and a drop takes out all of a user's tips to it, wherever in the history they stand.
    """

    edit: Edit
    who: Literal["all", "stating", "tipped", "untipped"] = "all"
    streamer_idx: int | None = None


@dataclass(frozen=True)
class GroupWorth:
    """What one edit alone does to a streamer in the rankings of a group.

    label, whom: the edit and whose it is, in words; touched: users whose preference it edits; before, after: for how
    many the goal holds without and with it; rank_before, rank_after: the median place by score over all users that the
    goal is about.
    """

    label: str
    whom: str
    touched: int
    before: int
    after: int
    rank_before: float
    rank_after: float


@dataclass(frozen=True)
class GroupRecipe:
    """Edits of one kind, made for every user of a group, after which a streamer stands where it was asked to be for
    the share that was asked: every user ranked again, so.

    before, after: for how many of the users the goal holds. low, high: 95 % interval of the share after, over users
    like those asked. worth: of each edit, for how many users more the goal holds than with the others alone. entered:
    of a streamer that is pushed out, users whose top k it enters instead. touched: users whose preference is edited.
    distance, unlike: as of a Recipe, the median over those; None where nobody is or no pool is given.
    """

    edits: tuple[GroupEdit, ...]
    labels: tuple[str, ...]
    before: int
    after: int
    low: float
    high: float
    worth: tuple[int, ...]
    entered: int
    touched: int
    distance: float
    unlike: float | None
    sentence: str

    @property
    def n_edits(self) -> int:
        return len(self.edits)


@dataclass(frozen=True)
class GroupRecipeSearch:
    """What a search for a group's recipes found: up to three of the smallest size, what can be acted on first.

    n_users: asked; n_ranked: users that the goal is about: in whose rankings the streamer stands ("up"), or stands in
    the top k ("down"); best: the highest share that anything tried reaches; n_tried: scenarios of single users ranked
    again; alone: what single edits are worth, of each kind those that serve most users.
    """

    recipes: tuple[GroupRecipe, ...]
    alone: tuple[GroupWorth, ...]
    streamer_idx: int
    direction: Direction
    k: int
    share: float
    n_users: int
    n_ranked: int
    best: float
    n_tried: int
    seconds: float
    stop: Literal["found", "not needed", "nobody", "tries", "cancelled", "none"]
    sentence: str
