"""How fast this machine is, beside the one that what a training takes was measured on."""

import time
from collections.abc import Callable

import torch

# Seconds on two quiet cores, the least of many: one large product, and a hundred small ones as a language model's are.
LARGE, SMALL = 1.4e-3, 1.3e-3
TRIES = 30
FASTEST, SLOWEST = 0.25, 6.0  # beyond them a few products say little about a whole training


def slowness() -> float:
    """How many times as long as on that machine a training takes here.

    By the quickest of a few tries: what else the machine does meanwhile is no part of it.
    """
    large, small = torch.full((512, 512), 1 / 512), torch.full((64, 64), 1 / 64)
    ratios = _quickest(lambda: large @ large) / LARGE, _quickest(lambda: _many(small)) / SMALL
    return min(max(sum(ratios) / len(ratios), FASTEST), SLOWEST)


def _many(square: torch.Tensor) -> None:
    x = square
    for _ in range(100):
        x = torch.tanh(x @ square)


def _quickest(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)
