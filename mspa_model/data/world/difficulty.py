"""How hard a world is: what the planted truth, popularity, EASE and each planted modality get on the test tips.

Reads the folder and its truth/; never used by a model. Metric: ndcg@k over all streamers, train and val pairs left out.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspa_model.data.world.aspects import ASPECTS, aspects_of
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
        "planted attributes, taste counted from train tips": counted_taste(planted_attributes(folder), pairs.train),
        "random": np.random.default_rng(0).random(known.shape),
    }
    values = {name: ndcg(scores, known, pairs.test, k) for name, scores in rankings.items()}
    return Difficulty(int(pairs.test.any(1).sum()), values, ridge)


def planted_scores(folder: Path) -> dict[str, Scores]:
    """The planted utility at the end of the world, by part: each modality (weighted), all three, popularity.

    Each (n_users, n_streamers), rows as in users.parquet and streamers.parquet; zero for users that never tip.
    """
    strength = tomllib.loads((folder / "truth" / "world.toml").read_text(encoding="utf-8"))
    truth = {name: pd.read_parquet(folder / "truth" / f"{name}.parquet") for name in ("users", "streamers", "tastes")}
    liking = truth["tastes"].pivot(index="user_id", columns=["aspect", "value"], values="liking_after")
    liking = liking.reindex(truth["users"]["user_id"]).fillna(0.0)
    parts: dict[str, Scores] = {}
    for m in Modality:
        weight = truth["users"][f"weight_{m}"].to_numpy()[:, None]
        parts[m.value] = strength["taste_strength"] * weight * modality_scores(m, truth["streamers"], liking)
    parts["all"] = sum(parts[m.value] for m in Modality)
    appeal = strength["popularity_strength"] * truth["streamers"]["appeal"].to_numpy()
    return {**parts, "popularity": np.broadcast_to(appeal, parts["all"].shape)}


def planted_attributes(folder: Path) -> NDArray[np.float64]:
    """What each streamer shows, (n_streamers, n_values): 2/3 first content, 1/3 second, zero where it lacks it."""
    streamers = pd.read_parquet(folder / "truth" / "streamers.parquet")
    columns = []
    for aspect in ASPECTS:
        first, second = streamers[aspect.name].to_numpy(), streamers[f"{aspect.name}_after"].to_numpy()
        shown = streamers[f"has_{aspect.modality}"].to_numpy()
        columns += [shown * (2 * (first == value) + (second == value)) / 3 for value in aspect.values]
    return np.stack(columns, axis=1)


def counted_taste(attributes: NDArray[np.float64], pairs: NDArray[np.bool_], pseudo_tips: float = 10.0) -> Scores:
    """What content pays to a model that sees attributes without error but must learn taste from tips.

    A value counts by the log of how much more often the user tips it than everyone does, shrunk by pseudo_tips.
    """
    everyone = pairs.sum(0) @ attributes / pairs.sum()
    own = (pairs @ attributes + pseudo_tips * everyone) / (pairs.sum(1, keepdims=True) + pseudo_tips)
    return np.log(own / everyone) @ attributes.T


def modality_scores(modality: Modality, streamers: pd.DataFrame, liking: pd.DataFrame) -> Scores:
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


def _pairs(tips: pd.DataFrame, user_ids: pd.Series, streamer_ids: pd.Series) -> Pairs:
    """The format's split by time: a user's first floor(.8 n) tips train, up to floor(.9 n) val; below 5 train only."""
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


def difficulty_table(difficulty: Difficulty) -> str:
    """The Markdown table that sample_data/README.md shows: ndcg@10 and its share of the oracle's."""
    rows = [f"| {name} | {value:.3f} | {difficulty.share(name):.0%} |" for name, value in difficulty.ndcg.items()]
    head = ["| ranking | test ndcg@10 | of the oracle's |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", f"{difficulty.n_users} users measured; EASE with ridge {difficulty.ridge:g}."])
