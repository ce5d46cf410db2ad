"""What a run is worth: MSPA at every kept step on test, beside the baselines that were scored while training."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_matrix
from torch import Tensor
from tqdm import tqdm

from mspa_model.data.load import history_of
from mspa_model.data.split import EvalPairs, eval_pairs, interaction_matrix
from mspa_model.manifest import write_json
from mspa_model.preference.composer import Composer
from mspa_model.preference.composers import TEACHER
from mspa_model.preference.statements import signed_strengths
from mspa_model.ranking.recency import place_matrix, weigh
from mspa_model.ranking.scorer import PreferenceTensors
from mspa_model.runs import Run
from mspa_model.training.arrived import arrived_tips
from mspa_model.training.cold import cold_metrics
from mspa_model.training.metrics import UserMetrics, concatenate, measured_users, metrics_of_scores, top_of
from mspa_model.training.scorecard import (
    Measured,
    correction_gain,
    metrics_at,
    metrics_of_run,
    paired_metrics,
    users_table,
)
from mspa_model.training.shifted import shifted_tastes
from mspa_model.training.spoilt import false_statements
from mspa_model.training.text.measure import text_metrics
from mspa_model.types import SOURCES, Ranking, RankingTrace, Source, Split

METRICS_FILE = "metrics.json"
USERS_FILE = "users.parquet"
BASELINES_FILE = "baselines.parquet"  # training writes it: scorecard.baseline_users
VAL_TRACES = 300  # users of val whose correction is measured; the rest of val is step 0 alone
_BATCH = 128


@dataclass(frozen=True)
class Evaluation:
    """metrics: content of metrics.json, JSON-ready; users: of users.parquet, a row a measured user and kept step."""

    metrics: Mapping[str, Any]
    users: pd.DataFrame


def evaluate(run: Run, progress: bool = True) -> Evaluation:
    """Every user with a test target, all streamers ranked from the train history; test is read here alone.

    What training alone can know (baselines, seconds, map, composers retrained without a modality) is taken over from
    run.metrics. The same run gives the same numbers. Takes 20 to 100 ms a user, by the number of tips and streamers;
    the same again, of 1,000 users at most, for tips newly arrived; then the texts, about two minutes.
    """
    pairs = eval_pairs(run.dataset, "test")
    measured = measure_traces(run, pairs, measured_users(pairs), "evaluate on test", progress)
    val_step0, val_alone = _apart(run, "val", progress)
    _, test_alone = _apart(run, "test", progress)
    alone = {"val": val_alone, "test": test_alone}
    metrics = metrics_of_run(run, pairs, measured, val_step0, alone, _baseline_users(run))
    metrics["correction"]["val"] = correction_on_val(run, VAL_TRACES, progress)
    metrics["correction"]["false_statements"] = false_statements(run, progress)
    metrics["correction"]["shifted"] = shifted_tastes(run.dataset, pairs, measured, run.config.seed)
    metrics["arrived"] = arrived_tips(run, measured, progress)
    train = interaction_matrix(run.dataset, ("train",))
    metrics["cold"] = cold_metrics(train, pairs, measured, run.config.seed)
    metrics["text"] = text_metrics(run, progress)
    if run.composer is not run.composers[TEACHER]:
        metrics["paired"]["composer_minus_teacher"] = _beside_teacher(run, pairs, measured, progress)
    return Evaluation(metrics, users_table(run, measured, pairs))


def repair_measured_again(run: Run, progress: bool = True) -> Evaluation:
    """What false statements cost and correction gives back measured anew; everything else as the run has it stored."""
    correction = {**run.metrics.get("correction", {}), "false_statements": false_statements(run, progress)}
    return Evaluation({**run.metrics, "correction": correction}, run.users)


def _beside_teacher(
    run: Run, pairs: EvalPairs, measured: list[Measured], progress: bool
) -> dict[str, dict[str, float | None]]:
    """Final step with the preferences of the run's composer less that with the teacher's, the same recommender."""
    users = np.array([m.user_idx for m in measured], dtype=np.int64)
    other = measure_traces(run, pairs, users, "with the teacher's preferences", progress, run.composers[TEACHER])
    return paired_metrics(metrics_at(measured, -1, pairs), metrics_at(other, -1, pairs).values, run.config.seed)


def correction_on_val(run: Run, at_most: int, progress: bool = True) -> dict[str, Any]:
    """What correction adds on val, over a seeded draw of users: whether it pays can be asked without opening test.

    n_users, kept_share, and per metric the paired interval of final step less step 0.
    """
    pairs = eval_pairs(run.dataset, "val")
    users = np.sort(np.random.default_rng(run.config.seed).permutation(measured_users(pairs))[:at_most])
    return correction_gain(measure_traces(run, pairs, users, "correction on val", progress), pairs, run.config.seed)


def write_evaluation(evaluation: Evaluation, folder: Path) -> bool:
    """metrics.json and users.parquet into the folder, each in one move; the manifest is the caller's.

    False where both were there already with the same bytes, so that the manifest holds and the run keeps its hash.
    """
    before = [_bytes(folder / name) for name in (METRICS_FILE, USERS_FILE)]
    write_json(folder / METRICS_FILE, evaluation.metrics)
    unfinished = folder / f".{USERS_FILE}.new"
    evaluation.users.to_parquet(unfinished, index=False)
    os.replace(unfinished, folder / USERS_FILE)
    return before != [_bytes(folder / name) for name in (METRICS_FILE, USERS_FILE)]


def _baseline_users(run: Run) -> pd.DataFrame | None:
    path = run.files.checked(BASELINES_FILE)
    return None if path is None else pd.read_parquet(path)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


# --- measuring -------------------------------------------------------------------------------------------------------


def measure_traces(
    run: Run,
    pairs: EvalPairs,
    users: Int[np.ndarray, " n_users"],
    label: str,
    progress: bool,
    composer: Composer | None = None,
) -> list[Measured]:
    """Every step of these users from their train history, composed by the run's composer where no other is named.

    label names the progress bar.
    """
    measured, composer = [], composer or run.composer
    bar = tqdm(total=len(users), desc=label, unit=run.dataset.info.user_is, disable=not progress)
    for start in range(0, len(users), _BATCH):
        batch = users[start : start + _BATCH].tolist()
        preferences = composer.compose_many([history_of(run.dataset, user, "train") for user in batch])
        for user, preference in zip(batch, preferences, strict=True):
            trace = run.recommender.rank(preference, _candidates(pairs, user), "train", "new")
            measured.append(_measure_trace(trace, user, run.recommender.is_cold))
            bar.update()
    bar.close()
    return measured


def _candidates(pairs: EvalPairs, user: int) -> Bool[np.ndarray, " n_streamers"]:
    allowed = np.ones(pairs.mask.shape[1], dtype=bool)
    allowed[pairs.mask[user].indices] = False
    return allowed


def _measure_trace(trace: RankingTrace, user: int, is_cold: Bool[np.ndarray, " n_streamers"]) -> Measured:
    tops = np.stack([top_of(step.ranking) for step in trace.steps])
    colds = np.stack([top_of(step.ranking, is_cold) for step in trace.steps])
    return Measured(user, tops, colds, _shares(trace.final.ranking), trace.stop)


def _shares(ranking: Ranking) -> Float[np.ndarray, " n_sources"]:
    """Each source's part in how far scores lie apart: its contribution's deviation over the sum of all sources'."""
    spread = ranking.contributions.std(1, correction=0).cpu().numpy().astype(np.float64)
    return spread / spread.sum() if spread.sum() > 0 else spread


def _apart(run: Run, split: Split, progress: bool) -> tuple[UserMetrics | None, dict[Source, UserMetrics]]:
    """Step 0, and each source that the set has by itself: on val, what paid for the weights. None without users."""
    pairs, places = eval_pairs(run.dataset, split), place_matrix(run.dataset, ("train",))
    users = measured_users(pairs)
    if not len(users):
        return None, {}
    sources = [s for s in SOURCES if s.modality is None or s.modality in run.features.modalities]
    parts: dict[Source | None, list[UserMetrics]] = {None: [], **{s: [] for s in sources}}
    for start in tqdm(range(0, len(users), _BATCH), f"sources on {split}", unit="batch", disable=not progress):
        batch = users[start : start + _BATCH]
        fits, scores = _fits_and_scores(run, places[batch], batch)
        rows = {None: scores, **{s: fits[:, SOURCES.index(s)] for s in sources}}
        for key, values in rows.items():
            parts[key].append(metrics_of_scores(values, pairs.mask[batch], pairs.target[batch], batch))
    return concatenate(parts[None]), {s: concatenate(parts[s]) for s in sources}


def _fits_and_scores(
    run: Run, places: csr_matrix, users: Int[np.ndarray, " batch"]
) -> tuple[Float[Tensor, "batch n_sources n_streamers"], Float[Tensor, "batch n_streamers"]]:
    """Step 0 of many users at once: the same preferences, fits and weights as Recommender.score."""
    scorer, n_values = run.recommender.scorer, len(run.vocabulary.values)
    tips = weigh(torch.from_numpy(places.toarray()).to(run.device), scorer.half_life)
    told = run.composer.compose_many([history_of(run.dataset, int(user), "train") for user in users])
    strengths = torch.stack([signed_strengths(p.statements, n_values) for p in told]).to(run.device)
    residual = {
        m: torch.from_numpy(np.stack([p.residual[m] for p in told])).to(run.device) for m in run.features.modalities
    }
    fits = scorer.fits(PreferenceTensors(tips, strengths, residual))
    return fits, torch.einsum("us,usn->un", scorer.weights(fits), fits)
