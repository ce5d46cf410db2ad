"""Would another training say the same? Step 0 trained twice more, with other seeds, and asked for the same users."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mspa_model.pipeline import candidates_for, history_for
from mspa_model.ranking.recommender import Recommender
from mspa_model.runs import Run, build_recommender
from mspa_model.training.step0 import train_step0

OTHERS = 2
TOP = 10
AT_ONCE = 128  # histories that the composer writes in a batch
MOST_USERS = 2000  # whose top 10 is kept for the seals of any case


@dataclass(frozen=True)
class Seeds:
    """top10: by user_id, the streamer_idx of the first ten of each other training."""

    seeds: tuple[int, ...]
    top10: dict[str, list[list[int]]]


def train_others(run: Run, progress: bool = False) -> tuple[tuple[int, Recommender], ...]:
    """Step 0 of the same data, features and composer under the two seeds after the run's own; nothing else differs."""
    others = []
    for seed in range(run.config.seed + 1, run.config.seed + 1 + OTHERS):
        config = replace(run.config, seed=seed)
        step0 = train_step0(run.dataset, run.features, run.composer, config, run.device, progress)
        corrector = run.recommender.correction.corrector
        others.append((seed, build_recommender(step0.scorer, run.composer, corrector, run.dataset, config)))
    return tuple(others)


def top_of_others(run: Run, others: Sequence[tuple[int, Recommender]], user_idx: Sequence[int]) -> Seeds:
    """Each user's first ten by step 0 of the other trainings, from all tips, those tipped left out."""
    tops: dict[str, list[list[int]]] = {}
    ids = [str(run.dataset.users["user_id"].iloc[idx]) for idx in user_idx]
    for start in range(0, len(ids), AT_ONCE):
        histories = [history_for(run, user_id) for user_id in ids[start : start + AT_ONCE]]
        for preference in run.composer.compose_many(histories):
            allowed = candidates_for(run, preference.history)
            tops[preference.history.user_id] = [r.score(preference, allowed).order[:TOP].tolist() for _, r in others]
    return Seeds(tuple(seed for seed, _ in others), tops)


def users_to_keep(run: Run, first: Sequence[int]) -> list[int]:
    """The audit's own users, then all others with tips, as far as the bound goes."""
    counts = np.bincount(run.dataset.tips["user_idx"], minlength=run.dataset.n_users)
    rest = [int(u) for u in np.flatnonzero(counts) if int(u) not in set(first)]
    return [*first, *rest][:MOST_USERS]
