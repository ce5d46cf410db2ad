"""Deletion: take tips or statements away, run the model again, and see what it costs the streamer.

The correction is kept, as it is by every what-if edit: each source stays at the step's emphasis. So a deletion and the
edit that drops the same part say the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explain.attribution import shapley_of_players
from explain.contribution import Pair, told_parts
from explain.rescoring import Rescorer
from explain.types import Contribution, Deletion, Edit, TipWorth
from mspa_model.ranking.order import ahead
from mspa_model.runs import Run
from mspa_model.types import Ranking, Step

MAX_PLAYERS = 40  # parts that take part in curves, by the size of their margin
FIELD = 10  # places above and as many below that a lead is counted over
SHAPLEY_PLAYERS, SHAPLEY_ORDERS = 10, 12
MISLEADS = 0.25  # of what deletions claim in all: beyond it their sum and the joint loss tell different stories


@dataclass(frozen=True)
class Outcome:
    """Where a streamer stands in one rerun: margin over the rival, lead over the mean of its field, place, score."""

    margin: float
    lead: float
    place: int
    score: float


class Reruns:
    """The model run again without some of a step's tips or statements; each set of them once, many at a time.

    The field of a streamer is the ten candidates above it and the ten below as the step ranks them, itself left out:
    whom it would lose places to. A lead over them is a sum of parts as a margin is, and places follow it.
    """

    def __init__(self, run: Run, step: Step, pair: Pair, parts: Sequence[Contribution]) -> None:
        """parts: tips or statements of one kind, in any number of modalities."""
        self.run, self.step, self.pair = run, step, pair
        self.named = order_by_margin(parts)
        self._edits = {part.key: _edit(step, part) for part, _ in self.named}
        self._rescorer = Rescorer(run, step, "all")
        self._candidates = step.ranking.order
        self._field = _field_of(step.ranking, pair[0])
        self._found: dict[frozenset[str], Outcome] = {}

    def without(self, keys: Collection[str]) -> Outcome:
        """What is left when these parts are away at once."""
        return self.without_each([keys])[0]

    def without_each(self, sets: Sequence[Collection[str]]) -> list[Outcome]:
        """The same of many sets, those not run yet in one batch."""
        wanted = [frozenset(keys) for keys in sets]
        missing = [away for away in dict.fromkeys(wanted) if away not in self._found]
        scenarios = [tuple(self._edits[key] for key in sorted(away)) for away in missing]
        scores = self._rescorer.contributions(scenarios).double().sum(1)
        self._found |= {away: self._outcome(row) for away, row in zip(missing, scores, strict=True)}
        return [self._found[away] for away in wanted]

    def players(self, n: int = MAX_PLAYERS) -> list[str]:
        """Keys of the parts with the largest margins, either way, in the order of naming."""
        largest = {p.key for p, _ in sorted(self.named, key=lambda named: -abs(named[1]))[:n]}
        return [part.key for part, _ in self.named if part.key in largest]

    def _outcome(self, scores: Float[Tensor, " n_streamers"]) -> Outcome:
        streamer, rival = self.pair
        own = float(scores[streamer])
        field = float(scores[self._field].mean()) if len(self._field) else own
        return Outcome(own - float(scores[rival]), own - field, place_in(scores, self._candidates, streamer), own)


def delete_parts(reruns: Reruns) -> tuple[Deletion, ...]:
    """One deletion per part named, in the order of their margins; of many, the first five and the last."""
    before = reruns.without(())
    told = []
    for part in told_parts([part for part, _ in reruns.named]):
        after = reruns.without((part.key,))
        told.append(
            Deletion(
                kind="tip" if part.kind == "tip" else "statement",
                key=part.key,
                label=part.label,
                score_drop=before.score - after.score,
                margin_drop=before.margin - after.margin,
                rank_before=before.place,
                rank_after=after.place,
                by_score=reruns.step.ranking.new_share > 0,
            )
        )
    return tuple(told)


def tip_worths(reruns: Reruns) -> tuple[TipWorth, ...]:
    """What each tip is worth once strengths and residual follow it, the largest first.

    By deletion; where deletions mislead (two tips that say the same stand in for each other, so that neither seems to
    matter), by sampled Shapley values of the largest ten, all others staying.
    """
    before, keys = reruns.without(()), reruns.players()
    labels = {part.key: part.label for part, _ in reruns.named}
    alone = reruns.without_each([(key,) for key in keys])
    drops = {key: before.margin - after.margin for key, after in zip(keys, alone, strict=True)}
    together = before.margin - reruns.without(keys).margin if keys else 0.0
    shares: dict[str, float] = {}
    if deletion_misleads(list(drops.values()), together):
        shares = _shapley(reruns, sorted(keys, key=lambda key: -abs(drops[key]))[:SHAPLEY_PLAYERS])
    worths = [TipWorth(key, labels[key], drops[key], shares.get(key)) for key in keys]
    return tuple(sorted(worths, key=lambda worth: -worth.worth))


def deletion_misleads(drops: Sequence[float], together: float) -> bool:
    """Whether what parts cost one by one differs from what they cost at once by more than a quarter of either."""
    claimed = sum(abs(drop) for drop in drops)
    return len(drops) > 1 and abs(sum(drops) - together) > MISLEADS * max(claimed, abs(together))


def _shapley(reruns: Reruns, keys: list[str]) -> dict[str, float]:
    def value(present: torch.Tensor) -> torch.Tensor:
        away = [[key for key, here in zip(keys, row, strict=True) if here < 0.5] for row in present.tolist()]
        return torch.tensor([after.margin for after in reruns.without_each(away)], dtype=torch.float64)

    return dict(zip(keys, shapley_of_players(value, len(keys), SHAPLEY_ORDERS).tolist(), strict=True))


def order_by_margin(parts: Sequence[Contribution]) -> list[tuple[Contribution, float]]:
    """Each tip or statement once, with its margin over all modalities, the largest first: the order of naming."""
    first: dict[str, Contribution] = {}
    margins: dict[str, float] = {}
    for part in parts:
        first.setdefault(part.key, part)
        margins[part.key] = margins.get(part.key, 0.0) + part.margin
    return sorted(((part, margins[key]) for key, part in first.items()), key=lambda named: -named[1])


def place_in(scores: Float[Tensor, " n_streamers"], candidates: Int[Tensor, " n_candidates"], streamer_idx: int) -> int:
    """The rank by score among the candidates, ties by row, kept places left aside; for a streamer that is no
    candidate, what it would have among them.
    """
    return 1 + int(ahead(scores[candidates], candidates, scores[streamer_idx, None], streamer_idx).sum())


def _field_of(ranking: Ranking, streamer_idx: int) -> torch.Tensor:
    order = ranking.by_score
    at = place_in(ranking.scores, order, streamer_idx) - 1
    near = order[max(0, at - FIELD) : at + FIELD + 1]
    return near[near != streamer_idx]


def _edit(step: Step, part: Contribution) -> Edit:
    if part.kind == "tip":
        return Edit("drop tip", part.key)
    statement = step.preference.statements[int(part.key)]
    return Edit("delete statement", f"{statement.aspect}: {statement.value}")
