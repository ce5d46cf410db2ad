"""Lift: how many times as often a value is tipped here as by everyone, with its interval; what an adverb must earn.

A text says "far more often" only where the lift is at least two and its interval stays above 1.25, "more often" where
the interval stays above one ("less often": below), and "possibly" of everything else.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from mspa_model.preference.wordings import FEW_TIPS
from mspa_model.types import History

FAR_LIFT, FAR_LOW = 2.0, 1.25
_Z = 1.959963984540054  # of 95 %

# far, clear: earned; possible: not told from chance; contrary: the tips point the other way.
Grade = Literal["far", "clear", "possible", "contrary"]
Shares = Float[np.ndarray, " n_values"]
GRADES: tuple[Grade, ...] = ("far", "clear", "possible", "contrary")


@dataclass(frozen=True)
class Lift:
    """How often one value is tipped in a history, against everyone.

    n_with, n_tipped: distinct streamers among the tips, with the value and in all. share: of what these count for (a
    faded tip counts for less), 0 without tips; everyone: the value's share of everyone's train tips.
    ratio: share over everyone; low, high: its 95 % interval.
    """

    n_with: int
    n_tipped: int
    share: float
    everyone: float
    ratio: float
    low: float
    high: float

    def grade(self, polarity: Literal[1, -1]) -> Grade:
        """How surely the tips bear out that the value is liked (1) or avoided (-1)."""
        if polarity * (self.share - self.everyone) < 0:
            return "contrary"
        if self.n_tipped < FEW_TIPS:
            return "possible"
        if polarity < 0:
            return "clear" if self.high < 1 else "possible"
        if self.ratio >= FAR_LIFT and self.low > FAR_LOW:
            return "far"
        return "clear" if self.low > 1 else "possible"


@dataclass(frozen=True)
class Lifts:
    """The lift of every value in one history."""

    n_with: Int[np.ndarray, " n_values"]
    n_tipped: int
    share: Float[np.ndarray, " n_values"]
    everyone: Float[np.ndarray, " n_values"]
    ratio: Float[np.ndarray, " n_values"]
    low: Float[np.ndarray, " n_values"]
    high: Float[np.ndarray, " n_values"]

    def of(self, value_idx: int) -> Lift:
        """The lift of one value."""
        columns = (self.share, self.everyone, self.ratio, self.low, self.high)
        return Lift(int(self.n_with[value_idx]), self.n_tipped, *(float(column[value_idx]) for column in columns))


def lifts_of(
    history: History,
    membership: Float[np.ndarray, "n_streamers n_values"],
    everyone: Float[np.ndarray, " n_values"],
    n_everyone: int,
) -> Lifts:
    """Lifts from what strengths rest on: every tipped streamer once, as much as its newest tip counts.

    everyone: shares among n_everyone distinct train pairs. Tips of unequal weight have the precision of fewer equal
    ones (Kish's effective sample size).
    """
    tipped, rows = np.unique(history.streamer_idx, return_inverse=True)
    weights = np.zeros(len(tipped))
    np.maximum.at(weights, rows, history.counts)
    has = membership[tipped].astype(np.float64)
    total = weights.sum()
    share = weights @ has / total if total else np.zeros(has.shape[1])
    n = float(total**2 / (weights**2).sum()) if total else 0.0
    base = everyone.astype(np.float64)
    low, high = ratio_interval(share, n, base, float(max(n_everyone, 1)))
    counts = has.sum(0).astype(np.int64)
    return Lifts(counts, len(tipped), share, base, share / base, low, high)


def ratio_interval(share: Shares, n: float, everyone: Shares, n_everyone: float) -> tuple[Shares, Shares]:
    """95 % interval of share / everyone, two proportions of n and n_everyone: from Wilson's intervals of each by the
    method of variance estimates recovery for ratios (MOVER-R, Donner and Zou 2012). Without tips it is 0 to infinity.
    """
    if n == 0:
        return np.zeros_like(share), np.full_like(share, np.inf)
    (low, high), (low_base, high_base) = wilson(share, n), wilson(everyone, n_everyone)
    both = share * everyone
    below, above = low * (2 * share - low), high * (2 * share - high)
    base_below, base_above = low_base * (2 * everyone - low_base), high_base * (2 * everyone - high_base)
    # Both ends as quotients whose denominators are sums: nothing cancels where a Wilson end is twice its share.
    floor = both + np.sqrt(np.maximum(both**2 - below * base_above, 0))
    ceiling = both + np.sqrt(np.maximum(both**2 - above * base_below, 0))
    lower = np.divide(below, floor, out=np.zeros_like(share), where=floor > 0)
    upper = np.divide(ceiling, base_below, out=np.full_like(share, np.inf), where=base_below > 0)
    return lower, upper


def wilson(share: Shares, n: float) -> tuple[Shares, Shares]:
    """Wilson's 95 % interval of a proportion of n."""
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)
