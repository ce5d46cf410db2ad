"""The proof of a case, folded: checks and their rules, tips by worth, deletion curves, other methods and references."""

from functools import partial

import streamlit as st

from app.resolve import Picked
from app.ui.chart import show_picture
from app.ui.fold import fold
from app.ui.inside import draw_inside
from app.ui.seal import show_checks
from app.ui.states import note
from explain.figures import curve_drawn, deletions_drawn, tips_drawn
from explain.seal import RULES
from explain.types import Explanation

_KINDS = {"tip": "history", "statement": "statements", "feature": "features"}


def draw_proof(picked: Picked, told: Explanation) -> None:
    """Each fold draws only once it is opened."""
    folds = (
        (f"Checks ({len(told.checks)})", "checks-fold", _draw_checks),
        (f"What each {picked.run.dataset.info.tip_is} is worth, all that rests on it counted", "tips-fold", _draw_tips),
        ("What happens when a part is taken away", "deletions-fold", _draw_deletions),
        (
            "Inside a modality, feature by feature (integrated gradients)",
            "ig-fold",
            lambda told: draw_inside(picked, told),
        ),
    )
    for title, key, draw in folds:
        fold(title, key, partial(draw, told))


def _draw_checks(told: Explanation) -> None:
    note(f"How to read: {RULES}")
    show_checks(told.checks, "checks")


def _draw_tips(told: Explanation) -> None:
    show_picture(tips_drawn(told.tip_worths), "tip-worths", "Margin lost without each, the correction kept")


def _draw_deletions(told: Explanation) -> None:
    show_picture(deletions_drawn(told.deletions), "deletions", "Score lost without each part, the correction kept")
    kinds = [kind for kind in _KINDS if any(c.kind == kind for c in told.curves)]
    if kinds:
        kind = st.segmented_control(
            "One after the other", kinds, default=kinds[0], format_func=_KINDS.get, required=True, key="curve-kind"
        )
        title = "Margin lost as parts go one after the other, the correction kept"
        show_picture(curve_drawn(told.curves, kind), "curve", title)
