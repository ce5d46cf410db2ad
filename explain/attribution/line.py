"""What Captum is asked about: a function of features and the straight line along which it is explained."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

# Captum hooks the model that it explains; two threads of a dashboard must not do so at once.
CAPTUM = Lock()


@dataclass(frozen=True)
class Line:
    """From the reference's features to the streamer's, one tensor of one row for each modality that the function reads.

    forward: rows of each modality to a number a row; total: its value at the streamer less that at the reference.
    """

    forward: Callable[..., Float[Tensor, " batch"]]
    at: tuple[Float[Tensor, "1 _"], ...]
    start: tuple[Float[Tensor, "1 _"], ...]
    total: float

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(row.shape[1] for row in self.at)


def line_between(
    forward: Callable[..., Tensor], at: tuple[Tensor, ...], start: tuple[Tensor, ...], total: float | None = None
) -> Line:
    """total None: as the function itself gives it."""
    if total is None:
        with torch.no_grad():
            total = float(forward(*at).double().sum() - forward(*start).double().sum())
    return Line(forward, at, start, total)


def blocks_of(widths: tuple[int, ...], n_blocks: int) -> tuple[tuple[np.ndarray, ...], ...]:
    """Positions of each block of neighbouring features, per modality: at most n_blocks each, of equal size but one.

    Blocks are laid without a look at any attribution, so that they favour none.
    """
    return tuple(tuple(np.array_split(np.arange(width), min(n_blocks, width))) for width in widths)


def block_sums(values: np.ndarray, blocks: tuple[np.ndarray, ...]) -> Float[np.ndarray, " n_blocks"]:
    """Values of features summed over each block."""
    return np.array([values[block].sum() for block in blocks])
