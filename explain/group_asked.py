"""What a search for a group's recipes is asked: whom it is about, how many it has to serve; and its answer in words."""

import math
from collections.abc import Sequence

from explain.group_edits import edits_for, group_label, what_of
from explain.narrate import counted, name_of, plural, with_edits
from explain.recipes import NOT_A_FORECAST
from explain.types import Direction, GroupEdit, GroupRecipe
from mspa_model.number_format import percent
from mspa_model.runs import Run
from mspa_model.types import RankingTrace


class Asked:
    """Whom the goal is about, for how many of them it holds already, and for how many it is to hold.

    ranked: those in whose ranking the streamer stands; about: all of these, or those who have it in the top k where it
    is to leave that.
    """

    def __init__(
        self, run: Run, traces: Sequence[RankingTrace], streamer_idx: int, direction: Direction, share: float, k: int
    ) -> None:
        self.run, self.streamer_idx, self.direction, self.share, self.k = run, streamer_idx, direction, share, k
        self.name = name_of(run.dataset, streamer_idx)
        self.ranked = [t for t in traces if t.final.ranking.rank_of(streamer_idx) is not None]
        self.others = [t for t in traces if t.final.ranking.rank_of(streamer_idx) is None]
        inside = [t for t in self.ranked if self.inside(t.final.ranking.rank_of(streamer_idx))]
        self.about = self.ranked if direction == "up" else inside
        self.before = len(inside) if direction == "up" else 0
        self.need = max(1, math.ceil(share * len(self.about) - 1e-9))

    def inside(self, rank: int | None) -> bool:
        return rank is not None and rank <= self.k

    def stop(self) -> str | None:
        """Why there is nothing to search for; None where there is."""
        if not self.about:
            return "nobody" if self.direction == "up" or not self.ranked else "not needed"
        return "not needed" if self.before >= self.need else None

    def n_edited(self, given: GroupEdit) -> int:
        """Users whom the edit is about."""
        return sum(bool(edits_for(t.final.preference, (given,))) for t in self.about)

    def labels(self, combo: Sequence[GroupEdit]) -> tuple[str, ...]:
        """In words; of one user alone without whom they are about."""
        if len(self.about) == 1:
            return tuple(what_of(self.run, each) for each in combo)
        return tuple(group_label(self.run, each, self.n_edited(each)) for each in combo)

    # --- in words ----------------------------------------------------------------------------------------------------

    def sentence(self, recipes: Sequence[GroupRecipe], stop: str, n_tried: int, best: int) -> str:
        """What was found, in one or two sentences. best: for how many the goal holds with the best that was tried."""
        if stop == "nobody":
            return f"{self._nobody()}, so nothing can move it."
        if stop == "not needed":
            return self._not_needed()
        if stop == "cancelled":
            return f"Cancelled: none found within {counted(n_tried, 'try')}."
        said = recipes[0].sentence if recipes else self._none(n_tried, best)
        return f"{said}{self._left_out()} {NOT_A_FORECAST}"

    def told(self, labels: Sequence[str], after: int, interval: tuple[float, float], entered: int) -> str:
        """What a recipe does, in one sentence. interval: of the share after; entered: as of a GroupRecipe."""
        up, n = self.direction == "up", len(self.about)
        moved = f"{with_edits(labels)}, {self.name} would {'stand in' if up else 'leave'} the top {self.k} of"
        others = f", and enter that of {entered:,} more" if entered else ""
        if n == 1:
            return f"{moved} {self._whom(self.about)}{others}."
        low, high = interval
        between = f"({percent(low)} to {percent(high)} of {plural(self._user)} like them)"
        now = f", now {self.before:,}" if up else ""
        return f"{moved} {after:,} of {self._whom(self.about)} {between}{now}{others}."

    @property
    def _user(self) -> str:
        return self.run.dataset.info.user_is

    def _whom(self, asked: Sequence[RankingTrace]) -> str:
        """ "12 users", "the 12 users who have it there"; of one alone "the one user asked", or which one that is."""
        n, there = len(asked), self.direction == "down" and asked is self.about
        if n == 1 and not there:
            return f"the one {self._user} {'in whose ranking it can stand' if self.others else 'asked'}"
        if n == 1:
            return f"the one {self._user} who has it there"
        return f"the {counted(n, self._user)} who have it there" if there else counted(n, self._user)

    def _nobody(self) -> str:
        if len(self.others) == 1:
            return f"{self.name} does not stand in the ranking of the one {self._user} asked"
        return f"{self.name} stands in nobody's ranking here"

    def _not_needed(self) -> str:
        one, whom, top = len(self.ranked) == 1, self._whom(self.ranked), f"the top {self.k} of"
        if self.direction == "down":
            return f"{self.name} {'does not stand in' if one else 'stands in'} {top} {'' if one else 'none of '}{whom}."
        return f"{self.name} stands in {top} {'' if one else f'{self.before:,} of '}{whom} already."

    def _none(self, n_tried: int, best: int) -> str:
        n, whom = len(self.about), self._whom(self.about)
        moves, of = ("bring", "into the top") if self.direction == "up" else ("push", "out of the top")
        tried, where = f"None found within {counted(n_tried, 'try')}: no edits of one kind", f"{of} {self.k}"
        if n == 1:
            return f"{tried} {moves} {self.name} {where} of {whom}."
        reach = f"the best that was tried reach {percent(best / n)}"
        return f"{tried}, made for all, {moves} {self.name} {where} for {percent(self.share)} of {whom}; {reach}."

    def _left_out(self) -> str:
        """Who cannot have the streamer in their ranking, and why where that is known."""
        if not self.others:
            return ""
        tipped = all(self.streamer_idx in t.final.preference.history.streamer_idx for t in self.others)
        why = f": they gave it {plural(self.run.dataset.info.tip_is)}" if tipped else ""
        who = "One more" if len(self.others) == 1 else f"Another {len(self.others):,}"
        return f" {who} cannot have it in their ranking{why}."
