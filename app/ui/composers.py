"""The same history in the words of every composer of the run, and of a larger model where one is named."""

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.states import fault, heading, note, say
from app.ui.table import show_table
from app.ui.text import capital, escape_md, told_apart
from explain.narrate import agreement_sentence, composer_words, plural, said_by
from mspa_model.errors import MspaError
from mspa_model.types import Preference

_NOTHING = "—"
_ASKED = "asked-larger"  # session_state: for which run, user and scope the larger model was asked


def draw_composers(picked: Picked) -> None:
    """Text beside text, then statement by statement who says what; one line where there is one composer alone."""
    info = picked.run.dataset.info
    if not len(picked.step.preference.history):
        return
    heading(f"The same {plural(info.tip_is)} in other words")
    written = dict(cache.composed(picked.run, picked.user_id, picked.trace.history_scope))
    texts = st.container()  # before the button, which has to be drawn first to know its answer
    larger = _larger(picked)
    if larger is not None:
        written[picked.run.config.composer.other] = larger
    with texts:
        if len(written) == 1:
            note(f"This run has one composer, {composer_words(next(iter(written)))}: no other text stands beside it.")
            return
        _draw_texts(picked, written)
        _draw_values(picked, written)


def _larger(picked: Picked) -> Preference | None:
    """The larger model's preference once it was asked for; before that, and where it failed, the button."""
    name, asked = picked.run.config.composer.other, (picked.run.hash, picked.user_id, picked.trace.history_scope)
    if name is None:
        return None
    if st.session_state.get(_ASKED) == asked:
        try:
            with st.spinner(escape_md(f"{composer_words(name)} is loaded and writes…"), show_time=True):
                return cache.asked(picked.run, picked.user_id, picked.trace.history_scope)
        except MspaError as error:
            st.session_state[_ASKED] = None  # so that the button stands there again
            fault(error)
    st.button("Ask the larger model", key="ask-larger", on_click=_ask, args=(asked,))
    note(f"It is {composer_words(name)}, loaded at the first question; without a GPU it may write for minutes.")
    return None


def _ask(asked: tuple[str, ...]) -> None:
    st.session_state[_ASKED] = asked


def _draw_texts(picked: Picked, written: dict[str, Preference]) -> None:
    for column, (name, preference) in zip(st.columns(len(written)), written.items(), strict=True):
        with column, st.container(border=True, height="stretch"):
            ranked = " :blue-badge[ranked by]" if name == picked.run.composer.name else ""
            st.markdown(f"**{escape_md(capital(composer_words(name)))}**{ranked}")
            say(preference.text or "Nothing was put into words.")


def _draw_values(picked: Picked, written: dict[str, Preference]) -> None:
    """One row a statement; what only one composer says is marked."""
    names = [composer_words(name) for name in written]
    rows = cache.said(picked.run, tuple(written.values()))
    say(agreement_sentence(rows, names))
    if not rows:
        return
    heads = list(map(told_apart(written, _head), written))
    table = pd.DataFrame({"statement": [row.label for row in rows], "said by": [said_by(row, heads) for row in rows]})
    for position, head in enumerate(heads):
        table[head] = [_verb_and_strength(row.signed[position]) for row in rows]
    show_table(table, "said", f"Strength in each text, from 0 to 1; “{_NOTHING}” where it says nothing")


def _head(name: str) -> str:
    """ "compact", "teacher", "thing-2b": the full words stand over the texts, and a column is narrow."""
    return name.rstrip("/").rpartition("/")[2] or name


def _verb_and_strength(signed: float | None) -> str:
    if signed is None:
        return _NOTHING
    return f"{'likes' if signed > 0 else 'avoids'} {abs(signed):.2f}"
