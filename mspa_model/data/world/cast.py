"""The streamers: planted attributes, appeal, newcomers, who lacks a modality, and when each one is on air."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspa_model.data.world.aspects import ASPECTS, CATEGORIES, CATEGORY_OF_TOPIC, LANGUAGES, TOPICS
from mspa_model.data.world.plan import WorldConfig, stream
from mspa_model.types import Modality

MINUTES_A_DAY = 1440
SEGMENT_SECONDS = 30


@dataclass(frozen=True)
class Cast:
    """All streamers.

    main, second: value index per aspect (n_streamers, n_aspects); second differs from main for changers only.
    present: modality to bool (n_streamers,). appeal: planted popularity (n_streamers,), zero mean, unit deviation.
    first_day: day of the first room. language, category: column texts.
    """

    main: NDArray[np.int64]
    second: NDArray[np.int64]
    changer: NDArray[np.bool_]
    present: dict[Modality, NDArray[np.bool_]]
    appeal: NDArray[np.float64]
    first_day: NDArray[np.int64]
    language: tuple[str, ...]
    category: tuple[str, ...]
    name: tuple[str, ...]

    def value(self, streamer: int, aspect: str, second: bool = False) -> str:
        """The planted value of one aspect, in the first or the second half of a room that changes."""
        column = [a.name for a in ASPECTS].index(aspect)
        return ASPECTS[column].values[(self.second if second else self.main)[streamer, column]]


def draw_cast(config: WorldConfig, seed: int) -> Cast:
    """All streamers of a world."""
    rng = stream(seed, "cast")
    n = config.n_streamers
    main = np.stack([rng.integers(len(a.values), size=n) for a in ASPECTS], axis=1)
    changer = rng.random(n) < config.changer_share
    other = np.stack([rng.integers(len(a.values), size=n) for a in ASPECTS], axis=1)
    appeal = rng.gumbel(size=n)  # a few streamers stand far above the rest
    return Cast(
        main=main,
        second=np.where(changer[:, None], other, main),
        changer=changer,
        present={m: rng.random(n) >= config.missing_share for m in Modality},
        appeal=(appeal - appeal.mean()) / appeal.std(),
        first_day=_first_days(config, rng),
        language=tuple(rng.choice(LANGUAGES, size=n, p=(0.7, 0.15, 0.15))),
        category=_categories(main[:, -2], rng),
        name=_names(n, rng),
    )


def _first_days(config: WorldConfig, rng: np.random.Generator) -> NDArray[np.int64]:
    """Most are there from the start, some join on the way, newcomers in the last four days."""
    kind = rng.random(config.n_streamers)
    late = config.n_days - 4 + rng.integers(0, 3, size=config.n_streamers)
    midway = rng.integers(3, max(4, config.n_days - 14), size=config.n_streamers)
    days = np.where(kind < config.newcomer_share, late, np.where(kind < config.newcomer_share + 0.12, midway, 0))
    return np.clip(days, 0, config.n_days - 1)


def _categories(topic: NDArray[np.int64], rng: np.random.Generator) -> tuple[str, ...]:
    """The coarse shelf of each topic; one in four stands on a shelf drawn at random."""
    noisy = rng.random(len(topic)) < 0.25
    random = rng.choice(CATEGORIES, size=len(topic))
    return tuple(
        str(r) if wrong else CATEGORY_OF_TOPIC[TOPICS[t]] for t, wrong, r in zip(topic, noisy, random, strict=True)
    )


def _names(n: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Invented, distinct names that say nothing about what the streamer does."""
    starts = (
        "Ba Bri Ca Cor Da Del El Fa Fen Ga Ho Is Jo Ka Kel Li Lo Ma Mi Na Ne O Pa Qui Ra Ro Sa Ta Te U Va Vi Wen Ya Ze"
    )
    middles = "la ri mo na ve do sha li ra to ne ki bel ya si ru mi lo za ny"
    ends = "n a s th ra x ne l o ka dor vin lle sk ri m wyn tt e us"
    extras = ("", "", "", " & Co", "_{}", "{}", " the {}", "xo")
    ordinals = ("Third", "Elder", "Younger", "Second", "Left", "Plain")
    made: dict[str, None] = {}
    while len(made) < n:
        syllables = [
            rng.choice(starts.split()),
            *rng.choice(middles.split(), size=rng.integers(1, 3)),
            rng.choice(ends.split()),
        ]
        extra = str(rng.choice(extras))
        fill = rng.choice(ordinals) if "the" in extra else rng.integers(2, 99)
        made["".join(syllables) + extra.format(fill)] = None
    return tuple(made)


def draw_rooms(cast: Cast, config: WorldConfig, seed: int) -> pd.DataFrame:
    """Every broadcast: streamer (row), start (minutes since the first day), length, segment at which content changes.

    Sorted by streamer, then start; room is the row number. switch is -1 where the room keeps its content.
    """
    rng = stream(seed, "rooms")
    rows = []
    for s in range(config.n_streamers):
        gaps = rng.exponential(rng.uniform(2.5, 5.0), size=config.n_days).clip(0.8)
        days = cast.first_day[s] + rng.random() + np.cumsum(gaps) - gaps[0]
        hour = rng.uniform(10, 23)
        for day in np.unique(np.floor(days[days < config.n_days - 0.5]).astype(int)):  # one room a day at most
            start = day * MINUTES_A_DAY + int(np.clip(hour + rng.normal(0, 1), 0, 22.5) * 60)
            n_segments = int(rng.integers(40, 160))
            changes = cast.changer[s] and rng.random() < 0.7
            rows.append((s, start, n_segments, int(n_segments * rng.uniform(0.35, 0.65)) if changes else -1))
    return pd.DataFrame(rows, columns=["streamer", "start", "n_segments", "switch"])
