"""Which frames, seconds of sound and words carry a modality, on the Why page: left out one at a time when asked."""

from functools import partial
from pathlib import Path

import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.chart import show_picture
from app.ui.fold import fold
from app.ui.layout import pair
from app.ui.media import show_frame, show_sound
from app.ui.searching import searched
from app.ui.states import missing, note, say
from app.ui.text import escape_md, told_apart, when
from explain.figures import SOURCE_LABELS, inputs_drawn, pieces_drawn, place, signed
from explain.types import Carried, Carrying, Explanation, Piece
from mspa_model.types import Modality, Source

_SHOWN = 3  # frames, clips or texts that are shown themselves
_MARKED = 2  # sentences, and as many words in each, that are marked in a text


def draw_pieces(picked: Picked, told: Explanation) -> None:
    """Folded: nothing is encoded before it is asked for."""
    title = "Which frames, seconds and words carry it"
    fold(title, "pieces-fold", partial(_draw_choice, picked, told), searches=("pieces-",))


def _draw_choice(picked: Picked, told: Explanation) -> None:
    """Of which modality and streamer, and what was found of them."""
    used = [p.source.modality for p in told.sources if p.source.modality and (p.streamer, p.rival) != (0, 0)]
    if not used:
        missing("No modality takes part in this margin, so no frame, second or word carries any of it.")
        return
    modality, streamer_idx = _asked(told, used)
    reason = cache.unopened(picked.run, modality, streamer_idx)
    if reason:
        missing(reason)
        return
    asked = (picked.run.hash, told.case, modality, streamer_idx)
    found: Carrying | None = searched(
        f"pieces-{modality.value}-{streamer_idx}",
        "Leave them out one at a time",
        asked,
        lambda progress: cache.carrying(picked.run, picked.step, modality, streamer_idx, progress),
        "Encoding again…",
        in_fold=True,
    )
    if found is None:
        note("Each is left out, the rest encoded again and scored again: some seconds.")
    else:
        _draw(picked, told, found)


def _asked(told: Explanation, used: list[Modality]) -> tuple[Modality, int]:
    names = {told.streamer_idx: told.streamer_name, told.rival_idx: told.rival_name}
    words = told_apart(list(names), names.get, lambda idx: "rival" if idx == told.rival_idx else "this one")
    left, right = st.columns(2)
    strongest = max(told.sources, key=lambda p: abs(p.margin) if p.source.modality in used else -1).source.modality
    modality = left.segmented_control(
        "Modality",
        used,
        default=strongest,
        format_func=lambda m: SOURCE_LABELS[Source(m.value)],
        required=True,
        key="pieces-modality",
    )
    # A drop-down, which shows a name as it is: buttons would read it as Markdown.
    streamer_idx = right.selectbox("Of", list(names), format_func=words, key=f"pieces-of-{told.rival_idx}")
    return modality, streamer_idx


def _draw(picked: Picked, told: Explanation, found: Carrying) -> None:
    say(found.sentence)
    source = Source(found.modality.value)
    margin = next(part.margin for part in told.sources if part.source is source)
    note(f"{told.streamer_name}'s less {told.rival_name}'s, both against having none, is the margin: {signed(margin)}.")
    if found.note:
        note(found.note)
    _draw_shown(picked, found)
    kinds = {Modality.VISUAL: (), Modality.AUDIO: ("second",), Modality.TEXT: ("sentence", "word")}[found.modality]
    left, right = pair("pieces")
    with left:
        show_picture(inputs_drawn(found), f"inputs-{found.modality.value}", "What each of them carries")
    for kind, column in zip(kinds, (right, left), strict=False):
        with column:
            show_picture(pieces_drawn(found, kind), f"pieces-{kind}", f"Left out one {kind} at a time")


def _draw_shown(picked: Picked, found: Carrying) -> None:
    """Those with the largest shares, to be seen, heard or read; of texts first those whose words were left out."""
    order = sorted(range(len(found.inputs)), key=lambda n: -abs(found.inputs[n].share))
    if found.modality is Modality.TEXT:
        opened = [piece.of for piece in found.of_kind("word")]
        for n in list(dict.fromkeys((*opened, *order)))[:_SHOWN]:
            _draw_text(picked, found, n)
        note(
            "Marked in each are the sentences and, in bold, the words that move the score most when left out alone: "
            "blue holds it up, orange holds it down."
        )
        return
    for n, column in zip(order[:_SHOWN], st.columns(_SHOWN), strict=False):
        with column:
            _draw_file(picked, found, n)


def _draw_file(picked: Picked, found: Carrying, n: int) -> None:
    given = found.inputs[n]
    assert isinstance(given.path, Path)
    title = _title(picked, given)
    st.markdown(f"**{escape_md(title)}**")
    said = f"Share {signed(given.share)}; left out alone {signed(-given.lost)}, then {place(given.place_after)}."
    if found.modality is Modality.VISUAL:
        show_frame(given.path, f"{found.name}, {title}")
    else:
        strongest = max((p for p in found.pieces if p.of == n), key=lambda piece: abs(piece.lost))
        show_sound(given.path, f"{found.name}, {title}", start=int(strongest.start))
        said += (
            f" The player starts at the second that moves most when left out, {strongest.start:g} to "
            f"{strongest.stop:g} s: {signed(-strongest.lost)}."
        )
    note(said)


def _draw_text(picked: Picked, found: Carrying, n: int) -> None:
    given = found.inputs[n]
    st.markdown(f"**{escape_md(_title(picked, given))}**")
    st.markdown(_marked(found, n))
    note(f"Share {signed(given.share)}; left out alone {signed(-given.lost)}, then {place(given.place_after)}.")


def _marked(found: Carrying, n: int) -> str:
    """The text, escaped, with what moves the score most marked."""
    text, marked, at = found.inputs[n].text, [], 0
    own = [piece for piece in found.pieces if piece.of == n]
    for sentence in _strongest([piece for piece in own if piece.kind == "sentence"]):
        marked.append(escape_md(text[at : int(sentence.start)]))
        words = [p for p in own if p.kind == "word" and sentence.start <= p.start < sentence.stop]
        inside = _bold(text, sentence, _strongest(words))
        marked.append(f":{'blue' if sentence.lost >= 0 else 'orange'}-background[{inside}]")
        at = int(sentence.stop)
    return " ".join(filter(None, [*marked, escape_md(text[at:])]))


def _bold(text: str, sentence: Piece, words: list[Piece]) -> str:
    parts, at = [], int(sentence.start)
    for word in words:
        parts += [_spaced(text[at : int(word.start)]), f"**{escape_md(text[int(word.start) : int(word.stop)])}**"]
        at = int(word.stop)
    return "".join([*parts, _spaced(text[at : int(sentence.stop)])])


def _spaced(text: str) -> str:
    """Escaped with the spaces at its ends kept, which escape_md takes off."""
    inside = escape_md(text)
    return " " * text.startswith(" ") + inside + " " * (bool(inside) and text.endswith(" "))


def _strongest(pieces: list[Piece]) -> list[Piece]:
    """Those that move the score most, in their order in the text."""
    strongest = sorted((p for p in pieces if p.lost), key=lambda piece: -abs(piece.lost))[:_MARKED]
    return sorted(strongest, key=lambda piece: piece.start)


def _title(picked: Picked, given: Carried) -> str:
    """ "frame 2 of 3, 12 Mar 2025, 20:04"."""
    segments, info = picked.run.dataset.segments, picked.run.dataset.info
    if given.segment_row < 0 or segments is None or "started_at" not in segments:
        return given.label
    return f"{given.label}, {when(segments['started_at'].iloc[given.segment_row], info)}"
