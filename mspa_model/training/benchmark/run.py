"""A benchmark: MSPA, its step 0 and its peers on one split, each in a process of its own; stored, taken up again."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from mspa_model.config import FeatureConfig, RunConfig, config_to_json
from mspa_model.data import load_dataset
from mspa_model.device import DeviceName, resolve_device
from mspa_model.errors import UnknownIdError
from mspa_model.folders import check_destination
from mspa_model.manifest import write_json
from mspa_model.training.benchmark.figures import figures
from mspa_model.training.benchmark.jobs import MSPA, PREPARE, STEP0, Order, order_json, run_job
from mspa_model.training.benchmark.recommenders import PEERS
from mspa_model.training.benchmark.store import Job, JobResult, Told, load_result, refuse_foreign, what_of
from mspa_model.training.cold import hide
from mspa_model.types import Dataset, Modality

FORMAT = "1"
PEER_MINUTES = 25.0  # a peer's process is ended then, whatever it does
BENCHMARK_FILE = "benchmark.json"

_PEER_CODE = (
    "training/baselines.py",
    "training/metrics.py",
    "training/peers/*.py",
    "training/cold.py",
    "data/split.py",
    "features/*.py",
    "ranking/cotipping.py",  # EASE's algebra
)
_COMPOSER_CODE = ("features/*.py", "preference/*.py", "training/teach/*.py", "training/text/*.py", "config.py")
_MSPA_CODE = (
    "ranking/**/*.py",
    "types/*.py",
    "data/split.py",
    "training/*.py",
    "training/benchmark/mspa.py",
)


@dataclass(frozen=True)
class Plan:
    """What to run. only: models by name, all where None; isolated: each in a process of its own, as it should be;
    hidden: the share of streamers whose train tips are taken out.
    """

    folder: Path
    out: Path
    config: RunConfig
    seeds: tuple[int, ...]
    device: DeviceName
    only: tuple[str, ...] | None
    progress: bool
    isolated: bool
    hidden: float

    def wants(self, model: str) -> bool:
        return self.only is None or model in self.only


def benchmark(
    folder: Path,
    out: Path | None = None,
    config: RunConfig | None = None,
    n_seeds: int = 3,
    device: DeviceName = "auto",
    only: Sequence[str] | None = None,
    progress: bool = True,
    isolated: bool = True,
    hidden: float = 0.0,
) -> dict[str, Any]:
    """The figures of every model, JSON-ready; also written to out/benchmark.json.

    out: runs/benchmark-FINGERPRINT where None. Stored results of the same data, configuration, code and seed are taken
    up again. only: "mspa" and names of PEERS. hidden: as in cold.hide, by the configuration's seed. Raises DataError on
    an unsound folder, RunError where `out` holds other files, UnknownIdError on an unknown model.
    """
    _refuse_unknown(only)
    _refuse_place(out)
    dataset, config = load_dataset(Path(folder), open_media=True), config or RunConfig()
    if hidden:
        dataset = hide(dataset, hidden, config.seed)
    out = Path(out) if out is not None else Path("runs") / f"benchmark-{dataset.fingerprint[:12]}"
    _refuse_place(out)
    out.mkdir(parents=True, exist_ok=True)
    seeds = tuple(range(config.seed, config.seed + n_seeds))
    device = resolve_device(device).type
    chosen = None if only is None else tuple(only)
    plan = Plan(Path(folder).absolute(), out.absolute(), config, seeds, device, chosen, progress, isolated, hidden)
    results = _results(plan, dataset)
    told = figures(dataset, results, config.seed)
    told["dataset"]["hidden_share"] = hidden
    write_json(out / BENCHMARK_FILE, told)
    return told


def _refuse_place(out: Path | None) -> None:
    """Before the folder is read, where it is known by then."""
    if out is not None:
        check_destination(out, inside=True)
        refuse_foreign(Path(out))


def _refuse_unknown(only: Sequence[str] | None) -> None:
    known = [MSPA, *PEERS]
    if unknown := [name for name in only or [] if name not in known]:
        raise UnknownIdError(f"the model {unknown[0]!r}", ", ".join(known), "Name models of this list.")


def _results(plan: Plan, dataset: Dataset) -> dict[Job, JobResult]:
    results: dict[Job, JobResult] = {}
    jobs = list(_jobs(plan, dataset))
    for place, job in enumerate(jobs, start=1):
        began = time.perf_counter()
        order = _order(plan, dataset, job, results)
        stored = load_result(plan.out, job, order.what)
        fresh = stored is None or stored.told.absent is not None  # what was absent may have been installed since
        results[job] = _run(plan, order) if fresh else stored
        _say(plan, f"[{place}/{len(jobs)}] {job.name}: {_ending(results[job], fresh, time.perf_counter() - began)}")
    return results


def _jobs(plan: Plan, dataset: Dataset) -> Iterator[Job]:
    """The quick ones first; those that read features after they were prepared."""
    yield from _peer_jobs(plan, knows_content=False)
    if plan.wants(MSPA):
        yield Job(PREPARE, plan.seeds[0])
        yield from (Job(MSPA, seed) for seed in plan.seeds)
    yield from _peer_jobs(plan, knows_content=True)
    modalities = [m for m in Modality if m in dataset.features or m in dataset.info.modalities]
    if plan.wants(MSPA) and modalities:
        names = (STEP0, *(f"{STEP0} without {m.value}" for m in modalities))
        yield from (Job(name, plan.seeds[0]) for name in names)


def _peer_jobs(plan: Plan, knows_content: bool) -> Iterator[Job]:
    for name, peer in PEERS.items():
        if peer.knows_content == knows_content and plan.wants(name):
            yield from (Job(name, seed) for seed in (plan.seeds if peer.random else plan.seeds[:1]))


def _order(plan: Plan, dataset: Dataset, job: Job, results: Mapping[Job, JobResult]) -> Order:
    """The first seed of a peer tries its settings; the others take the one that it chose."""
    setting = None
    if job.model in PEERS and job.seed != plan.seeds[0]:
        setting = results[Job(job.model, plan.seeds[0])].told.setting
    config = config_to_json(plan.config)
    what = _what(plan, dataset, job, setting)
    folder, out = str(plan.folder), str(plan.out)
    return Order(folder, out, job.model, job.seed, config, plan.device, what, setting, plan.progress, plan.hidden)


def _what(plan: Plan, dataset: Dataset, job: Job, setting: Mapping[str, int | float] | None) -> str:
    parts = [FORMAT, dataset.fingerprint, plan.device, job.model, str(job.seed), str(plan.config.seed)]
    if job.model in PEERS:
        encoders = TypeAdapter(FeatureConfig).dump_json(plan.config.features).decode()
        return what_of([*parts, encoders, json.dumps(setting)], _PEER_CODE)
    code = _COMPOSER_CODE if job.model == PREPARE else (*_COMPOSER_CODE, *_MSPA_CODE)
    return what_of([*parts, config_to_json(plan.config)], code)


def _run(plan: Plan, order: Order) -> JobResult:
    if not plan.isolated:
        run_job(order)
        return _stored(plan, order, "it left no result")
    words = [sys.executable, "-m", "mspa_model.training.benchmark.jobs", order_json(order)]
    seconds = 60 * PEER_MINUTES if order.model in PEERS else None
    try:
        # A peer's package may print; what is printed here is the figures alone.
        ended = subprocess.run(words, stdout=subprocess.DEVNULL, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return _absent(order, f"it was ended after {PEER_MINUTES:g} min")
    return _stored(plan, order, f"its process ended with status {ended.returncode}")


def _stored(plan: Plan, order: Order, otherwise: str) -> JobResult:
    return load_result(plan.out, order.job, order.what) or _absent(order, otherwise)


def _absent(order: Order, why: str) -> JobResult:
    """Not stored: the next call tries it again."""
    return JobResult(Told(order.what, {}, None, absent=why), pd.DataFrame())


def _ending(result: JobResult, fresh: bool, seconds: float) -> str:
    if result.told.absent is not None:
        return f"absent, {result.told.absent}"
    return f"{seconds:.0f} s" if fresh else "taken up again"


def _say(plan: Plan, words: str) -> None:
    if plan.progress:
        print(words, file=sys.stderr, flush=True)
