"""A statement as a card: what it says and how strongly, what it rests on, what it does, and how it is corrected."""

from functools import partial

import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.edits import put_edits, with_edit
from app.ui.evidence import draw_clips, draw_tips, evidence_line
from app.ui.fold import fold
from app.ui.group_examples import draw_group
from app.ui.states import note, say
from app.ui.text import capital, escape_md
from explain.cards import StatementView
from explain.group_examples import is_group
from explain.narrate import counted, listed
from explain.types import Edit

_OPEN = 3  # cards that are not folded
_NAMED = 3  # labels in the title of the fold
_NONE = 0.005  # a strength that rounds to zero says nothing


def draw_cards(picked: Picked, edits: tuple[Edit, ...] | None) -> None:
    """The statements of the picked step, the first ones open. edits: None where they are only to be read."""
    views = cache.statement_views(picked.run, picked.basis, picked.step_index)
    shown: frozenset[int] = frozenset()
    for view in views[:_OPEN]:
        shown = _draw_card(picked, view, edits, shown)
    more = views[_OPEN:]
    if not more:
        return
    named = listed([*(view.label for view in more[:_NAMED]), *(["others"] if len(more) > _NAMED else [])])
    title = escape_md(f"{counted(len(more), 'more statement')}: {named}")
    fold(title, "cards-fold", partial(_draw_all, picked, more, edits, shown))


def _draw_all(
    picked: Picked, views: tuple[StatementView, ...], edits: tuple[Edit, ...] | None, shown: frozenset[int]
) -> None:
    for view in views:
        shown = _draw_card(picked, view, edits, shown)


def _draw_card(
    picked: Picked, view: StatementView, edits: tuple[Edit, ...] | None, shown: frozenset[int]
) -> frozenset[int]:
    """One card; returns the streamers that stand on the page now, so that the next shows others."""
    idx = view.statement.value_idx
    with st.container(border=True, key=f"card-{idx}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{capital(view.claim)} {escape_md(view.label)}**", width="stretch")
            if edits is not None:
                _draw_correction(picked, view, edits)
        st.progress(min(view.statement.strength, 1.0), text=f"{view.word}, {view.statement.strength:.2f} of 1")
        _draw_marks(view, _alone(picked))
        if edits:
            _draw_now(picked, view, edits)
        say(view.effect.sentence)
        note(f"{evidence_line(picked, view.statement)} {view.support_sentence}")
        if is_group(picked.run.vocabulary.values[idx]):
            draw_group(picked, idx, "card")
        now_shown = draw_clips(picked, view.statement, shown)
        draw_tips(picked, view.statement, edits)
    return now_shown


def _draw_marks(view: StatementView, alone: frozenset[int]) -> None:
    """What speaks against it, and that no other composer says it; nothing where neither holds."""
    if view.mark is not None:
        st.markdown(f":orange-badge[⚠ {escape_md(view.mark.words)}] {escape_md(view.mark.sentence)}")
    if view.statement.value_idx in alone:
        st.markdown(":blue-badge[this text alone] No other composer of this run says so from the same history.")


def _alone(picked: Picked) -> frozenset[int]:
    """value_idx of what the ranked composer says and no other; none where it is the only one."""
    written = cache.composed(picked.run, picked.user_id, picked.trace.history_scope)
    rows = cache.said(picked.run, tuple(written.values())) if len(written) > 1 else ()
    return frozenset(r.value_idx for r in rows if r.signed[0] is not None and not any(s for s in r.signed[1:]))


def _draw_correction(picked: Picked, view: StatementView, edits: tuple[Edit, ...]) -> None:
    """A slider from avoids to likes, and a button that deletes."""
    idx, key = view.statement.value_idx, _edit_key(view)
    kept = next((e for e in edits if e.key == key and e.kind in ("set statement", "delete statement")), None)
    if kept is not None:
        rest = tuple(e for e in edits if e is not kept)
        st.button("Take back", key=f"card-back-{idx}", on_click=put_edits, args=(rest,), type="tertiary")
    with st.popover("Correct", key=f"card-correct-{idx}"):
        slider = f"card-strength-{picked.user_id}-{idx}"
        # The slider follows the scenario, which the other page and “Take back” change too.
        st.session_state[slider] = _signed(view, kept)
        words, then = "From avoids (−1) to likes (+1)", (slider, view, edits)
        st.slider(words, -1.0, 1.0, step=0.05, key=slider, on_change=_set, args=then)
        note("At 0 it says nothing. The part that is not put into words stays as it is.")
    gone = kept is not None and kept.kind == "delete statement"
    delete = with_edit(edits, Edit("delete statement", key))
    st.button("Delete", key=f"card-delete-{idx}", on_click=put_edits, args=(delete,), disabled=gone, type="tertiary")


def _set(slider: str, view: StatementView, edits: tuple[Edit, ...]) -> None:
    """The slider's value as an edit; where it is put back to what was written, no edit."""
    signed, key = float(st.session_state[slider]), _edit_key(view)
    if abs(signed) < _NONE:
        put_edits(with_edit(edits, Edit("delete statement", key)))
        return
    edited = with_edit(edits, Edit("set statement", key, abs(signed), 1 if signed > 0 else -1))
    put_edits(edited[:-1] if signed == _signed(view, None) else edited)


def _signed(view: StatementView, kept: Edit | None) -> float:
    if kept is None:
        return max(-1.0, min(1.0, round(view.signed, 2)))
    return kept.polarity * kept.strength if kept.kind == "set statement" else 0.0


def _edit_key(view: StatementView) -> str:
    return f"{view.statement.aspect}: {view.statement.value}"


def _draw_now(picked: Picked, view: StatementView, edits: tuple[Edit, ...]) -> None:
    """What the edits made of it, where they made anything of it."""
    stated = {s.value_idx: s for s in cache.edited(picked.run, picked.basis, edits).statements}
    now = stated.get(view.statement.value_idx)
    if now is None:
        said = "With the edits it is gone."
    elif abs(now.polarity * now.strength - view.signed) < _NONE:
        return
    else:
        said = f"With the edits: {'likes' if now.polarity > 0 else 'avoids'}, {now.strength:.2f}."
    ranking = cache.scenario(picked.run, picked.basis, edits).sentence
    st.markdown(f":blue-badge[edited] {escape_md(f'{said} By all edits: {ranking[:1].lower()}{ranking[1:]}')}")
    note("All else on this card is as it was written.")
