"""One selection for all pages, kept in the URL, so that a link opens exactly what its sender saw."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from urllib.parse import urlencode

import streamlit as st

from explain.types import ReferenceChoice
from mspa_model.types import CandidateScope, HistoryScope
from mspa_model.words import plain

_PARAMS = (
    "run",
    "user",
    "streamer",
    "rival",
    "step",
    "history",
    "candidates",
    "at",
    "new_share",
    "against",
    "reference",
)
_KEPT = "selection"  # session_state: survives a change of page, which empties the URL
_CHANGES = "changes"  # session_state: how often something changed that the whole page shows
# Characters of a value in the URL that are looked at. Ids may be of any length, and one that is cut is another id; a
# server takes 64 kB of an address, so that all values together arrive.
_LONGEST = 4_096

# What a choice makes meaningless: another user has another ranking, another streamer another rival.
_RESETS = {
    "run": ("user", "streamer", "rival", "step", "against"),
    "user": ("streamer", "rival", "step"),
    "streamer": ("rival",),
    "history": ("step",),
}


@dataclass(frozen=True)
class Basis:
    """What a ranking is asked from: whose tips, which of them are known, and which streamers may stand in it.

    live_at: only who is live then (UTC); None: live or not. new_share: of the places, kept for the new.
    """

    user_id: str
    history: HistoryScope = "all"
    candidates: CandidateScope = "new"
    live_at: datetime | None = None
    new_share: float = 0.0


@dataclass(frozen=True)
class Selection:
    """What the analyst chose; None where the choice is left to the dashboard. against: the run to compare with; at: who
    is live when, as the URL has it; reference: whom a modality is explained against.

    faults: sentences about values in the URL that mean nothing; they count as not chosen.
    """

    run: str | None = None
    user: str | None = None
    streamer: str | None = None
    rival: str | None = None
    step: int | None = None
    history: HistoryScope = "all"
    candidates: CandidateScope = "new"
    at: str | None = None
    new_share: float = 0.0
    against: str | None = None
    reference: ReferenceChoice = "rival"
    faults: tuple[str, ...] = ()

    def basis(self, user_id: str, live_at: datetime | None) -> Basis:
        """What this user's ranking is asked from; live_at: what the run makes of `at`."""
        return Basis(user_id, self.history, self.candidates, live_at, self.new_share)


def read_selection() -> Selection:
    """The selection of the URL; where the URL has none (a page was just changed), the one that was kept."""
    given = {key: st.query_params[key] for key in _PARAMS if st.query_params.get(key)}
    if not given:
        given = dict(st.session_state.get(_KEPT, {}))
        if given:
            st.query_params.update(given)
    st.session_state[_KEPT] = given
    return parse(given)


def parse(given: dict[str, str]) -> Selection:
    """Strings of a URL to a selection; what cannot be read becomes a fault and its default."""
    faults = [
        f"The link's {key} has {len(text):,} characters; at most {_LONGEST:,} are read, so it is left out."
        for key, text in given.items()
        if len(text) > _LONGEST
    ]
    given = {key: text for key, text in given.items() if len(text) <= _LONGEST}
    return Selection(
        run=given.get("run"),
        user=given.get("user"),
        streamer=given.get("streamer"),
        rival=given.get("rival"),
        step=_step(given.get("step"), faults),
        history=_one_of("history", given.get("history"), get_args(HistoryScope), "all", faults),
        candidates=_one_of("candidates", given.get("candidates"), get_args(CandidateScope), "new", faults),
        at=given.get("at"),
        new_share=_share(given.get("new_share"), faults),
        against=given.get("against"),
        reference=_one_of("reference", given.get("reference"), get_args(ReferenceChoice), "rival", faults),
        faults=tuple(faults),
    )


def _step(text: str | None, faults: list[str]) -> int | None:
    if text is None or (text.isascii() and text.isdigit() and len(text) < 4):
        return None if text is None else int(text)
    faults.append(f"The link asks for step “{plain(text)}”; a step is a number such as 0. The last step is shown.")
    return None


def _share(text: str | None, faults: list[str]) -> float:
    try:
        share = float(text or 0)
    except ValueError:
        share = -1.0
    if 0 <= share <= 1:
        return share
    asked = plain(text or "")
    faults.append(f"The link keeps “{asked}” of the places for the new; a share is a number from 0 to 1. None is kept.")
    return 0.0


def _one_of(name: str, text: str | None, known: tuple[str, ...], default: str, faults: list[str]) -> str:
    if text is None or text in known:
        return text or default
    faults.append(f"The link asks for {name} “{plain(text)}”; known are {' and '.join(known)}. “{default}” is shown.")
    return default


def choose(**changes: str | float | None) -> None:
    """Change the selection, in the URL and for the pages to come; a default is left out of the URL."""
    given = dict(st.session_state.get(_KEPT, {}))
    for key, value in changes.items():
        if key not in _PARAMS:
            raise KeyError(key)
        if given.get(key) == (None if value is None else str(value)):
            continue
        for stale in (key, *_RESETS.get(key, ())):
            if stale == key or stale not in changes:
                given.pop(stale, None)
        if value is not None:
            given[key] = str(value)
    st.session_state[_KEPT] = given
    st.query_params.from_dict(given)
    changed()


def changed() -> None:
    """Something that the whole page shows is another now: a part that is drawn alone runs the page instead."""
    st.session_state[_CHANGES] = n_changes() + 1


def n_changes() -> int:
    """How often that was so in this session."""
    return st.session_state.get(_CHANGES, 0)


def url_time(moment: datetime) -> str:
    """A moment in UTC as a URL has it."""
    return moment.isoformat().replace("+00:00", "Z")


def link(page: str, **params: str | int | None) -> str:
    """The query of a deep link to a page, e.g. "/why?user=u1&streamer=s2"; every value is percent-encoded."""
    query = urlencode({key: value for key, value in params.items() if value is not None})
    return f"/{page}?{query}" if query else f"/{page}"
