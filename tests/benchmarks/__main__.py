"""Benchmarks on request, whose seconds are a machine's own and so decide no test.

python -m tests.benchmarks start [--run RUN] [--user U]
"""

import argparse
import json
from pathlib import Path

from tests.benchmarks.start import start_figures
from tests.benchmarks.test_seal import SHIPPED


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=["start"], help="start: what the first page and a ranking take")
    parser.add_argument("--run", type=Path, default=SHIPPED, help="run folder; the shipped one where none is given")
    parser.add_argument("--user", help="whom to recommend to; the user with the most tips where none is given")
    words = parser.parse_args(arguments)
    print(json.dumps(start_figures(words.run.resolve(), words.user), indent=1))


if __name__ == "__main__":
    main()
