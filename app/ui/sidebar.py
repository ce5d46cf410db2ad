"""The sidebar: one selection for all pages. Lists are searched on the server and hold some twenty entries."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.state import Selection, choose, url_time
from app.ui.text import capital, escape_md, told_apart, when
from app.worklist import USER
from explain.narrate import plain, plural
from explain.newcomers import marked_name
from mspa_model.number_format import percent
from mspa_model.runs import Run

_TYPED = 100  # characters of a search
_AUTO = "—"  # the rival that is not chosen: the next below
_SHARES = (0.0, 0.1, 0.2)  # of the places for the new; a link may name another


def draw_run(runs: dict[str, Path], name: str) -> None:
    """Which run is looked at."""
    if len(runs) > 1:
        st.session_state["pick-run"] = name
        words = told_apart(runs)
        st.selectbox("Run", list(runs), key="pick-run", on_change=_take, args=("run", "pick-run"), format_func=words)


def draw_user(run: Run, shown: str | None) -> None:
    """Search a user by id, or take one of the worklist's. shown None: the one asked for is unknown."""
    word = run.dataset.info.user_is
    query = st.text_input(
        escape_md(capital(word)),
        key="find-user",
        max_chars=_TYPED,
        placeholder="find by id",
        type="search",
        on_change=lambda: _take_hit(run, "user", "find-user"),
    )
    found = list(cache.matching_users(run, query)) if query.strip() else _offered(run)
    if query.strip() and not found:
        st.caption(escape_md(f"No {word} has “{plain(query)}” in the id."))
    _pick(capital(word), "user", list(dict.fromkeys([*([shown] if shown else []), *found])), shown)


def _offered(run: Run) -> list[str]:
    lists = cache.worklist(run)
    users = [user for frame in (lists.helped, lists.harmed, lists.missed, lists.few) for user in frame[USER].head(5)]
    return list(dict.fromkeys(users))[: cache.MATCHES] or list(cache.matching_users(run, ""))


def draw_case(picked: Picked) -> None:
    """Streamer, rival and step of the user's ranking."""
    run, info = picked.run, picked.run.dataset.info
    if picked.streamer_idx is None:
        st.caption(escape_md(f"There is no {info.streamer_is} left to rank."))
        return
    query = st.text_input(
        escape_md(capital(info.streamer_is)),
        key="find-streamer",
        max_chars=_TYPED,
        placeholder="find by name or id",
        type="search",
        on_change=lambda: _take_hit(run, "streamer", "find-streamer"),
    )
    found = _streamers(picked, query)
    if query.strip() and not found:
        st.caption(escape_md(f"No {info.streamer_is} has “{plain(query)}” in its name or id."))
    shown = picked.streamer_idx
    _pick(capital(info.streamer_is), "streamer", _ids(run, [shown, *found]), id_of(run, shown), picked)
    _draw_rival(picked)
    _draw_step(picked)


def _draw_rival(picked: Picked) -> None:
    """The next below, or another: one of the first ten, or whom a search of its own finds."""
    query = st.text_input(
        "Rival",
        key="find-rival",
        max_chars=_TYPED,
        placeholder="find by name or id",
        type="search",
        on_change=lambda: _take_hit(picked.run, "rival", "find-rival"),
    )
    chosen = [] if picked.rival_idx is None else [picked.rival_idx]
    rivals = [idx for idx in (*chosen, *_streamers(picked, query)) if idx != picked.streamer_idx]
    _pick("Rival", "rival", [_AUTO, *_ids(picked.run, rivals)], picked.rival_id or _AUTO, picked)


def _streamers(picked: Picked, query: str) -> list[int]:
    if query.strip():
        return list(cache.matching_streamers(picked.run, query))
    return [int(idx) for idx in picked.step.ranking.order[:10]]


def _ids(run: Run, rows: Sequence[int]) -> list[str]:
    return [id_of(run, idx) for idx in dict.fromkeys(rows)]


def _pick(
    title: str,
    param: str,
    options: list[str],
    current: str | None,
    picked: Picked | None = None,
) -> None:
    """A list of at most twenty-two whose shown entry is always the selection's."""
    key = f"pick-{param}"
    st.session_state[key] = current
    words = told_apart(options, (lambda known: _entry(picked, known)) if picked else str)
    st.selectbox(
        escape_md(title),
        options,
        key=key,
        format_func=words,
        on_change=_take,
        args=(param, key),
        label_visibility="collapsed",
    )


def _entry(picked: Picked, streamer_id: str) -> str:
    """ "3. Lumi", "Kato (not ranked)"."""
    if streamer_id == _AUTO:
        return "the next below"
    idx = cache.position(picked.run, "streamer", streamer_id)
    rank = picked.step.ranking.rank_of(idx)
    name = marked_name(picked.run, idx)
    return f"{rank}. {name}" if rank else f"{name} (not ranked)"


def _draw_step(picked: Picked) -> None:
    last = len(picked.trace.steps) - 1
    if last == 0:
        st.caption("Step 0 only: correction kept no step here.")
        return
    st.session_state["pick-step"] = picked.step_index
    st.select_slider("Correction step", list(range(last + 1)), key="pick-step", on_change=_take_step, args=(last,))


def draw_scopes(run: Run, selection: Selection) -> None:
    """Which tips the ranking knows, and whether what was tipped stays in it."""
    info = run.dataset.info
    tips, streamers = plural(info.tip_is), plural(info.streamer_is)
    st.session_state["pick-history"], st.session_state["pick-candidates"] = selection.history, selection.candidates
    known = {"all": "All", "train": "Train only"}
    ranked = {"new": "New only", "all": "All"}
    st.segmented_control(
        escape_md(f"Known {tips}"),
        list(known),
        format_func=known.get,
        key="pick-history",
        required=True,
        on_change=_take,
        args=("history", "pick-history", "all"),
        help=f"“Train only” hides each {info.user_is}'s last {tips}, so that the ranking can be held against them.",
    )
    st.segmented_control(
        escape_md(f"Ranked {streamers}"),
        list(ranked),
        format_func=ranked.get,
        key="pick-candidates",
        required=True,
        on_change=_take,
        args=("candidates", "pick-candidates", "new"),
        help=f"“New only” leaves out {streamers} that this {info.user_is} has in the known {tips}.",
    )
    _draw_live(run, selection)


def _draw_live(run: Run, selection: Selection) -> None:
    """Only who is live at a moment of the set's own time zone; nothing where the set has no rooms."""
    span, info = cache.room_span(run), run.dataset.info
    if span is None:
        return
    zone, (shown, _) = ZoneInfo(info.timezone), cache.moment(run, selection.at)
    first, last = (moment.astimezone(zone).replace(tzinfo=None, microsecond=0) for moment in span)
    at = None if shown is None else shown.astimezone(zone).replace(tzinfo=None)
    known = f"{when(span[0], info)} to {when(span[1], info)}"
    st.session_state["pick-at"] = at
    st.datetime_input(
        escape_md(f"Only who is live at ({info.timezone})"),
        None,
        min(first, at or first),
        max(last, at or last),
        key="pick-at",
        step=300,
        on_change=_take_moment,
        args=(zone,),
        help=f"Ranks only {plural(info.streamer_is)} with a room open then; rooms are known from {known}. "
        "One without an end is open until the next of the same. Empty: live or not, all are ranked.",
    )


def draw_new_share(run: Run, selection: Selection) -> None:
    """Which share of the places is kept for cold streamers; nothing where the run has none."""
    if not run.recommender.is_cold.any():
        return
    info = run.dataset.info
    st.session_state["pick-new-share"] = selection.new_share
    st.segmented_control(
        "Places for the new",
        sorted({*_SHARES, selection.new_share}),
        format_func=lambda share: percent(share) if share else "None",
        key="pick-new-share",
        required=True,
        on_change=_take,
        args=("new_share", "pick-new-share", 0.0),
        help=f"Keeps this share of the places for {plural(info.streamer_is)} to which no {info.tip_is} was there to "
        "learn from, the best of them first. Scores stay as they are.",
    )


def _take(param: str, key: str, default: str | float = _AUTO) -> None:
    """A widget's value into the selection; its default leaves the URL."""
    value = st.session_state[key]
    choose(**{param: None if value == default else value})


def _take_hit(run: Run, param: str, key: str) -> None:
    """What was typed, where it is one id, one name, or all that it is found in is one; the list is left to the rest."""
    hit = cache.only_hit(run, "user" if param == "user" else "streamer", st.session_state[key])
    if hit is not None:
        choose(**{param: hit})


def _take_moment(zone: ZoneInfo) -> None:
    value = st.session_state["pick-at"]
    choose(at=None if value is None else url_time(value.replace(tzinfo=zone).astimezone(UTC)))


def _take_step(last: int) -> None:
    value = st.session_state["pick-step"]
    choose(step=None if value == last else value)
