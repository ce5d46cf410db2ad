"""What users do: whom they watch, tip, like and write to, and when."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspa_model.data.world.cast import MINUTES_A_DAY, SEGMENT_SECONDS, Cast
from mspa_model.data.world.plan import WorldConfig, stream
from mspa_model.data.world.users import Crowd, utility

REACH_DAYS = 6  # a user finds a streamer whose next room starts within so many days
AMOUNTS = np.array([1, 5, 10, 20, 50, 100, 500])
AMOUNT_CHANCE = np.array([0.34, 0.25, 0.18, 0.12, 0.07, 0.03, 0.01])


def draw_tips(cast: Cast, crowd: Crowd, rooms: pd.DataFrame, config: WorldConfig, seed: int) -> pd.DataFrame:
    """Every tip: user, streamer (rows), room (row), segment (number in the room), second (since the first day), amount."""
    upcoming = _next_rooms(rooms, config)
    by_phase = utility(cast, crowd, config, 0), utility(cast, crowd, config, 1)
    parts = []
    for user in np.flatnonzero(crowd.n_tips):
        rng = stream(seed, "tips", int(user))
        likes = by_phase[0][user], by_phase[1][user]
        parts += _user_tips(int(user), likes, crowd, rooms, upcoming, config, rng)
    tips = pd.DataFrame(parts, columns=["user", "streamer", "room", "segment", "second", "amount"])
    return tips.sort_values(["second", "user", "streamer"], kind="stable", ignore_index=True)


def _next_rooms(rooms: pd.DataFrame, config: WorldConfig) -> NDArray[np.int64]:
    """(n_streamers, n_days): the first room at or after each day, -1 where none starts within reach."""
    table = np.full((config.n_streamers, config.n_days), -1)
    starts, first = rooms["start"].to_numpy(), rooms["streamer"].to_numpy()
    for s in range(config.n_streamers):
        own = np.flatnonzero(first == s)
        for day in range(config.n_days):
            at = np.searchsorted(starts[own], day * MINUTES_A_DAY)
            if at < len(own) and starts[own[at]] < (day + REACH_DAYS) * MINUTES_A_DAY:
                table[s, day] = own[at]
    return table


def _user_tips(user, likes, crowd, rooms, upcoming, config, rng) -> list[tuple]:
    """All tips of one user: sessions on drawn days, each to one streamer, old or new, in one room, several tips close together."""
    rows: list[tuple] = []
    met: dict[int, int] = {}
    wanted = int(crowd.n_tips[user])
    # more sessions than can be needed; days are sorted so that who was met before is known
    sizes = rng.geometric(0.62, size=wanted)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), wanted)) + 1]
    sizes[-1] -= sizes.sum() - wanted
    joined = int(crowd.joined_day[user])
    days = np.sort(joined + np.floor((config.n_days - 1 - joined) * rng.beta(1, 0.9, size=len(sizes))).astype(int))
    for day, size in zip(days, sizes, strict=True):
        room = _choose_room(int(day), int(crowd.shift_day[user]), likes, met, rooms, upcoming, config, rng)
        streamer = int(rooms["streamer"].iat[room])
        met[streamer] = met.get(streamer, 0) + 1
        rows += _burst(user, streamer, room, int(size), rooms, rng)
    return rows


def _choose_room(day, shift_day, likes, met, rooms, upcoming, config, rng) -> int:
    """The room of one session: of a streamer met before (loyalty), else of a new one by planted utility and chance."""
    while True:
        room = upcoming[:, day]
        open_ = room >= 0
        if open_.any():
            break
        day -= 1
    start_day = rooms["start"].to_numpy()[np.maximum(room, 0)] // MINUTES_A_DAY
    score = np.where(start_day >= shift_day, likes[1], likes[0]) + rng.gumbel(size=len(room))
    known = np.zeros(len(room), bool)
    known[list(met)] = True
    again = rng.random() < config.loyalty and (known & open_).any()
    pool = open_ & known if again else open_ & ~known
    pool = pool if pool.any() else open_
    return int(room[np.where(pool, score, -np.inf).argmax()])


def _burst(user: int, streamer: int, room: int, size: int, rooms: pd.DataFrame, rng) -> list[tuple]:
    """Several tips within a few minutes of one room; amounts are mostly small."""
    n_segments, start = int(rooms["n_segments"].iat[room]), int(rooms["start"].iat[room]) * 60
    centre = rng.uniform(0, n_segments)
    places = np.sort(np.clip(centre + rng.normal(0, 3, size=size), 0, n_segments - 0.01))
    return [
        (user, streamer, room, int(p), start + int(p * SEGMENT_SECONDS), float(rng.choice(AMOUNTS, p=AMOUNT_CHANCE)))
        for p in places
    ]


def draw_events(
    cast: Cast, crowd: Crowd, rooms: pd.DataFrame, tips: pd.DataFrame, config: WorldConfig, seed: int
) -> pd.DataFrame:
    """Views (of every tipped room and of many more), likes, comments, follows, shares: user, streamer, room, second, kind, seconds."""
    rng = stream(seed, "events")
    views = pd.concat(
        [_tipped_views(tips, rooms, rng), _other_views(cast, crowd, rooms, config, rng)], ignore_index=True
    )
    parts = [views.assign(kind="view")]
    for kind, chance in (("like", 0.25), ("comment", 0.08), ("follow", 0.03), ("share", 0.02)):
        chosen = views[rng.random(len(views)) < chance]
        offset = (rng.random(len(chosen)) * chosen["seconds"]).astype(int)
        parts.append(chosen.assign(kind=kind, second=chosen["second"] + offset, seconds=np.nan))
    events = pd.concat(parts, ignore_index=True)
    return events.sort_values(["second", "user", "room", "kind"], kind="stable", ignore_index=True)


def _tipped_views(tips: pd.DataFrame, rooms: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One view a tipped room, from before the first tip to after the last."""
    spans = tips.groupby(["user", "streamer", "room"], as_index=False)["second"].agg(["min", "max"])
    opened = rooms["start"].to_numpy()[spans["room"]] * 60
    begin = np.maximum(opened, spans["min"] - rng.integers(60, 600, size=len(spans)))
    end = spans["max"] + rng.integers(30, 600, size=len(spans))
    return pd.DataFrame(
        {
            "user": spans["user"],
            "streamer": spans["streamer"],
            "room": spans["room"],
            "second": begin,
            "seconds": end - begin,
        }
    )


def _other_views(
    cast: Cast, crowd: Crowd, rooms: pd.DataFrame, config: WorldConfig, rng: np.random.Generator
) -> pd.DataFrame:
    """Views without a tip: people look at what is popular and, less so, at what they like."""
    activity = rng.lognormal(0, 0.8, size=config.n_users)
    users = np.sort(rng.choice(config.n_users, size=config.n_view_events, p=activity / activity.sum()))
    score = 0.35 * utility(cast, crowd, config, 0) + 0.6 * cast.appeal
    chance = np.exp(score - score.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    streamer_of_room = rooms["streamer"].to_numpy()
    bounds = np.searchsorted(streamer_of_room, np.arange(config.n_streamers + 1))
    chance[:, bounds[1:] == bounds[:-1]] = 0  # nobody watches who was never on air
    cumulative = np.cumsum(chance, axis=1)
    drawn = [
        np.searchsorted(cumulative[u], r * cumulative[u, -1])
        for u, r in zip(users, rng.random(len(users)), strict=True)
    ]
    streamers = np.asarray(drawn)
    room = (bounds[streamers] + rng.random(len(users)) * (bounds[streamers + 1] - bounds[streamers])).astype(int)
    length = rooms["n_segments"].to_numpy()[room] * SEGMENT_SECONDS
    offset = (rng.random(len(users)) * length * 0.9).astype(int)
    seconds = np.minimum(5 + rng.exponential(180, size=len(users)).astype(int), length - offset)
    return pd.DataFrame(
        {
            "user": users,
            "streamer": streamers,
            "room": room,
            "second": rooms["start"].to_numpy()[room] * 60 + offset,
            "seconds": seconds,
        }
    )
