"""From what was drawn to the tables of a dataset folder."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mspa_model.data.world.aspects import ASPECTS
from mspa_model.data.world.cast import SEGMENT_SECONDS, Cast
from mspa_model.data.world.media import MediaPaths
from mspa_model.data.world.plan import FIRST_DAY, WorldConfig
from mspa_model.data.world.text import Writer
from mspa_model.data.world.users import NEVER, Crowd
from mspa_model.types import Modality

DATASET_TOML = """\
name = "sample-world"
title = "Sample world: a made-up live-streaming platform"
kind = "events"
streamer_is = "streamer"
user_is = "user"
tip_is = "tip"
tip_unit = "coins"
timezone = "UTC"
modalities = ["visual", "audio", "text"]
licence = "CC0-1.0"
source = "made by `python -m mspa_model sample OUT --seed {seed}`; nobody in it is real"

[split]
kind = "time"
mask_for_val = ["train"]
mask_for_test = ["train", "val"]
metric = "ndcg@10"
"""


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Parquet without anything that differs from one writing to the next (no pandas metadata)."""
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, path, compression="zstd", compression_level=19)


def streamer_ids(n: int) -> list[str]:
    return [f"s{i:03d}" for i in range(n)]


def user_ids(n: int) -> list[str]:
    return [f"u{i:04d}" for i in range(n)]


def room_ids(n: int) -> list[str]:
    return [f"r{i:05d}" for i in range(n)]


def at_second(seconds: pd.Series | np.ndarray) -> pd.Series:
    """Seconds since the first day as UTC timestamps in microseconds."""
    return (pd.Timestamp(FIRST_DAY) + pd.to_timedelta(pd.Series(seconds), unit="s")).dt.as_unit("us")


def users_table(crowd: Crowd) -> pd.DataFrame:
    n = len(crowd.n_tips)
    joined = at_second(crowd.joined_day * 86_400).dt.strftime("%Y-%m-%d")
    return pd.DataFrame({"user_id": user_ids(n), "language": crowd.language, "device": crowd.device, "joined": joined})


def streamers_table(cast: Cast, writer: Writer) -> pd.DataFrame:
    """Names, the noisy shelf, the language and the profile text; no planted attribute is a column."""
    n = len(cast.appeal)
    texts = [
        writer.profile(cast.value(s, "topic"), cast.value(s, "tone"), cast.name[s])
        if cast.present[Modality.TEXT][s]
        else None
        for s in range(n)
    ]
    return pd.DataFrame(
        {
            "streamer_id": streamer_ids(n),
            "name": cast.name,
            "category": cast.category,
            "language": cast.language,
            "text": texts,
        }
    )


def rooms_table(rooms: pd.DataFrame, cast: Cast, writer: Writer) -> pd.DataFrame:
    """Rooms in the order of their ids; a streamer without text gives its rooms no title."""
    streamer = rooms["streamer"].to_numpy()
    titles = [
        writer.title(cast.value(s, "topic"), cast.value(s, "tone")) if cast.present[Modality.TEXT][s] else None
        for s in streamer.tolist()
    ]
    start = rooms["start"] * 60
    return pd.DataFrame(
        {
            "room_id": room_ids(len(rooms)),
            "streamer_id": np.array(streamer_ids(len(cast.appeal)))[streamer],
            "started_at": at_second(start),
            "ended_at": at_second(start + rooms["n_segments"] * SEGMENT_SECONDS),
            "title": titles,
            "category": np.array(cast.category)[streamer],
        }
    )


def plan_segments(
    rooms: pd.DataFrame, tips: pd.DataFrame, media: pd.DataFrame, config: WorldConfig, rng: np.random.Generator
) -> pd.DataFrame:
    """The segments that the folder lists: those with a tip and those with media. A share of them has a transcript.

    Columns: room, segment, streamer, segment_id, second_half, has_media, spoken; ordered by room, segment.
    """
    pairs = pd.concat([tips[["room", "segment"]], media], ignore_index=True).drop_duplicates()
    pairs = pairs.sort_values(["room", "segment"], ignore_index=True)
    pairs["streamer"] = rooms["streamer"].to_numpy()[pairs["room"]]
    switch = rooms["switch"].to_numpy()[pairs["room"]]
    pairs["second_half"] = (switch >= 0) & (pairs["segment"] >= switch)
    pairs["segment_id"] = [f"r{r:05d}-{s:03d}" for r, s in zip(pairs["room"], pairs["segment"], strict=True)]
    kept = set(zip(media["room"], media["segment"], strict=True))
    pairs["has_media"] = [key in kept for key in zip(pairs["room"], pairs["segment"], strict=True)]
    others = np.flatnonzero(~pairs["has_media"])
    n_spoken = min(max(config.n_spoken_segments - len(kept), 0), len(others))
    spoken = pairs["has_media"].to_numpy().copy()
    spoken[rng.choice(others, size=n_spoken, replace=False)] = True
    return pairs.assign(spoken=spoken)


def segments_table(
    segments: pd.DataFrame, rooms: pd.DataFrame, cast: Cast, writer: Writer, paths: list[MediaPaths]
) -> pd.DataFrame:
    speech, comments = [], []
    for row in segments.itertuples(index=False):
        said = row.spoken and cast.present[Modality.TEXT][row.streamer]
        topic, tone = (cast.value(row.streamer, a, row.second_half) for a in ("topic", "tone"))
        speech.append(writer.speech(topic, tone, cast.language[row.streamer]) if said else None)
        comments.append(writer.comments(topic, tone) if said else None)
    begin = rooms["start"].to_numpy()[segments["room"]] * 60 + segments["segment"] * SEGMENT_SECONDS
    return pd.DataFrame(
        {
            "segment_id": segments["segment_id"],
            "room_id": np.array(room_ids(len(rooms)))[segments["room"]],
            "started_at": at_second(begin),
            "seconds": float(SEGMENT_SECONDS),
            "speech": speech,
            "comments": comments,
            "frame": [p.frame or None for p in paths],
            "audio": [p.audio or None for p in paths],
        }
    )


def tips_table(tips: pd.DataFrame, cast: Cast, crowd: Crowd, n_rooms: int) -> pd.DataFrame:
    rooms = np.array(room_ids(n_rooms))[tips["room"]]
    return pd.DataFrame(
        {
            "user_id": np.array(user_ids(len(crowd.n_tips)))[tips["user"]],
            "streamer_id": np.array(streamer_ids(len(cast.appeal)))[tips["streamer"]],
            "tipped_at": at_second(tips["second"]),
            "amount": tips["amount"],
            "room_id": rooms,
            "segment_id": [f"{r}-{s:03d}" for r, s in zip(rooms, tips["segment"], strict=True)],
        }
    )


def events_table(events: pd.DataFrame, cast: Cast, crowd: Crowd, n_rooms: int, writer: Writer) -> pd.DataFrame:
    """Every event; comments carry a line of text, unless the streamer has none to talk about."""
    texts = [
        writer.comment(cast.value(s, "topic"), cast.value(s, "tone"))
        if kind == "comment" and cast.present[Modality.TEXT][s]
        else None
        for s, kind in zip(events["streamer"], events["kind"], strict=True)
    ]
    return pd.DataFrame(
        {
            "user_id": np.array(user_ids(len(crowd.n_tips)))[events["user"]],
            "streamer_id": np.array(streamer_ids(len(cast.appeal)))[events["streamer"]],
            "room_id": np.array(room_ids(n_rooms))[events["room"]],
            "at": at_second(events["second"]),
            "kind": events["kind"],
            "seconds": events["seconds"].astype("float32"),
            "text": texts,
        }
    )


def write_truth(folder: Path, cast: Cast, crowd: Crowd, segments: pd.DataFrame, config: WorldConfig, seed: int) -> None:
    """What the world was made from: its config and four tables; sample_data/README.md says what each column is."""
    folder.mkdir()
    sizes = "".join(f"{key} = {json.dumps(value)}\n" for key, value in asdict(config).items())
    (folder / "world.toml").write_text(f"seed = {seed}\n{sizes}", encoding="utf-8")
    write_table(folder / "streamers.parquet", _truth_streamers(cast))
    write_table(folder / "users.parquet", _truth_users(crowd))
    write_table(folder / "tastes.parquet", _truth_tastes(crowd))
    content = {
        a.name: [
            cast.value(s, a.name, half) for s, half in zip(segments["streamer"], segments["second_half"], strict=True)
        ]
        for a in ASPECTS
    }
    kept = segments["has_media"].to_numpy()
    write_table(folder / "segments.parquet", pd.DataFrame({"segment_id": segments["segment_id"], **content})[kept])


def _truth_streamers(cast: Cast) -> pd.DataFrame:
    n = len(cast.appeal)
    first = {a.name: [cast.value(s, a.name) for s in range(n)] for a in ASPECTS}
    second = {f"{a.name}_after": [cast.value(s, a.name, True) for s in range(n)] for a in ASPECTS}
    has = {f"has_{m}": cast.present[m] for m in Modality}
    return pd.DataFrame(
        {
            "streamer_id": streamer_ids(n),
            **first,
            "changes": cast.changer,
            **second,
            **has,
            "appeal": cast.appeal,
            "first_day": cast.first_day,
        }
    )


def _truth_users(crowd: Crowd) -> pd.DataFrame:
    weights = {f"weight_{m}": crowd.weights[:, i] for i, m in enumerate(Modality)}
    shift = pd.array(np.where(crowd.shift_day == NEVER, -1, crowd.shift_day), dtype="Int64")
    shift[crowd.shift_day == NEVER] = pd.NA
    return pd.DataFrame({"user_id": user_ids(len(crowd.n_tips)), **weights, "shift_day": shift})


def _truth_tastes(crowd: Crowd) -> pd.DataFrame:
    """One row a user, aspect and value, for users that tip: liking before the shift day and after it."""
    tippers = np.flatnonzero(crowd.n_tips)
    ids = np.array(user_ids(len(crowd.n_tips)))[tippers]
    parts = [
        pd.DataFrame(
            {
                "user_id": ids,
                "aspect": aspect.name,
                "value": value,
                "liking": crowd.tastes[aspect.name][0, tippers, i].astype("float32").round(3),
                "liking_after": crowd.tastes[aspect.name][np.where(crowd.shift_day[tippers] == NEVER, 0, 1), tippers, i]
                .astype("float32")
                .round(3),
            }
        )
        for aspect in ASPECTS
        for i, value in enumerate(aspect.values)
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["user_id"], kind="stable", ignore_index=True)
