"""What a person waits for on the shipped run, in seconds of the clock: no test, for seconds are a machine's own.

python -m tests.benchmarks.seconds: prints JSON, the least of three rounds. On a quiet machine with one thread a case
with its seal stays under 3 s, a recipe under 2 s.
"""

import json
import time
from collections.abc import Callable

from explain.attribution import attribute_margin
from explain.pipeline import explain
from explain.recipes import find_recipes
from explain.types import Case
from mspa_model.data import load_dataset
from mspa_model.pipeline import rank_user
from mspa_model.runs import load_run
from tests.benchmarks.test_seal import SHIPPED, busy_trace


def seconds_of(work: Callable[[], object], rounds: int = 3) -> float:
    """The least of the rounds, after one that warms up."""
    work()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return round(min(found), 4)


def main() -> None:
    run = load_run(SHIPPED, device="cpu")
    trace = busy_trace(run)
    order, ids = trace.final.ranking.order.tolist(), run.dataset.streamers["streamer_id"].tolist()
    case, world = Case(trace.user_id, ids[order[0]]), SHIPPED.parent / "world"
    works: dict[str, Callable[[], object]] = {
        "dataset loaded": lambda: load_dataset(world),
        "trace": lambda: rank_user(run, trace.user_id),
        "attribution": lambda: attribute_margin(run, trace.final, trace.final.ranking, *order[:2]),
        "case with its seal": lambda: explain(run, case, trace),
        "recipe for the 11th": lambda: find_recipes(run, trace, ids[order[10]], "up"),
    }
    print(json.dumps({name: seconds_of(work) for name, work in works.items()}, indent=1))


if __name__ == "__main__":
    main()
