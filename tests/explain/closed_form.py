"""A run whose every number can be worked out by hand: linear towers, no training, weights that we set."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mspa_model.config import RunConfig
from mspa_model.data.ids import user_idx_of
from mspa_model.data.load import history_of, load_dataset
from mspa_model.data.split import interaction_matrix
from mspa_model.features.encode import encode
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import build_teacher
from mspa_model.preference.vocabulary import build_vocabulary
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.cotipping import CoTipsSetting, fit_cotips
from mspa_model.ranking.recency import place_matrix
from mspa_model.ranking.scorer import Scorer
from mspa_model.ranking.towers import build_aligners
from mspa_model.runs import Model, Run, build_recommender
from mspa_model.training.step0 import typical_spreads
from mspa_model.types import SOURCES, Dataset, Features, MapPoints, RankingTrace, Source, Vocabulary

CPU = torch.device("cpu")
WEIGHTS = {Source.VISUAL: 1.0, Source.AUDIO: 0.0, Source.TEXT: 0.5, Source.COTIPS: 1.0, Source.POPULARITY: 0.25}


def closed_form_run(
    folder: Path, config: RunConfig, weights: dict[Source, float] = WEIGHTS, linear: bool = True, seed: int = 3
) -> Run:
    """A run on a dataset folder. linear: towers are their skip alone, so a streamer's embedding is a matrix product."""
    dataset = load_dataset(folder)
    features = encode(dataset, config.features, CPU)
    vocabulary = build_vocabulary(dataset, features, config.preference, seed)
    composer = Composer(dataset, vocabulary, build_teacher(dataset, vocabulary, config.preference), features)
    scorer = _scorer(dataset, features, vocabulary, config, weights, linear, seed)
    scorer.spreads = typical_spreads(scorer, composer, place_matrix(dataset, ("train",)), seed)
    recommender = build_recommender(scorer, composer, Corrector(config.corrector, seed), dataset, config)
    return Run(
        path=folder,
        config=config,
        dataset=dataset,
        features=features,
        vocabulary=vocabulary,
        model=lambda: Model(composer, {"teacher": composer}, recommender),
        metrics=metrics(),
        users=users(dataset),
        map=points(dataset),
        hash="0" * 64,
        created_at="2024-01-01T00:00:00+00:00",
    )


def metrics() -> dict:
    """Two buckets, one of them without a user."""
    nobody = {"value": None, "low": None, "high": None}
    some = {"value": 0.25, "low": 0.2, "high": 0.3}
    return {
        "buckets": [
            {"bucket": "1-4 tips", "low_tips": 1, "high_tips": 4, "n_users": 0, "ndcg@10": nobody},
            {"bucket": "5 tips and more", "low_tips": 5, "high_tips": None, "n_users": 60, "ndcg@10": some},
        ]
    }


def users(dataset: Dataset) -> pd.DataFrame:
    """Everyone but the last user was tested."""
    tested = [1] * (dataset.n_users - 1) + [0]
    return pd.DataFrame({"user_id": dataset.users["user_id"], "n_test": tested})


def points(dataset: Dataset) -> MapPoints:
    """Streamer i at (i, group): where a point is tells which it is."""
    n = dataset.n_streamers
    xy = np.stack([np.arange(n), np.arange(n) % 2], 1).astype(np.float32)
    quality = {"trustworthiness": 0.9, "continuity": 0.8, "knn15": 0.5, "knn15_pca": 0.3, "knn15_random": 0.05}
    return MapPoints(xy, np.zeros(0, np.int64), np.zeros((0, 2), np.float32), {**quality, "neighbors": 15.0})


def _scorer(
    dataset: Dataset,
    features: Features,
    vocabulary: Vocabulary,
    config: RunConfig,
    weights: dict[Source, float],
    linear: bool,
    seed: int,
) -> Scorer:
    tips = interaction_matrix(dataset, ("train",))
    aligners = build_aligners(features, config.ranking, seed)
    for modality in features.modalities:
        aligner = aligners[modality.value]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for layer in aligner.modules():  # away from the small, straight start of a training
                if isinstance(layer, torch.nn.Linear):
                    layer.reset_parameters()
        if linear:
            for parameter in aligner.tower.network.parameters():
                torch.nn.init.zeros_(parameter)
        rows = torch.from_numpy(features.arrays[modality])
        aligner.settle(rows, torch.from_numpy(features.present[modality].astype(np.float32)))
    base = torch.tensor(
        [weights[s] if s.modality is None or s.modality in features.modalities else 0.0 for s in SOURCES]
    )
    popularity = torch.from_numpy(np.log1p(np.asarray(tips.sum(0)).ravel())).float()
    cotips = fit_cotips(tips, CoTipsSetting(10.0, 0.0), config.ranking, seed)
    return Scorer(cotips, aligners, popularity, base, base.repeat(2, 1), features, vocabulary, CPU)


def trace_of(run: Run, user_id: str) -> RankingTrace:
    """The user's trace over all tips, streamers already tipped left out."""
    history = history_of(run.dataset, user_idx_of(run.dataset, user_id), "all")
    candidates = np.ones(run.dataset.n_streamers, dtype=bool)
    candidates[history.streamer_idx] = False
    return run.recommender.rank(run.composer.compose(history), candidates, "all", "new")


def pair_of(trace: RankingTrace) -> tuple[int, int]:
    """The first of the final ranking and the last: a margin that is not small."""
    order = trace.final.ranking.order
    return int(order[0]), int(order[-1])
