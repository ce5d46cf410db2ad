"""Did correction change anything, and rightly?"""

from functools import partial

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked
from app.state import choose
from app.ui.chart import show_picture
from app.ui.fold import fold, part
from app.ui.group_examples import draw_groups_named
from app.ui.layout import pair
from app.ui.ranking import later_tips
from app.ui.states import answer, basis, heading, missing, note, say
from app.ui.swaps import draw_swaps
from app.ui.table import show_table
from app.ui.text import capital, escape_md
from app.worklist import USER
from explain.figures import rank_lines, weights_change, witnesses
from explain.narrate import counted, name_of, plain, plural
from explain.newcomers import marked_names, names_note
from explain.types import StepDifference
from mspa_model.types import RankingTrace, Step
from mspa_model.words import small

_ACTED = 6


def draw(picked: Picked) -> None:
    """The rank lines over the steps, what changed in weights and words, the witnesses, and why it stopped."""
    run, trace, info = picked.run, picked.trace, picked.run.dataset.info
    answer("Did correction change anything, and rightly?", _answer(picked))
    basis(picked)
    say(trace.stop_sentence)
    if trace.live_at is not None:
        note(f"Witnesses and critique are judged among all {plural(info.streamer_is)}, live or not.")
    names = cache.names(run)
    left, right = pair("steps", (3, 2))
    with left:
        show_picture(
            rank_lines(trace, marked_names(run, names), info, highlight=picked.streamer_idx),
            "ranks",
            "Ranks over the correction steps",
        )
        drawn = (*trace.steps, *([trace.rejected] if trace.rejected else []))
        marked = names_note(run, [step.ranking for step in drawn])
        if marked:
            note(marked)
    with right:
        show_picture(weights_change(trace), "weights", "What the sources weigh, before and after")
    if len(trace.steps) == 1:
        _offer_others(picked)
    steps = [*trace.steps[1:], *([trace.rejected] if trace.rejected else [])]
    if not steps:
        missing("No step was proposed, so there is nothing to compare with step 0.")
        return
    part(partial(_draw_step, picked, steps))
    heading("Rightly? The witnesses")
    places = " Places kept for the new do not count: steps are judged by scores." if picked.basis.new_share else ""
    note(f"Each of this {info.user_is}'s own {plural(info.tip_is)}, ranked as if the model did not know it.{places}")
    show_picture(witnesses(trace, names, info), "witnesses", "Where the witnesses stood")
    _draw_later(picked, steps)


def _draw_later(picked: Picked, steps: list[Step]) -> None:
    """Where what was tipped later stood at each step: what no step could know."""
    info, later = picked.run.dataset.info, sorted(later_tips(picked))
    if picked.trace.history_scope == "all":
        note(f"To hold the steps against what came next, choose “Train only” under Known {plural(info.tip_is)}.")
        return
    if not later:
        note(f"This {info.user_is} has no later {info.tip_is} to hold the steps against.")
        return
    rows = pd.DataFrame({info.streamer_is: [name_of(picked.run.dataset, idx) for idx in later]})
    for step in (picked.trace.steps[0], *steps):
        label = f"rank at step {step.index}" + ("" if step.kept else " (not kept)")
        rows[label] = pd.array([step.ranking.rank_of(idx) for idx in later], dtype="Int64")
    show_table(rows, "later", f"What came next, hidden from every step: {counted(len(later), info.tip_is)}")


def _answer(picked: Picked) -> str:
    trace, info = picked.trace, picked.run.dataset.info
    last = len(trace.steps) - 1
    if last == 0:
        why = "a step was proposed, but the witnesses did not rise enough" if trace.rejected else "no step was proposed"
        return f"Nothing needed for {info.user_is} {picked.user_id}: {why}, so step 0 stands."
    moved = cache.difference(picked.run, picked.basis, 0, last).sentence
    gain = sum(step.witness_gain or 0.0 for step in trace.steps)
    judged = f"its witnesses rose by {small(gain)} of the scores' spread, more than their uncertainty, so it was kept"
    return f"Yes, for {info.user_is} {picked.user_id}: {judged}. {moved}"


def _offer_others(picked: Picked) -> None:
    """Links to users where correction acted."""
    info, acted = picked.run.dataset.info, cache.worklist(picked.run).changed
    users = [user for user in acted[USER].head(_ACTED) if user != picked.user_id]
    if not users:
        note(f"On the measured {plural(info.user_is)} of this run correction kept no step for anybody.")
        return
    note(f"{capital(plural(info.user_is))} for whom it kept a step (from train {plural(info.tip_is)}):")
    with st.container(horizontal=True):
        for user in users:
            st.button(
                escape_md(str(user)),
                key=f"acted-{user}",
                on_click=choose,
                kwargs={"user": str(user), "history": "train"},
            )


def _draw_step(picked: Picked, steps: list[Step]) -> None:
    """One step: its reason, its changes, its critique, its words before and after, and what moved."""
    heading("What a step changed")
    words = {step.index: f"Step {step.index}" + ("" if step.kept else ", not kept") for step in steps}
    at = picked.step_index if picked.step_index in words else steps[0].index
    index = st.segmented_control(
        "Step",
        list(words),
        default=at,
        format_func=words.get,
        required=True,
        key=picked.widget_key("step"),
        label_visibility="collapsed",
    )
    step = next(step for step in steps if step.index == index)
    say(step.reason)
    if step.critique is not None:
        say(step.critique.sentence)
    if step.changes:
        tips = plural(picked.run.dataset.info.tip_is)
        rows = [(c.kind.replace("tips", tips), plain(c.sentence, 200), c.before, c.after) for c in step.changes]
        number = st.column_config.NumberColumn(format="%.3f")
        table = pd.DataFrame(rows, columns=["what", "in words", "before", "after"])
        show_table(table, "changes", f"Changes of step {step.index}", {"before": number, "after": number})
    before = _before(picked.trace, step)
    _draw_words(before, step)
    changes = (change.sentence for change in step.changes)
    draw_groups_named(picked, (*changes, before.preference.text, step.preference.text), "correction")
    _draw_moves(picked, before, step)


def _draw_words(before: Step, step: Step) -> None:
    if before.preference.text == step.preference.text:
        note(f"The words are the same as at step {before.index}.")
        return
    for column, (title, text) in zip(
        st.columns(2, gap="large"),
        (
            (f"Words at step {before.index}", before.preference.text),
            (f"Words at step {step.index}", step.preference.text),
        ),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            say(text or "Nothing was put into words.")


def _before(trace: RankingTrace, step: Step) -> Step:
    """The kept step that a step started from."""
    return trace.final if not step.kept else trace.steps[step.index - 1]


def _draw_moves(picked: Picked, before: Step, step: Step) -> None:
    difference = cache.difference(picked.run, picked.basis, before.index, step.index)
    say(difference.sentence)
    draw_swaps(picked, before.index, step.index)
    fold("What moved, and through which source", "moves", partial(_draw_moved, picked, difference))


def _draw_moved(picked: Picked, difference: StepDifference) -> None:
    if not difference.moves:
        return
    rows = [
        {
            picked.run.dataset.info.streamer_is: m.name,
            "rank before": m.rank_before,
            "rank after": m.rank_after,
            "score change": m.score_change,
        }
        | {
            str(source): change
            for source, change in m.by_source
            if any(dict(o.by_source)[source] for o in difference.moves)
        }
        for m in difference.moves
    ]
    frame = pd.DataFrame(rows)
    numbers = {name: st.column_config.NumberColumn(format="%+.3f") for name in frame.columns[3:]}
    show_table(frame, "moved", f"{counted(len(rows), 'move')}: the sources add up to the score change", numbers)


draw(st.session_state["picked"])
