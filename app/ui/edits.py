"""The editor of a what-if scenario: which edits there are, how one is added, and how each is taken back."""

import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.state import changed
from app.ui.states import heading, note
from app.ui.text import escape_md, told_apart
from explain.narrate import name_of, plain, quoted
from explain.types import Edit
from mspa_model.types import Modality, Statement
from mspa_model.words import with_article

_KEPT = "edits"


def editor_of(picked: Picked) -> tuple[Edit, ...]:
    """The edits made for this user so far; another user starts with none."""
    owner = (picked.run.hash, picked.user_id, picked.trace.history_scope)
    if st.session_state.get("edits-of") != owner:
        st.session_state["edits-of"], st.session_state[_KEPT] = owner, ()
    return st.session_state[_KEPT]


def _kinds(picked: Picked) -> dict[str, str]:
    info, preference = picked.run.dataset.info, picked.trace.final.preference
    kinds = {"drop tip": f"Drop {with_article(info.tip_is)}"} if len(preference.history) else {}
    kinds["add tip"] = f"Add {with_article(info.tip_is)}"
    if picked.run.features.modalities:
        kinds["mute modality"] = "Mute a modality"
    if picked.run.vocabulary.values:
        kinds["set statement"] = "Set a statement"
    if preference.statements:
        kinds["delete statement"] = "Delete a statement"
    return kinds


def draw_edits(picked: Picked, edits: tuple[Edit, ...]) -> None:
    """Choose one edit and add it; below, those that are in, each with a button that takes it back."""
    heading("The edit")
    draw_choice(picked, edits)
    draw_kept(picked, edits)
    if len(edits) > 1:
        st.button("Start over", key="edit-clear", on_click=put_edits, args=((),))


def draw_choice(picked: Picked, edits: tuple[Edit, ...]) -> None:
    """Choose one edit of any kind and add it."""
    kinds = _kinds(picked)
    kind = st.selectbox("Kind", list(kinds), format_func=kinds.get, key="edit-kind", label_visibility="collapsed")
    edit = {
        "drop tip": _drop_tip,
        "add tip": _add_tip,
        "mute modality": _mute,
        "set statement": _set_statement,
        "delete statement": _delete_statement,
    }[kind](picked)
    if edit is not None:
        st.button(
            "Add this edit",
            key="edit-add",
            type="primary",
            on_click=put_edits,
            args=(with_edit(edits, edit),),
            disabled=edit in edits,
        )


def draw_kept(picked: Picked, edits: tuple[Edit, ...]) -> None:
    """The edits that are in, each with a button that takes it back."""
    for row, known in enumerate(edits):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{row + 1}. {escape_md(edit_words(picked, known))}", width="stretch")
            st.button(
                "Take back",
                key=f"edit-back-{row}",
                on_click=put_edits,
                args=((*edits[:row], *edits[row + 1 :]),),
                type="tertiary",
            )


def with_edit(edits: tuple[Edit, ...], edit: Edit) -> tuple[Edit, ...]:
    """The edits and this one; of several on the same statement only the last counts."""
    return (*(e for e in edits if not (_on_statement(e) and _on_statement(edit) and e.key == edit.key)), edit)


def _on_statement(edit: Edit) -> bool:
    return edit.kind in ("set statement", "delete statement")


def put_edits(edits: tuple[Edit, ...]) -> None:
    """Make these the scenario's edits."""
    st.session_state[_KEPT] = edits
    changed()


def edit_words(picked: Picked, edit: Edit) -> str:
    """An edit in the dataset's words, with names instead of positions and ids."""
    info = picked.run.dataset.info
    if edit.kind == "drop tip":
        return f"without the {info.tip_is} “{_tip_name(picked, int(edit.key.split(',')[0]))}”"
    if edit.kind == "add tip":
        idx = cache.position(picked.run, "streamer", edit.key)
        return f"with {with_article(info.tip_is)} “{name_of(picked.run.dataset, idx)}”"
    if edit.kind == "mute modality":
        return f"without {edit.key}"
    said = _value_words(picked, edit.key)
    if edit.kind == "delete statement":
        return f"without the statement {quoted(said)}"
    return f"with {quoted(('likes ' if edit.polarity > 0 else 'avoids ') + said)} at {edit.strength:.2f}"


def _value_words(picked: Picked, key: str) -> str:
    """How sentences say the value that an edit names by "aspect: name", without a group's examples."""
    values = picked.run.vocabulary.values
    label = next((v.label for v in values if f"{v.aspect}: {v.name}" == key), key)
    return plain(label.partition(", like ")[0])


def _tip_name(picked: Picked, position: int) -> str:
    return name_of(picked.run.dataset, int(picked.trace.final.preference.history.streamer_idx[position]))


def _drop_tip(picked: Picked) -> Edit | None:
    """Newest first, at most as many as a person reads; several tips to one streamer go together."""
    by_streamer: dict[int, list[int]] = {}
    for position, streamer in enumerate(picked.trace.final.preference.history.streamer_idx):
        by_streamer.setdefault(int(streamer), []).append(position)
    keys = [",".join(map(str, positions)) for positions in by_streamer.values()][::-1]
    word = picked.run.dataset.info.tip_is
    typed = (
        st.text_input(
            f"Find {with_article(word)}", key="edit-find-tip", max_chars=100, type="search", placeholder="name"
        )
        if len(keys) > cache.MATCHES
        else ""
    )
    found = [key for key in keys if typed.strip().lower() in _tip_name(picked, int(key.split(",")[0])).lower()][
        : cache.MATCHES
    ]
    if not found:
        note(f"No {word} of this {picked.run.dataset.info.user_is} has that name.")
        return None
    history = picked.trace.final.preference.history
    words = told_apart(
        found,
        lambda key: _tip_name(picked, int(key.split(",")[0])),
        lambda key: id_of(picked.run, int(history.streamer_idx[int(key.split(",")[0])])),
    )
    key = st.selectbox("Which", found, format_func=words, key=picked.widget_key("edit-tip"))
    return Edit("drop tip", key)


def _add_tip(picked: Picked) -> Edit | None:
    word = picked.run.dataset.info.streamer_is
    typed = st.text_input(
        f"Find {with_article(word)}", key="edit-find-streamer", max_chars=100, type="search", placeholder="name or id"
    )
    found = cache.matching_streamers(picked.run, typed)
    if not typed.strip():  # not the one that is explained: tipping it would only take it out of the ranking
        found = tuple(idx for idx in picked.trace.final.ranking.order[:10].tolist() if idx != picked.streamer_idx)
    if not found:
        note(f"No {word} has that name or id.")
        return None
    words = told_apart(found, lambda i: name_of(picked.run.dataset, i), lambda i: id_of(picked.run, i))
    idx = st.selectbox("Which", found, format_func=words, key="edit-streamer")
    return Edit("add tip", id_of(picked.run, idx))


def _mute(picked: Picked) -> Edit:
    modality = st.segmented_control(
        "Which",
        [m.value for m in picked.run.features.modalities],
        required=True,
        default=picked.run.features.modalities[0].value,
        key="edit-modality",
    )
    return Edit("mute modality", Modality(modality).value)


def _statement_words(picked: Picked, statement: Statement) -> str:
    return plain(picked.run.vocabulary.values[statement.value_idx].label)


def _delete_statement(picked: Picked) -> Edit:
    stated = picked.trace.final.preference.statements
    rows = list(range(len(stated)))
    words = told_apart(rows, lambda i: _statement_words(picked, stated[i]), lambda i: stated[i].aspect)
    row = st.selectbox("Which", rows, format_func=words, key=picked.widget_key("edit-deleted"))
    return Edit("delete statement", f"{stated[row].aspect}: {stated[row].value}")


def _set_statement(picked: Picked) -> Edit | None:
    values = picked.run.vocabulary.values
    typed = st.text_input(
        "Find a value", key="edit-find-value", max_chars=100, type="search", placeholder="e.g. a category or a phrase"
    )
    words = typed.strip().lower()
    own = [s.value_idx for s in picked.trace.final.preference.statements]
    order = [*own, *(i for i in range(len(values)) if i not in own)]
    found = [i for i in order if words in f"{values[i].aspect} {values[i].name} {values[i].label}".lower()][
        : cache.MATCHES
    ]
    if not found:
        note("No value of the vocabulary has that in its name.")
        return None
    told = told_apart(found, lambda i: values[i].label, lambda i: values[i].aspect)
    idx = st.selectbox("Which", found, format_func=told, key="edit-value")
    signed = st.slider("From avoids (−1) to likes (+1)", -1.0, 1.0, 0.6, 0.1, key="edit-strength")
    return Edit("set statement", f"{values[idx].aspect}: {values[idx].name}", abs(signed), 1 if signed >= 0 else -1)
