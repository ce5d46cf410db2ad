"""Where to look: lists of users on the overview, each with what it holds and how many there are."""

import streamlit as st

from app import cache
from app.state import choose
from app.ui.audit import draw_audit
from app.ui.states import heading, missing, note, say
from app.ui.table import show_table
from app.worklist import GAINED, USER, Worklist
from explain.narrate import counted, plural
from mspa_model.runs import Run
from mspa_model.types import DatasetInfo

_SEALED_AT_ONCE = 10
_RED = "red"


def draw_worklist(run: Run) -> None:
    """One list at a time; a click on a row picks its user for all pages."""
    info, lists = run.dataset.info, cache.worklist(run)
    heading("Where to look")
    names = {
        "helped": "Most helped",
        "harmed": "Most harmed",
        "missed": "Missed",
        "few": f"Few {plural(info.tip_is)}",
        _RED: "Seals",
    }
    kind = st.segmented_control(
        "Worklist",
        list(names),
        format_func=names.get,
        default="helped",
        key="worklist",
        required=True,
        label_visibility="collapsed",
    )
    if kind == _RED:
        _draw_red(run)
        return
    note(kept_sentence(lists, info))
    _draw_list(run, lists, kind)


def kept_sentence(lists: Worklist, info: DatasetInfo) -> str:
    """How many of those with a kept step correction helped, harmed, and left as they were."""
    if not lists.n_kept:
        return f"Correction kept a step for none of the measured {plural(info.user_is)}: it helped and harmed nobody."
    level = lists.n_kept - lists.n_helped - lists.n_harmed
    return (
        f"Correction kept a step for {counted(lists.n_kept, info.user_is)}: {lists.n_helped:,} better by ndcg@10, "
        f"{lists.n_harmed:,} worse, {level:,} neither."
    )


def _draw_list(run: Run, lists: Worklist, kind: str) -> None:
    info = run.dataset.info
    users, tips = plural(info.user_is), plural(info.tip_is)
    words = {
        "helped": f"{users} whom a kept step helped, most first",
        "harmed": f"{users} whom a kept step harmed, most first",
        "missed": f"{users} none of whose test {tips} stand in the top 10",
        "few": f"measured {users} with the fewest known {tips}",
    }[kind]
    frame = getattr(lists, kind)
    if frame.empty:
        missing(f"There are no {words.removesuffix(', most first')}.")
        return
    numbers = {name: st.column_config.NumberColumn(format="%.3f") for name in ("ndcg@10", GAINED, "recall@10")}
    show_table(
        frame,
        f"worklist-{kind}",
        f"{counted(len(frame), 'row')}: {words}; measured from train {tips}",
        numbers,
        280,
        on_pick=lambda row: choose(user=str(frame[USER].iat[row]), history="train"),
    )
    note(f"Click a row to pick that {info.user_is} for all pages, known by train {tips} alone.")


def _draw_red(run: Run) -> None:
    """Of an audited run the seals that were counted; of any other, seals are made when asked."""
    info = run.dataset.info
    if run.audit is not None:
        draw_audit(run, run.audit)
        return
    lists = cache.worklist(run)
    first = [*lists.helped[USER].head(3), *lists.harmed[USER].head(3), *lists.missed[USER].head(4)]
    users = list(dict.fromkeys(first))[:_SEALED_AT_ONCE]
    whom = f"the first {info.streamer_is} of {counted(len(users), info.user_is)} from the lists beside"
    note(f"A seal belongs to one case, so none is made ahead. This one seals {whom}.")
    if not users:
        missing(f"No {info.user_is} was measured, so there is nobody to start from.")
    elif st.button("Seal them now", key="seal-now") or st.session_state.get("sealed") == run.hash:
        st.session_state["sealed"] = run.hash
        frame = cache.seals(run, tuple(users))
        red = frame[frame["seal"] == "red"]
        say(f"{len(red)} of {len(frame)} are red." if len(red) else f"None of {len(frame)} is red.")
        show_table(
            frame,
            "worklist-red",
            "Seals, red ones first",
            on_pick=lambda row: choose(user=str(frame[USER].iat[row]), history="train"),
        )
