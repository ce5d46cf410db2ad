"""A benchmark's figures from its stored jobs: means over users with 95 % intervals, paired with MSPA, and slices."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from mspa_model.data import eval_pairs, interaction_matrix
from mspa_model.data.repeats import differing_tips
from mspa_model.ranking.places import cold_streamers
from mspa_model.training.benchmark.jobs import MSPA, PREPARE, STEP0
from mspa_model.training.benchmark.recommenders import PEERS
from mspa_model.training.benchmark.store import Job, JobResult, Part
from mspa_model.training.metrics import METRICS, interval, measured_users, paired_interval
from mspa_model.training.scorecard import BUCKETS, bucket_words
from mspa_model.types import Dataset

MSPA_STEP0 = "mspa@step0"
SHARED_COMPOSER = (
    "The composer is taught once, with the first seed, and shared by all seeds, because teaching takes minutes; "
    "train_s holds its seconds, and those of encoding, in full."
)
HOW = (
    "Settings are chosen on val with the first seed; test is scored once a seed. Per user the mean over seeds is "
    "taken, then the mean over users with its 95 % bootstrap interval. train_s: seconds of fitting the chosen "
    "setting, mean over seeds. peak_mib: most memory of a job's process over seeds, loading and measuring included. "
    "paired: MSPA less the model, the same users."
)
COLD = (
    "Streamers without a train tip, ranked among themselves, for users with a test tip to one. null: the model cannot "
    "rank them; ranked_share: users for whom it told them apart, a level ranking counting as a miss."
)
WITHOUT = (
    "Step 0 trained again with the first seed and the teacher's statements, once whole and once without each "
    "modality's features, groups and phrases; paired: whole less without."
)
Results = Mapping[Job, JobResult]


def figures(dataset: Dataset, results: Results, seed: int) -> dict[str, Any]:
    """dataset, models, paired, slices and notes; every number a plain float, null where nothing could be measured."""
    tests = {name: _per_user(results, name, "test") for name in _names(results)}
    found = {name: rows for name, rows in tests.items() if rows is not None}
    return {
        "dataset": _card(dataset),
        "models": {name: _model(results, name, seed) for name in tests},
        "paired": {name: _paired(found[MSPA], found[name], seed) for name in found if MSPA in found and name != MSPA},
        "slices": {
            "cold_streamers": _cold(dataset, results, list(tests), seed),
            "users_by_train_tips": _by_tips(dataset, found, seed),
            "without_modality": _without(results, seed),
        },
        "how": HOW,
    }


def _names(results: Results) -> list[str]:
    """MSPA first, then the peers in their order; only what was asked for."""
    asked = {job.model for job in results}
    return [*([MSPA, MSPA_STEP0] if MSPA in asked else []), *(name for name in PEERS if name in asked)]


def _card(dataset: Dataset) -> dict[str, Any]:
    users = {f"n_{split}_users": len(measured_users(eval_pairs(dataset, split))) for split in ("val", "test")}
    sizes = {"n_users": dataset.n_users, "n_streamers": dataset.n_streamers, **users}
    info = dataset.info
    return {"name": info.name, "fingerprint": dataset.fingerprint, **sizes, "metric": info.split.metric}


def _jobs_of(results: Results, name: str) -> list[JobResult]:
    model = MSPA if name == MSPA_STEP0 else name
    return [result for job, result in results.items() if job.model == model]


def _per_user(results: Results, name: str, part: Part) -> pd.DataFrame | None:
    """Mean over seeds of every metric and of `ranked`, by user_idx; None where no seed was scored."""
    tables = [r.users for r in _jobs_of(results, name) if r.told.absent is None]
    rows = pd.concat([t[(t["model"] == name) & (t["part"] == part)] for t in tables]) if tables else None
    return None if rows is None else rows.groupby("user_idx")[[*METRICS, "ranked"]].mean()


def _intervals(rows: pd.DataFrame | None, seed: int) -> dict[str, Any] | None:
    return None if rows is None else {m: asdict(interval(rows[m].to_numpy(), seed)) for m in METRICS}


def _model(results: Results, name: str, seed: int) -> dict[str, Any]:
    jobs = _jobs_of(results, name)
    scored = [job for job in jobs if job.told.absent is None]
    own = [job.told.seconds[name] for job in scored]
    prepared = _prepared(results) if name in (MSPA, MSPA_STEP0) else None
    peaks = [j.told.peak_mib for j in [*scored, *([prepared] if prepared else [])] if j.told.peak_mib is not None]
    before = sum(prepared.told.seconds.values()) if prepared else 0.0
    return {
        "test": _intervals(_per_user(results, name, "test"), seed),
        "val": _intervals(_per_user(results, name, "val"), seed),
        "train_s": round(float(np.mean(own)) + before, 1) if own else None,
        "peak_mib": max(peaks, default=None),
        "seeds": len(scored),
        "setting": scored[0].told.setting if scored else None,
        "tries": [list(attempt) for attempt in scored[0].told.tries] if scored else [],
        "note": _note(name, jobs),
    }


def _prepared(results: Results) -> JobResult | None:
    return next((r for job, r in results.items() if job.model == PREPARE and r.told.absent is None), None)


def _note(name: str, jobs: list[JobResult]) -> str:
    """How fitting went, and why a seed is not there."""
    standing = SHARED_COMPOSER if name in (MSPA, MSPA_STEP0) else PEERS[name].note
    endings = [f"Fitting {job.told.note}." for job in jobs if job.told.note]
    absent = [f"Absent: {job.told.absent}." for job in jobs if job.told.absent is not None]
    return " ".join(dict.fromkeys([standing, *endings, *absent])).strip()


def _paired(after: pd.DataFrame, before: pd.DataFrame, seed: int) -> dict[str, Any]:
    """The users of both stand in the same order, by user_idx: the same split was measured."""
    return {m: asdict(paired_interval(after[m].to_numpy(), before[m].to_numpy(), seed)) for m in METRICS}


# --- slices ----------------------------------------------------------------------------------------------------------


def _cold(dataset: Dataset, results: Results, names: list[str], seed: int) -> dict[str, Any]:
    models: dict[str, Any] = {}
    n_users = 0
    for name in names:
        rows = _per_user(results, name, "cold")
        n_users = n_users if rows is None else max(n_users, len(rows))
        can = rows is not None and bool((rows["ranked"] > 0).any())
        models[name] = {**_intervals(rows, seed), "ranked_share": float(rows["ranked"].mean())} if can else None
    n_cold = len(cold_streamers(interaction_matrix(dataset, ("train",))))
    return {"n_streamers": n_cold, "n_users": n_users, "models": models, "note": COLD}


def _by_tips(dataset: Dataset, found: Mapping[str, pd.DataFrame], seed: int) -> list[dict[str, Any]]:
    n_train = differing_tips(dataset, "train")
    buckets = []
    for low, high in BUCKETS:
        users = np.flatnonzero((n_train >= low) & (n_train <= (np.inf if high is None else high)))
        inside = {name: rows[rows.index.isin(users)] for name, rows in found.items()}
        n_users = max((len(rows) for rows in inside.values()), default=0)
        if n_users:
            words = {"bucket": bucket_words(low, high), "low_tips": low, "high_tips": high, "n_users": n_users}
            buckets.append({**words, "models": {name: _intervals(rows, seed) for name, rows in inside.items()}})
    return buckets


def _without(results: Results, seed: int) -> dict[str, Any]:
    whole, modalities = _per_user(results, STEP0, "test"), {}
    for job, result in results.items():
        if job.model.startswith(f"{STEP0} without "):
            rows = _per_user(results, job.model, "test")
            paired = None if whole is None or rows is None else _paired(whole, rows, seed)
            note = "" if result.told.absent is None else f"Absent: {result.told.absent}."
            told = {"test": _intervals(rows, seed), "paired": paired, "note": note}
            modalities[job.model.removeprefix(f"{STEP0} without ")] = told
    return {"whole": _intervals(whole, seed), "modalities": modalities, "note": WITHOUT}
