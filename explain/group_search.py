"""The search for the fewest edits of one kind that move a streamer for a share of many users.

Every single edit is scored for every user. While tips stay, scores are sums over statements and modalities, so what two
or three together do is added up on the streamers that stand highest; of tips the sum is an estimate. The best of each
kind are then ranked again. A tip takes its streamer out of the list of whoever gives it: where it stood above the one
that is to come up, it is counted as if it still held its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explain.group_edits import KINDS, each_edits_for, kind_of
from explain.possible import around, subject_of
from explain.rescoring import Edits, Rescorer
from explain.search import RIVALS, Cancel, Goal, OutOfTries, Progress
from explain.types import GroupEdit
from mspa_model.ranking.order import top_k
from mspa_model.runs import Run
from mspa_model.types import RankingTrace

MAX_EDITS = 3
PAIRED = 60  # single edits of a kind that are combined, those that serve most users
BEAM = 30  # combinations of a kind that a larger one is grown from
TRIED_OF_KIND = 20  # combinations of a kind that are ranked again, at each size
CELLS = 1 << 24  # scores of one batch
NEAR = 1e6  # points beyond which nearness to the goal is not told apart

Combo = tuple[GroupEdit, ...]


@dataclass(frozen=True)
class Seen:
    """Scenarios of one user. rows: scores of the streamers that stand highest without an edit."""

    gaps: Float[Tensor, " n_scenarios"]
    places: Int[Tensor, " n_scenarios"]
    rows: Float[Tensor, "n_scenarios n_columns"]


class GroupUser:
    """One user of a group: its rescorer, its goal, and the columns that sums are made on."""

    def __init__(self, run: Run, trace: RankingTrace, goal: Goal) -> None:
        self.preference, self.goal = trace.final.preference, goal
        above = around(trace.final.ranking, goal.streamer_idx)[0] if goal.direction == "up" else ()
        self.rescorer = Rescorer(run, trace.final, trace.candidate_scope, above)
        highest = self.rescorer.scores([()])[0]
        self.base = highest.clone()
        highest[goal.streamer_idx] = torch.inf
        self.columns = top_k(highest, RIVALS + 1)[1].sort().values
        self.own = int((self.columns == goal.streamer_idx).nonzero()[0, 0])

    def seen(self, combos: Sequence[Combo]) -> Seen:
        """Each combination ranked again for this user; what comes to the same edits is ranked once."""
        edits = each_edits_for(self.preference, combos)
        rows = {each: row for row, each in enumerate(dict.fromkeys(edits))}
        distinct, at_once = list(rows), max(1, CELLS // self.rescorer.n_streamers)
        parts = [self._seen(distinct[start : start + at_once]) for start in range(0, len(distinct), at_once)]
        which = torch.tensor([rows[each] for each in edits])
        columns = [[getattr(part, name) for part in parts] for name in ("gaps", "places", "rows")]
        return Seen(*(torch.cat(each)[which] for each in columns))

    def _seen(self, scenarios: Sequence[Edits]) -> Seen:
        scores = self.rescorer.scores(scenarios)
        gaps = self.goal.gaps(scores, self.goal.streamer_idx)
        return Seen(gaps, self.goal.places(scores), scores[:, self.columns])


class GroupSearch:
    """One search: single edits with what they do to each user, then sums of them. need: users that are to be served."""

    def __init__(
        self,
        users: Sequence[GroupUser],
        singles: Sequence[GroupEdit],
        need: int,
        max_tries: int,
        cancel: Cancel | None,
        progress: Progress | None,
    ) -> None:
        self.users, self.singles, self.need = users, tuple(singles), need
        self._max_tries, self._cancel, self._progress = max_tries, cancel, progress
        self.best = 0
        self._seen: list[Seen] = []

    @property
    def n_tried(self) -> int:
        return sum(user.rescorer.n_scored for user in self.users)

    def gaps(self, combos: Sequence[Combo]) -> Float[Tensor, "n_users n_combos"]:
        """How far each combination passes each user's goal, ranked again, whatever is left of the budget."""
        return torch.stack([user.seen(combos).gaps for user in self.users])

    def _tried(self, combos: Sequence[Combo]) -> list[Seen]:
        """Each combination ranked again for each user. Raises OutOfTries over the budget or when cancelled."""
        seen = []
        for user in self.users:
            if (self._cancel is not None and self._cancel()) or self.n_tried + len(combos) > self._max_tries:
                raise OutOfTries
            seen.append(user.seen(combos))
            if self._progress is not None:
                self._progress(min(1.0, self.n_tried / self._max_tries))
        served = (torch.stack([each.gaps for each in seen]) > 0).sum(0)
        self.best = max([self.best, *served.tolist()])
        return seen

    @property
    def ranked(self) -> bool:
        """Whether every single edit was ranked for every user."""
        return bool(self._seen)

    def places(self) -> Int[Tensor, "n_users n_singles"]:
        """The streamer's place by score under each single edit; after fewest()."""
        return torch.stack([each.places for each in self._seen])

    def single_gaps(self) -> Float[Tensor, "n_users n_singles"]:
        """How far each single edit passes each user's goal; after fewest()."""
        return torch.stack([each.gaps for each in self._seen])

    def fewest(self) -> list[Combo]:
        """Combinations of the smallest size found that serve enough users, those that serve most first; empty where
        none of up to MAX_EDITS does.
        """
        if not self.singles:
            return []
        self._seen = self._tried([(edit,) for edit in self.singles])
        grown, gaps = [(i,) for i in range(len(self.singles))], self.single_gaps()
        for size in range(1, MAX_EDITS + 1):
            if size > 1:
                grown = [combo for kind in range(len(KINDS)) for combo in self._grown(grown, gaps, kind)]
                tried = self._tried([self._combo(combo) for combo in grown]) if grown else []
                gaps = torch.stack([each.gaps for each in tried]) if tried else gaps[:, :0]
            served = (gaps > 0).sum(0).tolist()
            order = sorted(range(len(grown)), key=_best_first(gaps))
            enough = [self._combo(grown[i]) for i in order if served[i] >= self.need]
            if enough or not grown:
                return enough
        return []

    def _combo(self, rows: Sequence[int]) -> Combo:
        return tuple(self.singles[i] for i in rows)

    def _grown(self, smaller: Sequence[tuple[int, ...]], gaps: Tensor, kind: int) -> list[tuple[int, ...]]:
        """The best combinations of a kind, one edit larger, by their sums."""
        order = sorted(range(len(smaller)), key=_best_first(gaps))
        parents = [smaller[i] for i in order if kind_of(self.singles[smaller[i][0]]) == kind]
        alone = sorted(range(len(self.singles)), key=_best_first(self.single_gaps()))
        pool = [i for i in alone if kind_of(self.singles[i]) == kind][:PAIRED]
        parents = list(combinations(pool, 1)) if len(smaller[0]) == 1 else parents[:BEAM]
        larger = {tuple(sorted((*parent, i))): None for parent in parents for i in pool if self._differs(parent, i)}
        if not larger:
            return []
        sums = self._sums(torch.tensor(list(larger)))
        return [list(larger)[i] for i in sorted(range(len(larger)), key=_best_first(sums))[:TRIED_OF_KIND]]

    def _differs(self, parent: Sequence[int], i: int) -> bool:
        return subject_of(self.singles[i].edit) not in {subject_of(self.singles[j].edit) for j in parent}

    def _sums(self, combos: Int[Tensor, "n size"]) -> Float[Tensor, "n_users n"]:
        """How far each sum of single effects passes each user's goal, among the streamers that stand highest."""
        gaps = []
        for user, seen in zip(self.users, self._seen, strict=True):
            base = user.base[user.columns]
            effects = (seen.rows - base).nan_to_num(nan=0.0)
            gaps.append(user.goal.gaps(base + effects[combos].sum(1), user.own))
        return torch.stack(gaps)


def _best_first(gaps: Float[Tensor, "n_users n"]) -> Callable[[int], tuple[int, float]]:
    """A key for positions: those that serve most users, then those that come nearest for the rest."""
    served, near = (gaps > 0).sum(0).tolist(), gaps.clamp(-NEAR, 0).mean(0).tolist()
    return lambda i: (-served[i], -near[i])
