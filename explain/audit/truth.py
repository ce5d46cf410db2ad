"""Held against what is true: the sample world's planted weight of each modality. Read here to score, by no model."""

import tomllib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from mspa_model.data.world.difficulty import modality_scores
from mspa_model.data.world.plan import FIRST_DAY
from mspa_model.runs import Run
from mspa_model.types import History, Modality

FEWEST_TIPS = 10
GRID = 20  # steps of a weight between 0 and 1 that the oracle tries
_PAIRS = ((0, 1), (0, 2), (1, 2))


@dataclass(frozen=True)
class Planted:
    """weights: of each modality, rows as users; taste: utility of each modality before its weight, before and after a
    user's shift; appeal: planted popularity; shift_day: NaN where a taste stays.
    """

    weights: Float[np.ndarray, "n_users n_modalities"]
    before: Float[np.ndarray, "n_users n_modalities n_streamers"]
    after: Float[np.ndarray, "n_users n_modalities n_streamers"]
    appeal: Float[np.ndarray, " n_streamers"]
    shift_day: Float[np.ndarray, " n_users"]


def load_planted(run: Run) -> Planted | None:
    """From truth/ beside the data; None where the set has none of the sample world's form."""
    folder = run.dataset.folder / "truth"
    files = {name: folder / f"{name}.parquet" for name in ("users", "streamers", "tastes")}
    world = folder / "world.toml"
    if not all(file.is_file() for file in (*files.values(), world)):
        return None
    strength = tomllib.loads(world.read_text(encoding="utf-8"))
    tables = {name: pd.read_parquet(file) for name, file in files.items()}
    users = tables["users"].set_index("user_id").reindex(run.dataset.users["user_id"])
    streamers = tables["streamers"].set_index("streamer_id").reindex(run.dataset.streamers["streamer_id"])
    tastes = [
        strength["taste_strength"] * _taste(tables["tastes"], users.index, streamers, column)
        for column in ("liking", "liking_after")
    ]
    return Planted(
        users[[f"weight_{m.value}" for m in Modality]].to_numpy(np.float64),
        *tastes,
        strength["popularity_strength"] * streamers["appeal"].to_numpy(np.float64),
        users["shift_day"].astype("Float64").to_numpy(np.float64, na_value=np.nan),
    )


def _taste(tastes: pd.DataFrame, users: pd.Index, streamers: pd.DataFrame, column: str) -> np.ndarray:
    liking = tastes.pivot(index="user_id", columns=["aspect", "value"], values=column).reindex(users).fillna(0.0)
    return np.stack([modality_scores(m, streamers, liking) for m in Modality], axis=1)


def oracle_weights(planted: Planted, user_idx: int, history: History) -> Float[np.ndarray, " n_modalities"]:
    """What an oracle makes of the same tips: it knows each taste, each streamer and every strength, and lacks only how
    much the modalities weigh for this user.

    The mean of the posterior under the planted prior, Dirichlet(1), and the planted choice: each streamer tipped was
    chosen among all by a softmax of taste and appeal. (Who was on air, and that users come back, it does not use.)
    """
    grid = _simplex()
    days = (history.tipped_at - np.datetime64(FIRST_DAY.replace(tzinfo=None))) / np.timedelta64(1, "D")
    shift = planted.shift_day[user_idx]
    later = np.floor(days) >= (np.inf if np.isnan(shift) else shift)
    log_posterior = np.zeros(len(grid))
    for taste, tipped in ((planted.before, history.streamer_idx[~later]), (planted.after, history.streamer_idx[later])):
        chosen = np.unique(tipped)
        utility = grid @ taste[user_idx] + planted.appeal
        log_posterior += (utility[:, chosen] - np.logaddexp.reduce(utility, axis=1, keepdims=True)).sum(1)
    posterior = np.exp(log_posterior - log_posterior.max())
    return (posterior / posterior.sum()) @ grid


def _simplex() -> Float[np.ndarray, "n n_modalities"]:
    """Every triple of weights in steps of 1 / GRID that adds up to one."""
    return np.array([(i, j, GRID - i - j) for i in range(GRID + 1) for j in range(GRID + 1 - i)]) / GRID


def pairs_right(said: Float[np.ndarray, " n_modalities"], true: Float[np.ndarray, " n_modalities"]) -> float:
    """Share of the three pairs of modalities in the true order."""
    return float(np.mean([np.sign(said[i] - said[j]) == np.sign(true[i] - true[j]) for i, j in _PAIRS]))
