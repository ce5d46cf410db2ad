"""Two groups of users and streamers; nobody tips across (after implicit's checkerboard test).

Even rows are comedy, odd rows are music. A user tips streamers of the own group alone, each of the features says the
group in its first column, and the rest is noise. So every sound model must place the own group's untipped streamers
above the other group's, and a statement "category: Comedy" or "category: Music" is true of everyone.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from tests.worlds.folder import World

CATEGORIES = ("Comedy", "Music")
TEXTS = (
    "stand-up jokes and sketch comedy with laughing guests",
    "acoustic guitar songs and live music with a band",
)
WIDTHS = {"visual": 8, "audio": 6, "text": 5}
FIRST_TIP = datetime(2024, 1, 1, tzinfo=UTC)


def group_of(row: int) -> int:
    """0 for even rows, 1 for odd rows, of users and streamers alike."""
    return row % 2


def checkerboard(n_users: int = 60, n_streamers: int = 40, tips_each: int = 10, seed: int = 0) -> World:
    """The world with times, names and all three modalities shipped; u000 ... and s000 ... are the ids."""
    rng = np.random.default_rng(seed)
    streamers = pd.DataFrame(
        {
            "streamer_id": [f"s{i:03}" for i in range(n_streamers)],
            "name": [f"{CATEGORIES[group_of(i)]} room {i}" for i in range(n_streamers)],
            "category": [CATEGORIES[group_of(i)] for i in range(n_streamers)],
            "language": ["en" if i % 3 else "fr" for i in range(n_streamers)],
            "text": [TEXTS[group_of(i)] for i in range(n_streamers)],
        }
    )
    return World(
        name="checkerboard",
        users=pd.DataFrame({"user_id": [f"u{i:03}" for i in range(n_users)]}),
        streamers=streamers,
        tips=_tips(n_users, n_streamers, tips_each, rng),
        features={modality: _features(n_streamers, width, rng) for modality, width in WIDTHS.items()},
    )


def _tips(n_users: int, n_streamers: int, tips_each: int, rng: np.random.Generator) -> pd.DataFrame:
    """tips_each different streamers of the own group a user, an hour apart, 1 to 5 coins each."""
    rows = []
    for user in range(n_users):
        own = np.arange(group_of(user), n_streamers, 2)
        for hour, streamer in enumerate(rng.choice(own, size=tips_each, replace=False)):
            at = FIRST_TIP + timedelta(days=user % 7, hours=hour)
            rows.append((f"u{user:03}", f"s{streamer:03}", at, float(rng.integers(1, 6))))
    tips = pd.DataFrame(rows, columns=["user_id", "streamer_id", "tipped_at", "amount"])
    return tips.assign(tipped_at=tips["tipped_at"].astype("datetime64[us, UTC]"))


def _features(n_streamers: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """float32 (n_streamers, width): column 0 is +2 or -2 by group, all with noise of deviation 0.5."""
    rows = rng.normal(0, 0.5, (n_streamers, width))
    rows[:, 0] += np.where(np.arange(n_streamers) % 2 == 0, 2.0, -2.0)
    return rows.astype(np.float32)
