"""A history as the composer reads it: one entry a tipped streamer, the newest last."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from mspa_model.types import History

N_FACTS = 6
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class AmountScale:
    """Mean and deviation of log(1 + amount) over the train tips of a set; amounts are read against it."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Entries:
    """The newest tipped streamers of one history.

    facts: amount (standardised log, 0 and a flag where unknown), days before the newest tip (log, 0 and a flag where
    unknown), tips to this streamer (log), place from the newest (log). positions: of each entry's tips in the history.
    n_tipped: distinct streamers of the whole history, also those that did not fit.
    """

    streamer_idx: Int[np.ndarray, " n"]
    facts: Float[np.ndarray, "n 6"]
    positions: tuple[tuple[int, ...], ...]
    n_tipped: int


def amount_scale(amounts: Float[np.ndarray, " n_tips"]) -> AmountScale:
    """The scale of a set's train amounts; (0, 1) where none is known."""
    known = np.log1p(np.clip(amounts[np.isfinite(amounts)], 0, None))
    return AmountScale(float(known.mean()), max(float(known.std()), 1e-3)) if len(known) else AmountScale(0.0, 1.0)


def entries_of(history: History, scale: AmountScale, at_most: int) -> Entries:
    """Streamers in the order of their newest tip; at_most of them, the newest."""
    tipped, owner = np.unique(history.streamer_idx, return_inverse=True)
    newest_tip = np.zeros(len(tipped), dtype=np.int64)
    newest_tip[owner] = np.arange(len(history))  # the last write to a place stays: tips are oldest first
    chosen = np.argsort(newest_tip)[-at_most:] if len(tipped) else np.zeros(0, dtype=np.int64)
    by_owner = np.split(np.argsort(owner, kind="stable"), np.cumsum(np.bincount(owner, minlength=len(tipped)))[:-1])
    positions = tuple(tuple(by_owner[i].tolist()) for i in chosen)
    facts = np.zeros((len(chosen), N_FACTS), dtype=np.float32)
    if len(chosen):
        facts[:, :2] = _amounts(history, owner, len(tipped), scale)[chosen]
        facts[:, 2:4] = _ages(history)[newest_tip[chosen]]
        facts[:, 4] = np.log([len(own) for own in positions])
        facts[:, 5] = np.log1p(np.arange(len(chosen))[::-1]) / 4
    return Entries(tipped[chosen].astype(np.int64), facts, positions, len(tipped))


def _amounts(history: History, owner: np.ndarray, n: int, scale: AmountScale) -> Float[np.ndarray, "n 2"]:
    """Standardised log of each streamer's summed amount, and 1; zeros where an amount is unknown."""
    total = np.bincount(owner, weights=history.amount, minlength=n)
    known = np.isfinite(total)
    level = (np.log1p(np.where(known, total, 0).clip(min=0)) - scale.mean) / scale.deviation
    return np.stack([np.where(known, level.clip(-4, 4), 0), known], 1)


def _ages(history: History) -> Float[np.ndarray, "n_tips 2"]:
    """Log of days before the newest tip, and 1; zeros where a time is unknown."""
    known = ~np.isnat(history.tipped_at)
    if not known.any():
        return np.zeros((len(history), 2))
    age = (history.tipped_at[known].max() - history.tipped_at) / DAY
    return np.stack([np.where(known, np.log1p(np.where(known, age, 0).clip(min=0)) / 4, 0), known], 1)
