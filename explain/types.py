"""What an explanation is made of. Every value is frozen and carries what is needed to check it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from jaxtyping import Float

from mspa_model.types import CandidateScope, Change, HistoryScope, Modality, Ranking, Source


@dataclass(frozen=True)
class Case:
    """What is explained: a user, a streamer and its rival at a correction step.

    rival_id None: the next streamer below (for the last candidate, the one above).
    step None: the last kept step. live_at: only who is live then (UTC) is ranked; None: live or not. new_share:
    the share of its places that the ranking keeps for cold streamers.
    """

    user_id: str
    streamer_id: str
    rival_id: str | None = None
    step: int | None = None
    history: HistoryScope = "all"
    candidates: CandidateScope = "new"
    live_at: datetime | None = None
    new_share: float = 0.0


@dataclass(frozen=True)
class Contribution:
    """One additive part of a margin.

    kind: what it is; key: Source value, position of the tip in the history (several tips to one streamer are one part:
    "3,7"), or position of the statement; label: in words.
    streamer, rival: weight x fit for each; margin: their difference. Parts of one kind add up to their source's margin.
    """

    kind: Literal["source", "tip", "statement", "residual"]
    source: Source
    key: str
    label: str
    streamer: float
    rival: float

    @property
    def margin(self) -> float:
        return self.streamer - self.rival


@dataclass(frozen=True)
class Attribution:
    """Integrated gradients (Sundararajan et al. 2017, by Captum) inside one modality.

    values: per feature of the streamer, against the reference; they sum to `total` up to `delta`.
    total: weight x (fit of streamer - fit of reference); delta: |sum - total|; converged: delta within limit.
    """

    modality: Modality
    reference: str
    values: Float[np.ndarray, " feature_dim"]
    total: float
    delta: float
    limit: float
    n_steps: int

    @property
    def converged(self) -> bool:
        return self.delta <= self.limit


@dataclass(frozen=True)
class Deletion:
    """What happens to the streamer's rank and score when one tip or statement is taken away and the model run again.

    by_score: the ranks are those of the score alone, because the ranking keeps places for the new.
    """

    kind: Literal["tip", "statement"]
    key: str
    label: str
    score_drop: float
    margin_drop: float
    rank_before: int
    rank_after: int
    by_score: bool = False


@dataclass(frozen=True)
class Check:
    """A number with its limit that says whether an explanation can be trusted."""

    name: str
    value: float | None
    limit: float | None
    verdict: Literal["pass", "fail", "not applicable"]
    sentence: str


@dataclass(frozen=True)
class Seal:
    """The verdict over a case's checks. green: may be quoted; amber: may be quoted with the limit named; red: not."""

    colour: Literal["green", "amber", "red"]
    sentence: str


@dataclass(frozen=True)
class EvidenceLine:
    """How well the model knows users with as many tips.

    metric, value, low, high, n_users: accuracy over test users whose number of train tips falls in the same bucket
    (bucket in words); None where none was tested. in_test: whether this user was.
    """

    n_tips: int
    bucket: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n_users: int
    in_test: bool
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """Why a streamer stands where it stands, above or below its rival, with the proof.

    streamer_kept, rival_kept: the rank that the score alone would give, where it stands in a place kept for the new;
    None where it stands by its score.
    """

    case: Case
    streamer_idx: int
    rival_idx: int
    streamer_name: str
    rival_name: str
    streamer_rank: int | None
    rival_rank: int | None
    margin: float
    sources: tuple[Contribution, ...]
    tips: tuple[Contribution, ...]
    statements: tuple[Contribution, ...]
    residuals: tuple[Contribution, ...]
    attributions: tuple[Attribution, ...]
    deletions: tuple[Deletion, ...]
    checks: tuple[Check, ...]
    seal: Seal
    evidence: EvidenceLine
    answer: str
    sentences: tuple[str, ...]
    streamer_kept: int | None = None
    rival_kept: int | None = None


@dataclass(frozen=True)
class RankMove:
    """Where a streamer stood before and after, and which changes moved it."""

    streamer_idx: int
    name: str
    rank_before: int | None
    rank_after: int | None
    score_change: float
    by_source: tuple[tuple[Source, float], ...]


@dataclass(frozen=True)
class StepDifference:
    """What changed between two steps of a trace; moves ordered by the size of the rank change inside either top k."""

    step_before: int
    step_after: int
    changes: tuple[Change, ...]
    moves: tuple[RankMove, ...]
    sentence: str


@dataclass(frozen=True)
class Edit:
    """One what-if edit.

    kind "drop tip": key is the tip's position in the history, or several: "3,7". "add tip": key is a streamer_id.
    "mute modality": key is the modality. "set statement", "delete statement": key is "aspect: value"; for
    "set statement" polarity and strength say what it becomes (adding it where it was not).
    """

    kind: Literal["drop tip", "add tip", "mute modality", "set statement", "delete statement"]
    key: str
    strength: float = 1.0
    polarity: Literal[1, -1] = 1


@dataclass(frozen=True)
class Scenario:
    """An immutable set of edits; parent is the scenario it was grown from."""

    edits: tuple[Edit, ...] = ()
    parent: "Scenario | None" = None

    def with_edit(self, edit: Edit) -> "Scenario":
        return Scenario((*self.edits, edit), parent=self)


@dataclass(frozen=True)
class ScenarioResult:
    """Rankings before and after a scenario, and what moved. With no edit, nothing does."""

    scenario: Scenario
    before: Ranking
    after: Ranking
    moves: tuple[RankMove, ...]
    top_k_changed: int
    sentence: str
    limits: tuple[str, ...]


@dataclass(frozen=True)
class Neighbor:
    """A streamer near another in the original embedding space."""

    streamer_idx: int
    name: str
    similarity: float
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """A single edit and what it alone would do to one streamer; edits are tried, not guessed."""

    edit: Edit
    label: str
    rank_before: int | None
    rank_after: int | None
    score_change: float


@dataclass(frozen=True)
class Headroom:
    """How far a streamer stands from the k-th place: its score less the score that holds that place.

    k: the last place up to the one asked for that is held by score and not kept for the new.
    """

    k: int
    rank: int | None
    gap: float
    sentence: str


@dataclass(frozen=True)
class MapView:
    """The stored map, ready to draw: a name and a group for each streamer, and what the map is worth in plain words.

    groups: the labels in the order of a legend, largest first, then "other" and "none".
    """

    streamer_xy: Float[np.ndarray, "n_streamers 2"]
    names: tuple[str, ...]
    aspect: str | None
    group_of: tuple[str, ...]
    groups: tuple[str, ...]
    quality_sentence: str
