"""How hard a world is: what the planted truth, popularity, EASE and each planted modality get on the test tips.

Reads the folder and its truth/; never used by a model. Metric: ndcg@k over all streamers, train and val pairs left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspa_model.data.world.aspects import aspects_of
from mspa_model.data.world.plan import WorldConfig
from mspa_model.types import Modality

RIDGES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Difficulty:
    """ndcg@k on test of each ranking, and the ridge that val chose for EASE."""

    n_users: int
    ndcg: dict[str, float]
    ridge: float

    def share(self, name: str) -> float:
        """What a ranking gets of the oracle's ndcg, 0..1."""
        return self.ndcg[name] / self.ndcg["oracle"]


@dataclass(frozen=True)
class Pairs:
    """Distinct tipped pairs, bool (n_users, n_streamers) each; val and test without the pairs of the splits before."""

    train: NDArray[np.bool_]
    val: NDArray[np.bool_]
    test: NDArray[np.bool_]


def measure_difficulty(folder: Path, k: int = 10) -> Difficulty:
    """Scores every ranking on the test tips of a world folder; raises FileNotFoundError where it has no truth/."""
    users, streamers = (pd.read_parquet(folder / f"{name}.parquet") for name in ("users", "streamers"))
    pairs = _pairs(pd.read_parquet(folder / "tips.parquet"), users["user_id"], streamers["streamer_id"])
    truth = planted_scores(folder)
    ridge = max(RIDGES, key=lambda r: ndcg(ease(pairs.train, r), pairs.train, pairs.val, k))
    known = pairs.train | pairs.val
    rankings = {
        "oracle": truth["all"] + truth["popularity"],
        "taste alone (three modalities)": truth["all"],
        **{f"{m} alone": truth[m.value] for m in Modality},
        "planted popularity alone": truth["popularity"],
        "popularity": np.broadcast_to(pairs.train.sum(0).astype(float), known.shape),
        "EASE": ease(pairs.train, ridge),
        "random": np.random.default_rng(0).random(known.shape),
    }
    values = {name: ndcg(scores, known, pairs.test, k) for name, scores in rankings.items()}
    return Difficulty(int(pairs.test.any(1).sum()), values, ridge)


def planted_scores(folder: Path) -> dict[str, Scores]:
    """The planted utility at the end of the world, by part: each modality (weighted), all three, popularity.

    Each (n_users, n_streamers), rows as in users.parquet and streamers.parquet; zero for users that never tip.
    """
    config = WorldConfig()
    truth = {name: pd.read_parquet(folder / "truth" / f"{name}.parquet") for name in ("users", "streamers", "tastes")}
    liking = truth["tastes"].pivot(index="user_id", columns=["aspect", "value"], values="liking_after")
    liking = liking.reindex(truth["users"]["user_id"]).fillna(0.0)
    parts: dict[str, Scores] = {}
    for m in Modality:
        weight = truth["users"][f"weight_{m}"].to_numpy()[:, None]
        parts[m.value] = config.taste_strength * weight * _modality_scores(m, truth["streamers"], liking)
    parts["all"] = sum(parts[m.value] for m in Modality)
    appeal = config.popularity_strength * truth["streamers"]["appeal"].to_numpy()
    return {**parts, "popularity": np.broadcast_to(appeal, parts["all"].shape)}


def _modality_scores(modality: Modality, streamers: pd.DataFrame, liking: pd.DataFrame) -> Scores:
    """As users.modality_utility, but from the truth tables."""
    total = np.zeros((len(liking), len(streamers)))
    for aspect in aspects_of(modality):
        taste = liking[aspect.name]
        total += (
            2 * taste[streamers[aspect.name]].to_numpy() + taste[streamers[f"{aspect.name}_after"]].to_numpy()
        ) / 3
    present = streamers[f"has_{modality}"].to_numpy()
    total -= total[:, present].mean(1, keepdims=True)
    spread = total[:, present].std(1, keepdims=True)
    return np.where(present, total / np.where(spread > 0, spread, 1.0), 0.0)


def _pairs(tips: pd.DataFrame, user_ids: Sequence[str], streamer_ids: Sequence[str]) -> Pairs:
    """DATASET.md's split by time: a user's first floor(.8 n) tips train, up to floor(.9 n) val; below 5 tips train only."""
    tips = tips.sort_values(["user_id", "tipped_at"], kind="stable")
    n = tips.groupby("user_id")["user_id"].transform("size").to_numpy()
    place = tips.groupby("user_id").cumcount().to_numpy()
    part = np.where((n < 5) | (place < n * 8 // 10), 0, np.where(place < n * 9 // 10, 1, 2))
    user, streamer = (
        pd.Index(user_ids).get_indexer(tips["user_id"]),
        pd.Index(streamer_ids).get_indexer(tips["streamer_id"]),
    )
    made = np.zeros((3, len(user_ids), len(streamer_ids)), bool)
    made[part, user, streamer] = True
    return Pairs(made[0], made[1] & ~made[0], made[2] & ~made[0] & ~made[1])


def ease(pairs: NDArray[np.bool_], ridge: float) -> Scores:
    """Scores of EASE (Steck 2019, closed form): B = I - P diag(1 / diag P), P = (X'X + ridge I)^-1."""
    x = pairs.astype(float)
    inverse = np.linalg.inv(x.T @ x + ridge * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return x @ weights


def ndcg(scores: Scores, masked: NDArray[np.bool_], targets: NDArray[np.bool_], k: int) -> float:
    """Mean ndcg@k over users with a target."""
    users = targets.any(1)
    order = np.argsort(-np.where(masked, -np.inf, scores)[users], axis=1, kind="stable")[:, :k]
    gain = 1 / np.log2(np.arange(2, k + 2))
    hits = np.take_along_axis(targets[users], order, 1) @ gain
    ideal = np.cumsum(gain)[np.minimum(targets[users].sum(1), k) - 1]
    return float((hits / ideal).mean())
