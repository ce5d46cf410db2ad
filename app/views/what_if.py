"""What would move Y, for this user or a group?"""

from functools import partial

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked
from app.state import choose
from app.ui.arrivals import draw_arrivals
from app.ui.chart import show_picture
from app.ui.edits import draw_edits, edit_words, editor_of, put_edits
from app.ui.fold import fold
from app.ui.group_examples import draw_groups_named
from app.ui.group_recipes import draw_group
from app.ui.layout import pair
from app.ui.recipes import draw_headroom, draw_recipes
from app.ui.states import answer, basis, heading, missing, note, say
from app.ui.table import show_table
from app.ui.text import escape_md, told_apart
from explain.figures import scenario_moves
from explain.narrate import CORRECTION_KEPT, counted, ordinal, plural
from explain.types import Edit, ScenarioResult
from mspa_model.words import with_article


def draw(picked: Picked) -> None:
    """The edit, before and after, headroom, limits; without an edit, the control that changes nothing."""
    info = picked.run.dataset.info
    question = f"What would move it, for this {info.user_is} or a group?"
    if picked.streamer_idx is None:
        answer(question, f"There is no {info.streamer_is} left to rank, so nothing can move.")
        return
    if picked.trace.final.ranking.rank_of(picked.streamer_idx) is None:
        _draw_left_out(picked, question)
        return
    edits = editor_of(picked)
    result = cache.scenario(picked.run, picked.basis, edits)
    answer(question, _answer(picked, result))
    basis(picked)
    left, right = pair("edit", (2, 3))
    with left:
        draw_edits(picked, edits)
    with right:
        _draw_result(picked, result)
    _draw_suggestions(picked, edits)
    stated = (f"{s.aspect} {s.value}" for s in picked.trace.final.preference.statements)
    draw_groups_named(picked, (*(edit_words(picked, edit) for edit in edits), *stated), "what-if")
    draw_recipes(picked)
    draw_headroom(picked)
    draw_arrivals(picked)
    _draw_group(picked, edits)
    _draw_movers(picked)


def _draw_left_out(picked: Picked, question: str) -> None:
    """Why the streamer is not in this ranking, what would put it there, and what can be asked without."""
    info, trace = picked.run.dataset.info, picked.trace
    answer(question, cache.absent(picked.run, trace, picked.streamer_id))
    basis(picked)
    note(f"It has no place that an edit could move. What would move it for a group of {plural(info.user_is)} is below.")
    with st.container(horizontal=True):
        tipped = picked.streamer_idx in trace.steps[0].preference.history.streamer_idx
        if tipped and trace.candidate_scope == "new":
            all_too = f"Rank all {plural(info.streamer_is)}"
            st.button(escape_md(all_too), key="rank-all", on_click=choose, kwargs={"candidates": "all"})
        if trace.live_at is not None:
            st.button("Rank live or not", key="rank-live-or-not", on_click=choose, kwargs={"at": None})
    draw_arrivals(picked)
    _draw_movers(picked)


def _place(rank: int | None) -> str:
    return "outside the ranking" if rank is None else ordinal(rank)


def _answer(picked: Picked, result: ScenarioResult) -> str:
    before, after = (ranking.rank_of(picked.streamer_idx) for ranking in (result.before, result.after))
    name = picked.streamer_name
    if not result.scenario.edits:
        direction = "down" if before == 1 else "up"
        best = cache.suggestions(picked.run, picked.basis, picked.streamer_id, direction)
        if best and best[0].rank_after != best[0].rank_before:
            then = f"{best[0].label}, {CORRECTION_KEPT}, it would stand {_place(best[0].rank_after)}"
            return f"{name} stands {_place(before)}; {then}."
        tried = f"no single edit that was tried, {CORRECTION_KEPT}, moves it {direction}"
        return f"{name} stands {_place(before)}, and {tried}."
    done = counted(len(result.scenario.edits), "edit")
    if before == after:
        return f"With {done}, the correction kept, {name} stays {_place(before)}."
    return f"With {done}, the correction kept, {name} goes from {_place(before)} to {_place(after)}."


def _draw_result(picked: Picked, result: ScenarioResult) -> None:
    info = picked.run.dataset.info
    if not result.scenario.edits:
        heading("Before any edit")
        same = bool((result.before.order == result.after.order).all()) and not result.moves
        say(
            "Control: with no edit nothing moves."
            if same
            else "CONTROL FAILED: something moves with no edit; trust nothing here."
        )
    else:
        show_picture(
            scenario_moves(result, info), "moves", f"Before and after: {result.top_k_changed} of the top 10 change"
        )
        say(result.sentence)
    note(cache.headroom(picked.run, picked.basis, result.scenario.edits, picked.streamer_id).sentence)
    for limit in result.limits:
        note(limit)


def _draw_suggestions(picked: Picked, edits: tuple[Edit, ...]) -> None:
    """What alone would move it most, each one tried by the model; a click puts one into the scenario."""
    name, found = picked.streamer_name, []
    for direction in ("up", "down"):
        found += cache.suggestions(picked.run, picked.basis, picked.streamer_id, direction)
    if not found:
        missing(f"No single edit that was tried, {CORRECTION_KEPT}, would move {name}.")
        return
    rows = [
        {"edit": s.label, "rank before": s.rank_before, "rank after": s.rank_after, "score change": s.score_change}
        for s in found
    ]
    heading("What alone would move it most")
    show_table(
        pd.DataFrame(rows),
        "suggested",
        f"Single edits that lift or lower {name} most, each tried by the model {CORRECTION_KEPT}; click one to take "
        "it up",
        {"score change": st.column_config.NumberColumn(format="%+.3f")},
        on_pick=lambda row: put_edits((*edits, found[row].edit)) if found[row].edit not in edits else None,
    )


def _draw_group(picked: Picked, edits: tuple[Edit, ...]) -> None:
    """The same edits for a group of users: those that mean the same for everybody."""
    title = f"The same for a group of {plural(picked.run.dataset.info.user_is)}"
    fold(title, "group-fold", partial(_draw_shared, picked, edits))


def _draw_shared(picked: Picked, edits: tuple[Edit, ...]) -> None:
    info = picked.run.dataset.info
    shared = tuple(edit for edit in edits if edit.kind in ("mute modality", "set statement", "add tip"))
    if not shared:
        missing(
            f"Add an edit that means the same for every {info.user_is}: mute a modality, set a statement "
            f"or add {with_article(info.tip_is)}."
        )
        return
    groups = cache.groups(picked.run)
    name = st.selectbox("Group", list(groups), key="group", format_func=told_apart(groups))
    note(f"Applied: {'; '.join(edit_words(picked, edit) for edit in shared)}. At most {cache.MAX_GROUP} are ranked.")
    _draw_group_result(
        picked, cache.group_result(picked.run, groups[name], picked.basis, shared, picked.streamer_id), name
    )


def _draw_movers(picked: Picked) -> None:
    """What would move the streamer for a share of a group: the users' side and its own."""
    title = f"What would move it for a group of {plural(picked.run.dataset.info.user_is)}"
    fold(title, "donors-fold", partial(draw_group, picked), searches=("group-recipes", "donors"))


def _draw_group_result(picked: Picked, frame: pd.DataFrame, group: str) -> None:
    info = picked.run.dataset.info
    if frame.empty:
        missing(f"No {info.user_is} in this group can have {picked.streamer_name} in the ranking.")
        return
    top = [int((frame[when] <= 10).sum()) for when in ("rank before", "rank after")]
    rose = int((frame["rank after"] < frame["rank before"]).sum())
    fell = int((frame["rank after"] > frame["rank before"]).sum())
    medians = [f"{frame[when].median():,.0f}" for when in ("rank before", "rank after")]
    say(
        f"Of {counted(len(frame), info.user_is)} ({group}), {picked.streamer_name} is in the top 10 of {top[0]} before "
        f"and {top[1]} after. It rises for {rose} and falls for {fell}; median rank {medians[0]}, then {medians[1]}."
    )
    show_table(frame, "group-result", "Rank for each of them, before and after")


draw(st.session_state["picked"])
