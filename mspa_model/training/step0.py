"""Step 0: co-tipping, aligners, popularity and their weights, trained alone from the full train history and frozen."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from torch import nn
from tqdm import tqdm

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, interaction_matrix
from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.ranking.content import likeness_rows
from mspa_model.ranking.cotipping import CoTips, CoTipsSetting, DenseCoTips, LowRankCoTips, fit_cotips
from mspa_model.ranking.recency import NO_DECAY, place_matrix, weigh
from mspa_model.ranking.scorer import MIN_SPREAD, Scorer
from mspa_model.training.align import AlignerTraining
from mspa_model.training.metrics import measure
from mspa_model.training.told import told_users
from mspa_model.training.weights import (
    choose_weights,
    fold_weights,
    single_source_metrics,
    told_fits,
    val_scores,
    val_users,
)
from mspa_model.types import SOURCES, Dataset, Features

SPREAD_USERS = 1000
_BATCH = 256


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
    cotips, setting = choose_cotips(train, places, features, val, metric, config, progress)
    whole = told_users(dataset, composer, val_users(val, config.seed))
    lesson = AlignerTraining(composer, features, train, val, metric, config.ranking, config.seed, device, whole)
    aligners = lesson.run(progress)
    scorer = make_scorer(cotips, aligners, train, features, composer, device, config, setting["half_life"])
    scorer.spreads = typical_spreads(scorer, composer, places, config.seed)
    scores = val_scores(scorer, composer, places, whole, val, metric)
    base = choose_weights(scores, scorer.spreads)
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


def typical_spreads(
    scorer: Scorer, composer: Composer, places: sp.csr_matrix, seed: int
) -> Float[torch.Tensor, " n_sources"]:
    """Mean over train users (a seeded draw) of each fit's deviation over streamers; one for a fit that says nothing."""
    users = np.flatnonzero(np.diff(places.indptr))
    users = np.sort(np.random.default_rng(seed).permutation(users)[:SPREAD_USERS])
    total = torch.zeros(len(SOURCES), device=scorer.device)
    for start in range(0, len(users), _BATCH):
        own = places[users[start : start + _BATCH]]
        tips = torch.from_numpy((own > 0).astype(np.float32).toarray()).to(scorer.device)
        fits = told_fits(scorer, composer, own, tips, composer.teacher.strengths(tips))
        total += fits.std(-1, correction=0).sum(0)
    spreads = total / max(len(users), 1)
    return torch.where(spreads > MIN_SPREAD, spreads, 1.0)


def choose_cotips(
    train: sp.csr_matrix,
    places: sp.csr_matrix,
    features: Features,
    val: EvalPairs,
    metric: str,
    config: RunConfig,
    progress: bool,
) -> tuple[CoTips, dict[str, float]]:
    """The co-tipping model that is best on val; the first tried without val users.

    One number is changed at a time, from the first of each: content, ridge, degree power, ridge again; each with the
    half-life that suits it. train: 0/1, what it is fitted to; places: of the same tips, what half-lives weigh.
    """
    ranking, content = config.ranking, likeness_rows(features)
    dense = train.shape[1] <= ranking.max_dense_streamers
    shares = ranking.cotips_content if dense and content.size else (0.0,)
    timed = places.nnz > 0 and places.data.max() > 1
    first = CoTipsSetting(ranking.cotips_ridge[0], ranking.cotips_degree_power[0], shares[min(1, len(shares) - 1)])
    lives = ranking.cotips_half_life if timed else (NO_DECAY,)
    seen: set[CoTipsSetting] = set()
    best: tuple[float, CoTipsSetting, CoTips, float] | None = None
    ways = {"content": shares, "ridge": ranking.cotips_ridge, "degree_power": ranking.cotips_degree_power}
    bar = tqdm(("content", "ridge", "degree_power", "ridge"), "co-tipping", disable=not progress)
    for name in bar:
        start = first if best is None else best[1]
        for setting in (replace(start, **{name: value}) for value in ways[name]):
            if setting in seen:
                continue
            seen.add(setting)
            model = fit_cotips(train, setting, ranking, config.seed, content)
            for half_life in lives:
                value = measure(lambda users, m=model, h=half_life: _fit(m, places[users], h), val).mean(metric)
                if best is None or value > best[0]:
                    best = value, setting, model, half_life
    assert best is not None
    return best[2], {**asdict(best[1]), "half_life": best[3]}


def _fit(cotips: CoTips, places: sp.csr_matrix, half_life: float) -> np.ndarray:
    return cotips.fit(weigh(torch.from_numpy(places.toarray()), half_life)).numpy()


def _on(cotips: CoTips, device: torch.device) -> CoTips:
    if isinstance(cotips, DenseCoTips):
        return DenseCoTips(cotips.inverse.to(device), cotips.degree_power)
    assert isinstance(cotips, LowRankCoTips)
    return LowRankCoTips(cotips.directions.to(device), cotips.gain.to(device))
