"""Made-up users, where a set has few long histories: statements drawn, then tips sampled by how well streamers fit."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from mspa_model.preference.teacher import Teacher
from mspa_model.types import Modality, Vocabulary

STRENGTHS_TRIED = (0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
N_TIPS = 80  # of a synthetic history, at most
COMPARED_TIPS = 15
CONCENTRATION = 0.7  # of how much each modality counts for one user (Dirichlet): many care for one alone
OWN_TASTE = 0.4  # deviation of what a user likes that no statement says, beside unit deviation of what they say


@dataclass(frozen=True)
class SyntheticUsers:
    """Seeded draws of histories. strength: how much fit counts against popularity and chance, set by calibrated()."""

    vocabulary: Vocabulary
    log_popularity: Float[np.ndarray, " n_streamers"]
    liked_share: float
    strength: float

    def draw(self, rng: np.random.Generator, n: int, n_tips: int = N_TIPS) -> Int[np.ndarray, "n n_tips"]:
        """Tipped streamers of n users, each streamer once, in the order in which they came."""
        n_tips = min(n_tips, len(self.log_popularity))
        return np.stack([self._one(rng)[:n_tips] for _ in range(n)])

    def _one(self, rng: np.random.Generator) -> Int[np.ndarray, " n_streamers"]:
        fit = self._fit(rng)
        chance = rng.gumbel(size=len(fit))
        return np.argsort(-(self.strength * fit + self.log_popularity + chance), kind="stable")

    def _fit(self, rng: np.random.Generator) -> Float[np.ndarray, " n_streamers"]:
        """Sum over drawn statements of sign x strength x having the value, to unit deviation, and some taste unsaid."""
        values = self.vocabulary.values
        share = rng.dirichlet([CONCENTRATION] * len(Modality))
        owner = np.array([tuple(Modality).index(v.modality or Modality.TEXT) for v in values])
        weight = share[owner] / np.bincount(owner, minlength=len(Modality))[owner]
        k = min(int(rng.integers(2, 9)), len(values))
        chosen = rng.choice(len(values), k, replace=False, p=weight / weight.sum())
        sign = np.where(rng.random(k) < self.liked_share, 1.0, -1.0)
        pull = sign * rng.uniform(0.3, 1.0, k) * np.sqrt(share[owner[chosen]])
        fit = self.vocabulary.membership[:, chosen] @ pull
        fit = (fit - fit.mean()) / max(float(fit.std()), 1e-6)
        return fit + OWN_TASTE * rng.standard_normal(len(fit))


def calibrated(
    vocabulary: Vocabulary, teacher: Teacher, tips: Float[np.ndarray, "n n_streamers"], seed: int
) -> SyntheticUsers:
    """Synthetic users of whom the teacher says as much, from as many tips, as of the real ones.

    tips: 0/1 rows of teaching users. Without a user of COMPARED_TIPS tips the middle strength is taken.
    """
    rng = np.random.default_rng(seed)
    counts = tips.sum(0)
    log_popularity = np.log(counts + 1.0)
    told = teacher.strengths(torch.from_numpy(tips)).numpy()
    liked = float((told > 0).sum() / max((told != 0).sum(), 1))
    tried = [SyntheticUsers(vocabulary, log_popularity, max(0.5, liked), s) for s in STRENGTHS_TRIED]
    long = tips[tips.sum(1) >= COMPARED_TIPS]
    if not len(long):
        return tried[len(tried) // 2]
    goal = _told(teacher, np.stack([_part(row, rng) for row in long]))
    gap = [abs(_told(teacher, _rows(t.draw(rng, 200, COMPARED_TIPS), tips.shape[1])) - goal) for t in tried]
    return tried[int(np.argmin(gap))]


def _told(teacher: Teacher, tips: Float[np.ndarray, "n n_streamers"]) -> float:
    """Mean over users of the summed strengths of what the teacher says."""
    return float(teacher.strengths(torch.from_numpy(tips)).abs().sum(1).mean())


def _part(row: Float[np.ndarray, " n_streamers"], rng: np.random.Generator) -> Float[np.ndarray, " n_streamers"]:
    part = np.zeros_like(row)
    part[rng.choice(np.flatnonzero(row), COMPARED_TIPS, replace=False)] = 1
    return part


def _rows(streamers: Int[np.ndarray, "n n_tips"], n_streamers: int) -> Float[np.ndarray, "n n_streamers"]:
    rows = np.zeros((len(streamers), n_streamers), dtype=np.float32)
    np.put_along_axis(rows, streamers, 1.0, 1)
    return rows
