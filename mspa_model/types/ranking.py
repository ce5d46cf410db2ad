"""A ranking, the correction steps that led to it, and what is measured of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.types.data import CandidateScope, HistoryScope, Modality, Source
from mspa_model.types.preference import History, Preference


@dataclass(frozen=True)
class Ranking:
    """The score of every streamer and what it adds up from.

    weights: this user's weight of each source, >= 0; zero where val does not pay for it or the set lacks it.
    fits: fit less mean fit over streamers, so score = sum over sources of weight x fit, exactly.
    order: candidates only, best first (ties by row), but for those in kept places.
    new_share: the share of places kept for cold streamers; placed: streamer_idx of those that stand higher by it than
        their score alone would put them, in the order of their places.
    """

    weights: Float[Tensor, " n_sources"]
    fits: Float[Tensor, "n_sources n_streamers"]
    order: Int[Tensor, " n_candidates"]
    new_share: float = 0.0
    placed: tuple[int, ...] = ()

    @property
    def contributions(self) -> Float[Tensor, "n_sources n_streamers"]:
        """weight x fit: what each source adds to each streamer's score."""
        return self.weights[:, None] * self.fits

    @property
    def scores(self) -> Float[Tensor, " n_streamers"]:
        return self.contributions.sum(0)

    @property
    def by_score(self) -> Int[Tensor, " n_candidates"]:
        """The candidates as their scores alone order them: the same as `order` where no place is kept."""
        if not self.placed:
            return self.order
        allowed = self.order.sort().values
        return allowed[self.scores[allowed].argsort(descending=True, stable=True)]

    def rank_of(self, streamer_idx: int) -> int | None:
        """1 for the first; None where the streamer is no candidate."""
        return _place_in(self.order, streamer_idx)

    def score_rank_of(self, streamer_idx: int) -> int | None:
        """The rank that its score alone would give; None where the streamer is no candidate."""
        return _place_in(self.by_score, streamer_idx)

    def last_by_score(self, k: int) -> int | None:
        """The last of the first k places that is held by score, which a score has to beat; None where all are kept."""
        held = [place for place, i in enumerate(self.order[:k].tolist(), 1) if i not in self.placed]
        return held[-1] if held else None


def _place_in(order: Int[Tensor, " n_candidates"], streamer_idx: int) -> int | None:
    hit = (order == streamer_idx).nonzero()
    return int(hit[0, 0]) + 1 if len(hit) else None


@dataclass(frozen=True)
class SourceGap:
    """Critique of one source: witnesses' mean fit less the present top k's, in standard deviations over streamers."""

    source: Source
    witnesses: float
    top_k: float
    weight: float


@dataclass(frozen=True)
class ValueGap:
    """Critique of one value: how often witnesses have it, how often the present top k and all streamers have it."""

    value_idx: int
    aspect: str
    value: str
    witnesses: float
    top_k: float
    everyone: float
    strength: float


@dataclass(frozen=True)
class Critique:
    """What the corrector saw: where the witnesses stand, and what the top k has that they have not.

    witness_idx: streamer_idx of each witness; witness_rank: where it stands, scored from the history without it;
    about: ranks are told from a draw of the streamers, for there are very many.
    """

    witness_idx: tuple[int, ...]
    witness_rank: tuple[int, ...]
    sources: tuple[SourceGap, ...]
    values: tuple[ValueGap, ...]
    sentence: str
    about: bool = False


@dataclass(frozen=True)
class HeldOut:
    """Where the witnesses stood before a step and after it, each ranked from the history without it and, after, by the
    step that was proposed without it; a faded history, by its own side. about: as in Critique.
    """

    streamer_idx: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    about: bool = False


ChangeKind = Literal[
    "older tips faded",
    "source weight",
    "statement strength",
    "statement dropped",
    "statement taken up",
    "residual shift",
]


@dataclass(frozen=True)
class Change:
    """One thing that a step altered. kind: what; subject: source, value or modality; before, after: numbers."""

    kind: ChangeKind
    subject: str
    before: float
    after: float
    sentence: str


@dataclass(frozen=True)
class Step:
    """One pass of the corrector; step 0 is before any.

    emphasis: factor on each source's weight (1 everywhere at step 0).
    witness_gain, witness_uncertainty: mean rise of the witnesses over the step before and the standard error it had to
        beat, in standard deviations of the scores of streamers not tipped; None at step 0.
    reason: one sentence, why it was kept or not.
    held_out: the witnesses' ranks before and after it; None at step 0.
    """

    index: int
    kept: bool
    preference: Preference
    emphasis: Float[Tensor, " n_sources"]
    ranking: Ranking
    critique: Critique | None
    changes: tuple[Change, ...]
    witness_gain: float | None
    witness_uncertainty: float | None
    reason: str
    held_out: HeldOut | None = None

    @property
    def fades(self) -> bool:
        """Whether it fades what was tipped before a taste shifted."""
        return any(change.kind == "older tips faded" for change in self.changes)


StopReason = Literal["too few witnesses", "no gain", "step bound", "no tips", "no change"]


@dataclass(frozen=True)
class RankingTrace:
    """All kept steps in order (steps[0] before any correction, steps[-1] the answer), and the one that was rejected.

    live_at: where only who was live at this moment (UTC) is ranked; None where being live was not asked for.
    """

    user_id: str
    steps: tuple[Step, ...]
    rejected: Step | None
    stop: StopReason
    stop_sentence: str
    history_scope: HistoryScope | Literal["given"]
    candidate_scope: CandidateScope
    last_tip_at: datetime | None
    live_at: datetime | None = None

    @property
    def final(self) -> Step:
        return self.steps[-1]


@dataclass(frozen=True)
class Arrival:
    """A user's trace before and after tips that arrived; nothing was trained in between.

    tips: those that arrived, oldest first, as they were given.
    """

    tips: History
    before: RankingTrace
    after: RankingTrace

    def entered(self, k: int = 10) -> tuple[int, ...]:
        """Streamers of the top k after that were not in it before, best first."""
        return _only_first(self.after, self.before, k)

    def left(self, k: int = 10) -> tuple[int, ...]:
        """Streamers of the top k before that are not in it after, best first."""
        return _only_first(self.before, self.after, k)


def _only_first(one: RankingTrace, other: RankingTrace, k: int) -> tuple[int, ...]:
    beside = set(other.final.ranking.order[:k].tolist())
    return tuple(idx for idx in one.final.ranking.order[:k].tolist() if idx not in beside)


@dataclass(frozen=True)
class Interval:
    """A mean over users with a 95 % bootstrap interval; None where there is no user to measure."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class MapPlane:
    """One stored map: 2-D UMAP coordinates, NaN where a point has nothing to be placed by.

    streamer_lost, user_lost: share of a point's 15 true neighbours that are not among its 15 on the map (its
        distortion), NaN where it is not placed. quality: as in MapPoints.
    """

    streamer_xy: Float[np.ndarray, "n_streamers 2"]
    user_xy: Float[np.ndarray, "n_mapped_users 2"]
    streamer_lost: Float[np.ndarray, " n_streamers"]
    user_lost: Float[np.ndarray, " n_mapped_users"]
    quality: Mapping[str, float]


@dataclass(frozen=True)
class MapPoints:
    """The stored fused map: coordinates of streamers and of users with tips, fitted once at training.

    users: user_idx of each row of user_xy. quality: trustworthiness, continuity, knn15 and the same at 50
        (trustworthiness50, ...), each beside _pca and _random; seed_overlap beside seed_overlap_random.
    streamer_lost, user_lost: as in MapPlane; None in a run of an older version. planes: a map for each modality.
    """

    streamer_xy: Float[np.ndarray, "n_streamers 2"]
    users: Int[np.ndarray, " n_mapped_users"]
    user_xy: Float[np.ndarray, "n_mapped_users 2"]
    quality: Mapping[str, float]
    streamer_lost: Float[np.ndarray, " n_streamers"] | None = None
    user_lost: Float[np.ndarray, " n_mapped_users"] | None = None
    planes: Mapping[Modality, MapPlane] = field(default_factory=dict)
