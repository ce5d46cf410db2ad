"""What a run's tables hold: ids, names, pseudonyms, media. Cached and bounded; pages reach it through app/cache.py."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from app.search import LIMIT, matching_rows, only_row
from app.ui.media import Clip, clip_of, segment_streamers
from explain.narrate import name_of, plain
from mspa_model.data.ids import nearest_ids
from mspa_model.errors import MspaError
from mspa_model.runs import Run

MATCHES = LIMIT
# A run is known by its model, its audit, when it was made, where it lies and how its groups are called: all that a
# page can show of it.
RUN_KEY = {
    "mspa_model.runs.Run": lambda run: (
        run.hash,
        run.audit_hash,
        run.created_at,
        str(run.path),
        tuple(run.group_names.items()),
    )
}
_RUN = RUN_KEY


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=_RUN)
def _lowered(run: Run, what: str) -> pd.Series:
    frame = run.dataset.users if what == "user_id" else run.dataset.streamers
    return frame[what].str.lower()


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=_RUN)
def matching_users(run: Run, query: str) -> tuple[str, ...]:
    """At most MATCHES user ids: those that begin with the query, then those that have it inside."""
    ids = run.dataset.users["user_id"]
    return tuple(ids.iloc[row] for row in matching_rows([_lowered(run, "user_id")], query))


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=_RUN)
def matching_streamers(run: Run, query: str) -> tuple[int, ...]:
    """At most MATCHES streamer_idx by name or id, those that begin with the query first."""
    return tuple(matching_rows([_lowered(run, "name"), _lowered(run, "streamer_id")], query))


def only_hit(run: Run, what: str, query: str) -> str | None:
    """The id that was typed, or that of the only user or streamer that it is found in; None where it may be several.

    what: "user" or "streamer". An id is taken as it is written before it is looked for in lower case.
    """
    if position(run, what, query.strip()) is not None:
        return query.strip()
    if what == "user":
        row = only_row([_lowered(run, "user_id")], query)
        return None if row is None else str(run.dataset.users["user_id"].iat[row])
    row = only_row([_lowered(run, "name"), _lowered(run, "streamer_id")], query)
    return None if row is None else str(run.dataset.streamers["streamer_id"].iat[row])


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=_RUN)
def nearest(run: Run, what: str, unknown: str) -> tuple[str, ...]:
    """The known ids most like an unknown one; what: "user" or "streamer"."""
    ids = run.dataset.users["user_id"] if what == "user" else run.dataset.streamers["streamer_id"]
    return nearest_ids(unknown, ids.tolist())


def user_behind(run: Run, key: str) -> str | None:
    """The user whom a report's link names by a pseudonym; None where the key files here open it to no one user.

    Raises RunError on a broken key file.
    """
    from explain.report import find_secrets

    return _opened(run, key, find_secrets(run))


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=_RUN)
def _opened(run: Run, key: str, secrets: tuple[bytes, ...]) -> str | None:
    from explain.report import user_behind as behind

    return behind(run, key, secrets)


def key_file(run: Run) -> Path | None:
    """Where the run's key of pseudonyms lies; None before its first report."""
    from explain.report import key_file as lying

    return lying(run)


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=_RUN)
def _positions(run: Run, what: str) -> dict[str, int]:
    ids = run.dataset.users["user_id"] if what == "user" else run.dataset.streamers["streamer_id"]
    return {known: row for row, known in enumerate(ids)}


def position(run: Run, what: str, known: str) -> int | None:
    """Row of a user or streamer id; None where the run does not know it."""
    return _positions(run, what).get(known)


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=_RUN)
def segments(run: Run) -> pd.DataFrame | None:
    """Segments with their streamer; None where the set has none."""
    return segment_streamers(run.dataset)


@st.cache_resource(max_entries=4096, show_spinner=False, hash_funcs=_RUN)
def clip(run: Run, streamer_idx: int, tip_row: int) -> Clip | None:
    """What the set keeps of a tip, else of its streamer; tip_row -1: a tip that is not in the set."""
    segment = str(run.dataset.tips["segment_id"].iat[tip_row]) if tip_row >= 0 else ""
    streamer_id = str(run.dataset.streamers["streamer_id"].iat[streamer_idx])
    return clip_of(segments(run), run.dataset.folder, streamer_id, segment)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=_RUN)
def room_span(run: Run) -> tuple[datetime, datetime] | None:
    """When the first room starts and the last one starts or ends (UTC); None where the set has no rooms."""
    from mspa_model.data.rooms import has_rooms

    rooms = run.dataset.rooms
    if rooms is None or not has_rooms(run.dataset):
        return None
    last = pd.concat([rooms["started_at"], rooms["ended_at"]]).max()
    return rooms["started_at"].min().to_pydatetime(), last.to_pydatetime()


def moment(run: Run, text: str | None) -> tuple[datetime | None, str]:
    """The moment that a URL asks about who is live, and a sentence where the run can make nothing of it."""
    from mspa_model.data.rooms import moment_of

    if text is None:
        return None, ""
    if room_span(run) is None:
        said = "this data set has no rooms, so nobody knows"
        return None, f"The link asks who is live at “{plain(text)}”; {said}. Live or not, all are ranked."
    try:
        return moment_of(text), ""
    except MspaError as error:
        return None, f"The link asks who is live at “{plain(text)}”; expected {error.expected}. All are ranked."


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=_RUN)
def names(run: Run) -> list[str]:
    """Every streamer's name by streamer_idx."""
    return [name_of(run.dataset, idx) for idx in range(run.dataset.n_streamers)]
