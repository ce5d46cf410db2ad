"""Swap accounting: which change of the corrector turned which pair of streamers round, and by how much.

A margin is a sum over sources of weight x (fit of one - fit of the other); a modality's fit is a sum over statements
and the residual. A step changes weights, strengths and the residual, so a source's margin goes from w0 f0 to w1 f1.
What each change is worth is its Shapley value in that product, which has a closed form (ours):
    the weight:     (w1 - w0) x (f0 + f1) / 2
    a fit's change: (w0 + w1) / 2 x its part of f1 - f0
What only both together do is thereby shared equally, and the parts add up to the whole.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from explain.contribution import LABEL_LIMIT
from explain.correction import step_of
from explain.narrate import counted, name_of, plain, plural, source_words
from explain.types import Swap, SwapAccount, SwapPart
from mspa_model.number_format import signed
from mspa_model.preference.columns import quoted
from mspa_model.preference.statements import signed_strengths
from mspa_model.ranking.scorer import MIN_SPREAD, deviation
from mspa_model.runs import Run
from mspa_model.types import SOURCES, DatasetInfo, Modality, Ranking, RankingTrace, Source, Step


@dataclass(frozen=True)
class _Altered:
    """One change with its worth to each streamer shown, and what the later score would lose without it."""

    kind: str
    subject: str
    label: str
    worth: Float[Tensor, " n_shown"]
    lost: Float[Tensor, " n_shown"]


def swap_account(run: Run, trace: RankingTrace, before: int, after: int, k: int = 10) -> SwapAccount:
    """Pairs of either top k that changed places between two steps (the later may be the proposal), each opened.

    Places are those of the scores: a place kept for the new is no change of a margin. Raises MspaError on a step that
    the trace has not.
    """
    first, last = step_of(trace, before), step_of(trace, after)
    tops = first.ranking.by_score[:k].tolist(), last.ranking.by_score[:k].tolist()
    shown = sorted({*tops[0], *tops[1]})
    altered = _altered(run, first, last, torch.tensor(shown, dtype=torch.long))
    margins = [_scores(step.ranking, shown) for step in (first, last)]
    places = [_places(step.ranking, shown) for step in (first, last)]
    swaps = [
        _swap(run, shown, tops, (riser, faller), margins, altered)
        for riser in range(len(shown))
        for faller in range(len(shown))
        if places[0][riser] > places[0][faller] and places[1][riser] < places[1][faller]
    ]
    swaps.sort(key=lambda swap: swap.margin_before - swap.margin_after)
    return SwapAccount(before, after, k, tuple(swaps), _sentence(swaps, last, k, run.dataset.info))


def _scores(ranking: Ranking, shown: Sequence[int]) -> Float[Tensor, " n_shown"]:
    return ranking.contributions[:, list(shown)].double().sum(0)


def _places(ranking: Ranking, shown: Sequence[int]) -> list[int]:
    place = {idx: n for n, idx in enumerate(ranking.by_score.tolist())}
    return [place[idx] for idx in shown]


def _swap(
    run: Run,
    shown: Sequence[int],
    tops: tuple[list[int], list[int]],
    pair: tuple[int, int],
    scores: Sequence[Float[Tensor, " n_shown"]],
    altered: Sequence[_Altered],
) -> Swap:
    """pair: positions among the streamers shown, the riser's first."""
    riser, faller = pair
    margins = [float(each[riser] - each[faller]) for each in scores]
    inside = all(shown[one] in top for one in pair for top in tops)
    names = [name_of(run.dataset, shown[one]) for one in pair]
    edge = "inside" if inside else "into"
    parts = _parts(altered, pair, margins[1])
    return Swap(shown[riser], shown[faller], *names, edge, *margins, parts)


def _parts(altered: Sequence[_Altered], pair: tuple[int, int], margin_after: float) -> tuple[SwapPart, ...]:
    one, other = pair
    parts = [
        SwapPart(a.kind, a.subject, a.label, worth, margin_after - float(a.lost[one] - a.lost[other]))
        for a in altered
        if (worth := float(a.worth[one] - a.worth[other])) != 0
    ]
    return tuple(sorted(parts, key=lambda part: -abs(part.margin)))


def margin_parts(run: Run, first: Step, last: Step, pair: tuple[int, int]) -> tuple[SwapPart, ...]:
    """Which changes between two steps moved the margin of any pair, swapped or not; streamer_idx of both. The largest
    first; they add up to the change of the margin.
    """
    margin = _scores(last.ranking, pair)
    altered = _altered(run, first, last, torch.tensor(pair, dtype=torch.long))
    return _parts(altered, (0, 1), float(margin[0] - margin[1]))


def _altered(run: Run, first: Step, last: Step, shown: Tensor) -> list[_Altered]:
    """Every change between the steps that reaches a score."""
    weights = [_weights(run, step) for step in (first, last)]
    fits = [_fits(step.ranking, shown) for step in (first, last)]
    found = []
    for i, source in enumerate(SOURCES):
        risen = float(weights[1][i] - weights[0][i])
        if risen != 0:
            label = _weight_label(source, float(weights[0][i]), float(weights[1][i]), run.dataset.info)
            worth = risen * (fits[0][i] + fits[1][i]) / 2
            found.append(_Altered("source weight", source.value, label, worth, risen * fits[1][i]))
    means = (weights[0] + weights[1]) / 2
    found += _altered_statements(run, first, last, shown, means, weights[1])
    found += _shifts(run, first, last, shown, means, weights[1])
    return found + _faded(run, last, fits, means, weights[1])


def _weights(run: Run, step: Step) -> Float[Tensor, " n_sources"]:
    """What multiplies each fit. A fit that says nothing has weight zero in a ranking; here it has the weight that it
    would have and a fit of zero (_fits), so that what first says something is a statement's doing and no weight's.
    """
    ranking, scorer = step.ranking, run.recommender.scorer
    would = (scorer.base_weights / scorer.spreads * step.emphasis).double().cpu()
    return torch.where(_silent(ranking), would, ranking.weights.double())


def _fits(ranking: Ranking, shown: Tensor) -> Float[Tensor, "n_sources n_shown"]:
    fits = ranking.fits[:, shown].double()
    return torch.where(_silent(ranking)[:, None], 0.0, fits)


def _silent(ranking: Ranking) -> Tensor:
    return deviation(ranking.fits) <= MIN_SPREAD


def _weight_label(source: Source, before: float, after: float, info: DatasetInfo) -> str:
    words = source_words(source, info)
    if after == 0:
        return f"{words} no longer counts"
    return f"{words} begins to count" if before == 0 else f"{words} counts {after / before:.2g} times as much"


def _altered_statements(
    run: Run, first: Step, last: Step, shown: Tensor, means: Tensor, later: Tensor
) -> list[_Altered]:
    n_values = len(run.vocabulary.values)
    before, after = (signed_strengths(step.preference.statements, n_values) for step in (first, last))
    rows = {m: _unit_fits(run, m, shown) for m in run.features.modalities}
    found = []
    for j in (after != before).nonzero()[:, 0].tolist():
        value, old, new = run.vocabulary.values[j], float(before[j]), float(after[j])
        label, kind = quoted(plain(value.label, LABEL_LIMIT)), "statement strength"
        if new == 0:
            kind, label = "statement dropped", f"{label} dropped"
        elif old == 0:
            kind, label = "statement taken up", f"{label} taken up at {signed(new)}"
        else:
            label = f"{label} from {signed(old)} to {signed(new)}"
        worth = lost = torch.zeros(len(shown), dtype=torch.float64)
        for m, unit in rows.items():
            i = SOURCES.index(Source(m.value))
            worth, lost = worth + means[i] * (new - old) * unit[j], lost + later[i] * (new - old) * unit[j]
        found.append(_Altered(kind, f"{value.aspect}: {value.name}", label, worth, lost))
    return found


def _unit_fits(run: Run, modality: Modality, shown: Tensor) -> Float[Tensor, "n_values n_shown"]:
    """What strength 1 of each value adds to the fit of the streamers shown."""
    scorer = run.recommender.scorer
    return scorer.vector_fit(modality, scorer.value_vectors[modality]).detach()[:, shown].double().cpu()


def _shifts(run: Run, first: Step, last: Step, shown: Tensor, means: Tensor, later: Tensor) -> list[_Altered]:
    found = []
    for m in run.features.modalities:
        difference = torch.from_numpy(last.preference.residual[m] - first.preference.residual[m])
        if not bool(difference.any()):
            continue
        i = SOURCES.index(Source(m.value))
        fit = run.recommender.scorer.residual_fit(m, difference[None].to(run.device))[0, shown].double().cpu()
        label = f"the part not put into words, in {source_words(Source(m.value), run.dataset.info)}"
        found.append(_Altered("residual shift", m.value, label, means[i] * fit, later[i] * fit))
    return found


def _faded(
    run: Run, last: Step, fits: Sequence[Float[Tensor, "n_sources n_shown"]], means: Tensor, later: Tensor
) -> list[_Altered]:
    """What co-tipping says once older tips count for less; nothing else changes it."""
    i = SOURCES.index(Source.COTIPS)
    moved = fits[1][i] - fits[0][i]
    if not bool(moved.any()):
        return []
    label = f"older {plural(run.dataset.info.tip_is)} count for less in {source_words(Source.COTIPS, run.dataset.info)}"
    return [_Altered("older tips faded", Source.COTIPS.value, label, means[i] * moved, later[i] * moved)]


def _sentence(swaps: Sequence[Swap], last: Step, k: int, info: DatasetInfo) -> str:
    lead = f"Step {last.index}" if last.kept else f"Step {last.index}, proposed and not kept,"
    if not swaps:
        return f"{lead} turns no pair of {plural(info.streamer_is)} round in the top {k}."
    said = f"{lead} turns {counted(len(swaps), 'pair')} round in the top {k} or at its edge"
    pushed = Counter(swap.parts[0].label for swap in swaps if swap.parts)
    if not pushed:
        return f"{said}."
    label, most = pushed.most_common(1)[0]
    needed = sum(any(part.needed and part.label == label for part in swap.parts) for swap in swaps)
    where = f"In {most} of them the largest part" if len(swaps) > 1 else "The largest part of it"
    whom = f"{needed} would" if len(swaps) > 1 else "it would"
    without = f"; without that change alone, {whom} not have turned" if needed else ""
    return f"{said}. {where} is this: {label}{without}."
