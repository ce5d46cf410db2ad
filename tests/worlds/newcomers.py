"""The checkerboard with streamers whom nobody has tipped in train: all that can speak for them is their content."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tests.worlds.checkerboard import checkerboard
from tests.worlds.folder import World

NEWCOMERS = ("s036", "s037", "s038", "s039")


def newcomers(ids: tuple[str, ...] = NEWCOMERS) -> World:
    """A given split without times; each user has one test tip to a newcomer of the own group, and nobody another."""
    world = checkerboard()
    rank = world.tips.groupby("user_id").cumcount()
    tips = world.tips.assign(split=np.select([rank < 7, rank < 8], ["train", "val"], "test"))
    tips = tips[~tips["streamer_id"].isin(ids)]
    users = world.users["user_id"]
    own = [[s for s in ids if int(s[1:]) % 2 == group] for group in (0, 1)]
    found = [own[i % 2][(i // 2) % len(own[i % 2])] for i in range(len(users))]
    more = pd.DataFrame({"user_id": users, "streamer_id": found, "amount": 1.0, "split": "test"})
    tips = pd.concat([tips, more], ignore_index=True)
    tips["tipped_at"] = pd.Series(pd.NaT, index=tips.index, dtype="datetime64[us, UTC]")
    return replace(world, name="newcomers", kind="matrix", tips=tips)
