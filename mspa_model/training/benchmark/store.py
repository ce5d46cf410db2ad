"""What a benchmark keeps of each job, so that it can be taken up again: a table of users and a JSON beside it."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool

from mspa_model.errors import RunError
from mspa_model.manifest import write_json
from mspa_model.training.metrics import METRICS, UserMetrics

Part = Literal["val", "test", "cold"]
JOBS = "jobs"  # folder of results inside a benchmark's
PREPARED = "prepared"  # folder of features, vocabulary and composers
_PACKAGE = Path(__file__).parents[2]
_READ_BY_NOBODY_HERE = ("compare", "lora", "projection", "metrics_words")  # under training/: no figure hangs on them


@dataclass(frozen=True)
class Job:
    """One fit with one seed. model: "prepare", "mspa", "step 0 ..." or a peer's name."""

    model: str
    seed: int

    @property
    def name(self) -> str:
        """Its files' name."""
        return f"{self.model.replace(' ', '-')}-seed{self.seed}"


@dataclass(frozen=True)
class Told:
    """What a job says beside its users. seconds: of fitting, per model that it scored.

    what: hash of all that the result depends on; setting, tries: as in BaselineResult; absent: why there is no result.
    """

    what: str
    seconds: Mapping[str, float]
    peak_mib: float | None
    setting: Mapping[str, int | float] | None = None
    tries: Sequence[tuple[Mapping[str, int | float], float | None]] = ()
    note: str = ""
    absent: str | None = None


@dataclass(frozen=True)
class JobResult:
    """users: model, part, user_idx, ranked and a column a metric; a row a measured user, model and part."""

    told: Told
    users: pd.DataFrame


def user_rows(
    model: str, part: Part, found: UserMetrics, ranked: Bool[np.ndarray, " n_users"] | None = None
) -> pd.DataFrame:
    """One model's rows of JobResult.users. ranked: False where all candidates stood level, so that none was ranked."""
    can = np.ones(len(found.user_idx), dtype=bool) if ranked is None else ranked
    columns = {"model": model, "part": part, "user_idx": found.user_idx.astype(np.int64), "ranked": can}
    # A level ranking goes by column: what it happens to hit is luck.
    return pd.DataFrame({**columns, **{m: np.where(can, found.values[m], 0.0) for m in METRICS}})


def save_result(out: Path, job: Job, result: JobResult) -> None:
    """The table first, then the JSON that vouches for it; each appears whole."""
    folder = out / JOBS
    folder.mkdir(parents=True, exist_ok=True)
    told, users = folder / f"{job.name}.json", folder / f"{job.name}.parquet"
    told.unlink(missing_ok=True)
    unfinished = folder / f".{job.name}.parquet.new"
    result.users.to_parquet(unfinished, index=False)
    os.replace(unfinished, users)
    write_json(told, result.told.__dict__)


def load_result(out: Path, job: Job, what: str) -> JobResult | None:
    """A stored result of just this (what); None where there is none, or it was cut off."""
    path = out / JOBS / f"{job.name}.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        told = Told(**stored | {"tries": tuple((setting, value) for setting, value in stored["tries"])})
        users = pd.read_parquet(path.with_suffix(".parquet"))
    except (OSError, ValueError, KeyError, TypeError):  # none, cut off, or of another version
        return None
    return JobResult(told, users) if told.what == what else None


def what_of(parts: Sequence[str], code: Sequence[str]) -> str:
    """Hash of what a result depends on: the given parts, and the source under mspa_model by glob patterns."""
    digest = hashlib.sha256("\n".join(parts).encode())
    for file in sorted({file for pattern in code for file in _PACKAGE.glob(pattern)}):
        if file.name.startswith(_READ_BY_NOBODY_HERE):
            continue
        digest.update(file.read_bytes())
    return digest.hexdigest()


def refuse_foreign(out: Path) -> None:
    """Raises RunError where `out` holds something that no benchmark wrote."""
    known = {JOBS, PREPARED, "teaching", "benchmark.json", ".lock"}
    if out.is_file() or (out.is_dir() and {p.name.removesuffix(".new") for p in out.iterdir()} - known):
        raise RunError(f"--out {out}, which holds other files", "a new folder or a benchmark's", "Name another folder.")
