"""Which modality sorts a user's ranking most, and whether that rests on a few of the tips."""

from collections.abc import Sequence

import numpy as np

from explain.contribution import tips_by_streamer
from explain.narrate import plural, source_words
from explain.rescoring import Rescorer
from explain.types import Edit, Leading
from mspa_model.number_format import percent
from mspa_model.ranking.scorer import deviation
from mspa_model.runs import Run
from mspa_model.types import SOURCES, DatasetInfo, Modality, Ranking, Source, Step

N_HALVES = 20
FEWEST = 4  # different streamers tipped, below which a half says nothing


def leading_modality(run: Run, step: Step, seed: int = 0) -> Leading:
    """The modality whose part of the scores spreads widest over streamers, tried again on random halves of the tips.

    A half of a sample strays from the whole by as much as the whole strays from what it was drawn from (McCarthy 1969),
    so the share of halves that agree says how sure the tips are of it. Strengths follow the tips, nothing is composed
    anew, and a source keeps the step's emphasis.
    """
    spreads = spreads_of(step.ranking, run.features.modalities)
    tipped = tips_by_streamer(step.preference.history)
    held, n_halves = None, 0
    if len(tipped) >= FEWEST and spreads and spreads[0][1] > 0:
        held, n_halves = _share_held(run, step, list(tipped.values()), spreads[0][0], seed), N_HALVES
    return Leading(spreads, held, n_halves, _sentence(spreads, held, n_halves, run.dataset.info))


def spreads_of(ranking: Ranking, modalities: Sequence[Modality]) -> tuple[tuple[Modality, float], ...]:
    """Standard deviation over streamers of each modality's part of the score, in points, widest first."""
    spreads = ranking.contributions.double().std(dim=1, correction=0)
    found = [(m, float(spreads[SOURCES.index(Source(m.value))])) for m in modalities]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _share_held(run: Run, step: Step, keys: list[str], leading: Modality, seed: int) -> float:
    rng = np.random.default_rng(seed)
    halves = [rng.permutation(len(keys))[: len(keys) // 2] for _ in range(N_HALVES)]
    scenarios = [(Edit("drop tip", ",".join(keys[i] for i in away)),) for away in halves]
    spreads = deviation(Rescorer(run, step, "all").contributions(scenarios))
    rows = [SOURCES.index(Source(m.value)) for m in run.features.modalities]
    first = spreads[:, rows].argmax(1)
    return float((first == run.features.modalities.index(leading)).float().mean())


def _sentence(spreads: tuple[tuple[Modality, float], ...], held: float | None, n_halves: int, info: DatasetInfo) -> str:
    total = sum(spread for _, spread in spreads)
    if total == 0:
        return f"No modality has a part in this {info.user_is}'s ranking."
    first, share = spreads[0][0], spreads[0][1] / total
    said = (
        f"Over all {plural(info.streamer_is)}, {source_words(Source(first.value), info)} sorts this ranking most among "
        f"the modalities ({percent(share)} of their spreads)"
    )
    if held is None:
        return f"{said}; with so few {plural(info.tip_is)} it cannot be tried on halves of them."
    return f"{said}; so it is in {round(held * n_halves)} of {n_halves} random halves of the {plural(info.tip_is)}."
