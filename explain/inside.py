"""Every modality of a case opened: its attribution, what other methods and references say, what a person can read."""

from dataclasses import dataclass

from explain.attribution import attribute_margin, noise_of, opinions_of, reference_effects
from explain.checks import check_attributions, check_noise, check_nudge, check_opinions, check_references
from explain.concepts import concepts_of
from explain.contribution import Pair
from explain.types import Attribution, Check, Concept, Noise, Opinions, ReferenceEffect
from mspa_model.runs import Run
from mspa_model.types import Step


@dataclass(frozen=True)
class Inside:
    """skipped: a sentence for each modality that one of the two lacks."""

    attributions: tuple[Attribution, ...]
    skipped: tuple[str, ...]
    opinions: tuple[Opinions, ...]
    noises: tuple[Noise, ...]
    references: tuple[ReferenceEffect, ...]
    concepts: tuple[Concept, ...]


def open_modalities(run: Run, step: Step, pair: Pair) -> Inside:
    """The modalities in use, streamer against rival."""
    ranking = step.ranking
    attributions, skipped = attribute_margin(run, step, ranking, *pair)
    return Inside(
        attributions,
        skipped,
        tuple(opinions_of(run, step, ranking, a, *pair) for a in attributions),
        tuple(noise_of(run, step, ranking, a, *pair) for a in attributions),
        tuple(effect for a in attributions for effect in reference_effects(run, step, ranking, a, *pair)),
        tuple(concept for a in attributions for concept in concepts_of(run, a, *pair)),
    )


def check_inside(inside: Inside) -> tuple[Check, ...]:
    """Exact, better than noise, steady, shared by other methods, the same over references."""
    return (
        check_attributions(inside.attributions, inside.skipped),
        check_noise(inside.noises),
        check_nudge(inside.noises),
        *check_opinions(inside.opinions),
        check_references(inside.references),
    )
