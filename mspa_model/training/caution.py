"""How sure a correction must be: the number of standard errors that a step has to beat, chosen on val.

Judged on preferences as composed and on the same with false statements put in, for a correction is there to repair.

First for the step that fades old tips, which comes before all others; then for those that the corrector proposes.
There a user's steps are the same whatever the caution, up to the first that is not kept; so one trace under the least
caution tells what every other would have kept.
"""

from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from mspa_model.data import eval_pairs, history_of
from mspa_model.data.split import EvalPairs
from mspa_model.ranking.fading import spans
from mspa_model.ranking.recommender import Recommender
from mspa_model.training.metrics import metrics_of_scores
from mspa_model.training.spoilt import STRENGTH, false_values, spoil
from mspa_model.types import Dataset, History, Preference, RankingTrace, Step

MAX_USERS = 800
MAX_FADE_USERS, MAX_MIXED = 2_000, 300
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class CautionChoice:
    """caution: the chosen; gains, gains_spoilt: mean change of the selecting metric on val, final less step 0, per
    caution tried, for preferences as composed and for spoilt ones: with false statements, or, where old tips are to
    fade, with another user's tips put before the user's own.
    """

    caution: float
    gains: dict[str, float]
    gains_spoilt: dict[str, float]


def choose_caution(recommender: Recommender, dataset: Dataset, seed: int, progress: bool) -> CautionChoice:
    """The caution with the best final steps on val; of equals, and where there is no val user, the greatest."""
    tried = tuple(sorted(recommender.config.cautions))
    pairs = eval_pairs(dataset, "val")
    users = np.flatnonzero(np.diff(pairs.target.indptr))
    if len(users) > MAX_USERS:
        users = np.sort(np.random.default_rng(seed).choice(users, MAX_USERS, replace=False))
    boldest = recommender.with_caution(tried[0])
    gains, spoilt = np.zeros(len(tried)), np.zeros(len(tried))
    rng = np.random.default_rng(seed)
    preferences = boldest.composer.compose_many([history_of(dataset, int(user), "train") for user in users])
    pairs_of = zip(users.tolist(), preferences, strict=True)
    for user, preference in tqdm(pairs_of, "choosing the corrector's caution", len(users), disable=not progress):
        allowed = np.ones(dataset.n_streamers, dtype=bool)
        allowed[pairs.mask[user].indices] = False
        wrong = spoil(boldest.composer, preference, false_values(boldest, preference, rng), STRENGTH)
        for given, total in ((preference, gains), (wrong, spoilt)):
            trace = boldest.rank(given, allowed, "train")
            total += _gains(trace, tried, pairs, user, dataset.info.split.metric)
    gains, spoilt = gains / max(len(users), 1), spoilt / max(len(users), 1)
    best = max(range(len(tried)), key=lambda i: (gains[i] + spoilt[i], i))
    return CautionChoice(tried[best], _by_caution(tried, gains), _by_caution(tried, spoilt))


def choose_fade_caution(recommender: Recommender, dataset: Dataset, seed: int, progress: bool) -> CautionChoice:
    """The caution of the step that fades old tips, best on val; of equals the greatest."""
    tried, pairs = tuple(sorted(recommender.config.cautions)), eval_pairs(dataset, "val")
    rng = np.random.default_rng(seed)
    users = rng.permutation(np.flatnonzero(np.diff(pairs.target.indptr)))[:MAX_FADE_USERS].tolist()
    histories = [history_of(dataset, user, "train") for user in users]
    least = recommender.config.min_witnesses
    own = {u: h for u, h in zip(users, histories, strict=True) if len(np.unique(h.streamer_idx)) >= least and spans(h)}
    mixed = {user: after_another(own[user], own[other]) for user, other in _paired(list(own), rng)}
    totals = [np.zeros(len(tried)), np.zeros(len(tried))]
    for total, asked in zip(totals, (own, mixed), strict=True):
        preferences = recommender.composer.compose_many(list(asked.values()))
        pairs_of = zip(asked, preferences, strict=True)
        for user, preference in tqdm(pairs_of, "looking for shifted tastes", len(asked), disable=not progress):
            total += _fade_gains(recommender, preference, tried, pairs, user, dataset.info.split.metric)
    gains, spoilt = totals[0] / max(len(own), 1), totals[1] / max(len(mixed), 1)
    best = max(range(len(tried)), key=lambda i: (gains[i] + spoilt[i], i))
    return CautionChoice(tried[best], _by_caution(tried, gains), _by_caution(tried, spoilt))


def _paired(users: list[int], rng: np.random.Generator) -> list[tuple[int, int]]:
    """Each of at most MAX_MIXED users with the next in a drawn order."""
    drawn = rng.permutation(users).tolist()[:MAX_MIXED] if len(users) > 1 else []
    return list(zip(drawn, drawn[1:] + drawn[:1], strict=True))


def after_another(history: History, other: History) -> History:
    """The history with another user's tips before it, the last of them a day earlier than its first: a taste that has
    shifted.
    """
    times = other.tipped_at - other.tipped_at.max() + (history.tipped_at.min() - DAY)
    return History(
        history.user_id,
        np.concatenate([other.streamer_idx, history.streamer_idx]),
        np.concatenate([other.amount, history.amount]),
        np.concatenate([times, history.tipped_at]),
        np.concatenate([other.tip_row, history.tip_row]),
    )


def _fade_gains(
    recommender: Recommender,
    preference: Preference,
    tried: tuple[float, ...],
    pairs: EvalPairs,
    user: int,
    metric: str,
) -> np.ndarray:
    allowed = np.ones(pairs.mask.shape[1], dtype=bool)
    allowed[pairs.mask[user].indices] = False
    step0 = recommender.step0(preference, allowed)
    faded = recommender.fade(step0, allowed)
    if faded is None:
        return np.zeros(len(tried))
    gain = _measure(faded, pairs, user, metric) - _measure(step0, pairs, user, metric)
    return np.array([gain if faded.witness_gain > c * faded.witness_uncertainty else 0.0 for c in tried])


def _by_caution(tried: tuple[float, ...], gains: np.ndarray) -> dict[str, float]:
    return {f"{c:g}": float(g) for c, g in zip(tried, gains, strict=True)}


def _gains(trace: RankingTrace, tried: tuple[float, ...], pairs: EvalPairs, user: int, metric: str) -> np.ndarray:
    if len(trace.steps) == 1:
        return np.zeros(len(tried))
    reached = np.array([_measure(step, pairs, user, metric) for step in trace.steps])
    return np.array([reached[_last_kept(trace, caution)] - reached[0] for caution in tried])


def _last_kept(trace: RankingTrace, caution: float) -> int:
    last = 0
    for step in trace.steps[1:]:
        if not (step.fades or step.witness_gain > caution * step.witness_uncertainty):
            break
        last = step.index
    return last


def _measure(step: Step, pairs: EvalPairs, user: int, metric: str) -> float:
    scores = step.ranking.scores[None]
    return metrics_of_scores(scores, pairs.mask[user], pairs.target[user], np.array([user])).mean(metric)
