"""Step 0: co-tipping, aligners, popularity and their weights, trained alone from the full train history and frozen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, interaction_matrix
from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.ranking.content import likeness_rows, likeness_with_labels
from mspa_model.ranking.cotipping import CoTips, CoTipsSetting, cotips_from_tensors
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.recency import NO_DECAY, is_timed, place_matrix
from mspa_model.ranking.scorer import MIN_SPREAD, POPULARITY, Scorer
from mspa_model.training.align import AlignerTraining
from mspa_model.training.cotips import choose_cotips, join, latent_fits
from mspa_model.training.latent import LatentTraining, teach_latent
from mspa_model.training.likening import liken_the_cold
from mspa_model.training.ordered import ordered_cotips, weigh_ordered
from mspa_model.training.told import told_users
from mspa_model.training.weights import (
    MIN_GAIN,
    ValScores,
    choose_weights,
    fold_weights,
    pairs_of,
    single_source_metrics,
    told_fits,
    val_scores,
    val_users,
)
from mspa_model.types import SOURCES, Dataset, Features

SPREAD_USERS = 1000
COLD_QUANTILES = (0.05, 0.1, 0.25, 0.5)
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
    users = val_users(val, config.seed)
    content, drawn = likeness_rows(features), pairs_of(val, users)
    linear, setting = choose_cotips(train, places, content, drawn, metric, config, progress)
    latents = _latents(train, content, drawn, metric, config, device, progress)
    whole = told_users(dataset, composer, users)
    lesson = AlignerTraining(composer, features, train, val, metric, config.ranking, config.seed, device, whole)
    aligners = lesson.run(progress)
    scorer = make_scorer(linear, aligners, train, features, composer, device, config, setting["half_life"])
    scorer.spreads = typical_spreads(scorer, composer, places, config.seed)
    scores = val_scores(scorer, composer, places, whole, val, metric)
    cold = np.asarray(train.sum(0)).ravel() == 0
    setting |= weigh_with_latent(scorer, latents, scores, places[users])
    if is_timed(places) and len(cold) <= config.ranking.max_dense_streamers:
        ordered = ordered_cotips(places, CoTipsSetting(setting["ridge"], setting["degree_power"]), config.seed, device)
        scores = val_scores(scorer, composer, places, whole, val, metric)
        setting["ordered"] = weigh_ordered(scorer, ordered, scores, places[users])
    setting["cold_ridge"] = liken_the_cold(scorer, scores, places[users], likeness_with_labels(dataset, features), cold)
    scorer.spreads = typical_spreads(scorer, composer, places, config.seed)
    scores = val_scores(scorer, composer, places, whole, val, metric)
    base = scorer.base_weights * scorer.spreads
    scorer.base_weights = base / base.max()
    setting["cold_popularity"] = place_the_cold(scorer, scores, cold)
    scorer.fold_weights = fold_weights(scores, scorer.base_weights, config.corrector.folds)
    alone = dict(zip((s.value for s in SOURCES), single_source_metrics(scores), strict=True))
    return Step0(scorer, alone, scores.measure(scorer.base_weights), setting)


def _latents(
    train: sp.csr_matrix,
    content: Float[np.ndarray, "n_streamers _"],
    val: EvalPairs,
    metric: str,
    config: RunConfig,
    device: torch.device,
    progress: bool,
) -> tuple[LowRankCoTips, ...]:
    """The latent models that val chooses from: by weight with content, by share without."""
    ways = ((content, False), (content[:, :0], True))
    return tuple(
        teach_latent(
            partial(LatentTraining, train, rows, val, metric, config.ranking, device, by_share), config.seed, progress
        )
        for rows, by_share in ways
    )


def weigh_with_latent(
    scorer: Scorer, latents: Sequence[LowRankCoTips], scores: ValScores, places: sp.csr_matrix
) -> dict[str, float]:
    """Choose which latent model adds to co-tipping, how much, and every source's weight, together on val.

    Leaves the scorer with both and with weights over no spread; gives "latent", the latent part's share of co-tipping's
    weight, and "latent_by_share", 1 where its tips count by their share of the history. scores: of the scorer with the
    linear part alone; places: rows of the same users.
    """
    best: tuple[float, LowRankCoTips, Tensor, Tensor] | None = None
    for latent in latents:
        fits = latent_fits(latent, places, scorer.half_life).to(scores.fits.device)
        spread = fits.std(1, correction=0).mean().clamp(min=MIN_SPREAD) if len(fits) else torch.ones(())
        joined = replace(scores, fits=torch.cat([scores.fits, (fits / spread)[:, None]], 1))
        weights = choose_weights(joined)
        reached = joined.measure(weights)
        if best is None or reached > best[0]:
            best = reached, latent, weights, spread
    assert best is not None
    _, latent, weights, spread = best
    share = join(scorer, latent, weights, spread)
    return {"latent": share, "latent_by_share": float(share > 0 and latent.by_share > 0)}


def place_the_cold(scorer: Scorer, scores: ValScores, cold: Bool[np.ndarray, " n_streamers"]) -> float:
    """Choose on val how popular streamers without a train tip pass for, as a quantile of all others' popularity.

    Nobody has tipped them yet, which is not the same as nobody wanting to; 0.0 leaves them below everyone.
    """
    if not cold.any() or cold.all() or not len(scores.user_idx):
        return 0.0
    least = scorer.popularity.clone()
    rest = torch.from_numpy(~cold).to(least.device)
    best = 0.0, scores.measure(scorer.base_weights), least
    for quantile in COLD_QUANTILES:
        value = torch.where(rest, least, least[rest].quantile(quantile))
        scores.fits[:, POPULARITY] = value / scorer.spreads[POPULARITY]
        if (reached := scores.measure(scorer.base_weights)) > best[1] * (1 + MIN_GAIN):
            best = quantile, reached, value
    scores.fits[:, POPULARITY] = best[2] / scorer.spreads[POPULARITY]
    scorer.popularity = best[2] - best[2].mean()
    return best[0]


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
        cotips_from_tensors({name: tensor.to(device) for name, tensor in cotips.tensors().items()}),
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
) -> Float[Tensor, " n_sources"]:
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
