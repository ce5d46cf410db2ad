"""What work costs beside other work, in seconds of the processor: a busy machine changes the clock, not these."""

import gc
import math
import time
from collections.abc import Callable

Work = Callable[[], object]
LEAST_S = 0.02  # of one round: shorter work is repeated until it takes as long


def cost_ratio(ours: Work, theirs: Work, rounds: int = 5) -> float:
    """Seconds of the processor that ours takes for each that theirs takes.

    In turn, so that both meet the same neighbours, after one call of each that warms up; of each the least of the
    rounds, which is what it takes undisturbed.
    """
    works = [(work, _repeats(work)) for work in (ours, theirs)]
    seconds = [[_cost(work, repeats) for work, repeats in works] for _ in range(rounds)]
    return min(row[0] for row in seconds) / min(row[1] for row in seconds)


def _repeats(work: Work) -> int:
    work()
    return max(1, math.ceil(LEAST_S / max(_cost(work, 1), 1e-6)))


def _cost(work: Work, repeats: int) -> float:
    """Seconds of one call, of this thread alone: threads that other tests left behind do not count, nor does collecting
    garbage, which goes by all that the process holds. Tests compute on one thread (tests/conftest.py).
    """
    gc.collect()
    gc.disable()
    try:
        start = time.thread_time()
        for _ in range(repeats):
            work()
        return (time.thread_time() - start) / repeats
    finally:
        gc.enable()
