"""What an explanation is made of. Every value is frozen and carries what is needed to check it."""

from explain.types.case import Attribution, Case, Contribution, Deletion
from explain.types.donors import ContentHeadroom, Donation, DonorRecipe, DonorSearch, Group, GroupFilter, Reach
from explain.types.explanation import Explanation
from explain.types.moves import RankMove, SourceTurn, StepDifference, Swap, SwapAccount, SwapPart, Turn
from explain.types.nearness import SENSES, MapMeasure, MapView, Neighbor, Varying
from explain.types.opinions import (
    Concept,
    DeletionCurve,
    FromReference,
    Leading,
    Noise,
    Opinions,
    ReferenceChoice,
    ReferenceEffect,
    TipWorth,
)
from explain.types.pieces import Carried, Carrying, Piece, PieceKind
from explain.types.proof import Check, EvidenceLine, Seal
from explain.types.recipes import (
    Direction,
    GroupEdit,
    GroupRecipe,
    GroupRecipeSearch,
    GroupWorth,
    Recipe,
    RecipeSearch,
)
from explain.types.scenario import Edit, Headroom, Scenario, ScenarioResult, Suggestion

__all__ = [
    "SENSES",
    "Attribution",
    "Carried",
    "Carrying",
    "Case",
    "Check",
    "Concept",
    "ContentHeadroom",
    "Contribution",
    "Deletion",
    "DeletionCurve",
    "Direction",
    "Donation",
    "DonorRecipe",
    "DonorSearch",
    "Edit",
    "EvidenceLine",
    "Explanation",
    "FromReference",
    "Group",
    "GroupEdit",
    "GroupFilter",
    "GroupRecipe",
    "GroupRecipeSearch",
    "GroupWorth",
    "Headroom",
    "Leading",
    "MapMeasure",
    "MapView",
    "Neighbor",
    "Noise",
    "Opinions",
    "Piece",
    "PieceKind",
    "RankMove",
    "Reach",
    "Recipe",
    "RecipeSearch",
    "ReferenceChoice",
    "ReferenceEffect",
    "Scenario",
    "ScenarioResult",
    "Seal",
    "SourceTurn",
    "StepDifference",
    "Suggestion",
    "Swap",
    "SwapAccount",
    "SwapPart",
    "TipWorth",
    "Turn",
    "Varying",
]
