"""A figure of how a margin changed between two steps, source by source."""

import pandas as pd

from explain.figures_case import diverging
from explain.figures_style import GREY, SOURCE_COLOURS, SOURCE_LABELS, Picture, shown, signed
from explain.narrate import plain
from explain.types import Turn


def turn_drawn(turn: Turn) -> Picture:
    """What each source's part of the margin gained or lost; the last bar is the exact sum."""
    ordered = sorted(turn.sources, key=lambda source: -abs(source.change))
    labels = [SOURCE_LABELS[source.source] for source in ordered] + ["all together"]
    changes = [source.change for source in ordered] + [turn.change]
    colours = [SOURCE_COLOURS[source.source] for source in ordered] + [GREY]
    steps = [(source.before, source.after) for source in ordered] + [(turn.margin_before, turn.margin_after)]
    hovers = [
        f"step {turn.step_before}: {signed(before, 3)}, step {turn.step_after}: {signed(after, 3)}"
        for before, after in steps
    ]
    figure = diverging(labels, changes, colours, hovers)
    figure.update_xaxes(title=f"← towards {shown(turn.rival)}   |   towards {shown(turn.streamer)} →")
    table = pd.DataFrame(
        {
            "source": labels,
            f"margin at step {turn.step_before}": [before for before, _ in steps],
            f"margin at step {turn.step_after}": [after for _, after in steps],
            "change": changes,
        }
    )
    alt = (
        f"Bars of how the margin of {plain(turn.streamer)} over {plain(turn.rival)} changed from step "
        f"{turn.step_before} to step {turn.step_after}: most by {labels[0]} ({signed(changes[0])}), together "
        f"{signed(turn.change)}."
    )
    how = "Right of zero a source moved the margin towards the first name; the bars add up to the grey one exactly."
    return Picture(figure, table, alt, how)
