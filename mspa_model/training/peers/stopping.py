"""Early stopping on val with a time box, for peers that are taught by epochs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mspa_model.data.split import EvalPairs
from mspa_model.training.metrics import Scorer, measure

State = TypeVar("State")


@dataclass(frozen=True)
class Patience:
    """epochs_a_look: between looks at val; looks: at most; patience: looks without a better one; seconds: the box."""

    epochs_a_look: int
    looks: int
    patience: int
    seconds: float


@dataclass(frozen=True)
class Taught(Generic[State]):
    """The best state on val and, in a sentence, how teaching ended."""

    state: State
    note: str


def taught_until_no_better(
    epochs: Callable[[int], State], scorer: Callable[[State], Scorer], val: EvalPairs, metric: str, patience: Patience
) -> Taught[State]:
    """epochs(n): teaches n more and gives what scoring needs, which later epochs must not change.

    Without val users nothing can be chosen: all looks are taken, and the last state.
    """
    deadline = time.perf_counter() + patience.seconds
    best_value, best, best_look, ending = float("-inf"), None, 0, "the bound on its epochs"
    for look in range(1, patience.looks + 1):
        state = epochs(patience.epochs_a_look)
        value = measure(scorer(state), val).mean(metric)
        if best is None or value > best_value or value == float("-inf"):
            best_value, best, best_look = value, state, look
        if look - best_look >= patience.patience:
            ending = "val, which had stopped rising"
            break
        if time.perf_counter() > deadline:
            ending = f"its time box of {patience.seconds / 60:g} min"
            break
    assert best is not None, "patience.looks is at least 1"
    each = patience.epochs_a_look
    return Taught(best, f"ended after {look * each} epochs by {ending}; the state after {best_look * each} is used")
