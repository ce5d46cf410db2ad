"""One modality seen from each reference: what it adds against it, and whether the same part leads.

An attribution answers "against whom?". The rival is the case's own reference; the mean streamer and the most popular
one are what else an analyst may mean. Features are centred, so the row of zeros is the mean streamer.
"""

from collections.abc import Sequence

from explain.attribution import attribute, opinions_of, popular_streamer, signed_rank_correlation
from explain.concepts import concepts_of
from explain.contribution import Pair
from explain.narrate import listed
from explain.types import FromReference, ReferenceChoice
from mspa_model.runs import Run
from mspa_model.types import Modality, Step


def from_references(run: Run, step: Step, modality: Modality, pair: Pair) -> tuple[FromReference, ...]:
    """The streamer of the pair against its rival, the mean streamer and the most popular other one that has the
    modality, in this order; without the last where nobody else has it.
    """
    streamer_idx, rival_idx = pair
    popular = popular_streamer(run, modality, pair)
    known: list[tuple[ReferenceChoice, int | None]] = [("rival", rival_idx), ("mean", None)]
    if popular is not None:
        known.append(("popular", popular))
    return tuple(_seen(run, step, modality, streamer_idx, choice, idx) for choice, idx in known)


def _seen(
    run: Run, step: Step, modality: Modality, streamer_idx: int, choice: ReferenceChoice, reference_idx: int | None
) -> FromReference:
    found = attribute(run, step, step.ranking, modality, streamer_idx, reference_idx)
    return FromReference(
        choice,
        found,
        concepts_of(run, found, streamer_idx, reference_idx),
        opinions_of(run, step, step.ranking, found, streamer_idx, reference_idx),
    )


def agreement(one: FromReference, other: FromReference) -> float:
    """Signed rank correlation of the values of features from two references."""
    return signed_rank_correlation(one.attribution.values, other.attribution.values)


def references_sentence(seen: Sequence[FromReference], chosen: FromReference) -> str:
    """Whether the part that leads from the chosen reference leads from the others too."""
    if chosen.leading is None:
        return f"Against {chosen.attribution.reference} it runs along no labelled value, so nothing leads."
    label = chosen.leading.label
    others = [view for view in seen if view is not chosen]
    elsewhere = [view for view in others if view.leading is None or view.leading.label != label]
    if not elsewhere:
        return f"“{label}” leads whichever of these it is compared with."
    where = listed([view.attribution.reference for view in elsewhere])
    return f"“{label}” leads against {chosen.attribution.reference}, not against {where}: name the reference with it."
