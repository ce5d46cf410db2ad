"""What the search for recipes is worth: do they hold when run again, how do they stand beside greedy's, how long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explain.audit.draw import TOP, AuditCase
from explain.counterfactual import rescore
from explain.deletion import place_in
from explain.recipes import find_recipes, greedy_recipe
from explain.types import Recipe
from mspa_model.data.ids import streamer_idx_of
from mspa_model.runs import Run


@dataclass(frozen=True)
class RecipeFound:
    """One search: edits of the shortest recipe and of greedy's, None where none was found; valid: all recipes hold."""

    edits: int | None
    greedy: int | None
    valid: bool
    seconds: float


def search_recipes(run: Run, cases: Sequence[AuditCase], tick: Callable[[], object]) -> list[RecipeFound]:
    """For each case, bring its streamer of places 11 to 50 up into the top 10; tick: called after each."""
    found = []
    for each in cases:
        if each.below_id is not None:
            search = find_recipes(run, each.trace, each.below_id, "up", TOP)
            greedy = greedy_recipe(run, each.trace, each.below_id, "up", TOP)
            valid = all(holds(run, each, recipe) for recipe in search.recipes)
            found.append(RecipeFound(_shortest(search.recipes), _shortest(greedy.recipes), valid, search.seconds))
        tick()
    return found


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
    """The audit's figures; a search that finds none where greedy does counts as more than greedy."""
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
    }
