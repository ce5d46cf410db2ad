"""New tips without training: a file of them or streamers picked by hand, and both rankings side by side."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.state import choose
from app.ui.fold import fold
from app.ui.layout import pair
from app.ui.ranking import K
from app.ui.states import fault, heading, missing, note, say
from app.ui.table import show_table
from app.ui.text import escape_md, told_apart
from explain.narrate import counted, listed, moves_sentence, name_of, ordinal, plural
from explain.newcomers import marked_name, names_note
from mspa_model.errors import MspaError
from mspa_model.types import Arrival, History
from mspa_model.words import with_article

_PICKED = "arrivals"  # session_state: (streamer_idx, amount) picked by hand
_OWNER = "arrivals-of"
_NAMED = 4
_NOTHING = "—"


def draw_arrivals(picked: Picked) -> None:
    """Folded: what arrives, on the left; what it does to the ranking, on the right."""
    info = picked.run.dataset.info
    title = f"New {plural(info.tip_is)} of this {info.user_is}, without any training"
    fold(escape_md(title), "arrivals-fold", partial(_draw_both, picked))


def _draw_both(picked: Picked) -> None:
    left, right = pair("arrivals", (2, 3))
    with left:
        tips = _arriving(picked)
    with right:
        if tips is None:
            word = picked.run.dataset.info.streamer_is
            missing(f"Upload a file or pick {with_article(word)}: the whole trace is run again with it.")
        else:
            _draw_result(picked, cache.arrived(picked.run, picked.basis, tips))


def _arriving(picked: Picked) -> History | None:
    """What came by file and by hand; None where neither did, or the file has a fault."""
    heading("What arrives")
    by_file, by_hand = _uploaded(picked), _picked(picked)
    if by_file is not None and by_hand is not None:
        return cache.together(by_file, by_hand)
    return by_file if by_file is not None else by_hand


def _uploaded(picked: Picked) -> History | None:
    file = st.file_uploader(
        "A file: columns streamer_id and amount, tipped_at where it is known",
        list(cache.ENDINGS),
        key=f"arrivals-file-{picked.user_id}",
        max_upload_size=5,
    )
    if file is None:
        return None
    ending = file.name.rpartition(".")[2].lower()
    try:
        tips = cache.uploaded_tips(picked.run, picked.basis, file.getvalue(), ending)
    except MspaError as error:
        fault(error)
        return None
    note(f"Read {counted(len(tips), picked.run.dataset.info.tip_is)}.")
    return tips


def _picked(picked: Picked) -> History | None:
    """Tips to streamers that are searched by name, each with a button that takes it back."""
    owner = (picked.run.hash, picked.user_id)
    if st.session_state.get(_OWNER) != owner:
        st.session_state[_OWNER], st.session_state[_PICKED] = owner, ()
    tips: tuple[tuple[int, float], ...] = st.session_state[_PICKED]
    _draw_choice(picked, tips)
    for row, (idx, amount) in enumerate(tips):
        with st.container(horizontal=True, vertical_alignment="center"):
            words = f"{name_of(picked.run.dataset, idx)}, {amount:g} {picked.run.dataset.info.tip_unit}"
            st.markdown(escape_md(words), width="stretch")
            rest = (*tips[:row], *tips[row + 1 :])
            st.button("Take back", key=f"arrivals-back-{row}", on_click=_put, args=(rest,), type="tertiary")
    return cache.picked_tips(picked.run, picked.basis, tips) if tips else None


def _draw_choice(picked: Picked, tips: tuple[tuple[int, float], ...]) -> None:
    run, info = picked.run, picked.run.dataset.info
    typed = st.text_input(
        escape_md(f"Or find {with_article(info.streamer_is)}"),
        key="arrivals-find",
        max_chars=100,
        type="search",
        placeholder="name or id",
    )
    found = (
        cache.matching_streamers(run, typed) if typed.strip() else tuple(picked.trace.final.ranking.order[:K].tolist())
    )
    if not found:
        note(f"No {info.streamer_is} has that name or id.")
        return
    words = told_apart(found, lambda i: name_of(run.dataset, i), lambda i: id_of(run, i))
    idx = st.selectbox("Which", found, format_func=words, key="arrivals-streamer", label_visibility="collapsed")
    usual = picked.trace.steps[0].preference.history.amount
    amount = st.number_input(
        escape_md(f"Amount ({info.tip_unit})"),
        min_value=0.01,
        value=max(0.01, float(np.median(usual)) if len(usual) else 1.0),
        key="arrivals-amount",
    )
    st.button(f"Add this {info.tip_is}", key="arrivals-add", on_click=_put, args=((*tips, (int(idx), amount)),))


def _put(tips: tuple[tuple[int, float], ...]) -> None:
    st.session_state[_PICKED] = tips


def _draw_result(picked: Picked, arrival: Arrival) -> None:
    """What came in, what moved, then place by place who stood and who stands there."""
    info = picked.run.dataset.info
    heading("Before and after")
    known = counted(len(arrival.before.steps[0].preference.history), info.tip_is)
    joined = f"{counted(len(arrival.tips), info.tip_is)} joined {known}; the preference was composed anew"
    moves = moves_sentence(cache.arrival_moves(picked.run, arrival, K), len(arrival.entered(K)), K, info)
    say(f"{joined}, corrected and ranked again, and nothing was trained. {moves}{_left(picked, arrival)}")
    before, after = (trace.final.ranking for trace in (arrival.before, arrival.after))
    shown = max(len(before.order[:K]), len(after.order[:K]))
    if shown == 0:
        missing(f"No {info.streamer_is} is left to rank.")
        return
    names = [[marked_name(picked.run, i) for i in ranking.order[:shown].tolist()] for ranking in (before, after)]
    was = [before.rank_of(i) for i in after.order[:shown].tolist()]
    columns = {
        "before": names[0],
        "after": names[1],
        "its place before": [_NOTHING if r is None else str(r) for r in was],
    }
    table = pd.DataFrame({name: pd.Series(values) for name, values in columns.items()}).fillna("")
    table.insert(0, "place", range(1, shown + 1))
    order = after.order[:shown].tolist()
    show_table(
        table,
        "arrived",
        "Both rankings side by side; click a row to pick who stands there now",
        {"place": st.column_config.NumberColumn(width=50)},
        on_pick=lambda row: choose(streamer=id_of(picked.run, order[row])) if row < len(order) else None,
    )
    marked = names_note(picked.run, (before, after), K)
    if marked:
        note(marked)
    kept = [counted(len(trace.steps) - 1, "correction step") for trace in (arrival.before, arrival.after)]
    note(f"Kept: {kept[0]} before, {kept[1]} after. {arrival.after.stop_sentence}")
    note(
        f"{with_article(info.tip_is, opening=True)} without a time counts as the newest. "
        "What goes together was learned before and stays."
    )
    if picked.trace.live_at is not None:
        note("Both rankings hold only who is live at the moment chosen at the left.")


def _left(picked: Picked, arrival: Arrival) -> str:
    """Who is not in the first K any more, and where to."""
    gone, after = arrival.left(K), arrival.after.final.ranking
    if not gone:
        return ""
    tipped = set(arrival.tips.streamer_idx.tolist())
    places = {idx: after.rank_of(idx) for idx in gone}
    has_one = f"has {with_article(picked.run.dataset.info.tip_is)} now"
    words = {
        i: has_one if r is None and i in tipped else f"now {ordinal(r)}" if r else "not ranked"
        for i, r in places.items()
    }
    named = [f"{name_of(picked.run.dataset, idx)} ({words[idx]})" for idx in gone[:_NAMED]]
    more = [f"{len(gone) - _NAMED} more"] if len(gone) > _NAMED else []
    return f" Out of the top {K}: {listed([*named, *more])}."
