"""Recipes for a group: the fewest edits of one kind, made for every user, that move a streamer for a share of them.

Every user is ranked again; the streamer is never tipped. The model's answer, not a forecast.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from scipy.stats import binomtest

from explain.counterfactual import rescore
from explain.group_asked import Asked
from explain.group_edits import edits_for, group_edits, kind_of, what_of, whom_of
from explain.group_search import Combo, GroupSearch, GroupUser
from explain.plausible import Proximity, UserPool
from explain.possible import around
from explain.recipes import MAX_RECIPES, STRENGTHS, alike, goal_by_score
from explain.search import Cancel, OutOfTries, Progress
from explain.types import Direction, GroupRecipe, GroupRecipeSearch, GroupWorth
from mspa_model.data.ids import streamer_idx_of
from mspa_model.runs import Run
from mspa_model.types import Ranking, RankingTrace

MAX_TRIES = 150_000  # scenarios of single users
SHOWN_ALONE = 3  # single edits of a kind whose worth is told


def find_group_recipes(
    run: Run,
    traces: Sequence[RankingTrace],
    streamer_id: str,
    direction: Direction = "up",
    share: float = 0.5,
    k: int = 10,
    max_tries: int = MAX_TRIES,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
    pool: UserPool | None = None,
) -> GroupRecipeSearch:
    """The fewest edits of one kind, made for all of these users, so that the streamer stands in the top k of at least
    this share of those in whose rankings it stands ("up"), or leaves that of at least this share of those who have it
    there ("down").

    cancel: asked for every user; progress: told the share of the tries that is spent; pool: real users, for how
    plausible it is. Raises UnknownIdError on an unknown streamer.
    """
    started, streamer_idx = time.perf_counter(), streamer_idx_of(run.dataset, streamer_id)
    asked = Asked(run, traces, streamer_idx, direction, share, k)
    recipes: tuple[GroupRecipe, ...] = ()
    search, stop = None, asked.stop()
    if stop is None:
        users = [GroupUser(run, t, goal_by_score(t.final.ranking, streamer_idx, direction, k)) for t in asked.about]
        singles = group_edits(run, [t.final for t in asked.about], streamer_idx, direction)
        search = GroupSearch(users, singles, asked.need, max_tries, cancel, progress)
        try:
            recipes = _Chosen(asked, search, pool).recipes(search.fewest())
            stop = "found" if recipes else "none"
        except OutOfTries:
            stop = "cancelled" if cancel is not None and cancel() else "tries"
    alone = _alone(asked, search) if search is not None and search.ranked else ()
    n_tried, best = (0, asked.before) if search is None else (search.n_tried, max(asked.before, search.best))
    told = asked.sentence(recipes, stop, n_tried, best)
    n, seconds = len(asked.about), time.perf_counter() - started
    reach = best / n if n else 0.0
    return GroupRecipeSearch(
        recipes, alone, streamer_idx, direction, k, share, len(traces), n, reach, n_tried, seconds, stop, told
    )


class _Chosen:
    """Chooses among what was found, makes it as weak as it may be, and ranks every user again."""

    def __init__(self, asked: Asked, search: GroupSearch, pool: UserPool | None) -> None:
        self.asked, self.search, self.pool = asked, search, pool
        self._proximity: dict[str, Proximity] = {}

    def recipes(self, found: Sequence[Combo]) -> tuple[GroupRecipe, ...]:
        """Up to MAX_RECIPES that differ: the best of each kind, then the next, what can be acted on first."""
        by_kind: dict[int, list[Combo]] = {}
        for combo in found:
            by_kind.setdefault(kind_of(combo[0]), []).append(combo)
        kept: list[GroupRecipe] = []
        for _ in range(MAX_RECIPES):
            for kind in sorted(by_kind):
                if len(kept) < MAX_RECIPES and (recipe := self._first(by_kind[kind], kept)) is not None:
                    kept.append(recipe)
        return tuple(sorted(kept, key=lambda recipe: kind_of(recipe.edits[0])))

    def _first(self, found: Sequence[Combo], kept: Sequence[GroupRecipe]) -> GroupRecipe | None:
        """The first that is about something else than those kept, and holds when ranked again."""
        used = [tuple(each.edit for each in recipe.edits) for recipe in kept]
        fresh = [combo for combo in found if not any(alike([each.edit for each in combo], one) for one in used)]
        sound = (self._recipe(self._weakened(combo)) for combo in fresh[:MAX_RECIPES])
        return next((recipe for recipe in sound if recipe is not None), None)

    def _weakened(self, combo: Combo) -> Combo:
        """Each set strength, one after the other, as small as the goal allows."""
        for at, each in enumerate(combo):
            if each.edit.kind != "set statement":
                continue
            edits = [replace(each, edit=replace(each.edit, strength=strength)) for strength in STRENGTHS]
            weaker = [(*combo[:at], edit, *combo[at + 1 :]) for edit in edits]
            served = (self.search.gaps(weaker) > 0).sum(0).tolist()
            combo = next((w for w, n in zip(weaker, served, strict=True) if n >= self.search.need), combo)
        return combo

    def _recipe(self, combo: Combo) -> GroupRecipe | None:
        """The recipe, where it serves enough users when each is ranked again as the What-if page ranks."""
        asked, up = self.asked, self.asked.direction == "up"
        inside = {t.user_id: self._inside(t, combo) for t in asked.ranked}
        after = sum(inside[t.user_id] == up for t in asked.about)
        if after < asked.need:
            return None
        about = {t.user_id for t in asked.about}
        entered = 0 if up else sum(here for user, here in inside.items() if user not in about)
        low, high = binomtest(after, len(asked.about)).proportion_ci(0.95, method="wilson")
        told = [edits_for(t.final.preference, combo) for t in asked.about]
        near = [self._near(t, edits) for t, edits in zip(asked.about, told, strict=True) if edits]
        far = [each for _, each in near if each is not None]
        labels = asked.labels(combo)
        return GroupRecipe(
            combo,
            labels,
            asked.before,
            after,
            float(low),
            float(high),
            self._worth(combo),
            entered,
            len(near),
            median([distance for distance, _ in near]),
            median(far) if far else None,
            asked.told(labels, after, (float(low), float(high)), entered),
        )

    def _inside(self, trace: RankingTrace, combo: Combo) -> bool:
        asked, step = self.asked, trace.final
        after = rescore(asked.run, step, edits_for(step.preference, combo), trace.candidate_scope)
        rank = after.rank_of(asked.streamer_idx)
        freed = _freed(step.ranking, after, asked.streamer_idx) if asked.direction == "up" else 0
        return rank is not None and asked.inside(rank + freed)

    def _near(self, trace: RankingTrace, edits: tuple) -> tuple[float, float | None]:
        if trace.user_id not in self._proximity:
            self._proximity[trace.user_id] = Proximity(self.asked.run, trace.final.preference, self.pool)
        return self._proximity[trace.user_id].of(edits)

    def _worth(self, combo: Combo) -> tuple[int, ...]:
        """Users served with all less users served without each."""
        without = [tuple(other for other in combo if other is not each) for each in combo]
        served = (self.search.gaps([combo, *without]) > 0).sum(0).tolist()
        return tuple(served[0] - less for less in served[1:])


def _freed(before: Ranking, after: Ranking, streamer_idx: int) -> int:
    """Places above the streamer that are only won because whoever held them was tipped and left the list."""
    left = set(around(before, streamer_idx)[0]) - set(after.order.tolist())
    own = float(after.scores[streamer_idx]), -streamer_idx
    return sum((float(after.scores[idx]), -idx) > own for idx in left)


def _alone(asked: Asked, search: GroupSearch) -> tuple[GroupWorth, ...]:
    """What single edits are worth: of each kind those that serve most users, then those that come nearest."""
    served, places = (search.single_gaps() > 0).sum(0).tolist(), search.places()
    before = [t.final.ranking.by_score.tolist().index(asked.streamer_idx) + 1 for t in asked.about]
    sign = 1 if asked.direction == "up" else -1
    order = sorted(range(len(served)), key=lambda i: (-served[i], sign * int(places[:, i].sum())))
    found = []
    for kind in sorted({kind_of(each) for each in search.singles}):
        for i in [i for i in order if kind_of(search.singles[i]) == kind][:SHOWN_ALONE]:
            each = search.singles[i]
            ranks = float(median(before)), float(median(places[:, i].tolist()))
            touched = asked.n_edited(each)
            words = what_of(asked.run, each), whom_of(each, touched)
            found.append(GroupWorth(*words, touched, asked.before, served[i], *ranks))
    return tuple(found)
