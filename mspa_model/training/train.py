"""The way of a training: features, vocabulary, composer, step 0, corrector, map, evaluation; then the run, whole."""

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, history_of, interaction_matrix, load_dataset
from mspa_model.device import DeviceName, resolve_device
from mspa_model.features.encode import read_raw, scale
from mspa_model.folders import check_destination, check_free
from mspa_model.manifest import MANIFEST, write_json, write_manifest
from mspa_model.preference.composer import Composer
from mspa_model.preference.composers import active_composer
from mspa_model.preference.teacher import build_teacher
from mspa_model.preference.vocabulary import build_vocabulary
from mspa_model.ranking.correction import SelfCorrection
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.recency import place_matrix
from mspa_model.ranking.recommender import Recommender
from mspa_model.runs import (
    Run,
    TrainedParts,
    build_recommender,
    load_run,
    map_metrics,
    new_folder,
    save_map,
    save_model,
)
from mspa_model.training.baselines import BaselineResult, score_baselines
from mspa_model.training.caution import CautionChoice, choose_caution, choose_fade_caution
from mspa_model.training.estimate import refuse_what_will_not_fit
from mspa_model.training.evaluate import (
    BASELINES_FILE,
    METRICS_FILE,
    USERS_FILE,
    Evaluation,
    evaluate,
    write_evaluation,
)
from mspa_model.training.map_quality import MapSpace
from mspa_model.training.repair import RepairReport, RepairTraining
from mspa_model.training.scorecard import baseline_metrics, baseline_users
from mspa_model.training.step0 import Step0, train_step0
from mspa_model.training.teach.stage import Taught, teach_composers
from mspa_model.types import Dataset, Features, Modality


def train(
    folder: Path,
    out: Path,
    config: RunConfig | None = None,
    device: DeviceName = "auto",
    with_map: bool = True,
    progress: bool = True,
    force: bool = False,
) -> Path:
    """A dataset folder to a run folder at `out`, which appears when all is done; force: in place of an older run.

    Raises DataError with every fault of the folder, ResourceError where the training would not fit, RunError where
    `out` cannot be written, or holds something that is not a run or, without force, a run.
    """
    config, out = config or RunConfig(), Path(out)
    check_destination(out)
    check_free(out, MANIFEST, force)
    where = resolve_device(device)
    dataset = load_dataset(Path(folder), open_media=True)
    refuse_what_will_not_fit(dataset, config)
    clock = Clock()
    keep = out.with_name(f".{out.name}.teaching")
    parts, notes = train_model(dataset, config, where, progress, clock, keep)
    with new_folder(out) as fresh:
        save_model(fresh, out, parts)
        baselines = _baselines(dataset, config)
        clock.lap("baselines")
        write_json(fresh / "metrics.json", _first_metrics(baselines, config, notes, clock))
        baseline_users(baselines, tuple(dataset.users["user_id"])).to_parquet(fresh / BASELINES_FILE)
        pd.DataFrame({"user_id": pd.Series(dtype="str")}).to_parquet(fresh / "users.parquet")
        write_manifest(fresh)
        run = load_run(fresh, Path(folder), device)
        if with_map:
            run = _with_map(run, fresh, clock)
        write_evaluation(evaluate(run, progress), fresh)
        write_manifest(fresh)
    shutil.rmtree(keep, ignore_errors=True)
    return out


def evaluate_run(
    path: Path,
    data: Path | None,
    device: DeviceName,
    progress: bool = True,
    measure: Callable[[Run, bool], Evaluation] = evaluate,
) -> Run:
    """Measures a run on test again and stores the figures in it; the same run gives the same figures.

    measure: all of them, or one part anew (repair_measured_again).
    """
    check_destination(path, "RUN")
    run = load_run(path, data, device)
    evaluation = measure(run, progress)
    # In a copy that takes the run's place at once: a killed evaluation leaves the run whole.
    with new_folder(path) as fresh:
        shutil.copytree(path, fresh, dirs_exist_ok=True)
        replace(run.files, folder=fresh).check(run.files.hashes)
        if write_evaluation(evaluation, fresh):
            write_manifest(fresh, {*run.files.hashes, METRICS_FILE, USERS_FILE})
    return load_run(path, data, device)


def train_model(
    dataset: Dataset, config: RunConfig, device: torch.device, progress: bool, clock: "Clock", keep: Path
) -> "tuple[TrainedParts, TrainingNotes]":
    """Everything that is learnt, in order: the composer, then step 0 alone and frozen, then the corrector.

    keep: where a teaching that is cut off leaves its state.
    """
    raw = read_raw(dataset, config.features, device)
    features = scale(raw)
    clock.lap("features")
    taught = compose_model(dataset, features, config, device, progress, clock, keep)
    composer = active_composer(taught.composers, config.composer)
    ranked = rank_model(dataset, features, composer, config, device, progress, clock)
    parts = TrainedParts(ranked.config, dataset, features, raw.to_store(), taught.composers, ranked.recommender)
    return parts, TrainingNotes(taught, ranked.step0, ranked.repair, ranked.caution, ranked.fade)


def compose_model(
    dataset: Dataset,
    features: Features,
    config: RunConfig,
    device: torch.device,
    progress: bool,
    clock: "Clock",
    keep: Path,
) -> Taught:
    """Everything up to whose preferences are ranked: the vocabulary, the teacher, the language model."""
    vocabulary = build_vocabulary(dataset, features, config.preference, config.seed)
    teacher = Composer(dataset, vocabulary, build_teacher(dataset, vocabulary, config.preference), features)
    clock.lap("vocabulary")
    taught = teach_composers(dataset, features, teacher, config, device, keep, progress)
    clock.lap("composer")
    return taught


def rank_model(
    dataset: Dataset,
    features: Features,
    composer: Composer,
    config: RunConfig,
    device: torch.device,
    progress: bool,
    clock: "Clock",
) -> "RankModel":
    """Everything after the composer: step 0 alone and frozen, then the corrector and its caution."""
    step0 = train_step0(dataset, features, composer, config, device, progress)
    clock.lap("step 0")
    corrector = Corrector(config.corrector, config.seed).to(device)
    correction = SelfCorrection(step0.scorer, composer, corrector, config.corrector)
    repair = RepairTraining(correction, place_matrix(dataset, ("train",)), config.seed).run(progress)
    recommender = build_recommender(step0.scorer, composer, corrector, dataset, config)
    fade = choose_fade_caution(recommender, dataset, config.seed, progress)
    recommender = recommender.with_caution(fade_caution=fade.caution)
    choice = choose_caution(recommender, dataset, config.seed, progress)
    clock.lap("corrector")
    chosen = replace(config.corrector, caution=choice.caution, fade_caution=fade.caution)
    return RankModel(replace(config, corrector=chosen), recommender, step0, repair, choice, fade)


@dataclass(frozen=True)
class RankModel:
    """A trained recommender and what was seen while it learnt. config: with the cautions that val chose."""

    config: RunConfig
    recommender: Recommender
    step0: Step0
    repair: RepairReport | None
    caution: CautionChoice
    fade: CautionChoice


@dataclass(frozen=True)
class TrainingNotes:
    """What was seen while learning, for metrics.json."""

    taught: Taught
    step0: Step0
    repair: RepairReport | None
    caution: CautionChoice
    fade: CautionChoice


class Clock:
    """Seconds of each part of a training."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name], self._last = round(now - self._last, 1), now


def _baselines(dataset: Dataset, config: RunConfig) -> tuple[BaselineResult, ...]:
    train_tips = interaction_matrix(dataset, ("train",))
    val, test = eval_pairs(dataset, "val"), eval_pairs(dataset, "test")
    return score_baselines(train_tips, val, test, dataset.info.split.metric, config.seed)


def _first_metrics(
    baselines: tuple[BaselineResult, ...], config: RunConfig, notes: TrainingNotes, clock: Clock
) -> dict[str, object]:
    """What training alone can know; `evaluate` adds what MSPA reaches."""
    metrics, step0 = baseline_metrics(baselines, config.seed), notes.step0
    metrics["step0"] = {"cotips": step0.cotips_setting, "val": step0.val_metric, "val_alone": step0.alone}
    metrics["repair"] = None if notes.repair is None else asdict(notes.repair)
    metrics["caution"] = asdict(notes.caution)
    metrics["fade"] = asdict(notes.fade)
    metrics["composer"] = notes.taught.report
    if notes.taught.absent is not None:
        metrics["composer_absent"] = notes.taught.absent
    if notes.taught.ablations is not None:
        metrics["text"] = dict(notes.taught.ablations)
    metrics["train_seconds"] = dict(clock.seconds)
    return metrics


def _with_map(run: Run, fresh: Path, clock: Clock) -> Run:
    # Here alone, because importing umap compiles for seconds.
    from mspa_model.training.projection import fit_map

    fused, modalities, tippers = map_spaces(run)
    points = fit_map(fused, modalities, tippers, run.config.map, run.config.seed)
    clock.lap("map")
    save_map(fresh, points)
    seconds = {**run.metrics["train_seconds"], "map": clock.seconds["map"]}
    write_json(fresh / "metrics.json", {**run.metrics, **map_metrics(points), "train_seconds": seconds})
    write_manifest(fresh)
    return load_run(fresh, run.dataset.folder, run.device.type)


def map_spaces(run: Run) -> tuple[MapSpace, dict[Modality, MapSpace], np.ndarray]:
    """What the maps are fitted to, the fused space and each modality's, and user_idx of the users with train tips."""
    recommender = run.recommender
    tippers = np.unique(run.dataset.tips.loc[run.dataset.tips["split"] == "train", "user_idx"].to_numpy())
    preferences = run.composer.compose_many([history_of(run.dataset, int(user), "train") for user in tippers])

    def space(streamers: np.ndarray, users: list[np.ndarray]) -> MapSpace:
        return MapSpace(streamers, np.stack(users) if users else np.zeros((0, streamers.shape[1]), np.float32))

    modalities = {
        m: space(
            recommender.streamer_embeddings(m).cpu().numpy(),
            [recommender.user_vector(preference, m).cpu().numpy() for preference in preferences],
        )
        for m in run.features.modalities
    }
    fused = space(recommender.streamer_fused, [recommender.user_fused(preference) for preference in preferences])
    return fused, modalities, tippers
