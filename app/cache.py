"""The only way from a page to the model: cached, bounded, one call at a time.

What comes back is frozen and shared between sessions, so nothing is copied and no page may change it. Captum's hooks
and a shared torch model are not thread-safe, hence the lock. Heavy imports stay inside the functions that need them:
the first page loads neither captum nor what the report is made with.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from app.arrivals import ENDINGS, arrival_moves, arrived, picked_tips, together, uploaded_tips
from app.feature_groups import group_examples, name_group
from app.inside import agreement, carrying, references, references_sentence, turn, unopened
from app.larger import write_with_other
from app.lookup import (
    MATCHES,
    RUN_KEY,
    clip,
    key_file,
    matching_streamers,
    matching_users,
    moment,
    names,
    nearest,
    only_hit,
    position,
    room_span,
    segments,
    user_behind,
)
from app.nearness import compared_by, distortion, map_aspects, map_measures, map_view, neighbours, user_on_map, varying
from app.opening import LOCK as _LOCK
from app.opening import comparison, open_run, other_runs
from app.recipes import content_headroom, group, group_donors, group_recipes, recipes, swaps
from app.state import Basis
from app.worklist import USER, Worklist, make_worklist
from explain.cards import Anew, SaidValue, StatementView
from explain.figures import Picture, margin_by_source, source_open
from explain.types import (
    Case,
    Edit,
    EvidenceLine,
    Explanation,
    Headroom,
    Scenario,
    ScenarioResult,
    StepDifference,
    Suggestion,
)
from mspa_model.runs import Run
from mspa_model.types import History, HistoryScope, Preference, RankingTrace, Source

__all__ = [  # passed on
    "ENDINGS",
    "MATCHES",
    "agreement",
    "arrival_moves",
    "arrived",
    "carrying",
    "clip",
    "compared_by",
    "comparison",
    "content_headroom",
    "distortion",
    "group",
    "group_donors",
    "group_examples",
    "group_recipes",
    "key_file",
    "map_aspects",
    "map_measures",
    "map_view",
    "matching_streamers",
    "matching_users",
    "moment",
    "name_group",
    "names",
    "nearest",
    "neighbours",
    "only_hit",
    "open_run",
    "other_runs",
    "picked_tips",
    "position",
    "recipes",
    "references",
    "references_sentence",
    "room_span",
    "segments",
    "swaps",
    "together",
    "turn",
    "unopened",
    "uploaded_tips",
    "user_behind",
    "user_on_map",
    "varying",
]

MAX_GROUP = 25
_RUN = RUN_KEY


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=_RUN)
def worklist(run: Run) -> Worklist:
    """Users worth a look, from what `evaluate` stored in the run."""
    return make_worklist(run)


@st.cache_resource(max_entries=256, show_spinner="Ranking…", hash_funcs=_RUN)
def trace(run: Run, basis: Basis) -> RankingTrace:
    """Every correction step of one user."""
    from mspa_model.pipeline import rank_user

    with _LOCK:
        return rank_user(run, basis.user_id, basis.history, basis.candidates, basis.live_at, basis.new_share)


def absent(run: Run, ranked: RankingTrace, streamer_id: str) -> str:
    """One sentence: why a streamer is not in the top of the ranking."""
    from mspa_model.pipeline import why_absent

    return why_absent(run, ranked, streamer_id)


@st.cache_resource(max_entries=256, show_spinner="Explaining…", hash_funcs=_RUN)
def explanation(run: Run, case: Case) -> Explanation:
    """Why the streamer stands where it stands, with its checks and seal."""
    from explain.pipeline import explain

    ranked = trace(run, Basis(case.user_id, case.history, case.candidates, case.live_at, case.new_share))
    with _LOCK:
        return explain(run, case, ranked)


@st.cache_resource(max_entries=512, show_spinner=False, hash_funcs=_RUN)
def margin_drawn(run: Run, case: Case) -> Picture:
    """The margin of a case by source."""
    return margin_by_source(explanation(run, case))


@st.cache_resource(max_entries=512, show_spinner=False, hash_funcs=_RUN)
def opened(run: Run, case: Case, source: Source) -> Picture:
    """One source of a case in its exact parts: drawing it takes twice as long as showing it again."""
    return source_open(explanation(run, case), source)


@st.cache_resource(max_entries=256, show_spinner="Comparing the steps…", hash_funcs=_RUN)
def difference(run: Run, basis: Basis, before: int, after: int) -> StepDifference:
    """What changed between two steps of a trace; the step after the last kept one is the proposal."""
    from explain.correction import step_difference

    ranked = trace(run, basis)
    with _LOCK:
        return step_difference(run, ranked, before, after)


@st.cache_resource(max_entries=256, show_spinner="Trying it…", hash_funcs=_RUN)
def scenario(run: Run, basis: Basis, edits: tuple[Edit, ...]) -> ScenarioResult:
    """Rankings before and after some edits of one user's tips, statements or modalities."""
    from explain.counterfactual import apply_scenario

    ranked = trace(run, basis)
    with _LOCK:
        return apply_scenario(run, ranked, Scenario(edits))


@st.cache_resource(max_entries=256, show_spinner="Trying single edits…", hash_funcs=_RUN)
def suggestions(run: Run, basis: Basis, streamer_id: str, direction: str) -> tuple[Suggestion, ...]:
    """The single edits that move the streamer most."""
    from explain.counterfactual import suggest

    ranked = trace(run, basis)
    with _LOCK:
        return suggest(run, ranked, streamer_id, direction)


def headroom(run: Run, basis: Basis, edits: tuple[Edit, ...], streamer_id: str) -> Headroom:
    """How far the streamer is from the tenth place after the edits."""
    from explain.counterfactual import headroom as measure

    return measure(run, scenario(run, basis, edits).after, streamer_id)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=_RUN)
def reach(run: Run, basis: Basis, step_index: int) -> int:
    """How many of the top 10 would be others without the preference's statements."""
    from explain.contribution import statement_reach

    step = trace(run, basis).steps[step_index]
    with _LOCK:
        return statement_reach(run, step, step.ranking)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=_RUN)
def statement_views(run: Run, basis: Basis, step_index: int) -> tuple[StatementView, ...]:
    """The cards of a step's statements, each with what its deletion does."""
    from explain.statements import statement_views as views

    step = trace(run, basis).steps[step_index]
    with _LOCK:
        return views(run, step)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=_RUN)
def edited(run: Run, basis: Basis, edits: tuple[Edit, ...]) -> Preference:
    """The last step's preference after some edits."""
    from explain.counterfactual import edit_preference

    preference = trace(run, basis).final.preference
    with _LOCK:
        return edit_preference(run, preference, edits)


@st.cache_resource(max_entries=64, show_spinner="Composing anew…", hash_funcs=_RUN)
def composed_anew(run: Run, basis: Basis, edits: tuple[Edit, ...]) -> Anew:
    """Written, corrected and ranked again from the tips that the edits left."""
    from explain.composing import compose_anew

    ranked = trace(run, basis)
    with _LOCK:
        return compose_anew(run, ranked, edits)


@st.cache_resource(max_entries=64, show_spinner="Writing…", hash_funcs=_RUN)
def composed(run: Run, user_id: str, history: HistoryScope) -> dict[str, Preference]:
    """What each composer of the run writes from a user's tips, before any correction; the active one first."""
    from explain.composing import composed_by

    with _LOCK:
        return dict(composed_by(run, trace(run, Basis(user_id, history)).steps[0].preference))


def said(run: Run, preferences: tuple[Preference, ...]) -> tuple[SaidValue, ...]:
    """Who says what, value by value."""
    from explain.composing import said_values

    return said_values(run, preferences)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=_RUN)
def asked(run: Run, user_id: str, history: HistoryScope) -> Preference:
    """What the run's other, larger model writes from a user's tips. Raises MspaError where it cannot be loaded."""
    written = trace(run, Basis(user_id, history)).steps[0].preference
    return write_with_other(run, written.history)


def evidence(run: Run, user_id: str, history: History) -> EvidenceLine:
    """How well the run knows users with as many tips."""
    from explain.evidence import evidence_line
    from mspa_model.data.repeats import n_differing

    return evidence_line(run, user_id, n_differing(history))


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=_RUN)
def groups(run: Run) -> dict[str, tuple[str, ...]]:
    """User ids by the name of their group."""
    from app.groups import groups_of

    return groups_of(run)


@st.cache_resource(max_entries=32, show_spinner="Ranking the group…", hash_funcs=_RUN)
def group_result(
    run: Run, users: tuple[str, ...], basis: Basis, edits: tuple[Edit, ...], streamer_id: str
) -> pd.DataFrame:
    """Where the streamer stands before and after the edits, for each of these users and not that of the basis."""
    from app.groups import try_on_group

    with _LOCK:
        return try_on_group(run, lambda user: trace(run, replace(basis, user_id=user)), users, edits, streamer_id)


@st.cache_resource(max_entries=16, show_spinner="Sealing…", hash_funcs=_RUN)
def seals(run: Run, users: tuple[str, ...]) -> pd.DataFrame:
    """The seal of each user's first streamer from train tips, red ones first."""
    rows = []
    for user in users:
        order = trace(run, Basis(user, "train")).final.ranking.order
        if len(order) > 1:
            first = str(run.dataset.streamers["streamer_id"].iat[int(order[0])])
            told = explanation(run, Case(user, first, history="train"))
            rows.append((user, told.streamer_name, told.seal.colour, told.seal.sentence))
    order_of = {"red": 0, "amber": 1, "green": 2}
    frame = pd.DataFrame(rows, columns=[USER, run.dataset.info.streamer_is, "seal", "in words"])
    return frame.sort_values("seal", key=lambda seal: seal.map(order_of), kind="stable", ignore_index=True)


def report(run: Run, case: Case, note: str) -> dict[str, bytes]:
    """The report of a case by the ending of its file: json, html, pdf, md. Makes the run's key file at first use."""
    from explain.report import make_secret

    return _report(run, case, note, make_secret(run))


@st.cache_resource(max_entries=16, show_spinner="Writing the report…", hash_funcs=_RUN)
def _report(run: Run, case: Case, note: str, secret: bytes) -> dict[str, bytes]:
    """secret: whose pseudonym it has, so that another key file brings another report."""
    from explain.report import render_report

    with _LOCK, tempfile.TemporaryDirectory() as folder:
        paths = render_report(run, case, Path(folder), formats=("json", "html", "pdf", "md"), note=note)
        return {path.suffix.removeprefix("."): path.read_bytes() for path in paths}
