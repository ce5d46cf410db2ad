"""Who is live when, on rooms whose answer can be read off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspa_model.data import load_dataset
from mspa_model.data.rooms import live_streamers, moment_of
from mspa_model.errors import DataError
from mspa_model.types import Dataset

DAY = "2024-03-01T"


@pytest.fixture
def rooms(tiny_world: Path) -> Dataset:
    """s000 is on from 10 to 12 and from 14 to 16; s001 went on at 9 and at 13, without an end; s002 at 20."""
    rows = [
        ("r1", "s000", f"{DAY}10:00", f"{DAY}12:00"),
        ("r2", "s000", f"{DAY}14:00", f"{DAY}16:00"),
        ("r4", "s001", f"{DAY}13:00", None),
        ("r3", "s001", f"{DAY}09:00", None),
        ("r5", "s002", f"{DAY}20:00", f"{DAY}20:00"),
    ]
    frame = pd.DataFrame(rows, columns=["room_id", "streamer_id", "started_at", "ended_at"])
    frame = frame.assign(**{c: pd.to_datetime(frame[c], utc=True).dt.as_unit("us") for c in ("started_at", "ended_at")})
    return replace(load_dataset(tiny_world), rooms=frame)


@pytest.mark.parametrize(
    ("hour", "live"),
    [
        ("08:59", []),
        ("09:00", [1]),
        ("10:00", [0, 1]),
        ("11:59", [0, 1]),
        ("12:00", [1]),
        ("15:00", [0, 1]),
        ("20:00", [1]),
        ("23:59", [1]),
    ],
)
def test_a_room_is_open_from_its_start_until_just_before_its_end(rooms: Dataset, hour: str, live: list[int]):
    assert np.flatnonzero(live_streamers(rooms, moment_of(f"{DAY}{hour}"))).tolist() == live


def test_a_room_without_an_end_ends_where_the_same_streamer_goes_on_again(rooms: Dataset):
    closed = rooms.rooms.assign(
        ended_at=rooms.rooms["ended_at"].mask(rooms.rooms["room_id"] == "r4", rooms.rooms["started_at"])
    )
    only_first = replace(rooms, rooms=closed)
    assert live_streamers(only_first, moment_of(f"{DAY}12:59"))[1]
    assert not live_streamers(only_first, moment_of(f"{DAY}13:00"))[1]


@pytest.mark.parametrize(
    "text",
    ["2024-03-01T20:00", "2024-03-01 20:00Z", "2024-03-01T21:00+01:00", " 20240301T200000 ", "2024-03-01T15:00-05:00"],
)
def test_times_are_read_in_utc(text: str):
    assert moment_of(text) == datetime(2024, 3, 1, 20, tzinfo=UTC)
    assert moment_of(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2024-13-01", "1709323200", "0001-01-01T00:00+14:00", "9999-12-31", "x" * 300),
        *("1970-01-20T18:48", "56972-01-01", "2999-01-01"),
    ],
)
def test_anything_else_is_one_sentence(text: str):
    with pytest.raises(DataError, match="ISO 8601") as error:
        moment_of(text)
    assert len(str(error.value)) < 300


def test_times_end_a_day_after_now_and_numbers_are_known_for_what_they_are():
    now = datetime(2024, 3, 1, tzinfo=UTC)
    assert moment_of("2024-03-02", now) == now + timedelta(days=1)
    with pytest.raises(DataError, match="from 1990 to now"):
        moment_of("2024-03-02T00:01", now)
    with pytest.raises(DataError, match="milliseconds since 1970"):
        moment_of("1709323200000", now)


def test_a_set_without_rooms_says_so(tiny_world: Path):
    dataset = load_dataset(tiny_world)
    for rooms in (None, dataset.rooms.iloc[:0]):
        with pytest.raises(DataError, match="has no rooms"):
            live_streamers(replace(dataset, rooms=rooms), datetime.now(UTC))
