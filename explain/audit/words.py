"""An audit as it is printed: its figures without what they were made from, or a line for each in plain words."""

from collections.abc import Mapping
from typing import Any

from mspa_model.number_format import percent, true_minus

_INNER = ("cases", "seeds")


def shown_figures(found: Mapping[str, Any]) -> dict[str, Any]:
    """Everything but the single cases and the top 10 of other trainings, which only the run keeps."""
    return {key: value for key, value in found.items() if key not in _INNER}


def audit_words(found: Mapping[str, Any]) -> str:
    """One line a figure; what is not known says so."""
    return "\n".join(audit_lines(found))


def audit_lines(found: Mapping[str, Any]) -> list[str]:
    """The same as sentences; the first counts the seals."""
    seal, truth, recipes = found["seal"], found["truth"], found["counterfactual"]
    gap, times, rho = found["deletion_gap"], found["p95_s"], found["randomisation_median_rho"]
    return [
        f"{found['n_cases']} cases in {found['seconds']:.0f} s: {seal['green']} green, {seal['amber']} amber, "
        f"{seal['red']} red.",
        f"Parts add up within {_number(found['additivity_max'], '.1e')} points; "
        f"{_share(found['converged_share'])} of attributions converged.",
        f"Better than noise: {_share(found['infidelity_better_share'], ' of cases')}.",
        _deletion(gap),
        f"With all parameters drawn anew: median rank correlation {_number(rho, '+.2f')}.",
        f"In the top 10 of another training: {_share(found['seeds_top10_share'])}.",
        _planted(truth),
        _recipes(recipes),
        f"Seconds (p95): attribution {_number(times['attribution'])}, seal {_number(times['seal'])}.",
    ]


def _deletion(gap: Mapping[str, Any]) -> str:
    if gap["value"] is None:
        return "Deletion: not known."
    between = "" if gap["low"] is None else f" ({_number(gap['low'])} to {_number(gap['high'])})"
    return f"Deletion: named first costs {_number(gap['value'])} doublings of rank more than random orders{between}."


def _planted(truth: Mapping[str, Any]) -> str:
    if truth["main_modality_share"] is None:
        return "Planted main modality named first: not known."
    return (
        f"Planted main modality named first: {_share(truth['main_modality_share'])}, by an oracle "
        f"{_share(truth['oracle_main_modality_share'])}; pairs in order {_share(truth['pairwise_order_share'])}; under "
        f"green {_share(truth['green_right_share'])}, under red {_share(truth['red_right_share'])}."
    )


def _recipes(recipes: Mapping[str, Any]) -> str:
    """A small audit may have met no case that a recipe could move."""
    if recipes["valid_share"] is None:
        return "Recipes: not known."
    return (
        f"Recipes: {_share(recipes['valid_share'])} valid, median {_number(recipes['median_edits'], 'g')} edits, fewer "
        f"than greedy in {_share(recipes['fewer_than_greedy_share'])}{_bettered(recipes)}, "
        f"p95 {_number(recipes['p95_s'])} s."
    )


def _bettered(recipes: Mapping[str, Any]) -> str:
    """In how many cases greedy could be bettered at all; an audit stored before that was counted does not know."""
    three, proven = recipes.get("greedy_three_or_more"), recipes.get("smallest_proven")
    if three is None:
        return ""
    two = recipes["greedy_two_or_more"]
    return f" of the {two} where it needs two or more (three or more: {three}, the recipe proven smallest in {proven})"


def _share(value: float | None, of: str = "") -> str:
    return "not known" if value is None else percent(value, 1) + of


def _number(value: float | None, form: str = ".2f") -> str:
    return "not known" if value is None else true_minus(format(value, form))
