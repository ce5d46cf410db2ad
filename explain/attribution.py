"""Integrated gradients inside one modality (Sundararajan et al. 2017): which features of a streamer carry its margin.

Explained is F(f) = weight x (p . tower(f)) along the straight line from the reference's features to the streamer's, so
that with the rival as the reference the values add up to that modality's share of the margin.
"""

from threading import Lock

import numpy as np
import torch
from captum.attr import IntegratedGradients
from jaxtyping import Float
from torch import Tensor

from explain.narrate import name_of
from explain.types import Attribution
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Ranking, Source, Step

STEPS = (50, 100, 200, 400, 800)
RELATIVE_LIMIT, ABSOLUTE_LIMIT = 0.01, 1e-4
# Captum hooks the model that it explains; two threads of a dashboard must not do so at once.
_CAPTUM = Lock()


def attribute_margin(
    run: Run, step: Step, ranking: Ranking, streamer_idx: int, rival_idx: int
) -> tuple[tuple[Attribution, ...], tuple[str, ...]]:
    """An attribution for each modality that counts in this user's score, and a sentence for each that has none."""
    done, skipped = [], []
    for modality in run.features.modalities:
        if _weight(ranking, modality) == 0:
            continue
        lacking = [i for i in (streamer_idx, rival_idx) if not run.features.present[modality][i]]
        if lacking:
            names = " and ".join(name_of(run.dataset, i) for i in lacking)
            skipped.append(f"{names}: no {modality.value} features, so inside {modality.value} nothing can be shown.")
        else:
            done.append(attribute(run, step, ranking, modality, streamer_idx, rival_idx))
    return tuple(done), tuple(skipped)


def attribute(
    run: Run, step: Step, ranking: Ranking, modality: Modality, streamer_idx: int, reference_idx: int | None
) -> Attribution:
    """One modality's integrated gradients; reference_idx None: from the mean streamer (centred features: the zero row).

    Steps are raised until the values add up within 1 % of the total or 1e-4, whichever is more; the closest try is
    returned, so `converged` may be False.
    """
    rows = run.features.arrays[modality]
    reference = np.zeros_like(rows[streamer_idx]) if reference_idx is None else rows[reference_idx]
    vector = run.recommender.user_vector(step.preference, modality).detach() * _weight(ranking, modality)
    at, start = (
        torch.as_tensor(row, dtype=vector.dtype, device=vector.device) for row in (rows[streamer_idx], reference)
    )
    tower = run.recommender.tower(modality)
    total = _total(ranking, modality, streamer_idx, reference_idx)
    if total is None:
        with torch.no_grad():
            total = float((tower(torch.stack([at, start])) @ vector).double().diff().neg())
    return _closest(tower, vector, at, start, total, modality, _reference_name(run, reference_idx))


def _closest(
    tower: torch.nn.Module, vector: Tensor, at: Tensor, start: Tensor, total: float, modality: Modality, reference: str
) -> Attribution:
    limit = max(RELATIVE_LIMIT * abs(total), ABSOLUTE_LIMIT)
    tries: list[Attribution] = []
    for n_steps in STEPS:
        values = _integrate(tower, vector, at, start, n_steps)
        delta = abs(float(values.sum()) - total)
        tries.append(Attribution(modality, reference, values, total, delta, limit, n_steps))
        if delta <= limit:
            break
    return min(tries, key=lambda a: a.delta)


def _integrate(
    tower: torch.nn.Module, vector: Tensor, at: Tensor, start: Tensor, n_steps: int
) -> Float[np.ndarray, " feature_dim"]:
    with _CAPTUM:
        explained = IntegratedGradients(lambda features: tower(features) @ vector)
        values = explained.attribute(at[None].clone(), start[None], n_steps=n_steps)
    return values[0].detach().cpu().numpy().astype(np.float64)


def _weight(ranking: Ranking, modality: Modality) -> float:
    return float(ranking.weights[SOURCES.index(Source(modality.value))])


def _total(ranking: Ranking, modality: Modality, streamer_idx: int, reference_idx: int | None) -> float | None:
    """The margin that the ranking itself shows, so that delta also tells a tower that disagrees with the ranking."""
    if reference_idx is None:
        return None
    row = ranking.contributions[SOURCES.index(Source(modality.value))].double()
    return float(row[streamer_idx] - row[reference_idx])


def _reference_name(run: Run, reference_idx: int | None) -> str:
    if reference_idx is None:
        return f"the mean {run.dataset.info.streamer_is}"
    return name_of(run.dataset, reference_idx)
