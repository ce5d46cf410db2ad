"""Recipes: the fewest edits that bring a streamer where it was asked to be, and what they are worth."""

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
