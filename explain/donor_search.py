"""The fewest donations that bring a streamer into the top k for a share of many users, or for one."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor

from explain.donors import donation, donation_label, needed, offers, rank_with, with_donors
from explain.groups import Cancel, Progress
from explain.narrate import counted, listed, name_of
from explain.recipes import NOT_A_FORECAST
from explain.types import Donation, DonorRecipe, DonorSearch
from mspa_model.data.ids import streamer_idx_of
from mspa_model.number_format import percent
from mspa_model.ranking.order import best_first
from mspa_model.runs import Run
from mspa_model.types import Modality, RankingTrace, Step

MAX_DONORS = 400  # of a modality that are combined with others, those that serve most users alone
MAX_RECIPES = 3
KEPT = 60  # combinations of a size that are grown by a further modality


@dataclass(frozen=True)
class _Combined:
    """Donations with what they add for each user."""

    donors: tuple[tuple[Modality, int], ...]
    gain: Float[Tensor, " n_users"]
    served: int


def find_donors(
    run: Run,
    traces: Sequence[RankingTrace],
    streamer_id: str,
    share: float = 0.5,
    k: int = 10,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> DonorSearch:
    """The fewest modalities to be replaced by named donors' so that the streamer stands in the top k of at least this
    share of the users in whose rankings it stands. One trace and share 1: for one user.

    All single donors are tried and all pairs of the MAX_DONORS best of each modality; three grow from the best pairs.
    """
    started, streamer_idx = time.perf_counter(), streamer_idx_of(run.dataset, streamer_id)
    steps = [trace.final for trace in traces if trace.final.ranking.rank_of(streamer_idx) is not None]
    if not steps:
        said = f"{name_of(run.dataset, streamer_idx)} stands in nobody's ranking here, so nothing can move it."
        return DonorSearch((), streamer_idx, k, share, len(traces), 0, 0.0, 0, 0.0, "nobody", said)
    search = _DonorSearch(run, steps, streamer_idx, share, k, cancel, progress)
    recipes, stop = search.recipes()
    sentence = search.sentence(recipes, stop, len(traces))
    seconds = time.perf_counter() - started
    best = search.best / len(steps)
    return DonorSearch(
        recipes, streamer_idx, k, share, len(traces), len(steps), best, search.n_tried, seconds, stop, sentence
    )


class _DonorSearch:
    """One search; short: points that the streamer is short of place k for each user."""

    def __init__(
        self,
        run: Run,
        steps: Sequence[Step],
        streamer_idx: int,
        share: float,
        k: int,
        cancel: Cancel | None,
        progress: Progress | None,
    ) -> None:
        self.run, self.steps, self.streamer_idx, self.share, self.k = run, steps, streamer_idx, share, k
        self._cancel, self._progress = cancel, progress
        self.goal = max(1, math.ceil(share * len(steps) - 1e-9))
        self.short = needed(steps, streamer_idx, k)
        self.before = int((self.short < 0).sum())
        self.offers = offers(run, steps, streamer_idx)
        self.n_tried, self.best = 0, self.before

    def recipes(self) -> tuple[tuple[DonorRecipe, ...], str]:
        """Recipes of the smallest size that is enough, and why the search ended."""
        if self.before >= self.goal:
            return (), "not needed"
        found: list[_Combined] = []
        for size in range(1, len(self.offers) + 1):
            if self._cancel is not None and self._cancel():
                return (), "cancelled"
            found = self._singles() if size == 1 else self._grown(found, size)
            self.best = max([self.best, *(each.served for each in found)])
            sound = self._sound([each for each in found if each.served >= self.goal])
            if self._progress is not None:
                self._progress(size / len(self.offers))
            if sound:
                return sound, "found"
        return (), "none"

    def _singles(self) -> list[_Combined]:
        """Every donor of every modality, those that serve most users first; the streamer's own change nothing."""
        found = []
        for offer in self.offers:
            served = (offer.gains > self.short[:, None]).sum(0)
            self.n_tried += int((offer.gains[0] > -torch.inf).sum()) - 1
            closer = offer.gains.clamp(min=-1e6).mean(0)
            order = sorted(range(len(served)), key=lambda d: (-int(served[d]), -float(closer[d])))
            kept = [d for d in order if d != self.streamer_idx and offer.gains[0, d] > -torch.inf][:MAX_DONORS]
            found += [_Combined(((offer.modality, d),), offer.gains[:, d], int(served[d])) for d in kept]
        return sorted(found, key=lambda each: -each.served)

    def _grown(self, smaller: Sequence[_Combined], size: int) -> list[_Combined]:
        """Combinations with one modality more: of pairs all, of three those that grow from the best pairs."""
        if size == 2:
            by_modality = {o.modality: [c for c in smaller if c.donors[0][0] is o.modality] for o in self.offers}
            pairs = combinations(by_modality.values(), 2)
            return _most_served(each for one, other in pairs for each in self._together(one, other))
        singles = {o.modality: o for o in self.offers}
        grown = []
        for each in smaller:
            missing = [o for m, o in singles.items() if m not in {m for m, _ in each.donors}]
            for offer in missing:
                donors = best_first(offer.gains.clamp(min=-1e6).mean(0))[:MAX_DONORS].tolist()
                alone = [_Combined(((offer.modality, d),), offer.gains[:, d], 0) for d in donors]
                grown += self._together([each], [a for a in alone if a.donors[0][1] != self.streamer_idx])
        return _most_served(grown)

    def _together(self, one: Sequence[_Combined], other: Sequence[_Combined]) -> list[_Combined]:
        """The KEPT best of every combination of one with one of the other: by users served, then by the mean gain."""
        if not one or not other:
            return []
        left, right = torch.stack([o.gain for o in one], 1), torch.stack([o.gain for o in other], 1)
        served = torch.zeros(len(one), len(other), dtype=torch.long)
        for user, short in enumerate(self.short):
            served += left[user][:, None] + right[user][None] > short
        self.n_tried += served.numel()
        # Where none serves anyone yet, those that come closest are the ones to grow.
        closest = best_first((left.mean(0)[:, None] + right.mean(0)[None]).flatten())
        best = closest[best_first(served.flatten()[closest].double())][:KEPT]
        rows = [divmod(place, len(other)) for place in best.tolist()]
        return [
            _Combined((*one[i].donors, *other[j].donors), one[i].gain + other[j].gain, int(served[i, j]))
            for i, j in rows
        ]

    def _sound(self, enough: Sequence[_Combined]) -> tuple[DonorRecipe, ...]:
        """Up to MAX_RECIPES that share no donation, ranked again with the features changed; only those that hold."""
        kept: list[DonorRecipe] = []
        used: set[tuple[Modality, int]] = set()
        for each in sorted(enough, key=lambda found: -found.served):
            if len(kept) == MAX_RECIPES:
                break
            if used & set(each.donors):
                continue
            donations = tuple(donation(self.run, m, donor) for m, donor in each.donors)
            changed = with_donors(self.run, self.streamer_idx, donations)
            ranks = [rank_with(self.run, step, changed).rank_of(self.streamer_idx) for step in self.steps]
            after = sum(rank is not None and rank <= self.k for rank in ranks)
            if after >= self.goal:
                used |= set(each.donors)
                kept.append(DonorRecipe(donations, self.before, after, self._told(donations, after)))
        return tuple(kept)

    def _told(self, donations: Sequence[Donation], after: int) -> str:
        name, one = name_of(self.run.dataset, self.streamer_idx), len(self.steps) == 1
        given = listed([donation_label(self.run, each) for each in donations])
        now = "" if one else f", now {self.before:,}"
        return f"With {given}, {name} would stand in the top {self.k} of {self._of(after)}{now}."

    def _of(self, served: int) -> str:
        """ "7 of 12 users"; of one alone "the one user asked"."""
        word = self.run.dataset.info.user_is
        return f"the one {word} asked" if len(self.steps) == 1 else f"{served:,} of {counted(len(self.steps), word)}"

    def sentence(self, recipes: Sequence[DonorRecipe], stop: str, n_users: int) -> str:
        """What was found, in one or two sentences."""
        name = name_of(self.run.dataset, self.streamer_idx)
        if recipes:
            said = recipes[0].sentence
        elif stop == "not needed":
            return f"{name} stands in the top {self.k} of {self._of(self.before)} already."
        elif stop == "cancelled":
            return f"Cancelled: none found within {self.n_tried:,} tries."
        else:
            users = counted(len(self.steps), self.run.dataset.info.user_is)
            share = f"{percent(self.share)} of {users}; the best reach {percent(self.best / len(self.steps))}"
            whom = share if len(self.steps) > 1 else self._of(0)
            said = f"None found within {self.n_tried:,} tries: no donors bring {name} into the top {self.k} of {whom}."
        left = n_users - len(self.steps)
        without = f" {left:,} more cannot have it in their ranking." if left else ""
        return f"{said}{without} {NOT_A_FORECAST}"


def _most_served(found: Iterable[_Combined]) -> list[_Combined]:
    return sorted(found, key=lambda each: (-each.served, -float(each.gain.mean())))[: 4 * KEPT]
