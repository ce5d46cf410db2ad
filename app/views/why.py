"""Why is Y above the rival, and is the answer faithful?"""

from functools import partial

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked, id_of
from app.ui.chart import show_picture
from app.ui.fold import fold, part
from app.ui.group_examples import draw_groups_named
from app.ui.layout import pair
from app.ui.media import clip_of, show_clip_wide
from app.ui.pieces import draw_pieces
from app.ui.proof import draw_proof
from app.ui.seal import show_seal
from app.ui.states import answer, basis, heading, missing, note, say
from app.ui.table import show_table
from app.ui.text import escape_md
from app.ui.turn import draw_turn_of
from explain.figures import SOURCE_LABELS, parts_of, source_of_bar
from explain.narrate import decisive, plain
from explain.types import Explanation
from mspa_model.types import SOURCES, Source

_QUESTION = "Why is the one above the other, and is the answer faithful to the model?"
_OPENED, _OF = "opened", "opened-of"  # session_state: the source that is open, and the answer that it was opened for


def draw(picked: Picked) -> None:
    """Answer, seal, the margin by source, its largest source opened, the media that carry it; the proof folded."""
    info = picked.run.dataset.info
    if picked.case is None:
        answer(_QUESTION, f"There is no {info.streamer_is} left to rank, so there is nothing to explain.")
        return
    told = cache.explanation(picked.run, picked.case)
    answer(_QUESTION, told.answer)
    show_seal(told.seal, told.evidence)
    basis(picked)
    if told.streamer_rank is None:
        missing(cache.absent(picked.run, picked.trace, picked.streamer_id))
    part(partial(_draw_margin, picked, told))
    _draw_media(picked, told)
    draw_pieces(picked, told)
    draw_turn_of(picked, told)
    heading("In sentences")
    st.markdown("\n".join(f"- {escape_md(sentence)}" for sentence in told.sentences))
    labels = (part.label for part in (*told.statements, *told.residuals))
    draw_groups_named(picked, (told.answer, *told.sentences, *labels), "why")
    _draw_proof(picked, told)


def _draw_margin(picked: Picked, told: Explanation) -> None:
    """The margin by source, and beside it the source that the answer names in its exact parts, or the one chosen."""
    openable = [part.source for part in told.sources if parts_of(told, part.source)]
    _open_what_is_named(told, openable)
    left, right = pair("margin")
    with left:
        title = f"{told.streamer_name} against {told.rival_name}, by source; click a bar to open it"
        picture = cache.margin_drawn(picked.run, picked.case)
        show_picture(picture, "margin", title, on_pick=lambda n: _open_bar(told, openable, n))
    with right:
        part(partial(_draw_opened, picked, told, openable))


def _open_what_is_named(told: Explanation, openable: list[Source]) -> None:
    """A new answer opens the source that it names; where that has no parts, the largest that has some."""
    if st.session_state.get(_OF) == told.answer and st.session_state.get(_OPENED) in openable:
        return
    named = decisive(told.sources, told.margin)
    largest = sorted(openable, key=lambda source: -abs(next(p.margin for p in told.sources if p.source is source)))
    first = [named.source] if named is not None and named.source in openable else []
    st.session_state[_OF], st.session_state[_OPENED] = told.answer, next(iter([*first, *largest]), None)


def _open_bar(told: Explanation, openable: list[Source], position: int) -> None:
    source = source_of_bar(told, position)
    if source in openable:
        st.session_state[_OPENED] = source


def _draw_opened(picked: Picked, told: Explanation, openable: list[Source]) -> None:
    """One source in its exact parts."""
    if not openable:
        missing("No source of this margin opens into parts: it rests on popularity alone, or on nothing.")
        return
    source, named = Source(st.session_state[_OPENED]), decisive(told.sources, told.margin)
    show_picture(cache.opened(picked.run, picked.case, source), "open", f"Inside {SOURCE_LABELS[source]}")
    if named is not None and named.source not in openable:
        note(f"The answer names {SOURCE_LABELS[named.source]}, which is one number and has no parts to open.")
    st.segmented_control("Open another source", openable, format_func=SOURCE_LABELS.get, required=True, key=_OPENED)


def _draw_media(picked: Picked, told: Explanation) -> None:
    """What streamer and rival look, sound and read like."""
    heading("What they look, sound and read like")
    sides = ((told.streamer_idx, told.streamer_name), (told.rival_idx, told.rival_name))
    for column, (idx, name) in zip(pair("media"), sides, strict=True):
        with column:
            _draw_side(picked, idx, name)


def _draw_side(picked: Picked, idx: int, name: str) -> None:
    dataset, row = picked.run.dataset, picked.run.dataset.streamers.iloc[idx]
    clip = clip_of(cache.segments(picked.run), dataset.folder, id_of(picked.run, idx))
    text = plain(str(row["text"]), 400)
    if clip is not None:
        show_clip_wide(clip, name, text)
    else:
        st.markdown(f"**{escape_md(name)}**")
        say(text)
    lacks = [m.value for m in picked.run.features.modalities if not picked.run.features.present[m][idx]]
    if lacks:
        note(f"This {dataset.info.streamer_is} has no {' and no '.join(lacks)}; such a part adds nothing to its score.")
    if clip is None:
        note("No frame and no sound is kept for it." if text else "Neither media nor text is kept for it.")


def _draw_proof(picked: Picked, told: Explanation) -> None:
    """Folded: what stands behind the seal, and every part."""
    draw_proof(picked, told)
    fold("All parts in one table", "parts-fold", partial(_draw_parts, told))


def _draw_parts(told: Explanation) -> None:
    order = {source: row for row, source in enumerate(SOURCES)}
    parts = sorted(
        (*told.sources, *told.tips, *told.statements, *told.residuals),
        key=lambda p: (order[p.source], p.kind != "source"),
    )
    rows = [
        {
            "source": SOURCE_LABELS[p.source],
            "kind": "history" if p.kind == "tip" else p.kind,
            "part": plain(p.label, 120),
            "this one": p.streamer,
            "rival": p.rival,
            "margin": p.margin,
        }
        for p in parts
    ]
    number = st.column_config.NumberColumn(format="%+.4f")
    show_table(
        pd.DataFrame(rows),
        "parts",
        "Weight x fit of every part",
        dict.fromkeys(("this one", "rival", "margin"), number),
    )


draw(st.session_state["picked"])
