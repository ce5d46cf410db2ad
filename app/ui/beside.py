"""The ranking beside the statements: before and after the edits, what composing anew would say, and the way back."""

from functools import partial

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.state import choose
from app.ui.edits import draw_choice, draw_kept, put_edits
from app.ui.fold import fold
from app.ui.ranking import K, draw_new_note, top_table
from app.ui.states import heading, note, say
from app.ui.table import show_table
from explain.cards import Anew
from explain.narrate import counted, listed, ordinal
from explain.newcomers import NEW
from explain.types import Edit, ScenarioResult
from mspa_model.types import Ranking
from mspa_model.words import with_article

_ANEW = "composed-anew"  # session_state: for which user and edits composing anew was asked for
_NAMED = 3


def draw_beside(picked: Picked, edits: tuple[Edit, ...] | None) -> None:
    """The first ten of the step, or with the edits. edits: None where the step is not what edits start from."""
    if not edits:
        heading(f"The first {K}")
        anew = _asked(picked, edits)
        _draw_places(picked, picked.step.ranking, None, anew)
    else:
        heading(f"The first {K} with {counted(len(edits), 'edit')}")
        result = cache.scenario(picked.run, picked.basis, edits)
        anew = _asked(picked, edits)
        _draw_places(picked, result.after, result.before, anew)
        say(_left(result) + result.sentence)
    if edits is None:
        note("Statements are corrected at the last step, which is the answer; choose it at the left.")
        return
    _draw_way_back(picked, edits, anew)


def _draw_places(picked: Picked, now: Ranking, before: Ranking | None, anew: Anew | None) -> None:
    """A row for each streamer of the first ten, with its place before and after composing anew; a click picks it."""
    info, table = picked.run.dataset.info, top_table(picked, now)
    kept = [name for name in ("rank", info.streamer_is, "category", f"{info.tip_is} later", NEW) if name in table]
    table = table[kept]
    shown = [int(idx) for idx in now.order[:K]]
    for position, (title, other) in enumerate((("before", before), ("anew", anew.ranking if anew else None))):
        if other is not None:
            places = pd.array([other.rank_of(idx) for idx in shown], dtype="Int64")
            table.insert(1 + position * ("before" in table), title, places)
    narrow = {name: st.column_config.NumberColumn(width=50) for name in ("rank", "before", "anew") if name in table}
    caption = "Places now, and before the edits" if before is not None else "Places"
    show_table(
        table,
        "top-now",
        f"{caption}; click one to explain it",
        narrow,
        on_pick=lambda row: choose(streamer=id_of(picked.run, shown[row])),
    )
    draw_new_note(picked, now)


def _left(result: ScenarioResult) -> str:
    """Who held one of the first ten places and does not any more."""
    gone = [m for m in result.moves if (m.rank_before or K + 1) <= K < (m.rank_after or K + 1)]
    if not gone:
        return ""
    named = [f"{m.name} ({f'now {ordinal(m.rank_after)}' if m.rank_after else 'not ranked'})" for m in gone[:_NAMED]]
    more = [f"{len(gone) - _NAMED} more"] if len(gone) > _NAMED else []
    return f"Out of the first {K}: {listed([*named, *more])}. "


def _draw_way_back(picked: Picked, edits: tuple[Edit, ...], anew: Anew | None) -> None:
    with st.container(horizontal=True):
        if edits:
            st.button("Take the edits back", key="edits-back", on_click=put_edits, args=((),), type="primary")
        st.button(
            "Compose anew",
            key="compose-anew",
            on_click=_ask,
            args=(picked, edits),
            disabled=anew is not None,
            help="Writes the preference again from what is left of the history, corrects it and ranks again.",
        )
    if anew is not None:
        say(anew.sentence)
        note(
            "“anew” is the place after that, with the correction run again; all other places keep the correction. The "
            "edits are as they were: it is for comparing, and nothing is stored."
        )
    draw_kept(picked, edits)
    if edits:
        for limit in cache.scenario(picked.run, picked.basis, edits).limits:
            note(limit)
    info = picked.run.dataset.info
    fold(f"Add a value, or leave out {with_article(info.tip_is)}", "edit-fold", partial(draw_choice, picked, edits))


def _ask(picked: Picked, edits: tuple[Edit, ...]) -> None:
    st.session_state[_ANEW] = (picked.run.hash, picked.basis, edits)


def _asked(picked: Picked, edits: tuple[Edit, ...] | None) -> Anew | None:
    """What composing anew says, where it was asked for with these very edits."""
    if edits is None or st.session_state.get(_ANEW) != (picked.run.hash, picked.basis, edits):
        return None
    return cache.composed_anew(picked.run, picked.basis, edits)
