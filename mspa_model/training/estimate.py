"""What a training will take, said before it starts; what will not fit is refused, naming the option that would."""

from dataclasses import dataclass

import psutil

from mspa_model.config import RunConfig
from mspa_model.errors import ResourceError
from mspa_model.training.candidates import MAX_CANDIDATES
from mspa_model.training.latent import ALL_CELLS, TRAININGS
from mspa_model.training.weights import MAX_CELLS
from mspa_model.types import SOURCES, Dataset, Modality

# Measured on two cores (docs/LOG.md); within a factor of two elsewhere.
SECONDS_A_TEXT = 0.04
SECONDS_A_FRAME = 0.08
SECONDS_A_CLIP = 0.05
SECONDS_A_BATCH = 0.35
SECONDS_A_DENSE_CUBE = 8e-11
SECONDS_A_LOW_RANK_TRY = 5e-5  # a streamer
SECONDS_A_LATENT_CELL = 2e-8  # a user beside a streamer, once
SECONDS_A_LATENT_STEP = 1e-6  # a streamer: every vector is moved by every batch
SECONDS_A_TRACE, SECONDS_A_TRACE_STREAMER = 0.005, 5e-7
# At most: of val users, looked at for a shift and for the corrector's caution; of test users, with new tips and with
# false statements.
TRACES = (2_000, 1_600, 2_000, 600)
SECONDS_OF_TEXTS = 120.0  # measuring what composers wrote
PLANES = 45  # of val users x streamers, of four bytes: their fits, joined, weighed and searched at once
_GIB = 1024**3


@dataclass(frozen=True)
class Estimate:
    """minutes: on two cores, without the map; memory_gib: at the peak; memory_free_gib: what the machine has left."""

    minutes: float
    memory_gib: float
    memory_free_gib: float

    @property
    def sentence(self) -> str:
        """One line to print before training."""
        return f"This will take about {max(1, round(self.minutes))} min and {self.memory_gib:.1f} GiB of memory."


def estimate(dataset: Dataset, config: RunConfig) -> Estimate:
    """Predicted minutes and memory for a dataset."""
    n, users = dataset.n_streamers, dataset.n_users
    dense = n <= config.ranking.max_dense_streamers
    ranking = config.ranking  # step0.choose_cotips changes one number at a time, the ridge twice
    tries = 2 * len(ranking.cotips_ridge) + len(ranking.cotips_degree_power) + len(ranking.cotips_content)
    seconds = 60.0 + SECONDS_OF_TEXTS + _media_seconds(dataset) + _teaching_seconds(config)
    # Each co-tipping try, the ordered model and each of EASE's four is one inverse of a square of streamers.
    seconds += (tries + 5) * SECONDS_A_DENSE_CUBE * n**3 if dense else tries * SECONDS_A_LOW_RANK_TRY * n
    epochs = config.ranking.max_epochs / 2
    seconds += epochs * users / config.ranking.batch * (0.08 + 2e-5 * min(n, MAX_CANDIDATES))
    latents = 2 * TRAININGS  # by weight and by share
    cells = min(ranking.latent_epochs * users * min(n, MAX_CANDIDATES), ALL_CELLS)
    steps = n * ranking.latent_epochs * (users / ranking.latent_batch)
    seconds += latents * (SECONDS_A_LATENT_CELL * cells + SECONDS_A_LATENT_STEP * steps)
    traces = 2 * users + sum(min(users, most) for most in TRACES)
    seconds += traces * (SECONDS_A_TRACE + SECONDS_A_TRACE_STREAMER * n)
    square = 8.0 * n * n * 4 if dense else 4.0 * n * config.ranking.low_rank * 4
    val_users = dataset.tips.loc[dataset.tips["split"] == "val", "user_idx"].nunique()
    val_fits = min(val_users * n, MAX_CELLS // len(SOURCES)) * 4.0 * PLANES
    return Estimate(seconds / 60, 1.5 + (square + val_fits) / _GIB, psutil.virtual_memory().available / _GIB)


def refuse_what_will_not_fit(dataset: Dataset, config: RunConfig) -> Estimate:
    """The estimate; raises ResourceError where memory would run out."""
    found = estimate(dataset, config)
    if found.memory_gib > found.memory_free_gib:
        dense = dataset.n_streamers <= config.ranking.max_dense_streamers
        todo = (
            f"Train with --max-dense-streamers {dataset.n_streamers - 1}, which makes co-tipping low-rank."
            if dense
            else "Train on a machine with more memory."
        )
        raise ResourceError(
            f"a training that takes {found.memory_gib:.1f} GiB", f"at most {found.memory_free_gib:.1f} GiB free", todo
        )
    return found


def _teaching_seconds(config: RunConfig) -> float:
    """The composer's, at most, and as much again for each modality that it is retrained without."""
    settings = config.composer
    if settings.active == "teacher":
        return 0.0
    each = min(60 * settings.minutes, SECONDS_A_BATCH * settings.steps)
    return each * (1 + len(Modality) * settings.retrain_without)


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
