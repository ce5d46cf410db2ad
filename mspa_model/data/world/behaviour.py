"""What users do: whom they watch, tip, like and write to, and when."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspa_model.data.world.cast import MINUTES_A_DAY, SEGMENT_SECONDS, Cast
from mspa_model.data.world.plan import WorldConfig, stream
from mspa_model.data.world.users import Crowd, second_half_pull, utility

REACH_DAYS = 6  # a user finds a streamer whose next room starts within so many days
AMOUNTS = np.array([1, 5, 10, 20, 50, 100, 500])
AMOUNT_CHANCE = np.array([0.34, 0.25, 0.18, 0.12, 0.07, 0.03, 0.01])
Tip = tuple[int, int, int, int, int, float]  # user, streamer, room, segment, second, amount


@dataclass(frozen=True)
class Taste:
    """One user's planted log-odds, before and after the shift day: of each streamer, and of its second half."""

    user: int
    shift_day: int
    streamers: tuple[NDArray[np.float64], NDArray[np.float64]]
    second_half: tuple[NDArray[np.float64], NDArray[np.float64]]


def draw_tips(cast: Cast, crowd: Crowd, rooms: pd.DataFrame, config: WorldConfig, seed: int) -> pd.DataFrame:
    """Every tip: user, streamer, room (rows), segment (number in the room), second (since the first day), amount."""
    programme = Programme(rooms, config)
    likes = [utility(cast, crowd, config, phase) for phase in (0, 1)]
    pulls = [second_half_pull(cast, crowd, config, phase) for phase in (0, 1)]
    rows: list[Tip] = []
    for user in np.flatnonzero(crowd.n_tips).tolist():
        taste = Taste(user, int(crowd.shift_day[user]), tuple(p[user] for p in likes), tuple(p[user] for p in pulls))
        rng = stream(seed, "tips", user)
        rows += _user_tips(
            taste, _session_sizes(int(crowd.n_tips[user]), rng), int(crowd.joined_day[user]), programme, rng
        )
    tips = pd.DataFrame(rows, columns=["user", "streamer", "room", "segment", "second", "amount"])
    return tips.sort_values(["second", "user", "streamer"], kind="stable", ignore_index=True)


class Programme:
    """Who is on air when, as arrays that are quick to ask."""

    def __init__(self, rooms: pd.DataFrame, config: WorldConfig) -> None:
        self.config = config
        self.streamer, self.start, self.n_segments, self.switch = (
            rooms[name].to_numpy() for name in ("streamer", "start", "n_segments", "switch")
        )
        self.upcoming = self._next_rooms()

    def _next_rooms(self) -> NDArray[np.int64]:
        """(n_streamers, n_days): the first room at or after each day, -1 where none starts within reach."""
        n_streamers, n_days = self.config.n_streamers, self.config.n_days
        table = np.full((n_streamers, n_days), -1)
        days = np.arange(n_days)
        for s in range(n_streamers):
            own = np.flatnonzero(self.streamer == s)
            if len(own):
                at = np.searchsorted(self.start[own], days * MINUTES_A_DAY)
                room = own[np.minimum(at, len(own) - 1)]
                near = (at < len(own)) & (self.start[room] < (days + REACH_DAYS) * MINUTES_A_DAY)
                table[s] = np.where(near, room, -1)
        return table

    def rooms_near(self, day: int) -> NDArray[np.int64]:
        """The next room of each streamer, -1 for none; of an earlier day where nobody is on air any more."""
        while (self.upcoming[:, day] < 0).all():
            day -= 1
        return self.upcoming[:, day]


def _session_sizes(wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Tips a session, mostly one or two, that add up to `wanted`."""
    sizes = rng.geometric(0.62, size=wanted)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), wanted)) + 1]
    sizes[-1] -= sizes.sum() - wanted
    return sizes


def _user_tips(
    taste: Taste, sizes: NDArray[np.int64], joined: int, programme: Programme, rng: np.random.Generator
) -> list[Tip]:
    """All tips of one user: sessions on drawn days, each to one streamer, met before or new, in one room."""
    rows: list[Tip] = []
    met = np.zeros(programme.config.n_streamers, bool)
    span = programme.config.n_days - 1 - joined
    days = np.sort(joined + np.floor(span * rng.beta(1, 0.9, size=len(sizes))).astype(int))
    for day, size in zip(days.tolist(), sizes.tolist(), strict=True):
        room = _choose_room(day, taste, met, programme, rng)
        met[programme.streamer[room]] = True
        rows += _burst(taste, room, size, programme, rng)
    return rows


def _choose_room(day: int, taste: Taste, met: NDArray[np.bool_], programme: Programme, rng: np.random.Generator) -> int:
    """The room of one session: of a streamer met before (loyalty), else of a new one by planted utility and chance."""
    room = programme.rooms_near(day)
    on_air = room >= 0
    shifted = programme.start[np.maximum(room, 0)] // MINUTES_A_DAY >= taste.shift_day
    score = np.where(shifted, taste.streamers[1], taste.streamers[0]) + rng.gumbel(size=len(room))
    again = rng.random() < programme.config.loyalty and (met & on_air).any()
    pool = on_air & met if again else on_air & ~met
    pool = pool if pool.any() else on_air
    return int(room[np.where(pool, score, -np.inf).argmax()])


def _burst(taste: Taste, room: int, size: int, programme: Programme, rng: np.random.Generator) -> list[Tip]:
    """Several tips within a few minutes of one room, where its content is liked; amounts are mostly small."""
    streamer, start = int(programme.streamer[room]), int(programme.start[room])
    n_segments, switch = int(programme.n_segments[room]), int(programme.switch[room])
    low, high = 0, n_segments
    if switch >= 0:
        pull = taste.second_half[start // MINUTES_A_DAY >= taste.shift_day][streamer]
        low, high = (switch, n_segments) if rng.random() < 1 / (1 + np.exp(-pull)) else (0, switch)
    places = np.sort(np.clip(rng.uniform(low, high) + rng.normal(0, 3, size=size), low, high - 0.01))
    amounts = rng.choice(AMOUNTS, size=size, p=AMOUNT_CHANCE)
    return [
        (taste.user, streamer, room, int(p), start * 60 + int(p * SEGMENT_SECONDS), float(a))
        for p, a in zip(places, amounts, strict=True)
    ]


def draw_events(
    cast: Cast, crowd: Crowd, rooms: pd.DataFrame, tips: pd.DataFrame, config: WorldConfig, seed: int
) -> pd.DataFrame:
    """Views (of every tipped room and of many more), likes, comments, follows, shares.

    Columns: user, streamer, room (rows), second (since the first day), kind, seconds (watched; NaN but for views).
    """
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
