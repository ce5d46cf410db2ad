"""What a correction step altered, one by one, in words."""

from collections.abc import Sequence

import torch

from mspa_model.config import CorrectorConfig
from mspa_model.number_format import compared, percent, signed
from mspa_model.preference.columns import quoted
from mspa_model.ranking.correction import Stance
from mspa_model.ranking.fading import Fade
from mspa_model.ranking.order import best_first
from mspa_model.types import FADED, SOURCES, Change, DatasetInfo, Modality, Source, Step, StopReason, Vocabulary
from mspa_model.words import plural, small

SOURCE_WORDS = {
    Source.VISUAL: "what is seen",
    Source.AUDIO: "what is heard",
    Source.TEXT: "what is written",
    Source.COTIPS: "co-tipping",
    Source.POPULARITY: "popularity",
}

STOP_SENTENCES: dict[StopReason, str] = {
    "too few witnesses": "With fewer than {n} different {streamers} in the history there is too little to judge by.",
    "no tips": "There are no {tips} yet, so there is nothing to correct from.",
    "no gain": "The next step did not raise the held-out {tips} by more than their uncertainty, so it was not kept.",
    "no change": "The corrector had nothing left to change.",
    "step bound": "The bound of {n} steps was reached.",
}


TOO_FEW_SINCE = (
    "Fewer than {n} {streamers} joined the history since the taste shifted: too few to judge a further step by."
)


def stop_sentence(stop: StopReason, steps: Sequence[Step], config: CorrectorConfig, info: DatasetInfo) -> str:
    """Why correction ended after these steps."""
    too_few = stop == "too few witnesses"
    said = TOO_FEW_SINCE if too_few and len(steps) > 1 else STOP_SENTENCES[stop]
    n = config.min_witnesses if too_few else config.max_steps
    return said.format(n=n, streamers=plural(info.streamer_is), tips=plural(info.tip_is))


def fade_change(fade: Fade) -> Change:
    """Tips before a day count for less."""
    day = f"{fade.before:%-d %B %Y}"
    sentence = f"What came before {day} counts for {percent(FADED)}: the taste seems to have shifted."
    return Change("older tips faded", f"before {day}", 1.0, FADED, sentence)


def changes_between(
    before: Stance, after: Stance, base: torch.Tensor, vocabulary: Vocabulary, info: DatasetInfo
) -> tuple[Change, ...]:
    """Source weights (those in use), statements and residual shifts that differ, the largest changes first."""
    return (
        *_weight_changes(before, after, base),
        *_statement_changes(before, after, vocabulary),
        *_shifts(before, after, info),
    )


def _weight_changes(before: Stance, after: Stance, base: torch.Tensor) -> list[Change]:
    changes = []
    for i, source in enumerate(SOURCES):
        old, new = float(before.emphasis[i]), float(after.emphasis[i])
        if base[i] > 0 and old != new:
            verb = "raised" if new > old else "lowered"
            sentence = f"The weight of {SOURCE_WORDS[source]} was {verb} by {percent(abs(new / old - 1))}."
            changes.append(Change("source weight", source.value, old, new, sentence))
    return changes


def _statement_changes(before: Stance, after: Stance, vocabulary: Vocabulary) -> list[Change]:
    changes = []
    difference = (after.strengths - before.strengths).abs()
    for j in best_first(difference)[: int((difference > 0).sum())].tolist():
        old, new, value = float(before.strengths[j]), float(after.strengths[j]), vocabulary.values[j]
        subject, said = f"{value.aspect}: {value.label}", quoted(value.label)
        if new == 0:
            changes.append(Change("statement dropped", subject, old, new, f"{said} was dropped."))
        elif old == 0:
            like = "liked" if new > 0 else "rarely chosen"
            sentence = f"{said} was taken up as {like}, strength {abs(new):.1f}."
            changes.append(Change("statement taken up", subject, old, new, sentence))
        else:
            sentence = f"{said} went from {signed(old, 1)} to {signed(new, 1)}."
            changes.append(Change("statement strength", subject, old, new, sentence))
    return changes


def _shifts(before: Stance, after: Stance, info: DatasetInfo) -> list[Change]:
    changes = []
    for m in Modality:
        if m in after.residual:
            size = float((after.residual[m] - before.residual[m]).norm())
            if size > 0:
                was = float(before.residual[m].norm())
                where = SOURCE_WORDS[Source(m.value)]
                held_out = f"the {plural(info.tip_is)} held out"
                sentence = f"The part not put into words moved in {where}, towards {held_out}."
                changes.append(Change("residual shift", m.value, was, float(after.residual[m].norm()), sentence))
    return changes


def gain_reason(kept: bool, gain: float, needed: float, info: DatasetInfo) -> str:
    """Why a step was kept or not: the witnesses' mean rise beside what it had to beat."""
    moved = "rose" if gain >= 0 else "fell"
    size, bar = compared(gain, needed) if gain >= 0 else (small(gain), small(needed))
    rise = f"Held-out {plural(info.tip_is)} {moved} by {size} of the scores' spread on average"
    if kept:
        return f"{rise}, more than the {bar} of uncertainty that a step must beat: kept."
    return f"{rise}, not more than the {bar} of uncertainty that a step must beat: not kept."
