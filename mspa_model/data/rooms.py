"""Who is live at a moment: the streamers that have a room open."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from jaxtyping import Bool

from mspa_model.data.fault import show
from mspa_model.data.times import EARLIEST, TOLERANCE, UNIT_WORDS, number_unit
from mspa_model.errors import DataError
from mspa_model.types import Dataset


def moment_of(text: str, now: datetime | None = None) -> datetime:
    """A time of ISO 8601 in UTC; one without an offset is UTC. Raises DataError on anything else, and on times that no
    room can be open at: before 1990 or more than a day after now."""
    latest = (now or datetime.now(UTC)) + TOLERANCE
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not EARLIEST <= moment <= latest:
            raise ValueError(moment.year)
        return moment
    except (ValueError, OverflowError) as error:
        expected = f"a time in ISO 8601, from {EARLIEST.year} to now"
        unit = number_unit(text.strip())
        hint = f"It looks like {UNIT_WORDS[unit]} since 1970. " if unit is not None else ""
        todo = f"{hint}Write it as 2025-03-17T20:00 (UTC) or 2025-03-17T21:00+01:00."
        raise DataError(f"the time {show(text)}", expected, todo) from error


def has_rooms(dataset: Dataset) -> bool:
    """Whether the set can say who is live."""
    return dataset.rooms is not None and len(dataset.rooms) > 0


def live_streamers(dataset: Dataset, at: datetime) -> Bool[np.ndarray, " n_streamers"]:
    """True where a streamer has a room open at the moment: started at or before it, and not ended by then.

    A room without an end ends where the same streamer's next one starts, as nobody is in two rooms at once; the last of
    them is still live, as docs/dataset.md says. Raises DataError where the set has no rooms.
    """
    if not has_rooms(dataset) or dataset.rooms is None:
        got = f"{dataset.info.name}, which has no rooms"
        raise DataError(got, "a data set with rooms.parquet to ask who is live", "Leave the time out to rank everyone.")
    rooms = dataset.rooms.sort_values(["streamer_id", "started_at"], kind="stable")
    ended = rooms["ended_at"].fillna(rooms.groupby("streamer_id")["started_at"].shift(-1))
    moment = pd.Timestamp(at)
    is_open = (rooms["started_at"] <= moment) & (ended.isna() | (ended > moment))
    live = pd.Index(rooms.loc[is_open, "streamer_id"].unique())
    return live.get_indexer(pd.Index(dataset.streamers["streamer_id"])) >= 0
