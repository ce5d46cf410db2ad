"""What correction is worth where a preference is wrong: false statements put in, and how much of their cost it repairs.

A false statement likes a value that none of the user's tips has, drawn from those that would move the ranking most: a
false statement that moves nothing needs no repair. The step that repairs it knows nothing of that: it sees the
preference as given and the witnesses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from tqdm import tqdm

from mspa_model.data import eval_pairs, history_of
from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.preference.statements import signed_strengths
from mspa_model.ranking.recommender import Recommender
from mspa_model.ranking.scorer import Scorer, deviation
from mspa_model.runs import Run
from mspa_model.training.metrics import RESAMPLES, measured_users, metrics_of_top, top_of
from mspa_model.types import SOURCES, Preference, Ranking, Source

N_FALSE = 3
LOUDEST = 12
STRENGTH = 1.0  # of each
MAX_USERS = 300
METRIC = "ndcg@10"
STATES = ("clean", "spoilt", "corrected", "ignored")


@dataclass(frozen=True)
class _Spoilt:
    """A user's METRIC in each of STATES, and how many false statements the last kept step still states."""

    reached: tuple[float, ...]
    n_left: int
    kept: bool


def false_statements(run: Run, progress: bool = True) -> dict[str, Any] | None:
    """METRIC of step 0 as composed ("clean"), with N_FALSE false statements ("spoilt"), after correction ("corrected")
    and without any statement ("ignored"), over a seeded draw of test users with enough tips to correct from.

    cost: share of clean that the false statements cost; recovered: of that cost, what correction gives back, beside
    what ignoring all statements does (composing anew gives back all of it), with 95 % intervals clustered by user;
    n_left: false statements still stated. Shares of a cost that is not clear of zero are null. None where no user has
    enough false values or tips.
    """
    rng = np.random.default_rng(run.config.seed)
    found = _measured(run, rng, progress)
    if not found:
        return None
    values = np.array([f.reached for f in found])
    clean, spoilt, corrected, ignored = values.T
    return {
        "n_users": len(found),
        "n_false": N_FALSE,
        "strength": STRENGTH,
        **{state: float(column.mean()) for state, column in zip(STATES, values.T, strict=True)},
        "cost": _ratio(clean - spoilt, clean, run.config.seed),
        "recovered": _ratio(corrected - spoilt, clean - spoilt, run.config.seed),
        "recovered_by_ignoring": _ratio(ignored - spoilt, clean - spoilt, run.config.seed),
        "n_left": float(np.mean([f.n_left for f in found])),
        "kept_share": float(np.mean([f.kept for f in found])),
    }


def _measured(run: Run, rng: np.random.Generator, progress: bool) -> list[_Spoilt]:
    pairs = eval_pairs(run.dataset, "test")
    found = []
    users = rng.permutation(measured_users(pairs))[:MAX_USERS].tolist()
    preferences = run.composer.compose_many([history_of(run.dataset, user, "train") for user in users])
    told = zip(users, preferences, strict=True)
    for user, preference in tqdm(told, "false statements on test", len(users), disable=not progress):
        if len(np.unique(preference.history.streamer_idx)) >= run.config.corrector.min_witnesses:
            false = false_values(run.recommender, preference, rng)
            if len(false) == N_FALSE:
                found.append(_one(run, pairs, user, preference, false))
    return found


def false_values(recommender: Recommender, preference: Preference, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Drawn from the LOUDEST values that no tipped streamer has and that are not stated; all where they are fewer."""
    has = recommender.composer.vocabulary.membership[preference.history.streamer_idx].any(axis=0)
    has[[s.value_idx for s in preference.statements]] = True
    free = np.flatnonzero(~has)
    loudest = free[np.argsort(-_loudness(recommender.scorer)[free], kind="stable")][:LOUDEST]
    return rng.choice(loudest, min(N_FALSE, len(loudest)), replace=False)


def _loudness(scorer: Scorer) -> Float[np.ndarray, " n_values"]:
    """Deviation over streamers of what a full-strength statement of each value adds to their scores."""
    weights = scorer.base_weights / scorer.spreads
    added = [
        scorer.vector_fit(m, scorer.value_vectors[m]) * weights[SOURCES.index(Source(m.value))]
        for m in scorer.modalities
    ]
    return deviation(torch.stack(added).sum(0)).cpu().numpy() if added else np.zeros(0)


def spoil(composer: Composer, preference: Preference, false: Int[np.ndarray, " n"], strength: float) -> Preference:
    """The preference with likes of these values put in."""
    strengths = signed_strengths(preference.statements, len(composer.vocabulary.values))
    strengths[torch.from_numpy(false)] = strength
    return composer.restate(preference, strengths, preference.residual)


def _one(run: Run, pairs: EvalPairs, user: int, preference: Preference, false: Int[np.ndarray, " n"]) -> _Spoilt:
    spoilt = spoil(run.composer, preference, false, STRENGTH)
    none = run.composer.restate(preference, torch.zeros(len(run.vocabulary.values)), preference.residual)
    allowed = np.ones(run.dataset.n_streamers, dtype=bool)
    allowed[pairs.mask[user].indices] = False
    score, trace = run.recommender.score, run.recommender.rank(spoilt, allowed, "train")
    rankings = (score(preference, allowed), trace.steps[0].ranking, trace.final.ranking, score(none, allowed))
    stated = {s.value_idx for s in trace.final.preference.statements if s.polarity > 0}
    n_left = len(stated & set(false.tolist()))
    return _Spoilt(tuple(_reached(r, pairs, user) for r in rankings), n_left, len(trace.steps) > 1)


def _reached(ranking: Ranking, pairs: EvalPairs, user: int) -> float:
    return float(metrics_of_top(top_of(ranking)[None], pairs.target[[user]])[METRIC][0])


def _ratio(above: Float[np.ndarray, " n"], below: Float[np.ndarray, " n"], seed: int) -> Mapping[str, float | None]:
    """Ratio of two means over users with its 95 % bootstrap interval; null where `below` is not clear of zero."""
    rows = np.random.default_rng(seed).integers(0, len(above), (RESAMPLES, len(above)))
    beneath = below[rows].mean(1)
    if np.percentile(beneath, 2.5) <= 0:
        return dict.fromkeys(("value", "low", "high"))
    low, high = np.percentile(above[rows].mean(1) / np.maximum(beneath, 1e-9), [2.5, 97.5])
    return {"value": float(above.mean() / below.mean()), "low": float(low), "high": float(high)}
