"""What sets two runs of the same data apart: configuration, figures, top 10, and the users who lost most."""

from dataclasses import dataclass
from typing import Any, Literal

from mspa_model.number_format import side_of_zero
from mspa_model.types.data import Source
from mspa_model.types.ranking import Interval

FEWEST_TEST_TIPS = 3  # below, one tip decides the figure: a user is called changed, never worse or better
FEWEST_USERS = 20  # below, a resampled interval says little: a group is told apart by nobody


@dataclass(frozen=True)
class RunCard:
    """Which run is meant. hash: its model's identity."""

    name: str
    path: str
    hash: str
    created_at: str
    seed: int


@dataclass(frozen=True)
class ConfigChange:
    """A dotted path of the configuration whose value differs. chosen: val chose it, so nobody configured it."""

    path: str
    before: Any
    after: Any
    chosen: bool


def only_seed(changes: tuple[ConfigChange, ...]) -> bool:
    """Nothing that is configured differs but the seed; what val chose may differ too."""
    return [change.path for change in changes if not change.chosen] == ["seed"]


@dataclass(frozen=True)
class Difference:
    """One metric over one group of measured users.

    kind: what makes the group; label: which of that kind, e.g. "6-10" or "language: English".
    before, after: means; interval: of after less before, paired by user.
    between_seeds: the same difference between two runs that differ in the seed alone; None where no such pair is known.
    """

    kind: Literal["all", "train tips", "column", "cold targets"]
    label: str
    n_users: int
    metric: str
    before: float
    after: float
    interval: Interval
    between_seeds: float | None

    @property
    def reading(self) -> Literal["better", "worse", "not told apart", "too few users"]:
        """What the interval says by itself."""
        if self.n_users < FEWEST_USERS:
            return "too few users"
        side = side_of_zero(self.interval.low, self.interval.high)
        return "better" if side > 0 else "worse" if side < 0 else "not told apart"

    @property
    def within_seeds(self) -> bool | None:
        """It is no larger than what another seed alone has changed; None where that is not known."""
        return None if self.between_seeds is None else abs(self.after - self.before) <= abs(self.between_seeds)


@dataclass(frozen=True)
class Overlap:
    """How much of the top 10 both runs share. mean_share: over users; counts: of users who share 0, 1, ... 10."""

    mean_share: float
    counts: tuple[int, ...]


@dataclass(frozen=True)
class SourceShift:
    """How many points a source puts the lost tip's streamer ahead of its rival, in either run."""

    source: Source
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class LostTip:
    """The test tip whose fall cost a user most, and what moved it.

    rival: stood below it before and stands above it after; of those, the last within the places that count. The shifts
    of all sources add up to the change of the margin over the rival, which was above zero and is below.
    """

    streamer_id: str
    rank_before: int
    rank_after: int
    rival_id: str
    rival_rank_before: int
    rival_rank_after: int
    sources: tuple[SourceShift, ...]

    @property
    def moved_most(self) -> SourceShift:
        """The source whose change pushed the tip down most."""
        return min(self.sources, key=lambda shift: shift.change)


@dataclass(frozen=True)
class UserLoss:
    """One user whose figure fell. lost: None where ranking anew no longer finds the fall (see as_stored).

    word: "changed" with under FEWEST_TEST_TIPS test tips. as_stored: both top 10 are those that `evaluate` stored.
    """

    user_id: str
    n_train: int
    n_test: int
    before: float
    after: float
    word: Literal["worse", "changed"]
    lost: LostTip | None
    as_stored: bool


@dataclass(frozen=True)
class UserCounts:
    """How many measured users' figure rose, fell, stayed, or moved on fewer than FEWEST_TEST_TIPS test tips."""

    better: int
    worse: int
    changed: int
    same: int


@dataclass(frozen=True)
class Comparison:
    """Run `after` held against run `before`; every difference is after less before.

    metric: the data's own, by which users are sorted. seed_pair: the names of two runs that differ in the seed alone,
    whose differences are the measure of what a seed does; None where no such pair is known.
    """

    dataset: str
    metric: str
    n_users: int
    before: RunCard
    after: RunCard
    config: tuple[ConfigChange, ...]
    seed_pair: tuple[str, str] | None
    differences: tuple[Difference, ...]
    overlap: Overlap
    users: UserCounts
    losses: tuple[UserLoss, ...]

    @property
    def only_seed(self) -> bool:
        """These two runs are themselves a pair of seeds, so that every difference is what a seed does."""
        return only_seed(self.config)

    def difference(self, metric: str) -> Difference:
        """The metric over all measured users."""
        return next(d for d in self.differences if d.kind == "all" and d.metric == metric)
