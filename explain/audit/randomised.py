"""Parameter randomisation (Adebayo et al. 2018): with what was learnt drawn anew, layer by layer from the output down,
an attribution that explains the model must change until nothing is left of the real one.
"""

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from explain.attribution import line_of, signed_rank_correlation
from explain.attribution.gradients import integrate
from explain.attribution.line import Line
from explain.audit.draw import AuditCase
from mspa_model.ranking.towers import Aligner
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Source

LEAST_FEATURES = 100
DRAWS = 5  # of new parameters; cases take turns
N_STEPS = 20
LEVELS = ("the user's side", "and the tower's last layer", "and its straight path", "and its first layer: all")
Explainer = Callable[[Line], np.ndarray]


@dataclass(frozen=True)
class Randomisation:
    """rho: signed rank correlation with the real attribution, a row a case and modality; levels: what was drawn anew.

    modality, case: of each row.
    """

    rho: np.ndarray
    modality: tuple[Modality, ...]
    case: tuple[int, ...]

    @property
    def curve(self) -> list[dict[str, float | str]]:
        """Median and quartiles of rho at each level; empty without a row."""
        if not len(self.rho):
            return []
        low, mid, high = np.percentile(self.rho, [25, 50, 75], axis=0)
        rows = zip(LEVELS, mid.tolist(), low.tolist(), high.tolist(), strict=True)
        return [{"level": level, "median": m, "low": lo, "high": hi} for level, m, lo, hi in rows]

    @property
    def median(self) -> float | None:
        """At the last level, where nothing learnt is left."""
        return float(np.median(self.rho[:, -1])) if len(self.rho) else None


def randomise(
    run: Run, cases: Sequence[AuditCase], seed: int, explainer: Explainer | None = None, least: int = LEAST_FEATURES
) -> Randomisation:
    """Each case's modalities with at least `least` features, explained with the run's parameters and with drawn ones.

    explainer: what is tested, by default integrated gradients from the mean streamer; one that does not look at the
    model keeps a rho of 1.
    """
    explain = explainer or (lambda line: integrate(line, N_STEPS)[0])
    drawn = [[redrawn_run(run, level, seed + draw) for level in range(1, len(LEVELS) + 1)] for draw in range(DRAWS)]
    rows, modalities, numbers = [], [], []
    for number, each in enumerate(cases):
        for modality in _told(run, each, least):
            real = explain(_line(run, each, modality))
            rows.append(
                [signed_rank_correlation(real, explain(_line(r, each, modality))) for r in drawn[number % DRAWS]]
            )
            modalities.append(modality)
            numbers.append(number)
    return Randomisation(np.array(rows).reshape(len(rows), len(LEVELS)), tuple(modalities), tuple(numbers))


def redrawn_run(run: Run, level: int, seed: int) -> Run:
    """The run with the first `level` of LEVELS drawn anew: normal, at the mean and deviation that the layer had."""
    scorer = copy(run.recommender.scorer)
    scorer.aligners = deepcopy(scorer.aligners)
    generator = torch.Generator().manual_seed(seed)
    for modality in run.features.modalities:
        for layer in [layer for group in _layers(scorer.aligner(modality))[:level] for layer in group]:
            _draw_anew(layer, generator)
    recommender = copy(run.recommender)
    recommender.scorer = scorer
    return run.with_model(recommender=recommender)


def _layers(aligner: Aligner) -> tuple[tuple[nn.Module, ...], ...]:
    tower = aligner.tower
    return (aligner.statements, aligner.residual), (tower.network[-1],), (tower.skip,), (tower.network[0],)


@torch.no_grad()
def _draw_anew(layer: nn.Module, generator: torch.Generator) -> None:
    for parameter in layer.parameters():
        noise = torch.randn(parameter.shape, generator=generator).to(parameter.device)
        parameter.copy_(noise * parameter.std(correction=0))


def _told(run: Run, each: AuditCase, least: int) -> list[Modality]:
    """Modalities with enough features that the streamer has and the score uses."""
    weights = each.trace.final.ranking.weights
    return [
        m
        for m in run.features.modalities
        if run.features.arrays[m].shape[1] >= least
        and run.features.present[m][each.streamer_idx]
        and weights[SOURCES.index(Source(m.value))] != 0
    ]


def _line(run: Run, each: AuditCase, modality: Modality) -> Line:
    step = each.trace.final
    return line_of(run, step, step.ranking, modality, each.streamer_idx, None)
