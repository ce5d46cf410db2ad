"""Limits, budgets and defaults that were decided stand as docs/LOG.md and the docstrings tell them.

A limit is tried on both sides where it decides (test_limits.py and others); here its size is held, so that no hand
changes a rule in passing. Sizes of batches and of memory are free.
"""

import importlib
import inspect
from typing import Any

import numpy as np
import pytest

LIMITS: dict[str, dict[str, Any]] = {
    "attribution.gradients": {"STEPS": (50, 100, 200, 400, 800), "RELATIVE_LIMIT": 0.01, "ABSOLUTE_LIMIT": 1e-4},
    "attribution.measures": {
        "N_MASKS": 64,
        "N_DRAWS": 5,
        "ROUNDING": 1e-10,
        "SMALLEST": 1e-6,
        "NUDGE": 0.05,
        "N_NUDGES": 8,
        "NUDGE_STEPS": 20,
    },
    "attribution.modality": {"SMALLEST_DIFFERENCE": 1e-3},
    "attribution.opinions": {"N_BLOCKS": 16, "N_ORDERS": 20},
    "audit.counterfactual": {"ROUNDING": 1e-4},
    "audit.draw": {"TOP": 10, "LAST": 50, "RESAMPLES": 2000},
    "audit.randomised": {"LEAST_FEATURES": 100, "DRAWS": 5, "N_STEPS": 20},
    "audit.seeds": {"OTHERS": 2, "TOP": 10, "MOST_USERS": 2000},
    "audit.truth": {"FEWEST_TIPS": 10},
    "checks.inside": {
        "NOISE_LIMIT": 1.0,
        "SCALE_LIMIT": 2.0,
        "NUDGE_LIMIT": 0.25,
        "FIRST": 3,
        "FIRST_LIMIT": 0.66,
        "SIGN_LIMIT": 0.9,
        "ORDER_LIMIT": 0.7,
        "REFERENCE_LIMIT": 0.7,
    },
    "checks.known": {
        "HELD": 0.8,
        "NOT_HELD": 0.5,
        "TOP_K": 10,
        "SEEDS_LIMIT": 2,
        "RHO_LIMIT": 0.2,
        "TRUTH_LIMIT": 0.8,
    },
    "checks.order": {"SMALLEST": 1e-6},
    "checks.sums": {"ADDITIVE_LIMIT": 1e-5},
    "composing": {"SAME": 0.05, "NAMED": 3},
    "concepts": {"LABEL_LIMIT": 120, "MIN_LIKENESS": 0.1},
    "contribution": {"LABEL_LIMIT": 120, "MAX_DELETED": 6},
    "counterfactual": {"SCANNED_TIPS": 15, "TRIED_STRENGTH": 0.6},
    "curves": {"CURVE": 8, "RANDOM_ORDERS": 5},
    "deletion": {
        "MAX_PLAYERS": 40,
        "FIELD": 10,
        "SHAPLEY_PLAYERS": 10,
        "SHAPLEY_ORDERS": 12,
        "MISLEADS": 0.25,
    },
    "donor_search": {"MAX_DONORS": 400, "MAX_RECIPES": 3, "KEPT": 60},
    "figures_map": {"MAX_POINTS": 12_000},
    "leading": {"N_HALVES": 20, "FEWEST": 4},
    "map": {"MAX_GROUPS": 7, "PLACED_FROM": 5},
    "narrate": {"SMALLEST": 0.005},
    "neighbors": {"MAX_SHARED": 6},
    "pieces": {
        "MAX_PIECES": 60,
        "OPENED": 3,
        "MOST_SETS": 10,
        "N_ORDERS": 40,
        "RELATIVE_LIMIT": 0.01,
        "ABSOLUTE_LIMIT": 1e-3,
    },
    "plausible": {"MAX_USERS": 4000},
    "possible": {"MAX_DROPPED": 60, "MAX_ADDED": 400, "MIN_EDITS": 50, "FULL": 1.0},
    "recipes": {
        "MAX_TRIES": 6000,
        "MAX_RECIPES": 3,
        "COMPARED": 4,
        "STRENGTHS": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    },
    "report.differences": {"TOLERANCE": 1e-4},
    "report.evidence": {"LONGEST_NOTE": 600, "SENTENCE": 420},
    "report.pseudonym": {"SHORTEST": 4},
    "report.verify": {"MOST_RANKED": 1000},
    "search": {"MAX_EDITS": 6, "PAIRED": 300, "RIVALS": 120, "BEAM": 100, "TRIED_OF_KIND": 30},
    "sentences": {"TOP_K": 10},
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "attribution.measures.infidelities": {"seed": 0},
    "attribution.measures.put_back": {"seed": 0},
    "attribution.measures.sensitivity": {"seed": 0},
    "attribution.opinions.shapley_blocks": {"seed": 0},
    "attribution.opinions.shapley_of_players": {"seed": 0},
    "audit.audit.audit": {"sample": 200, "seed": 0, "progress": True, "retrain": True},
    "audit.draw.mean_interval": {"seed": 0},
    "audit.judged.difference_interval": {"seed": 0},
    "composing.compose_anew": {"k": 10},
    "concepts.concepts_of": {"k": 5},
    "contribution.statement_reach": {"k": 10},
    "correction.step_difference": {"k": 10},
    "correction.rank_moves": {"k": 10},
    "counterfactual.apply_scenario": {"k": 10},
    "counterfactual.suggest": {"n": 3},
    "counterfactual.headroom": {"k": 10},
    "curves.part_curves": {"seed": 0},
    "curves.feature_curve": {"seed": 0},
    "donor_search.find_donors": {"share": 0.5, "k": 10},
    "donors.content_headroom": {"k": 10},
    "leading.leading_modality": {"seed": 0},
    "neighbors.neighbors": {"k": 10},
    "newcomers.new_marks": {"k": 10},
    "newcomers.new_note": {"k": 10},
    "newcomers.names_note": {"k": 10},
    "recipes.find_recipes": {"k": 10, "greedy": False},
    "recipes.greedy_recipe": {"k": 10},
    "statements.statement_views": {"k": 10},
    "statements.deletion_effect": {"k": 10},
    "swaps.swap_account": {"k": 10},
    "types.Case": {"new_share": 0.0, "step": None, "rival_id": None, "history": "all", "candidates": "new"},
    "types.Check": {"grave": True},
    "types.Deletion": {"by_score": False},
    "types.Edit": {"strength": 1.0, "polarity": 1},
    "report.evidence.CaseLine": {"new_share": 0.0},
    "report.evidence.CheckLine": {"grave": True},
}


@pytest.mark.parametrize("module", LIMITS)
def test_limits_and_budgets_stand_as_decided(module: str) -> None:
    told = importlib.import_module(f"explain.{module}")
    assert {name: getattr(told, name) for name in LIMITS[module]} == LIMITS[module]


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_not_said_is_taken_as_decided(name: str) -> None:
    module, _, function = name.rpartition(".")
    told = inspect.signature(getattr(importlib.import_module(f"explain.{module}"), function)).parameters
    assert {key: told[key].default for key in DEFAULTS[name]} == DEFAULTS[name]


def test_what_can_be_acted_on_comes_first_and_curves_take_tenths() -> None:
    curves, possible = (importlib.import_module(f"explain.{name}") for name in ("curves", "possible"))
    np.testing.assert_allclose(curves.FEATURE_SHARES, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert possible.ACTS == {
        "add tip": 0,
        "set statement": 1,
        "delete statement": 1,
        "mute modality": 2,
        "drop tip": 3,
    }
