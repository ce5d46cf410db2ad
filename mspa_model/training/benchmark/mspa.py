"""MSPA's jobs: the composer is taught once a set; what ranks is trained with every seed, or without a modality."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save_file

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, history_of, interaction_matrix
from mspa_model.errors import RunError
from mspa_model.features.encode import encode, read_raw, scale
from mspa_model.manifest import MANIFEST, NO_FILES, ListedFiles, check_manifest, write_manifest
from mspa_model.preference.composer import Composer
from mspa_model.preference.composers import active_composer, load_composers, save_composers
from mspa_model.preference.teacher import build_teacher
from mspa_model.preference.vocabulary import build_vocabulary, load_vocabulary, prototypes_of, save_vocabulary
from mspa_model.ranking.batch import BatchScorer, preference_rows
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.recommender import Recommender
from mspa_model.runs import FEATURES, Model, Run, build_recommender, new_folder, read_stored
from mspa_model.training.baselines import BaselineAbsent
from mspa_model.training.benchmark.store import PREPARED, JobResult, Told, user_rows
from mspa_model.training.cold import cold_at, cold_pairs, told_apart
from mspa_model.training.estimate import refuse_what_will_not_fit
from mspa_model.training.evaluate import measure_traces
from mspa_model.training.metrics import Scorer, measure, measured_users
from mspa_model.training.scorecard import metrics_at
from mspa_model.training.step0 import train_step0
from mspa_model.training.train import Clock, compose_model, rank_model
from mspa_model.types import Dataset, Features, Modality, Vocabulary


def prepare(dataset: Dataset, out: Path, config: RunConfig, device: torch.device, progress: bool) -> dict[str, float]:
    """Writes features, vocabulary and composers for all later jobs; the seconds of each. A teaching that is cut off
    goes on where it was.
    """
    refuse_what_will_not_fit(dataset, config)
    clock = Clock()
    raw = read_raw(dataset, config.features, device)
    clock.lap("features")
    taught = compose_model(dataset, scale(raw), config, device, progress, clock, out / "teaching")
    with new_folder(out / PREPARED) as fresh:
        if stored := raw.to_store():
            save_file({m.value: np.ascontiguousarray(a) for m, a in stored.items()}, fresh / FEATURES)
        save_vocabulary(fresh, taught.composers["teacher"].vocabulary)
        save_composers(fresh, taught.composers)
        (fresh / "report.json").write_text(json.dumps(taught.report), encoding="utf-8")
        write_manifest(fresh)
    return clock.seconds


def read_features(dataset: Dataset, out: Path, config: RunConfig, device: torch.device) -> Features:
    """The prepared features; shipped ones need no preparing, others are encoded anew where they were not prepared."""
    return encode(dataset, config.features, device, read_stored(_prepared(out) or NO_FILES))


def _prepared(out: Path) -> ListedFiles | None:
    """The files of the prepare job, each held to its hash; None where it did not run."""
    return check_manifest(out / PREPARED) if (out / PREPARED / MANIFEST).is_file() else None


def score_mspa(
    dataset: Dataset, out: Path, config: RunConfig, seed: int, device: torch.device, progress: bool
) -> JobResult:
    """MSPA at its final step and at step 0, around the composer that was prepared."""
    prepared = _prepared(out)
    if prepared is None:
        raise RunError(f"no {PREPARED} composer in {out}", "one of the prepare job", "Run the benchmark again.")
    features = read_features(dataset, out, config, device)
    vocabulary = load_vocabulary(prepared)
    composers = load_composers(prepared, config, dataset, features, vocabulary, device)
    composer, clock = active_composer(composers, config.composer), Clock()
    model = rank_model(dataset, features, composer, replace(config, seed=seed), device, progress, clock)
    recommender = model.recommender.with_caution(model.caution.caution)
    run = _run(out, model.config, dataset, features, composer, recommender)
    # The users drawn for the cold part are everyone's, whatever the seed.
    users = _traced(run, config.seed, progress)
    step0 = clock.seconds["step 0"]
    told = Told("", {"mspa": step0 + clock.seconds["corrector"], "mspa@step0": step0}, None)
    return JobResult(told, pd.concat(users, ignore_index=True))


def score_step0(
    dataset: Dataset,
    out: Path,
    config: RunConfig,
    seed: int,
    device: torch.device,
    without: str | None,
    progress: bool,
) -> JobResult:
    """Step 0 trained with the teacher's statements, all modalities or one left out of features and vocabulary."""
    features, config = read_features(dataset, out, config, device), replace(config, seed=seed)
    left_out = None if without is None else Modality(without)
    if left_out is not None and left_out not in features.modalities:
        raise BaselineAbsent(f"the set has no {left_out.value} features to leave out")
    features = without_modality(features, left_out)
    vocabulary = _without_values(build_vocabulary(dataset, features, config.preference, seed), features, left_out)
    teacher = build_teacher(dataset, vocabulary, config.preference)
    composer, clock = Composer(dataset, vocabulary, teacher, features), Clock()
    step0 = train_step0(dataset, features, composer, config, device, progress)
    clock.lap("step 0")
    corrector = Corrector(config.corrector, seed)
    recommender = build_recommender(step0.scorer, composer, corrector, dataset, config)
    run = _run(out, config, dataset, features, composer, recommender)
    name = "step 0" if without is None else f"step 0 without {without}"
    users = [user_rows(name, part, measure(_step0_scorer(run), eval_pairs(dataset, part))) for part in ("val", "test")]
    return JobResult(Told("", {name: clock.seconds["step 0"]}, None), pd.concat(users, ignore_index=True))


def without_modality(features: Features, left_out: Modality | None) -> Features:
    """The features of all other modalities."""
    kept = [m for m in features.modalities if m is not left_out]
    return Features(
        {m: features.arrays[m] for m in kept},
        {m: features.present[m] for m in kept},
        {m: features.encoders[m] for m in kept},
    )


def _without_values(vocabulary: Vocabulary, features: Features, left_out: Modality | None) -> Vocabulary:
    """Nothing may be stated of a modality that is left out: its groups and phrases would tell of it."""
    kept = [i for i, value in enumerate(vocabulary.values) if left_out is None or value.modality is not left_out]
    membership = np.ascontiguousarray(vocabulary.membership[:, kept])
    return Vocabulary(tuple(vocabulary.values[i] for i in kept), membership, prototypes_of(membership, features))


def _run(
    out: Path, config: RunConfig, dataset: Dataset, features: Features, composer: Composer, recommender: Recommender
) -> Run:
    """What evaluation asks for; nothing of it is written."""
    nobody = pd.DataFrame({"user_id": pd.Series(dtype="str")})
    model = Model(composer, {composer.name: composer}, recommender)
    return Run(out, config, dataset, features, composer.vocabulary, lambda: model, {}, nobody, None, "", "")


def _traced(run: Run, seed: int, progress: bool) -> list[pd.DataFrame]:
    """Both steps on val, on test and, from the same traces, of the cold streamers of test among themselves."""
    steps, users = {"mspa": -1, "mspa@step0": 0}, []
    for part in ("val", "test"):
        pairs = eval_pairs(run.dataset, part)
        measured = measure_traces(run, pairs, measured_users(pairs), f"MSPA on {part}", progress)
        users += [user_rows(name, part, metrics_at(measured, step, pairs)) for name, step in steps.items()]
    own = cold_pairs(interaction_matrix(run.dataset, ("train",)), pairs, seed)
    ranked = told_apart(_step0_scorer(run), own)
    return users + [user_rows(name, "cold", cold_at(measured, step, own), ranked) for name, step in steps.items()]


def _step0_scorer(run: Run) -> Scorer:
    """Scores of step 0 as the run composes, many users at a time."""
    batch = BatchScorer(run.recommender.scorer)

    def scores_of(user_idx: np.ndarray) -> np.ndarray:
        told = run.composer.compose_many([history_of(run.dataset, int(user), "train") for user in user_idx])
        rows = preference_rows(run.recommender.scorer, told, len(run.vocabulary.values))
        return np.concatenate([scores.cpu().numpy() for _, scores in batch.batches(rows)])

    return scores_of
