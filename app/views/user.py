"""What does the model think this user likes, and from what?"""

import numpy as np
import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.chart import show_picture
from app.ui.layout import pair
from app.ui.media import clip_of, show_clip
from app.ui.ranking import K, hidden_sentence, show_top, user_idx
from app.ui.states import answer, basis, heading, missing, note, say
from app.ui.table import show_table
from app.ui.text import capital, escape_md
from explain.figures import history_timeline
from explain.narrate import counted, listed, name_of, plain, plural, reach_sentence
from mspa_model.types import History, Preference, Statement

_EVIDENCE = 2  # clips beside a statement


def draw(picked: Picked) -> None:
    """Evidence line, preference, its statements with what they rest on, the history and the top of the ranking."""
    info, preference = picked.run.dataset.info, picked.step.preference
    answer(f"What does the model think this {info.user_is} likes, and from what?", _answer(picked, preference))
    basis(picked)
    note(cache.evidence(picked.run, picked.user_id, len(preference.history)).sentence)
    left, right = pair("statements", (4, 3))
    with left:
        _draw_statements(picked, preference)
    with right:
        _draw_evidence(picked, preference)
    _draw_history(picked, preference)
    _draw_top(picked, preference)


def _answer(picked: Picked, preference: Preference) -> str:
    info = picked.run.dataset.info
    likes = [_label(picked, s) for s in preference.statements if s.polarity > 0][:3]
    tips = counted(len(preference.history), info.tip_is)
    if not len(preference.history):
        return (
            f"Nothing yet: {info.user_is} {picked.user_id} has no {info.tip_is}, so the ranking is what everyone gets."
        )
    if not likes:
        return f"From {tips} of {info.user_is} {picked.user_id}, nothing stands out enough to be put into words."
    return f"{capital(info.user_is)} {picked.user_id} likes {listed(likes)}, judged from {tips}."


def _label(picked: Picked, statement: Statement) -> str:
    return plain(picked.run.vocabulary.values[statement.value_idx].label)


def _draw_statements(picked: Picked, preference: Preference) -> None:
    heading("Preference in words")
    say(preference.text or "Nothing was put into words.")
    if not preference.statements:
        return
    rows = [
        {
            "": "likes" if s.polarity > 0 else "avoids",
            "statement": _label(picked, s),
            "strength": s.strength,
            "evidence": len(s.evidence),
        }
        for s in preference.statements
    ]
    columns = {
        "": st.column_config.TextColumn(width=55),
        "statement": st.column_config.TextColumn(width=270),
        "strength": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.2f", width=110),
        "evidence": st.column_config.NumberColumn(width=70),
    }
    tips = plural(picked.run.dataset.info.tip_is)
    show_table(pd.DataFrame(rows), "statements", f"Statements, with the number of {tips} each rests on", columns)
    trace = picked.trace
    moved = cache.reach(picked.run, picked.user_id, trace.history_scope, trace.candidate_scope, picked.step_index)
    note(reach_sentence(moved, K, picked.run.dataset.info))


def _draw_evidence(picked: Picked, preference: Preference) -> None:
    """Frame, sound and words of the tips that one statement rests on."""
    told = [s for s in preference.statements if s.evidence]
    if not told:
        return
    info = picked.run.dataset.info
    heading("What a statement rests on")
    position = st.selectbox(
        "Statement",
        range(len(told)),
        format_func=lambda i: _label(picked, told[i]),
        key=f"statement-{picked.user_id}-{picked.step_index}",
        label_visibility="collapsed",
    )
    history, dataset = preference.history, picked.run.dataset
    positions = [p for p in reversed(told[position or 0].evidence) if p < len(history)]
    streamers = list(dict.fromkeys(int(history.streamer_idx[p]) for p in positions))
    note(
        f"{counted(len(positions), info.tip_is)}, newest first: {listed([name_of(dataset, i) for i in streamers[:8]])}."
    )
    clips = []
    for p in positions:
        idx, row = int(history.streamer_idx[p]), int(history.tip_row[p])
        segment = str(dataset.tips["segment_id"].iat[row]) if row >= 0 else ""
        clip = clip_of(
            cache.segments(picked.run), dataset.folder, str(dataset.streamers["streamer_id"].iat[idx]), segment
        )
        if clip and idx not in {i for i, _ in clips}:
            clips.append((idx, clip))
    clips = sorted(clips, key=lambda pair: (not pair[1].whole, not pair[1].exact))[:_EVIDENCE]
    for column, (idx, clip) in zip(st.columns(_EVIDENCE), clips, strict=False):
        with column:
            show_clip(clip, name_of(dataset, idx))
    if not clips:
        _draw_texts(picked, streamers)


def _draw_texts(picked: Picked, streamers: list[int]) -> None:
    """Where the set keeps no media: the words of its streamers, or that there are none."""
    info, texts = picked.run.dataset.info, picked.run.dataset.streamers["text"]
    told = [idx for idx in streamers if str(texts.iat[idx]).strip()][:_EVIDENCE]
    if not told:
        missing(f"This data set keeps no frames, no sound and no text of its {plural(info.streamer_is)}.")
        return
    for idx in told:
        st.markdown(f"**{escape_md(name_of(picked.run.dataset, idx))}** — {escape_md(plain(str(texts.iat[idx]), 240))}")
    note("This data set keeps no frames and no sound; these are its texts.")


def _draw_history(picked: Picked, preference: Preference) -> None:
    info = picked.run.dataset.info
    heading(f"The {plural(info.tip_is)}")
    unused = _unused(picked, preference.history)
    cited = {p for s in preference.statements for p in s.evidence}
    picture = history_timeline(preference.history, cache.names(picked.run), info, cited, unused)
    show_picture(picture, "history", f"{counted(len(preference.history), info.tip_is)} used, {len(unused)} not used")


def _unused(picked: Picked, used: History) -> History:
    """The user's tips in the set that this ranking did not know."""
    tips = picked.run.dataset.tips
    own = tips[(tips["user_idx"] == user_idx(picked)) & ~tips.index.isin(used.tip_row)]
    return History(
        picked.user_id,
        own["streamer_idx"].to_numpy(),
        own["amount"].to_numpy(dtype=float),
        own["tipped_at"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]"),
        own.index.to_numpy(dtype=np.int64),
    )


def _draw_top(picked: Picked, preference: Preference) -> None:
    info = picked.run.dataset.info
    heading(f"The first {K}")
    show_top(
        picked,
        picked.step.ranking,
        "top",
        f"{capital(plural(info.streamer_is))} at step {picked.step_index}, with what each source adds to the score",
    )
    note(hidden_sentence(picked) or f"Click a row to make it the {info.streamer_is} that is explained.")


draw(st.session_state["picked"])
