"""What the search for recipes is worth: do they hold when run again, how do they stand beside greedy's, how long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explain.audit.draw import TOP, AuditCase
from explain.counterfactual import rescore
from explain.deletion import place_in
from explain.possible import possible_edits
from explain.recipes import find_recipes, greedy_recipe
from explain.rescoring import Rescorer
from explain.search import Goal, best_pair
from explain.types import Recipe
from mspa_model.data.ids import streamer_idx_of
from mspa_model.runs import Run

ROUNDING = 1e-4  # points by which the same scenario differs when it is scored in a batch


@dataclass(frozen=True)
class RecipeFound:
    """One search: edits of the shortest recipe and of greedy's, None where none was found; valid: all recipes hold.

    proven: no smaller set of the same single edits is enough. Of one and two edits that is so by the search itself,
    which ranks every single edit; of three it is proven by ranking every pair; of more nobody proves it.
    """

    edits: int | None
    greedy: int | None
    valid: bool
    seconds: float
    proven: bool


def search_recipes(run: Run, cases: Sequence[AuditCase], tick: Callable[[], object]) -> list[RecipeFound]:
    """For each case, bring its streamer of places 11 to 50 up into the top 10; tick: called after each."""
    found = []
    for each in cases:
        if each.below_id is not None:
            search = find_recipes(run, each.trace, each.below_id, "up", TOP)
            greedy = greedy_recipe(run, each.trace, each.below_id, "up", TOP)
            valid = all(holds(run, each, recipe) for recipe in search.recipes)
            edits = _shortest(search.recipes)
            proven = edits is not None and (edits < 3 or (edits == 3 and no_pair_does(run, each)))
            found.append(RecipeFound(edits, _shortest(greedy.recipes), valid, search.seconds, proven))
        tick()
    return found


def no_pair_does(run: Run, each: AuditCase) -> bool:
    """Whether every pair of single edits leaves the streamer outside the top 10, by more than rounding."""
    step, target = each.trace.final, streamer_idx_of(run.dataset, str(each.below_id))
    rescorer = Rescorer(run, step, each.trace.candidate_scope)
    return best_pair(rescorer, Goal(target, "up", TOP), possible_edits(run, step, target)) < -ROUNDING


def holds(run: Run, each: AuditCase, recipe: Recipe) -> bool:
    """The streamer is in the top 10 when its edits are made and the model is run again, and it was never tipped."""
    target = streamer_idx_of(run.dataset, str(each.below_id))
    if any(edit.kind == "add tip" and edit.key == each.below_id for edit in recipe.edits):
        return False
    ranking = rescore(run, each.trace.final, recipe.edits, each.trace.candidate_scope)
    return place_in(ranking.scores, ranking.order, target) <= TOP


def _shortest(recipes: Sequence[Recipe]) -> int | None:
    return min((recipe.n_edits for recipe in recipes), default=None)


def counterfactual_figures(found: Sequence[RecipeFound]) -> dict[str, Any]:
    """The audit's figures; a search that finds none where greedy does counts as more than greedy.

    No single edit is enough where greedy needs two, so only where it needs three or more could a recipe have fewer:
    greedy_three_or_more says in how many, smallest_proven in how many of these the recipe is proven the smallest.
    """
    if not found:
        names = ("valid_share", "median_edits", "never_more_than_greedy", "fewer_than_greedy_share", "p95_s")
        return dict.fromkeys(names)
    with_edits = [f for f in found if f.edits is not None]
    rivals = [f for f in found if f.greedy is not None and f.greedy >= 2]
    fewer = [f.edits is not None and f.edits < f.greedy for f in rivals]
    return {
        "valid_share": float(np.mean([f.valid for f in with_edits])) if with_edits else None,
        "median_edits": float(np.median([f.edits for f in with_edits])) if with_edits else None,
        "never_more_than_greedy": all(f.greedy is None or (f.edits is not None and f.edits <= f.greedy) for f in found),
        "fewer_than_greedy_share": float(np.mean(fewer)) if rivals else None,
        "p95_s": float(np.percentile([f.seconds for f in found], 95)),
        "n": len(found),
        "found_share": len(with_edits) / len(found),
        "greedy_two_or_more": len(rivals),
        "greedy_three_or_more": sum(f.greedy >= 3 for f in rivals),
        "smallest_proven": sum(f.greedy >= 3 and f.proven for f in rivals),
    }
