"""The selection with every gap filled from the run: what all pages draw."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from app import cache
from app.state import Basis, Selection
from app.ui.text import when
from explain.narrate import counted, name_of, plain
from explain.types import Case, ReferenceChoice
from mspa_model.runs import Run
from mspa_model.types import RankingTrace, Step
from mspa_model.words import with_article

_OF_A_LINK = re.compile(r"~[0-9a-f]{4,64}")  # how a report's link names a user


@dataclass(frozen=True)
class Unknown:
    """An id of the selection that the run does not know, in a sentence, with the nearest that it does know."""

    param: Literal["user", "streamer", "rival"]
    sentence: str
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Picked:
    """What is looked at: a user's trace, one of its steps, a streamer and the rival that was chosen.

    suggested: why this user was picked, where the analyst picked none. streamer_idx None: there is nothing to rank.
    rival_idx None: the next below. notes: what the selection asked for and did not get. reference: whom the inside of a
    modality is explained against.
    """

    run: Run
    user_id: str
    suggested: str
    trace: RankingTrace
    step_index: int
    streamer_idx: int | None
    rival_idx: int | None
    notes: tuple[str, ...] = ()
    reference: ReferenceChoice = "rival"

    @property
    def step(self) -> Step:
        return self.trace.steps[self.step_index]

    @property
    def basis(self) -> Basis:
        """What the trace was asked from: what the cached calls know it by."""
        trace = self.trace
        share = trace.final.ranking.new_share
        return Basis(self.user_id, trace.history_scope, trace.candidate_scope, trace.live_at, share)

    def widget_key(self, *words: object) -> str:
        """The key of a control whose options are this ranking's: another basis has another control, so that no choice
        is kept that means something else there.
        """
        basis = self.basis
        asked = (self.run.hash[:12], basis.user_id, basis.history, basis.candidates, basis.live_at, basis.new_share)
        return "-".join(map(str, (*words, *asked)))

    @property
    def is_last(self) -> bool:
        """The step is the answer, which edits start from."""
        return self.step_index == len(self.trace.steps) - 1

    @property
    def streamer_id(self) -> str | None:
        return None if self.streamer_idx is None else id_of(self.run, self.streamer_idx)

    @property
    def rival_id(self) -> str | None:
        return None if self.rival_idx is None else id_of(self.run, self.rival_idx)

    @property
    def streamer_name(self) -> str:
        return "" if self.streamer_idx is None else name_of(self.run.dataset, self.streamer_idx)

    @property
    def case(self) -> Case | None:
        """What is explained; None where the set has nothing to rank."""
        if self.streamer_id is None:
            return None
        step = None if self.is_last else self.step_index
        basis = self.basis
        scopes = (basis.history, basis.candidates, basis.live_at, basis.new_share)
        return Case(self.user_id, self.streamer_id, self.rival_id, step, *scopes)


def id_of(run: Run, streamer_idx: int) -> str:
    """The outside key of a streamer."""
    return str(run.dataset.streamers["streamer_id"].iat[streamer_idx])


def resolve(run: Run, selection: Selection) -> Picked | Unknown:
    """Fill in what was not chosen: the user that the worklist names, the first streamer, the last step."""
    selection = _named(run, selection)
    for param, wanted in (("user", selection.user), ("streamer", selection.streamer), ("rival", selection.rival)):
        if wanted is not None and cache.position(run, "user" if param == "user" else "streamer", wanted) is None:
            return _unknown(run, param, wanted)
    live_at, said = cache.moment(run, selection.at)
    user_id, suggested = selection.user, ""
    if user_id is None:
        lists = cache.worklist(run)
        user_id, suggested = lists.opener, lists.opener_is
    trace = cache.trace(run, selection.basis(user_id, live_at))
    step_index, notes = _step_index(trace, selection.step)
    notes = (*notes, *([said] if said else []), *_nobody_live(run, trace))
    streamer_idx = _streamer_idx(run, trace.steps[step_index], selection.streamer)
    rival_idx = None if selection.rival is None else cache.position(run, "streamer", selection.rival)
    if rival_idx is not None and rival_idx == streamer_idx:
        rival_idx, notes = None, (*notes, "A case needs two: the rival chosen is the same, so the next below is taken.")
    return Picked(run, user_id, suggested, trace, step_index, streamer_idx, rival_idx, notes, selection.reference)


def _named(run: Run, selection: Selection) -> Selection:
    """The selection with the user's id where a report's link gives the pseudonym."""
    if selection.user is None or not selection.user.startswith("~"):
        return selection
    return replace(selection, user=cache.user_behind(run, selection.user) or selection.user)


def _nobody_live(run: Run, trace: RankingTrace) -> tuple[str, ...]:
    if trace.live_at is None or len(trace.final.ranking.order):
        return ()
    info = run.dataset.info
    moment = f"{when(trace.live_at, info)} ({info.timezone})"
    return (f"No {info.streamer_is} that may be ranked is live at {moment}. Choose another time, or clear it.",)


def _step_index(trace: RankingTrace, wanted: int | None) -> tuple[int, tuple[str, ...]]:
    last = len(trace.steps) - 1
    if wanted is None or wanted <= last:
        return (last if wanted is None else wanted), ()
    kept = counted(last, "correction step")
    return last, (f"Step {wanted} does not exist here: {kept} kept, so step {last} is shown.",)


def _streamer_idx(run: Run, step: Step, wanted: str | None) -> int | None:
    if wanted is not None:
        return cache.position(run, "streamer", wanted)
    return int(step.ranking.order[0]) if len(step.ranking.order) else None


def _unknown(run: Run, param: Literal["user", "streamer", "rival"], wanted: str) -> Unknown:
    if param == "user" and _OF_A_LINK.fullmatch(wanted):
        return Unknown(param, _unopened(run), ())
    info = run.dataset.info
    what, noun = ("user", info.user_is) if param == "user" else ("streamer", info.streamer_is)
    near = cache.nearest(run, what, wanted)
    todo = f"The nearest known are {', '.join(near)}." if near else f"The data set has no {noun}."
    return Unknown(param, f"There is no {noun} “{plain(wanted)}” in this run. {todo}", near)


def _unopened(run: Run) -> str:
    """Why a report's link leads to nobody."""
    word, key = run.dataset.info.user_is, cache.key_file(run)
    why = "no key file lies beside this run" if key is None else f"under the key file {key.name} it is no {word}’s"
    todo = (
        f"Put the right key file there, open the run that the report names, or choose {with_article(word)} at the left."
    )
    return f"This link names its {word} by a pseudonym that cannot be opened here: {why}. {todo}"
