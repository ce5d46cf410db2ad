"""The inside of a modality on the Why page: features, labelled values and other methods, against a chosen reference."""

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked
from app.state import choose
from app.ui.chart import show_picture
from app.ui.states import missing, note, say
from app.ui.table import show_table
from app.ui.text import told_apart
from explain.figures import attribution_bars, opinions_drawn
from explain.types import Attribution, Concept, Explanation, FromReference, ReferenceChoice

_POINTS = "%+.3f"


def draw_inside(picked: Picked, told: Explanation) -> None:
    """One modality against the chosen reference, then how the others see it."""
    if not told.attributions:
        missing("No modality takes part in this margin, so there is no inside to look at.")
        return
    left, right = st.columns(2)
    modalities = [a.modality for a in told.attributions]
    modality = left.segmented_control("Modality", modalities, default=modalities[0], required=True, key="ig-modality")
    pair = (told.streamer_idx, told.rival_idx)
    seen = cache.references(picked.run, picked.basis, picked.step_index, modality, pair)
    with right:
        chosen = _chosen(picked, seen)
    attribution = chosen.attribution
    draw_verdict(attribution)
    draw_concepts(chosen.concepts, "the two")
    _draw_references(seen, chosen)
    show_picture(attribution_bars(attribution), "attribution", f"Largest of {len(attribution.values)} features")
    show_picture(opinions_drawn(chosen.opinions), "opinions", "By three methods, block by block")


def _chosen(picked: Picked, seen: tuple[FromReference, ...]) -> FromReference:
    """The reference of the URL; a drop-down, which shows names as they are, puts another there."""
    known = {view.choice: view for view in seen}
    words: dict[ReferenceChoice, str] = {c: view.attribution.reference for c, view in known.items()}
    words["rival"] += " (the rival)"
    if "popular" in words:
        words["popular"] += " (the most popular)"
    now: ReferenceChoice = picked.reference if picked.reference in known else "rival"
    key = f"reference-{now}"
    st.selectbox(
        "Against",
        list(words),
        index=list(words).index(now),
        format_func=told_apart(list(words), words.get),
        key=key,
        on_change=lambda: choose(reference=None if st.session_state[key] == "rival" else st.session_state[key]),
    )
    return known[now]


def draw_verdict(attribution: Attribution) -> None:
    """Against whom, in how many steps, and whether the values add up."""
    verdict = "converged" if attribution.converged else "did NOT converge"
    delta = f"delta {attribution.delta:.2g} (limit {attribution.limit:.2g})"
    note(f"Against {attribution.reference}; integrated in {attribution.n_steps} steps, {delta}: {verdict}.")


def draw_concepts(concepts: tuple[Concept, ...], who: str, key: str = "concepts") -> None:
    """What a person can read of it: labelled values along which the two differ."""
    rows = [{"runs along": c.label, "points": c.points, "likeness": c.likeness} for c in concepts]
    if not rows:
        missing(f"{who[:1].upper()}{who[1:]} differ along no labelled value of this modality.")
        return
    number = st.column_config.NumberColumn(format=_POINTS)
    show_table(pd.DataFrame(rows), key, "Labelled values", {"points": number, "likeness": number})
    note(
        "How to read: the points that the difference of the two carries along a value. Likeness is 1 where they differ "
        "in nothing else, negative where the other has more. Values overlap, so points do not add up."
    )


def _draw_references(seen: tuple[FromReference, ...], chosen: FromReference) -> None:
    """How the answer differs under the others."""
    say(cache.references_sentence(seen, chosen))
    label = chosen.leading.label if chosen.leading else None
    rows = [
        {
            "against": view.attribution.reference,
            "adds": view.attribution.total,
            "leading value": view.leading.label if view.leading else "none",
            "its points": view.leading.points if view.leading else None,
            "share": None if view.share is None else 100 * view.share,
            "leads as chosen": "yes" if view.leading and view.leading.label == label else "no",
            "order of features kept": cache.agreement(view, chosen),
            "adds up": "yes" if view.attribution.converged else "NO",
        }
        for view in seen
    ]
    number = st.column_config.NumberColumn(format=_POINTS)
    columns = {
        "adds": number,
        "its points": number,
        "share": st.column_config.NumberColumn(format="%.0f %%"),
        "order of features kept": st.column_config.NumberColumn(format="%.2f"),
    }
    show_table(pd.DataFrame(rows), "references", "The same modality against each reference", columns)
    note(
        "How to read: what the modality adds to the score against each, the labelled value that carries most of it, "
        "and its points as a share of what is added; values overlap, so a share may pass 100 % or be below zero. "
        "Order of features kept: rank correlation with the chosen reference, 1 where the same features lead. Features "
        "are centred, so the mean is where all of them are zero."
    )
