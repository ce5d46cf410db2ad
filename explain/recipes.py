"""Recipes: the fewest edits of a user that bring a streamer into the top k, or push it out; each ranked again.

Every result is the model's answer, not a forecast.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from explain.counterfactual import rescore
from explain.narrate import counted, name_of, ordinal, with_edits
from explain.plausible import Proximity, UserPool
from explain.possible import ACTS, edit_label, possible_edits, subject_of
from explain.rescoring import Edits, Rescorer
from explain.search import Cancel, Goal, OutOfTries, Progress, Search
from explain.types import Direction, Edit, Recipe, RecipeSearch
from mspa_model.data.ids import streamer_idx_of
from mspa_model.runs import Run
from mspa_model.types import Ranking, RankingTrace

MAX_TRIES = 6_000
MAX_RECIPES = 3
COMPARED = 4  # recipes of one set of kinds of which the most plausible is kept
STRENGTHS = tuple(round(0.1 * n, 1) for n in range(1, 10))  # weaker ones that a set statement may do with
NOT_A_FORECAST = "This is the model's answer, not a forecast."


def find_recipes(
    run: Run,
    trace: RankingTrace,
    streamer_id: str,
    direction: Direction = "up",
    k: int = 10,
    max_tries: int = MAX_TRIES,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
    pool: UserPool | None = None,
    greedy: bool = False,
) -> RecipeSearch:
    """Up to three sets of the fewest edits after which the streamer stands inside ("up") or outside ("down") the top k.

    cancel: asked between batches; progress: told the share of the tries that is spent; pool: real users, for how
    plausible a recipe is; greedy: see greedy_recipe. Raises UnknownIdError on an unknown streamer. Where places are
    kept for the new, the goal is a place held by score.
    """
    started, streamer_idx = time.perf_counter(), streamer_idx_of(run.dataset, streamer_id)
    rescorer = Rescorer(run, trace.final, trace.candidate_scope)
    stop, found = _search(run, trace, streamer_idx, direction, k, rescorer, max_tries, cancel, progress, greedy)
    finisher = _Finisher(run, trace, streamer_idx, direction, k, rescorer, pool)
    recipes = finisher.recipes(found)
    stop = "edits" if stop == "found" and not recipes else stop
    n_tried = rescorer.n_scored + finisher.n_ranked
    sentence = _sentence(run, trace, streamer_idx, direction, k, recipes, stop, n_tried)
    seconds = time.perf_counter() - started
    return RecipeSearch(recipes, streamer_idx, direction, k, n_tried, seconds, stop, sentence)


def greedy_recipe(
    run: Run, trace: RankingTrace, streamer_id: str, direction: Direction = "up", k: int = 10
) -> RecipeSearch:
    """The baseline, of the same single edits: the one that moves the streamer furthest, then the next on top of it."""
    return find_recipes(run, trace, streamer_id, direction, k, greedy=True)


def _search(
    run: Run,
    trace: RankingTrace,
    streamer_idx: int,
    direction: Direction,
    k: int,
    rescorer: Rescorer,
    max_tries: int,
    cancel: Cancel | None,
    progress: Progress | None,
    greedy: bool,
) -> tuple[str, list[Edits]]:
    """Why the search ended, and the combinations that it found."""
    step, rank = trace.final, trace.final.ranking.rank_of(streamer_idx)
    if rank is None:
        return "no candidate", []
    if (rank <= k) == (direction == "up"):
        return "not needed", []
    goal = goal_by_score(step.ranking, streamer_idx, direction, k)
    search = None
    try:
        search = Search(rescorer, goal, possible_edits(run, step, streamer_idx), max_tries, cancel, progress)
        found = _greedily(search, goal) if greedy else search.fewest()
        return ("found" if found else "edits"), found
    except OutOfTries:
        return ("cancelled" if cancel is not None and cancel() else "tries"), []


def goal_by_score(ranking: Ranking, streamer_idx: int, direction: Direction, k: int) -> Goal:
    """The goal among those of the top k places that are held by score: places kept for the new are not to be had."""
    by_score = k - sum(idx in ranking.placed for idx in ranking.order[:k].tolist())
    return Goal(streamer_idx, direction, max(by_score, 1))


def _greedily(search: Search, goal: Goal) -> list[Edits]:
    while (edits := search.greedy_step()) is not None:
        if float(goal.gaps(search.tried([edits]), goal.streamer_idx)[0]) > 0:
            return [edits]
    return []


class _Finisher:
    """Chooses among what was found, makes it as weak as it may be, ranks it again, and says what it is worth."""

    def __init__(
        self,
        run: Run,
        trace: RankingTrace,
        streamer_idx: int,
        direction: Direction,
        k: int,
        rescorer: Rescorer,
        pool: UserPool | None,
    ) -> None:
        self.run, self.trace, self.rescorer = run, trace, rescorer
        self.streamer_idx, self.direction, self.k, self.n_ranked = streamer_idx, direction, k, 0
        self.goal = goal_by_score(trace.final.ranking, streamer_idx, direction, k)
        self._proximity = Proximity(run, trace.final.preference, pool)

    def recipes(self, found: Sequence[Edits]) -> tuple[Recipe, ...]:
        """Up to MAX_RECIPES that differ, what can be acted on first, then by kinds that are not there yet; of each set
        of kinds the one least unlike real users, then the nearest; only such as hold when ranked again.
        """
        groups: dict[tuple[int, ...], list[Edits]] = {}
        for edits in found:
            groups.setdefault(tuple(sorted(ACTS[edit.kind] for edit in edits)), []).append(edits)
        ordered = [groups[kinds] for kinds in sorted(groups, key=lambda kinds: (max(kinds), sum(kinds)))]
        kept: list[Recipe] = []
        for _ in range(MAX_RECIPES):
            for group in ordered:
                if len(kept) < MAX_RECIPES and (best := self._best(group, kept)) is not None:
                    kept.append(best)
        return tuple(sorted(kept, key=lambda recipe: _acts(recipe.edits)))

    def _best(self, group: Sequence[Edits], kept: Sequence[Recipe]) -> Recipe | None:
        """Of the first that differ from those kept, the one least unlike real users."""
        fresh = [edits for edits in group if not any(alike(edits, recipe.edits) for recipe in kept)]
        weighed = [(edits, *self._proximity.of(edits)) for edits in map(self._weakened, fresh[:COMPARED])]
        weighed.sort(key=lambda found: (found[2] or 0.0, found[1]))
        sound = (self._recipe(edits, distance, far) for edits, distance, far in weighed)
        return next((recipe for recipe in sound if recipe is not None), None)

    def _weakened(self, edits: Edits) -> Edits:
        """Each set strength, one after the other, as small as the goal allows."""
        for position, edit in enumerate(edits):
            if edit.kind != "set statement":
                continue
            weaker = [(*edits[:position], replace(edit, strength=s), *edits[position + 1 :]) for s in STRENGTHS]
            gaps = self.goal.gaps(self.rescorer.scores(weaker), self.streamer_idx)
            holds = [each for each, gap in zip(weaker, gaps.tolist(), strict=True) if gap > 0]
            edits = holds[0] if holds else edits
        return edits

    def _recipe(self, edits: Edits, distance: float, far: float | None) -> Recipe | None:
        """The recipe, where it holds when ranked again as the What-if page ranks it."""
        run, step = self.run, self.trace.final
        after = rescore(run, step, edits, self.trace.candidate_scope)
        self.n_ranked += 1
        ranks = step.ranking.rank_of(self.streamer_idx), after.rank_of(self.streamer_idx)
        if ranks[1] is None or (ranks[1] <= self.k) != (self.direction == "up"):
            return None
        labels = tuple(edit_label(run, step.preference, edit) for edit in edits)
        name = name_of(run.dataset, self.streamer_idx)
        said = f"{with_edits(labels)}, {name} would stand {ordinal(ranks[1])} instead of {ordinal(ranks[0])}."
        return Recipe(edits, labels, *ranks, distance, far, f"{said} {NOT_A_FORECAST}")


def _acts(edits: Edits) -> tuple[int, int]:
    """What someone could act on comes first: by the edit that can be acted on least, then by all of them."""
    acts = [ACTS[edit.kind] for edit in edits]
    return max(acts), sum(acts)


def alike(one: Sequence[Edit], other: Sequence[Edit]) -> bool:
    """Whether more than half of the subjects are the same: then the second says little that is new."""
    subjects = {subject_of(edit) for edit in one}, {subject_of(edit) for edit in other}
    return 2 * len(subjects[0] & subjects[1]) > min(len(each) for each in subjects)


def _sentence(
    run: Run,
    trace: RankingTrace,
    streamer_idx: int,
    direction: Direction,
    k: int,
    recipes: Sequence[Recipe],
    stop: str,
    n_tried: int,
) -> str:
    info, name = run.dataset.info, name_of(run.dataset, streamer_idx)
    rank = trace.final.ranking.rank_of(streamer_idx)
    if rank is None:
        return f"{name} is not in this ranking, so no edit of this {info.user_is} moves it."
    if stop == "not needed":
        side = "in" if direction == "up" else "outside"
        return f"{name} stands {ordinal(rank)}, {side} the top {k} already."
    move = f"into the top {k}" if direction == "up" else f"out of the top {k}"
    tried = f"{n_tried:,} {'try' if n_tried == 1 else 'tries'}"
    if recipes:
        fewest = counted(recipes[0].n_edits, "edit")
        first = f"{fewest} would bring {name} {move}" if direction == "up" else f"{fewest} would push {name} {move}"
        return f"{first} ({tried}): {recipes[0].sentence}"
    if stop == "cancelled":
        return f"Cancelled: none found within {tried}."
    return f"None found within {tried}: no set of edits that was tried brings {name} {move}. {NOT_A_FORECAST}"
