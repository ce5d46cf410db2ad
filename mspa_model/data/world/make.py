"""The whole way from a seed to a dataset folder."""

import shutil
import uuid
from pathlib import Path

from mspa_model.data.world import write
from mspa_model.data.world.behaviour import draw_events, draw_tips
from mspa_model.data.world.cast import draw_cast, draw_rooms
from mspa_model.data.world.media import choose_media, write_media
from mspa_model.data.world.plan import WorldConfig, stream
from mspa_model.data.world.text import Writer
from mspa_model.data.world.users import draw_crowd
from mspa_model.errors import DataError
from mspa_model.folders import check_destination


def make_world(out: Path, seed: int = 7, progress: bool = True, config: WorldConfig | None = None) -> None:
    """Writes a dataset folder at `out`: the same bytes for the same seed and config on one machine.

    Nothing is at `out` until all of it is there. Raises DataError where `out` exists already.
    """
    out = Path(out)
    check_destination(out, "OUT")
    if out.exists():
        raise DataError(
            f"the existing path {out}", "a folder that does not exist yet", "Name another one, or remove it first."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.parent / f".{out.name}.{uuid.uuid4().hex[:8]}"
    temporary.mkdir()
    try:
        _write_world(temporary, seed, progress, config or WorldConfig())
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_world(folder: Path, seed: int, progress: bool, config: WorldConfig) -> None:
    cast, crowd = draw_cast(config, seed), draw_crowd(config, seed)
    rooms = draw_rooms(cast, config, seed)
    tips = draw_tips(cast, crowd, rooms, config, seed)
    events = draw_events(cast, crowd, rooms, tips, config, seed)
    media = choose_media(rooms, cast, config, seed)
    segments = write.plan_segments(rooms, tips, media, config, stream(seed, "segments"))
    paths = write_media(folder / "media", segments, cast, config, seed, progress)
    writer = Writer(stream(seed, "text"))
    tables = {
        "streamers": write.streamers_table(cast, writer),
        "users": write.users_table(crowd),
        "rooms": write.rooms_table(rooms, cast, writer),
        "segments": write.segments_table(segments, rooms, cast, writer, paths),
        "tips": write.tips_table(tips, cast, crowd, len(rooms)),
        "events": write.events_table(events, cast, crowd, len(rooms), writer),
    }
    for name, table in tables.items():
        write.write_table(folder / f"{name}.parquet", table)
    write.write_truth(folder / "truth", cast, crowd, segments, config, seed)
    (folder / "dataset.toml").write_text(write.DATASET_TOML.format(seed=seed), encoding="utf-8")
