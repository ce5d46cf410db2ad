"""Do the tests notice a change of explain/? `python -m tests.mutants --seed 0` plants faults one by one and counts.

The faults are cosmic-ray's; which of its operators are left out stands in pyproject.toml, [cosmic-ray]. A *place* is a
number, an operator, a condition, a loop or a decorator outside annotations; places are drawn with a seed, every one as
likely, then one of the faults that can be planted there. Each fault runs in a fork of one warm process, against the
tests that reach its line. It is killed where one of them fails or takes far too long.
"""

import ast
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree

import pytest
import typer
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import CoverageData

ROOT = Path(__file__).parents[1]
SUITE = ("tests/explain", "tests/report")
PYTEST = ("-p", "no:cacheprovider", "-q", "-n", "0")
WORLDS = ("checkerboard", "some-lack-audio", "no-features")  # of closed-form runs that many tests share
FORKED = ("-x", "-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:playwright")


@dataclass(frozen=True)
class Place:
    """Where a fault can be planted: file, lines from first to last, and the (operator, occurrence) pairs that fit."""

    path: str
    first: int
    last: int
    faults: tuple[tuple[str, int], ...]


@dataclass
class Result:
    """One fault and what became of it: killed, slow (killed by its time limit), survived, or not reached."""

    path: str
    line: int
    operator: str
    change: str
    outcome: str = "not reached"
    killer: str = ""
    seconds: float = 0.0
    tests: int = 0
    source: str = field(default="", repr=False)


def places(path: Path, left_out: re.Pattern[str]) -> list[Place]:
    """All places of a file, in reading order."""
    source = path.read_text()
    nodes, quiet = list(ast_nodes(get_ast(source))), list(_annotations(source))
    found: dict[tuple, list[tuple[str, int]]] = {}
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments() or left_out.search(name):
            continue
        spots = ((start, end) for node in nodes for start, end in operator().mutation_positions(node))
        for occurrence, (start, end) in enumerate(spots):
            if not any(a <= start and end <= b for a, b in quiet):
                found.setdefault((start, end, name.split("_")[0]), []).append((name, occurrence))
    rows = sorted(found.items())
    return [Place(str(path.relative_to(ROOT)), start[0], end[0], tuple(faults)) for (start, end, _), faults in rows]


def _annotations(source: str) -> Iterator[tuple]:
    """From where to where no fault goes: annotations, which are read by people and type checkers."""
    for node in ast.walk(ast.parse(source)):
        for note in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if note is not None:
                yield (note.lineno, note.col_offset), (note.end_lineno, note.end_col_offset)


def draw(n: int, seed: int) -> list[tuple[Place, Result]]:
    """n faults at n places of explain/, each of which compiles to something else than the file."""
    rng = random.Random(seed)
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["cosmic-ray"]
    left_out = re.compile("|".join(config["filters"]["operators-filter"]["exclude-operators"]))
    everywhere = [p for file in sorted((ROOT / config["module-path"]).rglob("*.py")) for p in places(file, left_out)]
    drawn: list[tuple[Place, Result]] = []
    for place in rng.sample(everywhere, len(everywhere)):
        result = _first_that_compiles(place, rng.sample(place.faults, len(place.faults)))
        drawn += [(place, result)] if result else []
        if len(drawn) == n:
            break
    return drawn


def _first_that_compiles(place: Place, faults: list[tuple[str, int]]) -> Result | None:
    before = (ROOT / place.path).read_text()
    for name, occurrence in faults:
        after = mutate_code(before, get_operator(name)(), occurrence)
        try:
            same = ast.dump(ast.parse(after)) == ast.dump(ast.parse(before))
        except SyntaxError:
            continue
        if not same:
            lines = zip(before.splitlines(), after.splitlines(), strict=False)
            change = next((f"{a.strip()}  ->  {b.strip()}" for a, b in lines if a != b), "")
            return Result(place.path, place.first, name.removeprefix("core/"), change, source=after)
    return None


class Reach:
    """Which tests run which lines, and how long each takes; measured once for a state of the code."""

    def __init__(self, work: Path) -> None:
        self.work, self.data = work, CoverageData(str(work / "coverage"))
        if not (work / "times.xml").exists():
            self._measure()
        self.data.read()
        cases = ElementTree.parse(work / "times.xml").iter("testcase")
        self.seconds = {f"{c.get('file')}::{c.get('name')}": float(c.get("time", 0)) for c in cases}

    def _measure(self) -> None:
        cover = ("--cov=explain", "--cov-context=test", "--cov-report=term-missing:skip-covered")
        files = (f"--junitxml={self.work}/times.xml", "-o", "junit_family=xunit1", f"--basetemp={self.work}/warm")
        told = os.environ | {"COVERAGE_FILE": str(self.work / "coverage")}
        subprocess.run(
            [sys.executable, "-m", "pytest", *SUITE, *PYTEST, *cover, *files], cwd=ROOT, env=told, check=True
        )

    def tests(self, place: Place) -> list[str]:
        """The tests that run a place's statement, quickest first; of one that runs at import all, the file's first."""
        by_line = self.data.contexts_by_lineno(str(ROOT / place.path))
        first, last = _statement(ROOT / place.path, place)
        contexts = {c for line in range(first, last + 1) for c in by_line.get(line, ())}
        named = {c.rpartition("|")[0] for c in contexts if c}
        of_fixtures = {c.split("::")[0] for c in contexts if c.endswith(("|setup", "|teardown"))}
        near = {c.rpartition("|")[0] for found in by_line.values() for c in found}
        if contexts == {""}:
            named = set(self.seconds)
        chosen = {t for t in self.seconds if t in named or t.split("::")[0] in of_fixtures}
        return sorted(chosen, key=lambda t: (t not in near, self.seconds[t], t))


def _statement(path: Path, place: Place) -> tuple[int, int]:
    """First and last line of the smallest statement around a place; of a block, its head."""
    first, last = place.first, place.last
    for node in ast.walk(ast.parse(path.read_text())):  # outer before inner
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            end = body[0].lineno - 1 if body else node.end_lineno
            if start <= place.first <= max(start, end):
                first, last = start, max(start, end)
    return first, last


class Watcher:
    """In the fork: worlds and runs that are already there, and the first test that fails."""

    def __init__(self, work: Path) -> None:
        self.work = work

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        base = session.config._tmp_path_factory.getbasetemp()
        for name in ("worlds", "runs"):
            if (self.work / "warm" / name).is_dir():
                (base / name).symlink_to(self.work / "warm" / name)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            why = getattr(getattr(report.longrepr, "reprcrash", None), "message", str(report.longrepr))
            (self.work / "killer.txt").write_text(f"{report.nodeid}: {why[:300]}")

    def pytest_collectreport(self, report: Any) -> None:
        self.pytest_runtest_logreport(report)


def plant(path: Path, source: str) -> None:
    """From here on this process reads `source` in place of `path`; nothing is written."""
    read, stats = SourceFileLoader.get_data, SourceFileLoader.path_stats

    def get_data(self: SourceFileLoader, name: str) -> bytes:
        return source.encode() if name == str(path) else read(self, name)

    def path_stats(self: SourceFileLoader, name: str) -> Any:
        if name == str(path):
            raise OSError("no compiled copy of a planted fault")
        return stats(self, name)

    SourceFileLoader.get_data, SourceFileLoader.path_stats = get_data, path_stats
    sys.dont_write_bytecode = True


def run_forked(work: Path, tests: list[str], limit: float, path: Path | None = None, source: str = "") -> str:
    """ "survived", "killed" or "slow": the tests in a fork, with a fault planted where one is given."""
    (work / "killer.txt").write_text("")
    pid = os.fork()
    if not pid:
        os.setsid()
        out = os.open(work / "last.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1), os.dup2(out, 2)
        if path is not None:
            plant(path, source)
        status = pytest.main([*tests, *PYTEST, *FORKED, f"--basetemp={work}/tmp"], plugins=[Watcher(work)])
        sys.stdout.flush()
        os._exit(int(status))
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return "killed" if status else "survived"
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "slow"


def warm(work: Path) -> None:
    """All that the tests import but explain/ and the tests themselves, with the shapes checked as in any test."""
    import_module("tests.conftest")
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    for file in sorted((ROOT / "mspa_model").rglob("*.py")):
        if file.stem not in ("__init__", "__main__"):
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    for file in sorted((ROOT / "explain").rglob("*.py")):  # what explain/ imports of others: captum, plotly, ...
        for node in ast.walk(ast.parse(file.read_text())):
            named = [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", None)]
            for name in named:
                if name and name.partition(".")[0] != "explain":
                    import_module(name)
    closed_form, config = import_module("tests.explain.closed_form"), import_module("tests.conftest").SMALL
    anew = closed_form.closed_form_run
    made = {world: anew(work / "warm" / "worlds" / world, config) for world in WORLDS}

    def made_or_anew(folder: Path, *told: Any, **more: Any) -> Any:
        return (
            made[folder.name] if folder.name in made and told == (config,) and not more else anew(folder, *told, **more)
        )

    closed_form.closed_form_run = made_or_anew


def main(
    n: Annotated[int, typer.Option(help="How many faults.")] = 300,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 0,
    work: Annotated[Path, typer.Option(help="Coverage, times and results; empty it when code changed.")] = Path(
        "build/mutants"
    ),
    only: Annotated[str, typer.Option(help="Of the drawn ones, those whose file matches this expression.")] = "",
) -> None:
    """Plant faults in explain/, run the tests that reach them, write results as JSON and print what survived."""
    work = work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    reach, drawn = Reach(work), draw(n, seed)
    warm(work)
    results: list[Result] = []
    for place, result in drawn:
        if not re.search(only, place.path):
            continue
        tests, began = reach.tests(place), time.monotonic()
        if tests:
            limit = 120 + 5 * sum(reach.seconds[t] for t in tests)
            result.outcome = run_forked(work, tests, limit, ROOT / result.path, result.source)
            result.killer = (work / "killer.txt").read_text()
        result.seconds, result.tests, result.source = round(time.monotonic() - began, 1), len(tests), ""
        results.append(result)
        print(f"{len(results)} {result.outcome} {result.path}:{result.line} {result.change}", flush=True)
        (work / f"seed{seed}.json").write_text(json.dumps([asdict(r) for r in results], indent=1))
    counts = Counter(r.outcome for r in results)
    print(f"seed {seed}: {dict(counts)}, killed {(counts['killed'] + counts['slow']) / len(results):.3f}")


if __name__ == "__main__":
    typer.run(main)
