"""The teacher's shrinkage and threshold, chosen on teaching users: once for whole histories, once for few tips."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix
from torch import Tensor

from mspa_model.config import PreferenceConfig
from mspa_model.preference.teacher import Teacher
from mspa_model.training.text.draws import FEW
from mspa_model.training.text.users import LONG

SHRINKAGES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
THRESHOLDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
MAX_TUNING = 600  # users, drawn by seed: more would not move a choice among 56
N_DRAWS = 4  # sparse draws of each
Tips = Float[Tensor, "batch n_streamers"]


def tuned_for_whole(teacher: Teacher, tips: csr_matrix, seed: int) -> PreferenceConfig:
    """The setting whose statements of a random half of a long history agree best (F1) with those of the other half.

    tips: 0/1 rows of teaching users. The teacher's own setting where none of them has a long history.
    """
    long = _long(tips, seed)
    if not len(long):
        return teacher.config
    rng = np.random.default_rng([seed, 1])
    first = torch.stack([_some(row, int(row.sum()) // 2, rng) for row in long])
    second = long - first
    return _best(teacher, lambda tried: agreement(tried.strengths(first), tried.strengths(second)).mean())


def tuned_for_few(teacher: Teacher, tips: csr_matrix, seed: int) -> PreferenceConfig:
    """The setting whose statements of three random tips agree best (F1) with what `teacher` says of all the tips."""
    long = _long(tips, seed)
    if not len(long):
        return teacher.config
    rng = np.random.default_rng([seed, 2])
    drawn = torch.stack([_some(row, FEW, rng) for row in long for _ in range(N_DRAWS)])
    told = teacher.strengths(long).repeat_interleave(N_DRAWS, 0)
    return _best(teacher, lambda tried: agreement(tried.strengths(drawn), told).mean())


def agreement(a: Float[Tensor, "batch n_values"], b: Float[Tensor, "batch n_values"]) -> Float[Tensor, " batch"]:
    """F1 of two sets of statements, by value and polarity; 0 where both are empty, else saying nothing would win."""
    hits = ((a.sign() == b.sign()) & (a != 0)).sum(1)
    said = (a != 0).sum(1) + (b != 0).sum(1)
    return 2 * hits / said.clamp_min(1)


def _best(teacher: Teacher, worth: Callable[[Teacher], Tensor]) -> PreferenceConfig:
    """The first of equally good settings."""
    tries = [replace(teacher.config, shrinkage=s, threshold=t) for s in SHRINKAGES for t in THRESHOLDS]
    return max(tries, key=lambda c: float(worth(Teacher(teacher.vocabulary, teacher.base_rate, c))))


def dense(tips: csr_matrix) -> Tips:
    """Rows of a sparse matrix as float32."""
    return torch.from_numpy(tips.toarray().astype(np.float32))


def _long(tips: csr_matrix, seed: int) -> Tips:
    found = np.flatnonzero(np.diff(tips.indptr) >= LONG)
    return dense(tips[np.sort(np.random.default_rng(seed).permutation(found)[:MAX_TUNING])])


def _some(row: Float[Tensor, " n_streamers"], n: int, rng: np.random.Generator) -> Float[Tensor, " n_streamers"]:
    drawn: Int[np.ndarray, " n"] = rng.permutation(torch.nonzero(row)[:, 0].numpy())[:n]
    some = torch.zeros_like(row)
    some[drawn] = 1
    return some
