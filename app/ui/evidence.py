"""What a statement rests on: its tips in words, up to two clips, and the list from which a tip can be left out."""

from functools import partial

import numpy as np
import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.edits import put_edits
from app.ui.fold import fold
from app.ui.media import Clip, show_clip
from app.ui.states import note
from app.ui.text import escape_md, when
from explain.contribution import tips_by_streamer
from explain.narrate import counted, listed, name_of, plain, plural
from explain.types import Edit
from mspa_model.types import Statement

_CLIPS = 2  # beside a statement
_NAMED = 3  # names in a card's line
_WORDS = 110  # characters of speech, and of comments, on a card
_ROWS = 20  # tips that a fold lists


def evidence_line(picked: Picked, statement: Statement) -> str:
    """ "10 tips, newest first: Kato, Lumi, Zed and 4 others."; for what is avoided, that it rests on absence."""
    info = picked.run.dataset.info
    if statement.polarity < 0:
        return f"Rests on {plural(info.tip_is)} that are not there."
    if not statement.evidence:
        return f"No {info.tip_is} behind it."
    names = [name_of(picked.run.dataset, idx) for idx in _streamers(picked, statement)]
    more = [f"{len(names) - _NAMED:,} others"] if len(names) > _NAMED + 1 else names[_NAMED:]
    return f"{counted(len(statement.evidence), info.tip_is)}, newest first: {listed([*names[:_NAMED], *more])}."


def draw_clips(picked: Picked, statement: Statement, shown: frozenset[int] = frozenset()) -> frozenset[int]:
    """Frame, sound and words of up to two of its tips; where the set keeps no media, its texts.

    shown: streamers that stand on the page already, taken only where there is no other. Returns them and these.
    """
    found = _clips(picked, statement, shown)
    for column, (idx, clip) in zip(st.columns(_CLIPS) if found else (), found, strict=False):
        with column:
            show_clip(clip, name_of(picked.run.dataset, idx), words=_WORDS)
    if not found:
        _draw_texts(picked, statement)
    return shown | {idx for idx, _ in found}


def _clips(picked: Picked, statement: Statement, shown: frozenset[int]) -> list[tuple[int, Clip]]:
    """The two that show most, each of another streamer: with frame and sound first, then what is not shown yet."""
    history = picked.step.preference.history
    clips: dict[int, Clip] = {}
    for position in reversed(statement.evidence):
        idx = int(history.streamer_idx[position])
        clip = None if idx in clips else cache.clip(picked.run, idx, int(history.tip_row[position]))
        if clip is not None:
            clips[idx] = clip
        if sum(clip.whole and clip.exact and i not in shown for i, clip in clips.items()) == _CLIPS:
            break
    return sorted(clips.items(), key=lambda p: (not p[1].whole, p[0] in shown, not p[1].exact))[:_CLIPS]


def _draw_texts(picked: Picked, statement: Statement) -> None:
    texts = picked.run.dataset.streamers["text"]
    told = [idx for idx in _streamers(picked, statement) if str(texts.iat[idx]).strip()][:_CLIPS]
    for idx in told:
        name = escape_md(name_of(picked.run.dataset, idx))
        st.markdown(f"**{name}** — {escape_md(plain(str(texts.iat[idx]), 240))}")


def keeps_nothing(picked: Picked) -> bool:
    """The set has no frames, no sound and no text of any streamer."""
    texts = picked.run.dataset.streamers["text"]
    return cache.segments(picked.run) is None and not texts.str.strip().any()


def draw_tips(picked: Picked, statement: Statement, edits: tuple[Edit, ...] | None) -> None:
    """Every tip behind it, folded; a button leaves one out of the history."""
    if not statement.evidence:
        return
    info = picked.run.dataset.info
    title = f"The {counted(len(_streamers(picked, statement)), info.streamer_is)} behind it"
    tips = partial(_draw_behind, picked, statement, edits)
    fold(escape_md(title), f"card-tips-{statement.value_idx}", tips, compact=True)


def _draw_behind(picked: Picked, statement: Statement, edits: tuple[Edit, ...] | None) -> None:
    streamers = _streamers(picked, statement)
    for streamer in streamers[:_ROWS]:
        _draw_tip(picked, streamer, statement.value_idx, edits)
    if len(streamers) > _ROWS:
        note(f"The newest {_ROWS} of {len(streamers):,}.")


def _draw_tip(picked: Picked, streamer: int, value_idx: int, edits: tuple[Edit, ...] | None) -> None:
    drop = Edit("drop tip", tips_by_streamer(picked.step.preference.history)[streamer])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(escape_md(_tip_words(picked, streamer)), width="stretch")
        if edits is None:
            return
        out = drop in edits
        after = tuple(e for e in edits if e != drop) if out else (*edits, drop)
        label = "Take back" if out else "Leave out"
        st.button(label, key=f"tip-{value_idx}-{streamer}", on_click=put_edits, args=(after,), type="tertiary")


def _tip_words(picked: Picked, streamer: int) -> str:
    """ "Kato: 2 tips, 35 coins in all, the last on 3 Mar 2024, 20:15"; what is not known is left out."""
    info, history = picked.run.dataset.info, picked.step.preference.history
    own = history.streamer_idx == streamer
    words = [counted(int(own.sum()), info.tip_is)]
    amounts, times = history.amount[own], history.tipped_at[own]
    if info.tip_unit and np.isfinite(amounts).all():
        words.append(f"{amounts.sum():,.6g} {info.tip_unit}{' in all' if len(amounts) > 1 else ''}")
    if not np.isnat(times).all():
        words.append(f"{'the last ' if len(times) > 1 else ''}on {when(times[~np.isnat(times)].max(), info)}")
    return f"{name_of(picked.run.dataset, streamer)}: {', '.join(words)}"


def _streamers(picked: Picked, statement: Statement) -> list[int]:
    """streamer_idx of the evidence, each once, the newest tip first."""
    history = picked.step.preference.history
    return list(dict.fromkeys(int(history.streamer_idx[position]) for position in reversed(statement.evidence)))
