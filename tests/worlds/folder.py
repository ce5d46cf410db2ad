"""A dataset folder in memory, and the one function that writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

EVENTS_TOML = """\
name = "{name}"
title = "{title}"
kind = "{kind}"
streamer_is = "{streamer_is}"
user_is = "{user_is}"
tip_is = "{tip_is}"
tip_unit = "coins"
timezone = "UTC"
modalities = [{modalities}]
licence = "CC0-1.0"
source = "made by tests/worlds"

[split]
kind = "{split}"
mask_for_val = ["train"]
mask_for_test = ["train", "val"]
metric = "ndcg@10"
"""


@dataclass(frozen=True)
class World:
    """What a dataset folder is written from; replace a field to make a variant.

    kind "events" is split by time, kind "matrix" by column split of tips. words: what the set calls a streamer, a user
    and a tip.
    """

    name: str
    users: pd.DataFrame
    streamers: pd.DataFrame
    tips: pd.DataFrame
    features: Mapping[str, np.ndarray] = field(default_factory=dict)
    modalities: tuple[str, ...] = ("visual", "audio", "text")
    kind: str = "events"
    words: tuple[str, str, str] = ("streamer", "user", "tip")
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def write_world(world: World, folder: Path) -> Path:
    """Write the world as a dataset folder and return the folder."""
    (folder / "features").mkdir(parents=True, exist_ok=True)
    streamer_is, user_is, tip_is = world.words
    toml = EVENTS_TOML.format(
        streamer_is=streamer_is,
        user_is=user_is,
        tip_is=tip_is,
        name=world.name,
        title=f"Test world {world.name}",
        kind=world.kind,
        modalities=", ".join(f'"{m}"' for m in world.modalities),
        split="given" if world.kind == "matrix" else "time",
    )
    (folder / "dataset.toml").write_text(toml, encoding="utf-8")
    named = {"users": world.users, "streamers": world.streamers, "tips": world.tips, **world.tables}
    for name, table in named.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    for modality, array in world.features.items():
        np.save(folder / "features" / f"{modality}.npy", array)
    return folder
