"""Step 0: co-tipping, aligners, popularity and their weights, trained alone from the full train history and frozen."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn
from tqdm import tqdm

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, interaction_matrix
from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.ranking.cotipping import CoTips, DenseCoTips, LowRankCoTips, fit_cotips
from mspa_model.ranking.recency import NO_DECAY, place_matrix, weigh
from mspa_model.ranking.scorer import Scorer
from mspa_model.training.align import AlignerTraining
from mspa_model.training.metrics import measure
from mspa_model.training.weights import choose_weights, fold_weights, single_source_metrics, val_scores
from mspa_model.types import SOURCES, Dataset, Features


@dataclass(frozen=True)
class Step0:
    """A frozen scorer and what was seen on val while it was made. alone: the selecting metric of each source alone."""

    scorer: Scorer
    alone: dict[str, float]
    val_metric: float
    cotips_setting: dict[str, float]


def train_step0(
    dataset: Dataset,
    features: Features,
    composer: Composer,
    config: RunConfig,
    device: torch.device,
    progress: bool,
) -> Step0:
    """The scorer whose every choice was made on val; the test split is never read."""
    train, val = interaction_matrix(dataset, ("train",)), eval_pairs(dataset, "val")
    metric = dataset.info.split.metric
    places = place_matrix(dataset, ("train",))
    cotips, setting = choose_cotips(train, places, val, metric, config, progress)
    aligners = AlignerTraining(composer, features, train, val, metric, config.ranking, config.seed, device).run(
        progress
    )
    scorer = make_scorer(cotips, aligners, train, features, composer, device, config, setting["half_life"])
    scores = val_scores(scorer, composer, places, val, metric, config.seed)
    base = choose_weights(scores)
    scorer.base_weights = base
    scorer.fold_weights = fold_weights(scores, base, config.corrector.folds)
    alone = dict(zip((s.value for s in SOURCES), single_source_metrics(scores), strict=True))
    return Step0(scorer, alone, scores.measure(base), setting)


def make_scorer(
    cotips: CoTips,
    aligners: nn.ModuleDict,
    train: sp.csr_matrix,
    features: Features,
    composer: Composer,
    device: torch.device,
    config: RunConfig,
    half_life: float = NO_DECAY,
) -> Scorer:
    """A scorer of trained parts, every source at weight 1 until val has chosen."""
    counts = torch.from_numpy(np.asarray(train.sum(0), dtype=np.float32).ravel())
    ones = torch.ones(len(SOURCES))
    return Scorer(
        _on(cotips, device),
        aligners,
        torch.log1p(counts),
        ones,
        ones.repeat(config.corrector.folds, 1),
        features,
        composer.vocabulary,
        device,
        half_life,
        composer.statement_embeddings(),
    )


def choose_cotips(
    train: sp.csr_matrix, places: sp.csr_matrix, val: EvalPairs, metric: str, config: RunConfig, progress: bool
) -> tuple[CoTips, dict[str, float]]:
    """The co-tipping model whose ridge, degree power and half-life are best on val; the first tried without val users.

    train: 0/1, what it is fitted to; places: of the same tips, what half-lives weigh when it scores.
    """
    ranking = config.ranking
    settings = [(r, p) for p in ranking.cotips_degree_power for r in ranking.cotips_ridge]
    timed = places.nnz > 0 and places.data.max() > 1
    half_lives = ranking.cotips_half_life if timed else (NO_DECAY,)
    best: tuple[float, CoTips, dict[str, float]] | None = None
    for ridge, power in tqdm(settings, "co-tipping", disable=not progress):
        model = fit_cotips(train, ridge, power, ranking, config.seed)
        for half_life in half_lives:
            value = measure(lambda users, m=model, h=half_life: _fit(m, places[users], h), val).mean(metric)
            if best is None or value > best[0]:
                best = value, model, {"ridge": ridge, "degree_power": power, "half_life": half_life}
    assert best is not None
    return best[1], best[2]


def _fit(cotips: CoTips, places: sp.csr_matrix, half_life: float) -> np.ndarray:
    return cotips.fit(weigh(torch.from_numpy(places.toarray()), half_life)).numpy()


def _on(cotips: CoTips, device: torch.device) -> CoTips:
    if isinstance(cotips, DenseCoTips):
        return DenseCoTips(cotips.inverse.to(device), cotips.degree_power)
    assert isinstance(cotips, LowRankCoTips)
    return LowRankCoTips(cotips.directions.to(device), cotips.gain.to(device))
