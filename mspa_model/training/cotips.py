"""Choosing co-tipping on val: the linear model's settings, how fast tips fade, and what the latent model adds."""

from dataclasses import asdict, replace

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from mspa_model.config import RunConfig
from mspa_model.data.split import EvalPairs
from mspa_model.ranking.cotipping import CoTips, CoTipsSetting, blend, fit_cotips
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.recency import NO_DECAY, is_timed, weigh
from mspa_model.ranking.scorer import MIN_SPREAD, Scorer
from mspa_model.training.metrics import measure
from mspa_model.types import SOURCES, Source

_BATCH = 256
_COTIPS = SOURCES.index(Source.COTIPS)


def choose_cotips(
    train: sp.csr_matrix,
    places: sp.csr_matrix,
    content: Float[np.ndarray, "n_streamers _"],
    val: EvalPairs,
    metric: str,
    config: RunConfig,
    progress: bool,
) -> tuple[CoTips, dict[str, float]]:
    """The co-tipping model that is best on val; the first tried without val users.

    One number is changed at a time, from the first of each: content, ridge, degree power, ridge again; each with the
    half-life that suits it. train: 0/1, what it is fitted to; places: of the same tips, what half-lives weigh;
    content: what streamers are like (content.py).
    """
    ranking = config.ranking
    dense = train.shape[1] <= ranking.max_dense_streamers
    shares = ranking.cotips_content if dense and content.size else (0.0,)
    first = CoTipsSetting(ranking.cotips_ridge[0], ranking.cotips_degree_power[0], shares[min(1, len(shares) - 1)])
    lives = ranking.cotips_half_life if is_timed(places) else (NO_DECAY,)
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


def latent_fits(latent: LowRankCoTips, places: sp.csr_matrix, half_life: float) -> Float[Tensor, "n_users n_streamers"]:
    """Centred fits of histories (rows of places) by the latent model, one row each, where the model is."""
    device = latent.found.device
    parts = [torch.zeros(0, places.shape[1], device=device)]
    for start in range(0, places.shape[0], _BATCH):
        tips = torch.from_numpy(places[start : start + _BATCH].toarray()).to(device)
        parts.append(latent.fit(weigh(tips, half_life)))
    fits = torch.cat(parts)
    return fits - fits.mean(1, keepdim=True)


def join(scorer: Scorer, part: LowRankCoTips, weights: Float[Tensor, " n_fits"], spread: Tensor) -> float:
    """Leaves the scorer with a further part of co-tipping and with weights over no spread; gives the part's share.

    weights: of standardised fits, the part's last; spread: of the part's fit.
    """
    linear, added = weights[_COTIPS] / scorer.spreads[_COTIPS], weights[-1] / spread
    share = float(weights[-1] / (weights[_COTIPS] + weights[-1]).clamp(min=MIN_SPREAD))
    if share < 1.0:
        scorer.cotips = blend(scorer.cotips, part, float(added / linear) if share else 0.0)
    else:
        scorer.cotips = part
    base = weights[:-1] / scorer.spreads
    base[_COTIPS] = added if share == 1.0 else linear
    scorer.base_weights = base
    return share


def _fit(cotips: CoTips, places: sp.csr_matrix, half_life: float) -> np.ndarray:
    return cotips.fit(weigh(torch.from_numpy(places.toarray()), half_life)).numpy()
