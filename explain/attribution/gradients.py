"""Integrated gradients (Sundararajan et al. 2017, by Captum), with steps raised until they add up."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from explain.attribution.line import CAPTUM, Line

STEPS = (50, 100, 200, 400, 800)
RELATIVE_LIMIT, ABSOLUTE_LIMIT = 0.01, 1e-4


@dataclass(frozen=True)
class Integrated:
    """A value for each feature of each modality; delta: |sum - total|; limit: the largest delta that counts as none."""

    values: tuple[Float[np.ndarray, " _"], ...]
    delta: float
    limit: float
    n_steps: int


def integrate(line: Line, n_steps: int) -> tuple[Float[np.ndarray, " _"], ...]:
    """Values at a fixed number of steps, float64."""
    from captum.attr import IntegratedGradients  # a second to import: not before something is explained

    with CAPTUM:
        at = tuple(row.clone() for row in line.at)
        found = IntegratedGradients(line.forward).attribute(at, line.start, n_steps=n_steps)
    return tuple(rows[0].detach().cpu().numpy().astype(np.float64) for rows in found)


def integrate_until_exact(line: Line) -> Integrated:
    """Steps are raised until the values add up within 1 % of the total or 1e-4, whichever is more; the closest try."""
    limit = max(RELATIVE_LIMIT * abs(line.total), ABSOLUTE_LIMIT)
    tries: list[Integrated] = []
    for n_steps in STEPS:
        values = integrate(line, n_steps)
        delta = abs(float(sum(rows.sum() for rows in values)) - line.total)
        tries.append(Integrated(values, delta, limit, n_steps))
        if delta <= limit:
            break
    return min(tries, key=lambda tried: tried.delta)
