"""What is true of a made-up world, in the words of a vocabulary. Read to score texts, never to choose anything."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from mspa_model.data.world.aspects import ASPECTS
from mspa_model.data.world.plan import FIRST_DAY
from mspa_model.types import Dataset, Modality, Split, Vocabulary

SAID = 0.2  # weight of the modality x liking from which a taste is a planted statement
LEAST_PMI = np.log(2)  # nats: a value stands for a planted one if it meets it twice as often as chance would


@dataclass(frozen=True)
class Planted:
    """One value that streamers were given, e.g. scene "beach"; modality: what shows it."""

    aspect: str
    value: str
    modality: Modality


@dataclass(frozen=True)
class Truth:
    """What was planted, as arrays over the dataset's users and streamers and the vocabulary's values.

    shows: streamers with the value in their first or second content; none where the streamer lacks the modality.
    holds: the planted statements, 1 (likes), -1 (dislikes) or 0; zero for users that never tip.
    planted_of: position in `planted` that a vocabulary value stands for, -1 where it stands for none.
    """

    planted: tuple[Planted, ...]
    shows: Bool[np.ndarray, "n_streamers n_planted"]
    holds: Int[np.ndarray, "n_users n_planted"]
    planted_of: Int[np.ndarray, " n_values"]


def load_truth(dataset: Dataset, vocabulary: Vocabulary) -> Truth | None:
    """The truth of a world of the sample world's form (sample_data/README.md); None where the set has none."""
    tables = _tables(dataset)
    if tables is None:
        return None
    users, streamers, tastes = tables
    planted = tuple(Planted(a.name, value, a.modality) for a in ASPECTS for value in a.values)
    shows = _shows(streamers.set_index("streamer_id").reindex(dataset.streamers["streamer_id"]), planted)
    holds = _holds(users.set_index("user_id").reindex(dataset.users["user_id"]), tastes, dataset, planted)
    return Truth(planted, shows, holds, planted_values(vocabulary.membership > 0, shows))


def shift_days(dataset: Dataset) -> Float[np.ndarray, " n_users"] | None:
    """Day of the world, counted from zero, from which on each user likes something else; NaN for one who does not.
    None where the set does not say.
    """
    file = dataset.folder / "truth" / "users.parquet"
    users = pd.read_parquet(file) if file.is_file() else pd.DataFrame()
    if not {"user_id", "shift_day"} <= set(users.columns):
        return None
    days = users.drop_duplicates("user_id").set_index("user_id")["shift_day"].reindex(dataset.users["user_id"])
    return pd.to_numeric(days, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def days_of(dataset: Dataset, split: Split, which: Literal["min", "max"]) -> Float[np.ndarray, " n_users"]:
    """Day of the world, counted from zero, of each user's first or last tip of a split; NaN without one."""
    tips = dataset.tips[dataset.tips["split"] == split]
    found = tips.groupby("user_idx")["tipped_at"].agg(which)
    days = (found - pd.Timestamp(FIRST_DAY)).dt.days.reindex(range(dataset.n_users))
    return days.to_numpy(np.float64)


def _tables(dataset: Dataset) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame] | None:
    """users, streamers and tastes of truth/, where all are there with the columns that are read."""
    columns = {
        "users": ["user_id", "shift_day", *(f"weight_{m.value}" for m in Modality)],
        "streamers": [
            "streamer_id",
            *(f"has_{m.value}" for m in Modality),
            *(f"{a.name}{end}" for a in ASPECTS for end in ("", "_after")),
        ],
        "tastes": ["user_id", "aspect", "value", "liking", "liking_after"],
    }
    files = {name: dataset.folder / "truth" / f"{name}.parquet" for name in columns}
    if not all(file.is_file() for file in files.values()):
        return None
    tables = {name: pd.read_parquet(file) for name, file in files.items()}
    if not all(set(columns[name]) <= set(table.columns) for name, table in tables.items()):
        return None
    return tables["users"], tables["streamers"], tables["tastes"]


def _shows(streamers: pd.DataFrame, planted: tuple[Planted, ...]) -> Bool[np.ndarray, "n_streamers n_planted"]:
    columns = []
    for p in planted:
        present = streamers[f"has_{p.modality.value}"].eq(True)
        columns.append(present & (streamers[p.aspect].eq(p.value) | streamers[f"{p.aspect}_after"].eq(p.value)))
    return np.stack(columns, axis=1).astype(bool)


def _holds(
    users: pd.DataFrame, tastes: pd.DataFrame, dataset: Dataset, planted: tuple[Planted, ...]
) -> Int[np.ndarray, "n_users n_planted"]:
    """Signs of weight x liking where it says enough, at the time of the user's last train tip."""
    keys = pd.MultiIndex.from_tuples([(p.aspect, p.value) for p in planted])
    liking = {
        column: tastes.pivot(index="user_id", columns=["aspect", "value"], values=column).reindex(
            index=users.index, columns=keys
        )
        for column in ("liking", "liking_after")
    }
    from_day = users["shift_day"].astype("Float64").to_numpy(np.float64, na_value=np.inf)
    shifted = days_of(dataset, "train", "max") >= from_day
    felt = np.where(shifted[:, None], liking["liking_after"], liking["liking"])
    weights = np.stack([users[f"weight_{p.modality.value}"] for p in planted], axis=1)
    pull = np.nan_to_num(felt * weights)
    return np.where(np.abs(pull) >= SAID, np.sign(pull), 0).astype(np.int64)


def planted_values(
    has: Bool[np.ndarray, "n_streamers n_values"], shows: Bool[np.ndarray, "n_streamers n_planted"]
) -> Int[np.ndarray, " n_values"]:
    """For each value the planted one of highest pointwise mutual information over streamers; -1 below LEAST_PMI.

    PMI = log(P(both) / (P(value) P(planted))), natural (Church and Hanks 1990). Of equal ones the first.
    """
    if not has.shape[1] or not shows.shape[1] or not len(has):
        return np.full(has.shape[1], -1, dtype=np.int64)
    both = has.T.astype(np.float64) @ shows.astype(np.float64)
    by_chance = has.sum(0)[:, None] * shows.sum(0)[None, :] / len(has)
    lift = both / np.where(by_chance > 0, by_chance, np.inf)
    best = lift.argmax(1)
    # A hair of slack: "twice as often" must hold for 2.0 whichever way it was rounded.
    enough = lift.max(1) >= np.exp(LEAST_PMI) - 1e-9
    return np.where(enough, best, -1).astype(np.int64)
