"""The users: what each one likes, how much each modality weighs, and on which day a taste shifts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mspa_model.data.world.aspects import ASPECTS, LANGUAGES
from mspa_model.data.world.cast import Cast
from mspa_model.data.world.plan import WorldConfig, stream
from mspa_model.types import Modality

NEVER = 10_000  # a shift day that never comes


@dataclass(frozen=True)
class Crowd:
    """All users.

    tastes: per aspect, liking of each value (2, n_users, n_values): before and after the shift day.
    weights: of the modalities (n_users, n_modalities), Dirichlet(1), rows sum to one; the same before and after.
    shift_day: NEVER where the taste stays. n_tips: how many tips each will give. joined_day: first day of activity.
    """

    tastes: dict[str, NDArray[np.float64]]
    weights: NDArray[np.float64]
    shift_day: NDArray[np.int64]
    n_tips: NDArray[np.int64]
    joined_day: NDArray[np.int64]
    language: tuple[str, ...]
    device: tuple[str, ...]


def draw_crowd(config: WorldConfig, seed: int) -> Crowd:
    """All users of a world."""
    rng = stream(seed, "crowd")
    n = config.n_users
    n_tips = _tip_counts(config, rng)
    shifting = (rng.random(n) < config.shift_share) & (n_tips >= 10)
    few = (n_tips > 0) & (n_tips <= 3)
    joined = np.where(rng.random(n) < 0.6, 0, rng.integers(0, config.n_days * 2 // 3 + 1, size=n))
    joined = np.where(
        few, rng.integers(config.n_days // 2, max(config.n_days - 4, config.n_days // 2 + 1), size=n), joined
    )
    shift = np.minimum(joined + (config.n_days - joined) * rng.uniform(0.4, 0.8, size=n), config.n_days).astype(int)
    return Crowd(
        tastes={a.name: _tastes(n, len(a.values), rng) for a in ASPECTS},
        weights=rng.dirichlet(np.ones(len(Modality)), size=n),
        shift_day=np.where(shifting, shift, NEVER),
        n_tips=n_tips,
        joined_day=joined,
        language=tuple(rng.choice(LANGUAGES, size=n, p=(0.6, 0.2, 0.2))),
        device=tuple(rng.choice(("phone", "computer", "tablet", "television"), size=n, p=(0.6, 0.25, 0.1, 0.05))),
    )


def _tastes(n: int, n_values: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """One value loved, perhaps a second, one disliked, the rest near zero; twice, for before and after a shift."""
    likings = rng.normal(0, 0.15, size=(2, n, n_values))
    order = np.argsort(rng.random((2, n, n_values)), axis=2)
    second = np.where(rng.random((2, n)) < 0.5, 0.6, 0.0) if n_values > 3 else np.zeros((2, n))
    for place, amount in ((0, np.ones((2, n))), (1, -0.8 * np.ones((2, n))), (2, second)):
        at = order[:, :, place : place + 1]
        np.put_along_axis(likings, at, np.take_along_axis(likings, at, 2) + amount[..., None], 2)
    return likings


def _tip_counts(config: WorldConfig, rng: np.random.Generator) -> NDArray[np.int64]:
    """Exactly n_tips over the users: most give none, some one to three, a few very many."""
    n = config.n_users
    tipper = rng.random(n) < config.tipper_share
    few = tipper & (rng.random(n) < config.few_tips_share)
    counts = np.where(few, rng.integers(1, 4, size=n), 0)
    many = np.flatnonzero(tipper & ~few)
    weight = np.minimum(rng.lognormal(0, 0.8, size=len(many)), 6.0)
    left = config.n_tips - counts.sum() - 5 * len(many)
    share = np.floor(weight / weight.sum() * left).astype(int) + 5
    share[np.argsort(-weight, kind="stable")[: config.n_tips - counts.sum() - share.sum()]] += 1
    counts[many] = share
    return counts


def modality_utility(cast: Cast, crowd: Crowd, modality: Modality, phase: int) -> NDArray[np.float64]:
    """How much each user likes what one modality of each streamer shows (n_users, n_streamers), unit deviation a user.

    A streamer that changes in mid-room counts 2:1 by its first content; one that lacks the modality counts zero.
    phase: 0 before the shift day, 1 after.
    """
    first, second = _content_utility(cast, crowd, modality, phase)
    return (2 * first + second) / 3


def second_half_pull(cast: Cast, crowd: Crowd, config: WorldConfig, phase: int) -> NDArray[np.float64]:
    """The planted log-odds of tipping after a change of content and not before it (n_users, n_streamers)."""
    pulls = [second - first for first, second in (_content_utility(cast, crowd, m, phase) for m in Modality)]
    return config.taste_strength * sum(crowd.weights[:, [i]] * pull for i, pull in enumerate(pulls))


def _content_utility(
    cast: Cast, crowd: Crowd, modality: Modality, phase: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Liking of the first and of the second content, both on the scale on which their 2:1 mean has unit deviation."""
    shape = (len(crowd.n_tips), len(cast.appeal))
    first, second = np.zeros(shape), np.zeros(shape)
    for column, aspect in enumerate(ASPECTS):
        if aspect.modality is modality:
            taste = crowd.tastes[aspect.name][phase]
            first += taste[:, cast.main[:, column]]
            second += taste[:, cast.second[:, column]]
    present = cast.present[modality]
    mixed = ((2 * first + second) / 3)[:, present]
    centre, spread = mixed.mean(1, keepdims=True), mixed.std(1, keepdims=True)
    return np.where(present, (first - centre) / spread, 0.0), np.where(present, (second - centre) / spread, 0.0)


def utility(cast: Cast, crowd: Crowd, config: WorldConfig, phase: int) -> NDArray[np.float64]:
    """The planted log-odds of a choice (n_users, n_streamers): taste by modality weight, and popularity."""
    taste = sum(crowd.weights[:, [i]] * modality_utility(cast, crowd, m, phase) for i, m in enumerate(Modality))
    return config.taste_strength * taste + config.popularity_strength * cast.appeal
