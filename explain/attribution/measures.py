"""Infidelity and sensitivity (Yeh et al. 2019; sensitivity by Captum), beside values that know nothing of the model.

Infidelity is written out: Captum 0.9.0 fits the scale of the values and keeps it to itself, so that values with every
sign turned look perfect.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from explain.attribution.gradients import integrate
from explain.attribution.line import Line

N_MASKS = 64  # random halves of the features that are given the reference's
N_DRAWS = 5  # of random and of shuffled values; the best of them is compared with
ROUNDING = 1e-10  # of what the halves lose, squared: a miss below it is float32's
SMALLEST = 1e-6  # points, below which a half lost nothing
NUDGE = 0.05  # of the mean size of the difference between streamer and reference
N_NUDGES = 8
NUDGE_STEPS = 20  # of the integral, for a nudged streamer
Values = tuple[Float[np.ndarray, " _"], ...]
Explainer = Callable[[Line], Values]


@dataclass(frozen=True)
class Halves:
    """Random halves of the features put back to the reference's, modalities side by side.

    back: 1 where a feature is put back and differs from the reference's; lost: what the function loses by it.
    """

    back: Float[np.ndarray, "n_masks n_features"]
    lost: Float[np.ndarray, " n_masks"]


@dataclass(frozen=True)
class Infidelities:
    """Of the values explained, and the least of several random and of several shuffled ones.

    scale: what the values explained are best multiplied with; below zero their signs are wrong, far from one their
    size is. None where they say nothing of any half.
    """

    own: float
    random: float
    shuffled: float
    scale: float | None


def infidelities(line: Line, values: Values, seed: int = 0) -> Infidelities:
    """Expected squared difference between what values say a random half of the features is worth, and what it is.

    Scales are fitted, so that only the shares between features count; all are held against the same halves. Random
    and shuffled values may take any scale, the values explained none below zero.
    """
    rng = np.random.default_rng(seed)
    random = [tuple(rng.standard_normal(len(rows)) for rows in values) for _ in range(N_DRAWS)]
    shuffled = [tuple(rng.permutation(rows) for rows in values) for _ in range(N_DRAWS)]
    halves = put_back(line, seed)
    scale = best_scale(halves, values)
    return Infidelities(
        infidelity_of(halves, values, max(scale or 0.0, 0.0)),
        min(infidelity_of(halves, draw, best_scale(halves, draw) or 0.0) for draw in random),
        min(infidelity_of(halves, draw, best_scale(halves, draw) or 0.0) for draw in shuffled),
        scale,
    )


def put_back(line: Line, seed: int = 0) -> Halves:
    """The halves that all values are held against, and what the function loses by each."""
    generator = torch.Generator().manual_seed(seed)
    masks = [torch.rand((N_MASKS, row.shape[1]), generator=generator).to(row.device) < 0.5 for row in line.at]
    rows = [torch.where(mask, start, at) for mask, at, start in zip(masks, line.at, line.start, strict=True)]
    whole = [row.expand(N_MASKS, -1) for row in line.at]  # rows alike in a batch alike: equal ones lose exactly nothing
    with torch.no_grad():
        lost = line.forward(*whole).double() - line.forward(*rows).double()
    lost[lost.abs() <= SMALLEST] = 0.0
    back = [mask & (at != start) for mask, at, start in zip(masks, line.at, line.start, strict=True)]
    return Halves(torch.cat(back, 1).double().cpu().numpy(), lost.cpu().numpy())


def best_scale(halves: Halves, values: Values) -> float | None:
    """By what the values are multiplied to come nearest to what the halves lose; None where they say nothing.

    Captum's `infidelity(normalize=True)` multiplies with it, whatever its sign, and does not give it away.
    """
    claimed = halves.back @ np.concatenate(values)
    size = float(claimed @ claimed)
    return float(claimed @ halves.lost) / size if size > 0 else None


def infidelity_of(halves: Halves, values: Values, scale: float) -> float:
    """Mean over the halves of the squared miss, at a scale; zero for a linear function and its analytic answer."""
    missed = scale * (halves.back @ np.concatenate(values)) - halves.lost
    found = float(np.mean(missed**2))
    return found if found > ROUNDING * float(np.mean(halves.lost**2)) else 0.0


def sensitivity(line: Line, explainer: Explainer | None = None, seed: int = 0) -> float:
    """Largest relative change of the values when every feature is nudged at random by up to 5 % of the typical
    difference to the reference. explainer: what explains the nudged line, by default integrated gradients.
    """
    explained = explainer or (lambda nudged: integrate(nudged, NUDGE_STEPS))
    size = float(np.mean([float((at - start).abs().mean()) for at, start in zip(line.at, line.start, strict=True)]))
    if size == 0:
        return 0.0
    from captum.metrics import sensitivity_max  # a second to import: not before something is explained

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
