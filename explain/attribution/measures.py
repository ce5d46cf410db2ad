"""Infidelity and sensitivity (Yeh et al. 2019, by Captum), beside values that know nothing of the model."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum.metrics import infidelity, infidelity_perturb_func_decorator, sensitivity_max
from jaxtyping import Float
from torch import Tensor

from explain.attribution.gradients import integrate
from explain.attribution.line import CAPTUM, Line

N_MASKS = 64  # random halves of the features that are given the reference's
N_DRAWS = 5  # of random and of shuffled values; the best of them is compared with
NUDGE = 0.05  # of the mean size of the difference between streamer and reference
N_NUDGES = 8
NUDGE_STEPS = 20  # of the integral, for a nudged streamer
Values = tuple[Float[np.ndarray, " _"], ...]
Explainer = Callable[[Line], Values]


@dataclass(frozen=True)
class Infidelities:
    """Of the values explained, and the least of several random and of several shuffled ones."""

    own: float
    random: float
    shuffled: float


def infidelities(line: Line, values: Values, seed: int = 0) -> Infidelities:
    """Expected squared difference between what values say a random half of the features is worth, and what it is.

    Scales are fitted, so that only the shares between features count; all are held against the same halves.
    """
    rng = np.random.default_rng(seed)
    random = [tuple(rng.standard_normal(len(rows)) for rows in values) for _ in range(N_DRAWS)]
    shuffled = [tuple(rng.permutation(rows) for rows in values) for _ in range(N_DRAWS)]
    return Infidelities(
        infidelity_of(line, values, seed),
        min(infidelity_of(line, draw, seed) for draw in random),
        min(infidelity_of(line, draw, seed) for draw in shuffled),
    )


def infidelity_of(line: Line, values: Values, seed: int = 0) -> float:
    """Of one set of values; zero for a linear function and its analytic answer."""
    generator = torch.Generator().manual_seed(seed)

    @infidelity_perturb_func_decorator(True)
    def perturbed(inputs: Tensor | tuple[Tensor, ...], starts: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(
            torch.where(torch.rand(row.shape, generator=generator).to(row.device) < 0.5, start, row)
            for row, start in zip(_rows(inputs), _rows(starts), strict=True)
        )

    attributions = tuple(
        torch.as_tensor(rows, dtype=at.dtype, device=at.device)[None] for rows, at in zip(values, line.at, strict=True)
    )
    with CAPTUM, torch.no_grad():
        found = infidelity(
            line.forward,
            perturbed,
            line.at,
            attributions,
            baselines=line.start,
            n_perturb_samples=N_MASKS,
            max_examples_per_batch=N_MASKS,
            normalize=True,
        )
    return float(found[0])


def sensitivity(line: Line, explainer: Explainer | None = None, seed: int = 0) -> float:
    """Largest relative change of the values when every feature is nudged at random by up to 5 % of the typical
    difference to the reference. explainer: what explains the nudged line, by default integrated gradients.
    """
    explained = explainer or (lambda nudged: integrate(nudged, NUDGE_STEPS))
    size = float(np.mean([float((at - start).abs().mean()) for at, start in zip(line.at, line.start, strict=True)]))
    if size == 0:
        return 0.0
    generator = torch.Generator().manual_seed(seed)

    def nudged(inputs: Tensor | tuple[Tensor, ...], radius: float) -> tuple[Tensor, ...]:
        return tuple(
            row + radius * (2 * torch.rand(row.shape, generator=generator).to(row.device) - 1) for row in _rows(inputs)
        )

    def values_of(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        rows = [
            explained(Line(line.forward, tuple(r[i : i + 1] for r in inputs), line.start, line.total))
            for i in range(len(inputs[0]))
        ]
        return tuple(torch.from_numpy(np.stack([row[m] for row in rows])) for m in range(len(inputs)))

    return float(sensitivity_max(values_of, line.at, nudged, NUDGE * size, N_NUDGES)[0])


def _rows(given: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Captum hands over a bare tensor where there is only one."""
    return given if isinstance(given, tuple) else (given,)
