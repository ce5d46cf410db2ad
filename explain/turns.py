"""Why one streamer stands above another at one correction step and not, or less so, at another.

The change of their margin by source and by change is exact (explain/swaps.py). Inside the modality whose part changed
most, the difference of the two steps' scores is a function of features like any score, so that integrated gradients
open it: f -> tower(f) . (w1 p1 - w0 p0), from the rival's features to the streamer's.
"""

from dataclasses import replace

from explain.attribution import attribute_turn
from explain.concepts import concepts_of
from explain.contribution import Pair, source_margins
from explain.correction import step_of
from explain.narrate import SMALLEST, name_of, points, source_words
from explain.swaps import margin_parts
from explain.types import Attribution, SourceTurn, Turn
from mspa_model.runs import Run
from mspa_model.types import Modality, RankingTrace, Step


def turn_between(run: Run, trace: RankingTrace, before: int, after: int, pair: Pair) -> Turn:
    """The pair's margin (streamer_idx of both) at two steps of a trace; the proposal that was not kept is one, too.

    Raises MspaError on a step that the trace has not.
    """
    first, last = step_of(trace, before), step_of(trace, after)
    margins = zip(source_margins(first.ranking, pair), source_margins(last.ranking, pair), strict=True)
    sources = tuple(SourceTurn(one.source, one.margin, other.margin) for one, other in margins)
    attribution = _opened(run, (first, last), sources, pair)
    turn = Turn(
        before,
        after,
        *pair,
        name_of(run.dataset, pair[0]),
        name_of(run.dataset, pair[1]),
        _margin(first, pair),
        _margin(last, pair),
        sources,
        margin_parts(run, first, last, pair),
        attribution,
        () if attribution is None else concepts_of(run, attribution, *pair),
        "",
    )
    return replace(turn, sentence=_sentence(run, turn, last))


def _margin(step: Step, pair: Pair) -> float:
    scores = step.ranking.contributions[:, list(pair)].double().sum(0)
    return float(scores[0] - scores[1])


def _opened(run: Run, steps: tuple[Step, Step], sources: tuple[SourceTurn, ...], pair: Pair) -> Attribution | None:
    moved = moved_most(sources)
    if moved is None or not run.features.present[moved][list(pair)].all():
        return None
    return attribute_turn(run, steps, moved, pair)


def moved_most(sources: tuple[SourceTurn, ...]) -> Modality | None:
    """The modality whose part of the margin changed most; None where none changed."""
    turned = [turn for turn in sources if turn.source.modality is not None and turn.change != 0]
    return max(turned, key=lambda turn: abs(turn.change)).source.modality if turned else None


def _sentence(run: Run, turn: Turn, last: Step) -> str:
    proposed = "" if last.kept else " (proposed, not kept)"
    lead = (
        f"At step {turn.step_before} {turn.streamer} is {_stood(turn.margin_before)} {turn.rival}, at step "
        f"{turn.step_after}{proposed} {_stood(turn.margin_after)} it"
    )
    if abs(turn.change) < SMALLEST:
        return f"{lead}: next to nothing changed between the two."
    most = max(turn.sources, key=lambda source: abs(source.change))
    words = source_words(most.source, run.dataset.info)
    said = f"{lead}: {_gained(turn.change)}, the largest part of it from {words} ({_gained(most.change)})."
    if turn.parts:
        said += f" The largest single change is this: {turn.parts[0].label} ({_gained(turn.parts[0].margin)})."
    if turn.concepts and turn.attribution is not None:
        first, inside = turn.concepts[0], turn.attribution
        said += (
            f" Of the modalities {inside.modality.value} changed most ({_gained(inside.total)}); inside it the "
            f"difference of the two steps runs most along “{first.label}” ({_gained(first.points)})."
        )
    return said


def _stood(margin: float) -> str:
    if abs(margin) < SMALLEST:
        return "level with"
    return f"{points(margin)} points {'above' if margin > 0 else 'below'}"


def _gained(change: float) -> str:
    return f"{points(change)} {'more' if change > 0 else 'less'}"
