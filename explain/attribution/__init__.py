"""Attribution inside a modality, by integrated gradients and by two other methods; the only importer of captum."""

from explain.attribution.modality import (
    attribute,
    attribute_margin,
    attribute_turn,
    line_of,
    noise_of,
    opinions_of,
    popular_streamer,
    reference_effects,
    signed_rank_correlation,
)
from explain.attribution.opinions import shapley_of_players

__all__ = [
    "attribute",
    "attribute_margin",
    "attribute_turn",
    "line_of",
    "noise_of",
    "opinions_of",
    "popular_streamer",
    "reference_effects",
    "shapley_of_players",
    "signed_rank_correlation",
]
