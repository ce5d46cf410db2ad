"""What is explained, and the parts it opens into."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from jaxtyping import Float

from mspa_model.types import CandidateScope, HistoryScope, Modality, Source


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
