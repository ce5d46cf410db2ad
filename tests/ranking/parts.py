"""A scorer built from random parts, as large as a test wants it: nothing is trained, everything is there."""

from typing import Literal, get_args

import numpy as np
import scipy.sparse as sp
import torch

from mspa_model.config import CorrectorConfig, PreferenceConfig, RankingConfig
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import Teacher
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.cotipping import BlendedCoTips, CoTips, DenseCoTips
from mspa_model.ranking.fused import build_fused_space
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.recommender import Recommender
from mspa_model.ranking.scorer import Scorer
from mspa_model.ranking.towers import build_aligners
from mspa_model.types import Dataset, Features, History, Modality, Value, Vocabulary

Form = Literal["dense", "blended", "blended, by share", "low rank", "low rank, by share"]
FORMS: tuple[Form, ...] = get_args(Form)
DIM = 16
VALUES = 30
RANK = 24


def random_recommender(dataset: Dataset, form: Form, seed: int = 0, feature_dim: int = DIM) -> Recommender:
    """Two modalities of random features, one streamer without them, and random co-tipping, for a dataset without
    tips.
    """
    rng, n = np.random.default_rng(seed), dataset.n_streamers
    arrays = {m: rng.normal(size=(n, feature_dim)).astype(np.float32) for m in (Modality.VISUAL, Modality.TEXT)}
    present = {m: np.arange(n) > 0 for m in arrays}
    for rows in arrays.values():
        rows[0] = 0.0
    features = Features(arrays, present, dict.fromkeys(arrays, "shipped"))
    membership = (rng.random((n, VALUES)) < 0.2).astype(np.float32)
    values = tuple(Value("kind", f"v{i}", f"v{i}", None, int(membership[:, i].sum()), ()) for i in range(VALUES))
    prototypes = {m: (membership.T @ rows / n).astype(np.float32) for m, rows in arrays.items()}
    vocabulary = Vocabulary(values, membership, prototypes)
    scorer = _scorer(features, vocabulary, _cotips(n, form, rng), rng)
    teacher = Teacher(vocabulary, np.full(VALUES, 0.2, np.float32), PreferenceConfig())
    composer, config = Composer(dataset, vocabulary, teacher, features), CorrectorConfig(caution=-1e9)
    corrector = Corrector(config, seed)
    with torch.no_grad():
        for head in (corrector.source, corrector.value, corrector.residual):
            head[2].weight.normal_(0, 0.1, generator=torch.Generator().manual_seed(seed))
    tips = sp.csr_matrix((dataset.n_users, n), dtype=np.float32)
    ids = tuple(dataset.users["user_id"])
    return Recommender(scorer, composer, corrector, build_fused_space(scorer, seed), tips, ids, config)


def _scorer(features: Features, vocabulary: Vocabulary, cotips: CoTips, rng: np.random.Generator) -> Scorer:
    aligners = build_aligners(features, RankingConfig(), 0)
    popularity = torch.from_numpy(np.log1p(rng.pareto(1.0, len(vocabulary.membership))).astype(np.float32))
    weights = torch.tensor([0.5, 0.0, 0.3, 1.0, 0.2])
    spreads = torch.tensor([0.4, 1.0, 0.5, 0.2, 1.0])
    folds = weights.repeat(5, 1)
    return Scorer(
        cotips, aligners, popularity, weights, folds, features, vocabulary, torch.device("cpu"), 10.0, spreads=spreads
    )


def _cotips(n: int, form: Form, rng: np.random.Generator) -> CoTips:
    tipped, found = (torch.from_numpy((rng.normal(size=(n, RANK)) / n**0.5).astype(np.float32)) for _ in range(2))
    low_rank = LowRankCoTips(tipped, found, RANK // 3 if form.endswith("by share") else 0)
    if form.startswith("low rank"):
        return low_rank
    half = rng.normal(size=(n, n)).astype(np.float32)
    dense = DenseCoTips(torch.from_numpy(half @ half.T / n + np.eye(n, dtype=np.float32)), 0.5)
    return dense if form == "dense" else BlendedCoTips(dense, low_rank)


def random_history(n_streamers: int, n_tips: int, seed: int) -> History:
    """Distinct streamers, one a day."""
    idx = np.random.default_rng(seed).choice(n_streamers, n_tips, replace=False)
    days = np.datetime64("2026-01-01", "us") + np.arange(n_tips) * np.timedelta64(1, "D")
    return History(f"h{seed}", idx, np.ones(n_tips), days, np.full(n_tips, -1))
