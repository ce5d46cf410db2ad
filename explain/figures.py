"""The door to every figure: pure functions from a value to a Picture, shared by the page and the report."""

from explain.figures_case import (
    attribution_bars,
    deletions_drawn,
    margin_by_source,
    parts_of,
    source_of_bar,
    source_open,
)
from explain.figures_correction import spread_shares, weights_change, witnesses
from explain.figures_history import history_timeline
from explain.figures_map import fused_map
from explain.figures_pieces import inputs_drawn, pieces_drawn
from explain.figures_proof import curve_drawn, opinions_drawn, randomisation_drawn, seals_drawn, tips_drawn
from explain.figures_rank import rank_lines, scenario_moves
from explain.figures_run import accuracy_by_tips, metrics_with_baselines, source_weights
from explain.figures_style import SOURCE_COLOURS, SOURCE_LABELS, Picture, place, shown, signed
from explain.figures_turn import turn_drawn

__all__ = [
    "SOURCE_COLOURS",
    "SOURCE_LABELS",
    "Picture",
    "accuracy_by_tips",
    "attribution_bars",
    "curve_drawn",
    "deletions_drawn",
    "fused_map",
    "history_timeline",
    "inputs_drawn",
    "margin_by_source",
    "metrics_with_baselines",
    "opinions_drawn",
    "parts_of",
    "pieces_drawn",
    "place",
    "randomisation_drawn",
    "rank_lines",
    "scenario_moves",
    "seals_drawn",
    "shown",
    "signed",
    "source_of_bar",
    "source_open",
    "source_weights",
    "spread_shares",
    "tips_drawn",
    "turn_drawn",
    "weights_change",
    "witnesses",
]
