"""Second and third opinions over blocks of features: sampled Shapley values and ablation (both by Captum)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from explain.attribution.line import CAPTUM, Line, blocks_of

N_BLOCKS = 16  # of neighbouring features, a modality
N_ORDERS = 20  # of the blocks, drawn for Shapley values; each second one is the one before turned round
AT_ONCE = 64  # rows of a forward pass


def shapley_blocks(
    line: Line, n_orders: int = N_ORDERS, seed: int = 0, n_blocks: int = N_BLOCKS
) -> tuple[Float[np.ndarray, " n_blocks"], ...]:
    """Each block's mean marginal part over orders of all blocks (Castro et al. 2009), per modality; they add up."""
    blocks = blocks_of(line.widths, n_blocks)
    sampling = _sampling(line.forward, seed)
    with CAPTUM, torch.no_grad():
        found = sampling.attribute(
            line.at,
            baselines=line.start,
            feature_mask=_masks(line, blocks),
            n_samples=n_orders,
            perturbations_per_eval=AT_ONCE,
        )
    return _first_of(found, blocks)


def ablate_blocks(line: Line, n_blocks: int = N_BLOCKS) -> tuple[Float[np.ndarray, " n_blocks"], ...]:
    """What is lost where one block alone is the reference's, per modality."""
    from captum.attr import FeatureAblation  # a second to import: not before something is explained

    blocks = blocks_of(line.widths, n_blocks)
    with CAPTUM, torch.no_grad():
        found = FeatureAblation(line.forward).attribute(
            line.at,
            baselines=line.start,
            feature_mask=_masks(line, blocks),
            perturbations_per_eval=AT_ONCE,
        )
    return _first_of(found, blocks)


def shapley_of_players(
    value: Callable[[Float[Tensor, "batch n_players"]], Float[Tensor, " batch"]],
    n_players: int,
    n_orders: int,
    seed: int = 0,
) -> Float[np.ndarray, " n_players"]:
    """Sampled Shapley values of players that are there (1) or not (0); value: a row of these to its worth."""
    sampling = _sampling(value, seed)
    everyone = torch.ones(1, n_players)
    with CAPTUM, torch.no_grad():
        found = sampling.attribute(
            everyone, baselines=torch.zeros(1, n_players), n_samples=n_orders, perturbations_per_eval=AT_ONCE
        )
    return found[0].numpy().astype(np.float64)


def _sampling(value: Callable, seed: int) -> Any:
    """Captum's ShapleyValueSampling over paired orders."""
    from captum.attr import ShapleyValueSampling

    sampling = ShapleyValueSampling(value)
    sampling.permutation_generator = paired_orders(seed)
    return sampling


def paired_orders(seed: int) -> Callable[[int, int], Iterator[Sequence[int]]]:
    """Captum's source of orders, seeded: each is followed by its reverse, so that two parts of a product, and two
    equal parts, share exactly.
    """

    def orders(n_features: int, n_orders: int) -> Iterator[Sequence[int]]:
        generator = torch.Generator().manual_seed(seed)
        for _ in range(0, n_orders, 2):
            order = torch.randperm(n_features, generator=generator).tolist()
            yield order
            yield order[::-1]

    return orders


def _masks(line: Line, blocks: tuple[tuple[np.ndarray, ...], ...]) -> tuple[Tensor, ...]:
    """The number of its block for each feature; numbers of the second modality go on where those of the first end."""
    masks, first = [], 0
    for row, own in zip(line.at, blocks, strict=True):
        mask = torch.zeros(1, row.shape[1], dtype=torch.long)
        for number, block in enumerate(own):
            mask[0, block] = first + number
        masks.append(mask.to(row.device))
        first += len(own)
    return tuple(masks)


def _first_of(
    found: tuple[Tensor, ...], blocks: tuple[tuple[np.ndarray, ...], ...]
) -> tuple[Float[np.ndarray, " n_blocks"], ...]:
    """Captum gives every feature its block's value."""
    return tuple(
        rows[0, [int(block[0]) for block in own]].cpu().numpy().astype(np.float64)
        for rows, own in zip(found, blocks, strict=True)
    )
