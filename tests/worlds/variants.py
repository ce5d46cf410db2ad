"""The checkerboard with something missing, odd or hostile: each must work, and say what is missing."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tests.worlds.checkerboard import checkerboard
from tests.worlds.folder import World
from tests.worlds.newcomers import newcomers

RIGHT_TO_LEFT = "\u202eمرحبا بالعالم\u202c"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "**bold** [link](javascript:alert(1)) $x$ :material/home:",
    RIGHT_TO_LEFT,
    "../../etc/passwd",
    '#import "x.typ"; #read("/etc/passwd")',
    "x" * 10_000,
)


def no_audio() -> World:
    """Visual and text alone."""
    world = checkerboard()
    kept = {m: world.features[m] for m in ("visual", "text")}
    return replace(world, name="no-audio", features=kept, modalities=("visual", "text"))


def no_features() -> World:
    """No features, no raw text: co-tipping and popularity are all there is."""
    world = checkerboard()
    return replace(
        world, name="no-features", features={}, modalities=(), streamers=world.streamers.drop(columns=["text"])
    )


def some_lack_audio() -> World:
    """Every fifth streamer has a row of NaN as its audio."""
    world = checkerboard()
    audio = world.features["audio"].copy()
    audio[::5] = np.nan
    return replace(world, name="some-lack-audio", features={**world.features, "audio": audio})


def one_tip_users() -> World:
    """Ten more users, u060 to u069, with one tip each, to the streamer of their number."""
    world = checkerboard()
    ids = [f"u{i:03}" for i in range(60, 70)]
    more = pd.DataFrame(
        {
            "user_id": ids,
            "streamer_id": [f"s{i:03}" for i in range(10)],
            "tipped_at": world.tips["tipped_at"].iloc[:10].to_numpy(),
            "amount": 1.0,
        }
    ).astype({"tipped_at": world.tips["tipped_at"].dtype})
    return replace(
        world,
        name="one-tip-users",
        users=pd.DataFrame({"user_id": [*world.users["user_id"], *ids]}),
        tips=pd.concat([world.tips, more], ignore_index=True),
    )


def user_without_tips() -> World:
    """u060 is known and has tipped nobody."""
    world = checkerboard()
    users = pd.DataFrame({"user_id": [*world.users["user_id"], "u060"]})
    return replace(world, name="user-without-tips", users=users)


def matrix() -> World:
    """As data/tiktok: ids and a given split, no times, no names, no texts, no audio."""
    world = checkerboard()
    place = world.tips.groupby("user_id").cumcount()
    split = np.select([place < 7, place < 8], ["train", "val"], "test")
    tips = world.tips.assign(split=split, amount=1.0)
    tips["tipped_at"] = pd.Series(pd.NaT, index=tips.index, dtype="datetime64[us, UTC]")
    return replace(
        world,
        name="matrix",
        kind="matrix",
        streamers=world.streamers[["streamer_id"]],
        tips=tips,
        features={"visual": world.features["visual"]},
        modalities=("visual",),
    )


def hostile() -> World:
    """Names, categories and texts that would run, hide or overflow if they were trusted; ids stay plain."""
    world = checkerboard()
    words = [HOSTILE[i % len(HOSTILE)] for i in range(len(world.streamers))]
    streamers = world.streamers.assign(
        name=[f"{word} {i}" for i, word in enumerate(words)],
        category=[f"{kind} {HOSTILE[0]}" for kind in world.streamers["category"]],
        text=[f"{text} {word}" for text, word in zip(world.streamers["text"], words, strict=True)],
    )
    return replace(world, name="hostile", streamers=streamers)


def films() -> World:
    """The checkerboard as a set of films that viewers rate, under a title and names of its own."""
    world = checkerboard()
    names = [name.replace("room", "film") for name in world.streamers["name"]]
    return replace(
        world, name="films", words=("film", "viewer", "rating"), streamers=world.streamers.assign(name=names)
    )


def few_users() -> World:
    """Six users and sixteen streamers, fewer than any default group or neighbourhood."""
    return replace(checkerboard(n_users=6, n_streamers=16, tips_each=6), name="few-users")


VARIANTS = {
    "no-audio": no_audio,
    "no-features": no_features,
    "some-lack-audio": some_lack_audio,
    "one-tip-users": one_tip_users,
    "user-without-tips": user_without_tips,
    "matrix": matrix,
    "hostile": hostile,
    "few-users": few_users,
    "films": films,
    "newcomers": newcomers,
}
