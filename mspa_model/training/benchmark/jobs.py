"""One job of a benchmark, in a process of its own: python -m mspa_model.training.benchmark.jobs ORDER.json.

A process of its own has a memory peak of its own, and can be ended.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.config import config_from_json
from mspa_model.data import eval_pairs, interaction_matrix, load_dataset
from mspa_model.device import resolve_device
from mspa_model.errors import MspaError
from mspa_model.training.baselines import BaselineAbsent, choose
from mspa_model.training.benchmark.mspa import prepare, read_features, score_mspa, score_step0
from mspa_model.training.benchmark.recommenders import PEERS, Inputs
from mspa_model.training.benchmark.store import Job, JobResult, Told, save_result, user_rows
from mspa_model.training.cold import cold_pairs, hide, measure_cold
from mspa_model.training.metrics import measure
from mspa_model.types import Dataset

PREPARE, MSPA, STEP0 = "prepare", "mspa", "step 0"


@dataclass(frozen=True)
class Order:
    """All that a job's process is told. config: RunConfig as JSON; setting: of a peer, chosen with the first seed.

    hidden: the share of streamers whose train tips are taken out, by the configuration's seed.
    """

    folder: str
    out: str
    model: str
    seed: int
    config: str
    device: str
    what: str
    setting: Mapping[str, int | float] | None
    progress: bool
    hidden: float = 0.0

    @property
    def job(self) -> Job:
        return Job(self.model, self.seed)


def run_job(order: Order) -> None:
    """Fits, measures and stores one job; what cannot be scored here is stored as absent, with the reason."""
    try:
        dataset = load_dataset(Path(order.folder))
        if order.hidden:
            dataset = hide(dataset, order.hidden, config_from_json(order.config).seed)
        result = _result(order, dataset)
    except (BaselineAbsent, MspaError) as absent:
        result = JobResult(Told(order.what, {}, None, absent=str(absent)), pd.DataFrame())
    told = replace(result.told, what=order.what, peak_mib=peak_mib())
    save_result(Path(order.out), order.job, JobResult(told, result.users))


def _result(order: Order, dataset: Dataset) -> JobResult:
    config, device = config_from_json(order.config), resolve_device(order.device)
    if order.model in PEERS:
        return _peer(order, dataset)
    if order.model == PREPARE:
        seconds = prepare(dataset, Path(order.out), config, device, order.progress)
        return JobResult(Told("", seconds, None), pd.DataFrame())
    if order.model == MSPA:
        return score_mspa(dataset, Path(order.out), config, order.seed, device, order.progress)
    without = order.model.removeprefix(STEP0).removeprefix(" without ")
    return score_step0(dataset, Path(order.out), config, order.seed, device, without or None, order.progress)


def _peer(order: Order, dataset: Dataset) -> JobResult:
    peer, config = PEERS[order.model], config_from_json(order.config)
    train, val, test = interaction_matrix(dataset, ("train",)), eval_pairs(dataset, "val"), eval_pairs(dataset, "test")
    device, metric = resolve_device(order.device), dataset.info.split.metric

    def features():
        return read_features(dataset, Path(order.out), config, device)

    inputs = Inputs(train, val, metric, features, order.seed, device, order.setting)
    chosen = choose(peer.make(inputs), train, val, metric)
    users = [
        user_rows(order.model, "val", chosen.val),
        user_rows(order.model, "test", measure(chosen.scorer, test)),
    ]
    if peer.knows_content:
        users.append(user_rows(order.model, "cold", *measure_cold(chosen.scorer, cold_pairs(train, test, config.seed))))
    # JSON has no infinities; a mean over nobody is null.
    tries = [(dict(setting), value if np.isfinite(value) else None) for setting, value in chosen.tries]
    told = Told("", {order.model: chosen.seconds}, None, dict(chosen.setting), tries, chosen.note)
    return JobResult(told, pd.concat(users, ignore_index=True))


def peak_mib() -> float | None:
    """The most memory that this process has held, in MiB; None where the system does not say."""
    status = Path("/proc/self/status")
    if status.is_file():  # getrusage's peak would begin at the parent's
        lines = (line.split() for line in status.read_text(encoding="ascii").splitlines())
        return next((round(int(words[1]) / 1024, 1) for words in lines if words[0] == "VmHWM:"), None)
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1024 / (1024 if sys.platform == "darwin" else 1), 1)


def order_json(order: Order) -> str:
    """What the process reads."""
    return json.dumps(asdict(order))


if __name__ == "__main__":
    run_job(Order(**json.loads(sys.argv[1])))
