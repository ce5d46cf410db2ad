"""Which words stand for a streamer: its profile text and a sample of what is said in its segments."""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Int

from mspa_model.types import Dataset

MAX_CHARACTERS = (
    2_000  # a longer text is cut: encoders read some 256 tokens, and a text of megabytes must not cost minutes
)
SEGMENTS_PER_STREAMER = 8


def segment_streamers(dataset: Dataset) -> Int[np.ndarray, " n_segments"]:
    """The streamer_idx of each segment, -1 where its room is unknown; empty where the set has no segments or rooms."""
    if dataset.segments is None or dataset.rooms is None:
        return np.zeros(0, dtype=np.int64)
    row_of_id = dict(zip(dataset.streamers["streamer_id"], range(dataset.n_streamers), strict=True))
    streamer_of_room = dict(zip(dataset.rooms["room_id"], dataset.rooms["streamer_id"], strict=True))
    rooms = dataset.segments["room_id"]
    return np.array([row_of_id.get(streamer_of_room.get(room), -1) for room in rooms], dtype=np.int64)


def rows_by_owner(owners: Int[np.ndarray, " n"]) -> Iterator[tuple[int, np.ndarray]]:
    """Each owner and its rows in order, without owner -1; one sort, however many owners there are."""
    order = np.argsort(owners, kind="stable")
    order = order[owners[order] >= 0]
    found, starts = np.unique(owners[order], return_index=True)
    for owner, start, stop in zip(found, starts, np.append(starts, len(order))[1:], strict=True):
        yield int(owner), order[start:stop]


def spread(rows: Int[np.ndarray, " n"], at_most: int) -> Int[np.ndarray, " m"]:
    """At most so many of the rows, evenly spaced, so that a long broadcast is heard from start to end."""
    if len(rows) <= at_most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, at_most).round().astype(int)]


def streamer_documents(dataset: Dataset) -> tuple[tuple[str, ...], ...]:
    """Per streamer its documents, never empty strings: the profile text, then what is said in up to eight segments."""
    return tuple(tuple(text for _, text in own) for own in placed_documents(dataset))


def placed_documents(dataset: Dataset, only: int | None = None) -> tuple[tuple[tuple[int, str], ...], ...]:
    """The same with where each stands: the row of its segment, -1 for the profile. only: nobody else's are read."""
    documents: list[list[tuple[int, str]]] = [[] for _ in range(dataset.n_streamers)]
    if "text" in dataset.streamers:
        for own, text in zip(documents, dataset.streamers["text"], strict=True):
            own.extend((-1, clean) for clean in _clean([text]))
    for streamer_idx, rows in _sampled_segments(dataset):
        for row in rows.tolist() if only in (None, streamer_idx) else ():
            documents[streamer_idx].extend((row, clean) for clean in _clean([_segment_text(dataset, row)]))
    return tuple(tuple(own) for own in documents)


def _sampled_segments(dataset: Dataset) -> Iterable[tuple[int, np.ndarray]]:
    columns = [] if dataset.segments is None else [c for c in ("speech", "comments") if c in dataset.segments]
    if not columns:
        return
    spoken = dataset.segments[columns].fillna("").astype(str).apply(lambda column: column.str.strip() != "").any(axis=1)
    owners = np.where(spoken.to_numpy(), segment_streamers(dataset), -1) if len(spoken) else np.zeros(0, dtype=int)
    for streamer_idx, rows in rows_by_owner(owners):
        yield streamer_idx, spread(rows, SEGMENTS_PER_STREAMER)


def _segment_text(dataset: Dataset, row: int) -> str:
    parts = [dataset.segments[c].iloc[row] for c in ("speech", "comments") if c in dataset.segments]
    return ". ".join(p.strip() for p in parts if isinstance(p, str) and p.strip())


def _clean(texts: Iterable[object]) -> list[str]:
    cut = (" ".join(t[:MAX_CHARACTERS].split()) for t in texts if isinstance(t, str))
    return [text for text in cut if text]
