"""The proof of a case, folded: checks and their rules, tips by worth, deletion curves, other methods and references."""

import pandas as pd
import streamlit as st

from app.ui.chart import show_picture
from app.ui.seal import show_checks
from app.ui.states import missing, note
from app.ui.table import show_table
from explain.figures import attribution_bars, curve_drawn, deletions_drawn, opinions_drawn, tips_drawn
from explain.seal import RULES
from explain.types import Attribution, Explanation

_KINDS = {"tip": "history", "statement": "statements", "feature": "features"}


def draw_proof(told: Explanation, tip_is: str) -> None:
    """Each fold draws only once it is opened."""
    folds = (
        (f"Checks ({len(told.checks)})", "checks-fold", _draw_checks),
        (f"What each {tip_is} is worth, all that rests on it counted", "tips-fold", _draw_tips),
        ("What happens when a part is taken away", "deletions-fold", _draw_deletions),
        ("Inside a modality, feature by feature (integrated gradients)", "ig-fold", _draw_inside),
    )
    for title, key, draw in folds:
        fold = st.expander(title, key=key, on_change="rerun")
        if fold.open:
            with fold:
                draw(told)


def _draw_checks(told: Explanation) -> None:
    note(f"How to read: {RULES}")
    show_checks(told.checks, "checks")


def _draw_tips(told: Explanation) -> None:
    show_picture(tips_drawn(told.tip_worths), "tip-worths", "Margin lost without each, the model run again")


def _draw_deletions(told: Explanation) -> None:
    show_picture(deletions_drawn(told.deletions), "deletions", "Score lost without each part")
    kinds = [kind for kind in _KINDS if any(c.kind == kind for c in told.curves)]
    if kinds:
        kind = st.segmented_control(
            "One after the other", kinds, default=kinds[0], format_func=_KINDS.get, required=True, key="curve-kind"
        )
        show_picture(curve_drawn(told.curves, kind), "curve", "Margin lost as parts go one after the other")


def _draw_inside(told: Explanation) -> None:
    if not told.attributions:
        missing("No modality takes part in this margin, so there is no inside to look at.")
        return
    modalities = {a.modality: a for a in told.attributions}
    chosen = st.segmented_control(
        "Modality", list(modalities), default=next(iter(modalities)), required=True, key="ig-modality"
    )
    _draw_modality(told, modalities[chosen])


def _draw_modality(told: Explanation, attribution: Attribution) -> None:
    verdict = "converged" if attribution.converged else "did NOT converge"
    delta = f"delta {attribution.delta:.2g} (limit {attribution.limit:.2g})"
    note(f"Against {attribution.reference}; {attribution.n_steps} steps, {delta}: {verdict}.")
    _draw_concepts(told, attribution)
    show_picture(attribution_bars(attribution), "attribution", f"Largest of {len(attribution.values)} features")
    for opinions in told.opinions:
        if opinions.modality is attribution.modality:
            show_picture(opinions_drawn(opinions), "opinions", "By three methods, block by block")
    for effect in told.references:
        if effect.modality is attribution.modality:
            note(
                f"Against {effect.reference} instead, this modality adds {effect.total:+.3f} points; its values keep "
                f"their order by a rank correlation of {effect.correlation:.2f}, by unit of difference "
                f"{effect.slopes:.2f}."
            )


def _draw_concepts(told: Explanation, attribution: Attribution) -> None:
    """What a person can read of it: labelled values along which the two differ."""
    rows = [
        {"runs along": c.label, "points": c.points, "likeness": c.likeness}
        for c in told.concepts
        if c.modality is attribution.modality
    ]
    if not rows:
        missing("The two differ along no labelled value of this modality.")
        return
    number = st.column_config.NumberColumn(format="%+.3f")
    show_table(pd.DataFrame(rows), "concepts", "Labelled values", {"points": number, "likeness": number})
    note(
        "How to read: the points of margin that the difference of the two carries along a value. Likeness is 1 where "
        "they differ in nothing else, negative where the rival has more. Values overlap, so points do not add up."
    )
