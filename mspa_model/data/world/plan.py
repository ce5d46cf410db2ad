"""How large a world is and how its people behave: the one configuration of the generator."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

FIRST_DAY = datetime(2025, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class WorldConfig:
    """Sizes and strengths; the defaults make the world that ships."""

    n_streamers: int = 400
    n_users: int = 2000
    n_tips: int = 40_000
    n_days: int = 60
    n_media_segments: int = 1200
    n_spoken_segments: int = 6000  # segments with a transcript; those with media are among them
    n_view_events: int = 60_000
    tipper_share: float = 0.5
    few_tips_share: float = 0.12  # of tippers: 1 to 3 tips
    shift_share: float = 0.15  # of tippers: taste changes on one day
    changer_share: float = 0.1  # of streamers: change content in mid-room
    newcomer_share: float = 0.08  # of streamers: first room in the last four days
    missing_share: float = 0.05  # of streamers, for each modality
    loyalty: float = 0.25  # chance that a session goes to a streamer tipped before
    taste_strength: float = 6.0  # how much planted taste weighs against chance in a choice
    popularity_strength: float = 0.9
    frame_size: tuple[int, int] = (320, 240)
    clip_seconds: float = 3.0
    sample_rate: int = 16_000


def stream(seed: int, part: str, index: int = 0) -> np.random.Generator:
    """An independent generator for one part of the world: a change in one part leaves the others as they were."""
    return np.random.default_rng([seed, index, *part.encode()])
