"""Sets as small or as one-sided as the contract allows: each trains, and is answered in numbers or in a sentence."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from tests.worlds.checkerboard import FIRST_TIP, checkerboard
from tests.worlds.folder import World

HOSTILE_IDS = (
    "../../etc/passwd",
    "/etc/passwd",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202emirrored\u202c",
    "x" * 10_000,
    "two\nlines",
    "tab\tand nul\0",
    "\x1b[31mred",
    "C:\\con",
    "%s%n{0}",
    "  ",
)


def _small() -> World:
    """Fourteen users with five tips each, twelve streamers."""
    return checkerboard(n_users=14, n_streamers=12, tips_each=5)


def _tips(users: Sequence[str], streamers: Sequence[str]) -> pd.DataFrame:
    """One coin an hour."""
    times = pd.Series(pd.Timestamp(FIRST_TIP) + pd.to_timedelta(np.arange(len(users)), unit="h"))
    at = times.astype("datetime64[us, UTC]")
    return pd.DataFrame({"user_id": users, "streamer_id": streamers, "tipped_at": at, "amount": 1.0})


def _given(world: World, split: np.ndarray) -> World:
    """The world with a given split."""
    return replace(world, kind="matrix", tips=world.tips.assign(split=split))


def one_tip_each() -> World:
    """Nobody tipped twice, so there is no val, no test and no co-tipping; amounts from 1e-6 to 1e9."""
    world = _small()
    tips = world.tips.groupby("user_id").head(1).reset_index(drop=True)
    return replace(world, name="one-tip-each", tips=tips.assign(amount=np.geomspace(1e-6, 1e9, len(tips))))


def three_users() -> World:
    """Visual features are constant, audio's two streamers copied, text's up to 1e15; five streamers lack everything."""
    world = checkerboard(n_users=3)
    n = len(world.streamers)
    rng = np.random.default_rng(1)
    tails = np.sign(rng.normal(size=(n, 5))) * 10 ** rng.uniform(-15, 15, (n, 5))
    features = {
        "visual": np.full((n, 8), 3.5, np.float32),
        "audio": np.repeat(world.features["audio"][:2], n // 2, axis=0),
        "text": tails.astype(np.float32),
    }
    for array in features.values():
        array[:5] = np.nan
    bare = world.streamers.assign(**{c: world.streamers[c].mask(world.streamers.index < 5) for c in ("name", "text")})
    return replace(world, name="three-users", features=features, streamers=bare)


def one_streamer() -> World:
    """Six users with five tips each to the only streamer."""
    world = checkerboard(n_users=6, n_streamers=2, tips_each=1)
    users = np.repeat(world.users["user_id"], 5)
    return replace(
        world,
        name="one-streamer",
        streamers=world.streamers[:1],
        features={modality: array[:1] for modality, array in world.features.items()},
        tips=_tips(users.to_numpy(), ["s000"] * len(users)),
    )


def two_streamers() -> World:
    """Six users, each with tips to both."""
    world = checkerboard(n_users=6, n_streamers=2, tips_each=1)
    users = np.repeat(world.users["user_id"], 5).to_numpy()
    return replace(world, name="two-streamers", tips=_tips(users, [f"s{i % 2:03}" for i in range(len(users))]))


def all_on_one() -> World:
    """Every tip goes to one of twelve streamers."""
    world = _small()
    return replace(world, name="all-on-one", tips=world.tips.assign(streamer_id="s003"))


def tipped_everyone() -> World:
    """u000 has tipped all twelve streamers; a given split without val tips."""
    world = _small()
    whole = _tips(["u000"] * 12, world.streamers["streamer_id"].tolist())
    tips = pd.concat([world.tips[world.tips["user_id"] != "u000"], whole], ignore_index=True)
    place = tips.groupby("user_id").cumcount()
    test = (place == 4) & (tips["user_id"] != "u000")
    return _given(replace(world, name="tipped-everyone", tips=tips), np.where(test, "test", "train"))


def no_test() -> World:
    """A given split without test tips."""
    world = _small()
    place = world.tips.groupby("user_id").cumcount()
    return _given(replace(world, name="no-test"), np.where(place < 4, "train", "val"))


def hostile_ids() -> World:
    """Ids, names, categories and texts that would run, hide or overflow; texts are encoded here, one is 1 MB long."""
    world = checkerboard(n_users=len(HOSTILE_IDS), n_streamers=len(HOSTILE_IDS), tips_each=5)
    users = {f"u{i:03}": word for i, word in enumerate(HOSTILE_IDS)}
    streamers = {f"s{i:03}": word for i, word in enumerate(HOSTILE_IDS)}
    columns = {"streamer_id": HOSTILE_IDS, "name": HOSTILE_IDS, "category": HOSTILE_IDS[:2] * 6}
    texts = [*HOSTILE_IDS[:-1], "jokes & <b>songs</b> " * 50_000]
    return replace(
        world,
        name="hostile-ids",
        users=pd.DataFrame({"user_id": HOSTILE_IDS}),
        streamers=world.streamers.assign(**columns, text=texts),
        tips=world.tips.replace({"user_id": users, "streamer_id": streamers}),
        features={"visual": world.features["visual"]},
        modalities=("visual", "text"),
    )


EXTREMES = {
    "one-tip-each": one_tip_each,
    "three-users": three_users,
    "one-streamer": one_streamer,
    "two-streamers": two_streamers,
    "all-on-one": all_on_one,
    "tipped-everyone": tipped_everyone,
    "no-test": no_test,
    "hostile-ids": hostile_ids,
}
