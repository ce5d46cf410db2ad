"""The search for the fewest edits: singles exactly, then pairs, triples and so on by added effects, each ranked again.

Scores are nearly a sum over edits (statements and muted modalities exactly so while tips stay), so the effect of a
combination is estimated as the sum of what its parts do, and only the most promising are ranked again. Greedy, the
baseline, ranks every single edit again at each step and makes the one that moves the streamer furthest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explain.possible import ACTS, subject_of
from explain.rescoring import Edits
from explain.types import Direction, Edit
from mspa_model.ranking.order import ahead, best_first, top_k

MAX_EDITS = 6
PAIRED = 300  # single edits that are combined, those that close most of the gap
RIVALS = 120  # streamers by which an estimate places the one that is explained, those that stand highest
BEAM = 100  # combinations that a larger one is grown from
TRIED_OF_KIND = 30  # combinations of each set of kinds that are ranked again, at each size
CELLS = 1 << 22  # of one batch of estimates
PAIRS = 4096  # of one batch of a proof
# The gap of a streamer that is level with the last place and wins it by its row.
LEVEL = torch.finfo(torch.float32).tiny

Cancel = Callable[[], bool]
Progress = Callable[[float], None]


@runtime_checkable
class Scored(Protocol):
    """Whoever scores scenarios: Rescorer. n_scored: scenarios so far."""

    n_scored: int

    def scores(self, scenarios: Sequence[Edits]) -> Float[Tensor, "batch n_streamers"]: ...


@dataclass(frozen=True)
class Goal:
    """streamer_idx inside ("up") or outside ("down") the first k places by score."""

    streamer_idx: int
    direction: Direction
    k: int

    def gaps(self, scores: Float[Tensor, "batch n"], column: int) -> Float[Tensor, " batch"]:
        """How far the goal is passed; above zero it is reached. column: of the streamer; -inf: not ranked.

        Columns stand in the order of the table: where the streamer is level with the last place, rows decide.
        """
        own = scores[:, column]
        others = scores.clone()
        others[:, column] = -torch.inf
        # With fewer others than places the last is -inf: the streamer itself, or one that is not ranked.
        last = others.topk(min(self.k, scores.shape[1]), dim=1).values[:, -1]
        gaps, level = own - last, (own == last) & (last > -torch.inf)
        if level.any():
            inside = ahead(others[level], torch.arange(scores.shape[1]), own[level, None], column).sum(1) < self.k
            gaps[level] = torch.where(inside, LEVEL, -LEVEL).to(gaps.dtype)
        return gaps if self.direction == "up" else -gaps

    def places(self, scores: Float[Tensor, "batch n"]) -> Int[Tensor, " batch"]:
        """The streamer's place by score, 1 for the first; ties by row."""
        own = scores[:, self.streamer_idx, None]
        return 1 + ahead(scores, torch.arange(scores.shape[1]), own, self.streamer_idx).sum(1)


class OutOfTries(Exception):
    """The budget of scenarios is spent, or the search was cancelled."""


class Search:
    """One search: its budget, the single edits with their effects, and greedy's path beside it."""

    def __init__(
        self,
        rescorer: Scored,
        goal: Goal,
        singles: Sequence[Edit],
        max_tries: int,
        cancel: Cancel | None,
        progress: Progress | None,
    ) -> None:
        self.rescorer, self.goal, self.singles = rescorer, goal, tuple(singles)
        self.max_tries, self._cancel, self._progress = max_tries, cancel, progress
        self.base = self.tried([()])
        self._single_scores = self.tried([(edit,) for edit in self.singles])
        self._greedy: Edits = ()

    def tried(self, scenarios: Sequence[Edits]) -> Float[Tensor, "batch n_streamers"]:
        """Scores of these scenarios, ranked again. Raises OutOfTries where that is over the budget."""
        if self.cancelled or self.rescorer.n_scored + len(scenarios) > self.max_tries:
            raise OutOfTries
        scores = self.rescorer.scores(scenarios)
        if self._progress is not None:
            self._progress(min(1.0, self.rescorer.n_scored / self.max_tries))
        return scores

    @property
    def cancelled(self) -> bool:
        return self._cancel is not None and self._cancel()

    # --- greedy ------------------------------------------------------------------------------------------------------

    def greedy_step(self) -> Edits | None:
        """One edit more on greedy's path: the one that moves the streamer furthest (places, then points). None at its
        end, where no edit moves it any more.
        """
        taken = {subject_of(edit) for edit in self._greedy}
        left = [edit for edit in self.singles if subject_of(edit) not in taken]
        if not left or len(self._greedy) >= MAX_EDITS:
            return None
        grown = [(*self._greedy, edit) for edit in left]
        scores = self._single_scores if not taken else self.tried(grown)
        before = self.base if not taken else self.tried([self._greedy])
        sign = 1 if self.goal.direction == "up" else -1
        own = self.goal.streamer_idx
        rises = sign * (self.goal.places(before) - self.goal.places(scores))
        points = sign * (scores[:, own] - before[:, own])
        best = max(range(len(grown)), key=lambda i: (int(rises[i]), float(points[i])))
        if int(rises[best]) <= 0 and float(points[best]) <= 0:
            return None
        self._greedy = grown[best]
        return self._greedy

    # --- the search --------------------------------------------------------------------------------------------------

    def fewest(self) -> list[Edits]:
        """Combinations of the smallest size found that reach the goal, those that pass it furthest first; empty where
        none of up to MAX_EDITS does. Never larger than what greedy finds.
        """
        gaps = self.goal.gaps(self._single_scores, self.goal.streamer_idx)
        rows = zip(self.singles, self._single_scores, gaps, strict=True)
        scored = [((edit,), row, float(gap)) for edit, row, gap in rows]
        for size in range(1, MAX_EDITS + 1):
            if size > 1:
                scored = self._grown(scored)
            reached = sorted((found for found in scored if found[2] > 0), key=lambda found: -found[2])
            if reached:
                return [edits for edits, _, _ in reached]
            scored += self._greedily(size)
            if not scored:
                return []
            if scored[-1][2] > 0:
                return [scored[-1][0]]
        return []

    def _greedily(self, size: int) -> list[tuple[Edits, Tensor, float]]:
        """Greedy's path up to this size, where it gets so far: the search may go on from there."""
        edits = self.greedy_step()
        if edits is None or len(edits) != size:
            return []
        row = self.tried([edits])
        return [(edits, row[0], float(self.goal.gaps(row, self.goal.streamer_idx)[0]))]

    def _grown(self, scored: Sequence[tuple[Edits, Tensor, float]]) -> list[tuple[Edits, Tensor, float]]:
        """Combinations one larger, ranked again: of each set of kinds those with the best estimates."""
        columns, own = self._rivals()
        singles = self._useful()
        effects = (self._single_scores[singles] - self.base)[:, columns].nan_to_num(nan=-torch.inf)
        chosen = self._promising(scored, singles)
        found: dict[frozenset, tuple[Edits, float]] = {}
        at_once = max(1, CELLS // max(1, len(singles) * len(columns)))
        for start in range(0, len(chosen), at_once):
            part = chosen[start : start + at_once]
            rows = torch.stack([row[columns] for _, row, _ in part])
            estimates = (rows[:, None] + effects[None]).flatten(0, 1)
            gaps = self.goal.gaps(estimates, own).view(len(part), len(singles))
            self._keep_best(found, [edits for edits, _, _ in part], singles, gaps)
        best = _best_of_each_kind(list(found.values()))
        if not best:
            return []
        rows = self.tried(best)
        gaps = self.goal.gaps(rows, self.goal.streamer_idx)
        return [(edits, row, float(gap)) for edits, row, gap in zip(best, rows, gaps, strict=True)]

    def _rivals(self) -> tuple[Int[Tensor, " n"], int]:
        """Columns that estimates are made on, in the order of the table, with the streamer's position among them."""
        own = self.goal.streamer_idx
        highest = self.base[0].clone()
        highest[own] = torch.inf
        columns = top_k(highest, RIVALS + 1)[1].sort().values
        return columns, int((columns == own).nonzero()[0, 0])

    def _useful(self) -> Int[Tensor, " n"]:
        """The single edits that move the streamer most against those around place k, in their order."""
        near = top_k(self.base[0], 2 * self.goal.k)[1]
        change = (self._single_scores - self.base).nan_to_num(nan=0.0, neginf=0.0)
        gain = change[:, self.goal.streamer_idx] - change[:, near].mean(1)
        sign = 1 if self.goal.direction == "up" else -1
        return best_first(sign * gain)[:PAIRED].sort().values

    def _promising(
        self, scored: Sequence[tuple[Edits, Tensor, float]], singles: Int[Tensor, " n"]
    ) -> list[tuple[Edits, Tensor, float]]:
        """What is grown: at size one every useful single, beyond the best by their gap."""
        if len(scored[0][0]) == 1:
            useful = {self.singles[i] for i in singles.tolist()}
            return [found for found in scored if found[0][0] in useful]
        return sorted(scored, key=lambda found: -found[2])[:BEAM]

    def _keep_best(
        self,
        found: dict[frozenset, tuple[Edits, float]],
        parents: Sequence[Edits],
        singles: Int[Tensor, " n"],
        gaps: Float[Tensor, "n_parents n_singles"],
    ) -> None:
        """The best few of each parent; the same edits in another order are the same."""
        best, which = top_k(gaps, TRIED_OF_KIND)
        for parent, values, positions in zip(parents, best.tolist(), which.tolist(), strict=True):
            taken = {subject_of(edit) for edit in parent}
            for gap, position in zip(values, positions, strict=True):
                edit = self.singles[int(singles[position])]
                if subject_of(edit) not in taken:
                    found.setdefault(frozenset((*parent, edit)), ((*parent, edit), gap))


def _best_of_each_kind(found: Sequence[tuple[Edits, float]]) -> list[Edits]:
    counts: dict[tuple, int] = {}
    kept = []
    for edits, _ in sorted(found, key=lambda pair: -pair[1]):
        kinds = tuple(sorted({ACTS[edit.kind] for edit in edits}))
        counts[kinds] = counts.get(kinds, 0) + 1
        if counts[kinds] <= TRIED_OF_KIND:
            kept.append(edits)
    return kept


def best_pair(scored: Scored, goal: Goal, singles: Sequence[Edit]) -> float:
    """The best gap that any two of the single edits reach, every pair ranked again: below zero, no pair is enough.

    A proof and not a search, seconds long with hundreds of edits. -inf where there is no pair.
    """
    pairs = [pair for pair in combinations(singles, 2) if subject_of(pair[0]) != subject_of(pair[1])]
    batches = [pairs[start : start + PAIRS] for start in range(0, len(pairs), PAIRS)]
    gaps = [float(goal.gaps(scored.scores(batch), goal.streamer_idx).max()) for batch in batches]
    return max(gaps, default=-torch.inf)
