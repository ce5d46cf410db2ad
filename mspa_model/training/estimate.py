"""What a training will take, said before it starts; what will not fit is refused, naming the option that would."""

import math
from dataclasses import dataclass

import numpy as np
import psutil

from mspa_model.config import ComposerConfig, RunConfig
from mspa_model.errors import ResourceError
from mspa_model.preference.composers import TEACHER
from mspa_model.training.candidates import MAX_CANDIDATES
from mspa_model.training.latent import ALL_CELLS, TRAININGS
from mspa_model.training.machine import slowness
from mspa_model.training.repair import MAX_CASES
from mspa_model.training.teach.stage import MIN_TAUGHT
from mspa_model.training.teach.teach import EARLIEST, look_every
from mspa_model.training.text.users import ENOUGH, text_users
from mspa_model.training.weights import MAX_CELLS
from mspa_model.types import SOURCES, Dataset, Modality
from mspa_model.words import time_words

# Measured on two cores (docs/LOG.md); machine.py says how much slower or faster this machine is.
SECONDS_TO_START = 6.0
SECONDS_A_TEXT = 0.04
SECONDS_A_FRAME = 0.08
SECONDS_A_CLIP = 0.05
SECONDS_A_BATCH, SECONDS_A_BATCH_TIP = 0.18, 0.007  # a tip: of a history, at the mean; a batch of 48, 3 layers of 128
SECONDS_A_DENSE_CUBE = 8e-11
SECONDS_A_LOW_RANK_TRY = 5e-5  # a streamer
SECONDS_AN_ALIGNING = 0.01, 0.07  # a batch, and a full one's users
SECONDS_A_LATENT_CELL = 2e-8  # a user beside a streamer, once
SECONDS_A_LATENT_STEP = 1e-6  # a streamer: every vector is moved by every batch
SECONDS_A_REPAIR = 0.012  # a case, once
SECONDS_A_TRACE, SECONDS_A_TRACE_STREAMER = 0.005, 5e-7
# At most: of val users, looked at for a shift and for the corrector's caution; of test users, with new tips and with
# false statements.
TRACES = (2_000, 1_600, 2_000, 600)
SECONDS_OF_TEXTS, SECONDS_A_TEXT_USER = 6.0, 0.4  # measuring what composers wrote, where somebody is scored
SECONDS_OF_MAPS, SECONDS_A_MAP_POINT = 25.0, 0.0035  # compiling; a point of one map
PLANES = 45  # of val users x streamers, of four bytes: their fits, joined, weighed and searched at once
GIB_AT_REST, GIB_OF_A_COMPOSER, GIB_OF_MAPS, GIB_OF_ENCODERS = 0.6, 0.5, 0.3, 0.5
_GIB = 1024**3


@dataclass(frozen=True)
class Estimate:
    """minutes: on this machine, were it idle; memory_gib: at the peak; memory_free_gib: what the machine has left."""

    minutes: float
    memory_gib: float
    memory_free_gib: float

    @property
    def sentence(self) -> str:
        """One line to print before training."""
        return (
            f"This will take about {time_words(60 * self.minutes)} and {self.memory_gib:.1f} GiB of memory; longer "
            "where other programs keep the machine busy."
        )


def estimate(dataset: Dataset, config: RunConfig, with_map: bool = False) -> Estimate:
    """Predicted minutes and memory for a dataset."""
    work = [
        SECONDS_TO_START,
        _media_seconds(dataset),
        _teaching_seconds(dataset, config),
        _step0_seconds(dataset, config),
        _trace_seconds(dataset, config),
        _map_seconds(dataset, config) if with_map else 0.0,
    ]
    memory = _memory_gib(dataset, config) + GIB_OF_MAPS * with_map
    return Estimate(slowness() * sum(work) / 60, memory, psutil.virtual_memory().available / _GIB)


def refuse_what_will_not_fit(dataset: Dataset, config: RunConfig, with_map: bool = False) -> Estimate:
    """The estimate; raises ResourceError where memory would run out."""
    found = estimate(dataset, config, with_map)
    if found.memory_gib > found.memory_free_gib:
        todo = (
            f"Train with --max-dense-streamers {dataset.n_streamers - 1}, which makes co-tipping low-rank."
            if _is_dense(dataset, config)
            else "Train on a machine with more memory."
        )
        raise ResourceError(
            f"a training that takes {found.memory_gib:.1f} GiB", f"at most {found.memory_free_gib:.1f} GiB free", todo
        )
    return found


def _teaching_seconds(dataset: Dataset, config: RunConfig) -> float:
    """The composer's, as much again for each modality that it is retrained without, and measuring the texts."""
    settings, users = config.composer, text_users(dataset, config.seed)
    counts = _distinct_tips(dataset)
    histories = counts[users.teaching][counts[users.teaching] >= ENOUGH]
    if settings.active == TEACHER or len(histories) < MIN_TAUGHT:
        return 0.0
    # A small set may be left early, and nobody knows before: the geometric mean of the fewest and the most steps.
    earliest = max(EARLIEST, (1 + settings.patience) * look_every(len(histories), settings.batch))
    steps = math.sqrt(min(earliest, settings.steps) * settings.steps)
    tips = float(np.minimum(histories, settings.max_tips).mean())
    a_batch = _size_of(settings) * (SECONDS_A_BATCH + SECONDS_A_BATCH_TIP * tips)
    each = min(60 * settings.minutes, steps * a_batch)
    texts = SECONDS_OF_TEXTS + SECONDS_A_TEXT_USER * len(users.scored) if len(users.scored) else 0.0
    return each * (1 + len(Modality) * settings.retrain_without) + texts


def _size_of(settings: ComposerConfig) -> float:
    """What a batch of this language model takes beside one of the default's."""
    return settings.batch / 48 * (0.3 + 0.7 * settings.layers / 3 * settings.dim / 128)


def _step0_seconds(dataset: Dataset, config: RunConfig) -> float:
    """Co-tipping, aligners and the latent part."""
    n, users, ranking = dataset.n_streamers, dataset.n_users, config.ranking
    # step0.choose_cotips changes one number at a time, the ridge twice
    tries = 2 * len(ranking.cotips_ridge) + len(ranking.cotips_degree_power) + len(ranking.cotips_content)
    # Each co-tipping try, the ordered model and each of EASE's four is one inverse of a square of streamers.
    dense = (tries + 5) * SECONDS_A_DENSE_CUBE * n**3
    seconds = dense if _is_dense(dataset, config) else tries * SECONDS_A_LOW_RANK_TRY * n
    batches = ranking.max_epochs / 2 * math.ceil(users / ranking.batch)
    a_batch, its_users = SECONDS_AN_ALIGNING
    full = min(users / ranking.batch, 1.0)
    seconds += batches * (a_batch + full * (its_users + 2e-5 * min(n, MAX_CANDIDATES)))
    latents = 2 * TRAININGS  # by weight and by share
    cells = min(ranking.latent_epochs * users * min(n, MAX_CANDIDATES), ALL_CELLS)
    steps = n * ranking.latent_epochs * (users / ranking.latent_batch)
    return seconds + latents * (SECONDS_A_LATENT_CELL * cells + SECONDS_A_LATENT_STEP * steps)


def _trace_seconds(dataset: Dataset, config: RunConfig) -> float:
    """Teaching the corrector, choosing its caution, and the evaluation."""
    users, corrector = dataset.n_users, config.corrector
    judged = int((_distinct_tips(dataset) > 1.5 * corrector.min_witnesses).sum())
    traces = (2 * users + sum(min(users, most) for most in TRACES)) * judged / max(users, 1)
    repairs = corrector.max_epochs * min(judged, MAX_CASES)
    a_trace = SECONDS_A_TRACE + SECONDS_A_TRACE_STREAMER * dataset.n_streamers
    return traces * a_trace + repairs * SECONDS_A_REPAIR


def _map_seconds(dataset: Dataset, config: RunConfig) -> float:
    points = min(dataset.n_users + dataset.n_streamers, config.map.max_points)
    return SECONDS_OF_MAPS + SECONDS_A_MAP_POINT * points * (config.map.seeds + len(Modality))


def _memory_gib(dataset: Dataset, config: RunConfig) -> float:
    n = dataset.n_streamers
    square = 8.0 * n * n * 4 if _is_dense(dataset, config) else 4.0 * n * config.ranking.low_rank * 4
    val_users = dataset.tips.loc[dataset.tips["split"] == "val", "user_idx"].nunique()
    val_fits = min(val_users * n, MAX_CELLS // len(SOURCES)) * 4.0 * PLANES
    fixed = GIB_AT_REST + GIB_OF_ENCODERS * (_media_seconds(dataset) > 0)
    if _teaching_seconds(dataset, config) > 0:
        fixed += GIB_OF_A_COMPOSER * _size_of(config.composer)
    return fixed + (square + val_fits) / _GIB


def _is_dense(dataset: Dataset, config: RunConfig) -> bool:
    return dataset.n_streamers <= config.ranking.max_dense_streamers


def _distinct_tips(dataset: Dataset) -> np.ndarray:
    """Of each user, the distinct streamers tipped in train."""
    train = dataset.tips.loc[dataset.tips["split"] == "train", ["user_idx", "streamer_idx"]].drop_duplicates()
    return np.bincount(train["user_idx"], minlength=dataset.n_users)


def _media_seconds(dataset: Dataset) -> float:
    seconds = 0.0
    if Modality.TEXT in dataset.info.modalities and Modality.TEXT not in dataset.features:
        seconds += SECONDS_A_TEXT * dataset.n_streamers
    if dataset.segments is not None:
        for column, modality, each in (
            ("frame", Modality.VISUAL, SECONDS_A_FRAME),
            ("audio", Modality.AUDIO, SECONDS_A_CLIP),
        ):
            if modality not in dataset.features and column in dataset.segments:
                seconds += each * int((dataset.segments[column].fillna("") != "").sum())
    return seconds
