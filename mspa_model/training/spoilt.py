"""What correction is worth where a preference is wrong: false statements put in, and how much of their cost it repairs.

A false statement likes a value that none of the user's tips has. The step that repairs it knows nothing of that: it
sees the preference as given and the witnesses.
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
from mspa_model.runs import Run
from mspa_model.training.metrics import RESAMPLES, measured_users, metrics_of_top, top_of
from mspa_model.types import Preference, Ranking, Split

N_FALSE = 3
STRENGTHS = (0.5, 0.75, 1.0)  # the first that costs MIN_COST on val, else the last
MIN_COST = 0.1
MAX_USERS, MAX_VAL_USERS = 300, 150
METRIC = "ndcg@10"
STATES = ("clean", "spoilt", "corrected", "ignored")


@dataclass(frozen=True)
class _Spoilt:
    """A user's METRIC in each of STATES, and how many false statements the last kept step still states."""

    reached: tuple[float, ...]
    n_left: int
    kept: bool


def false_statements(run: Run, progress: bool = True, split: Split = "test") -> dict[str, Any] | None:
    """METRIC of step 0 as composed ("clean"), with N_FALSE false statements ("spoilt"), after correction ("corrected")
    and without any statement ("ignored"), over a seeded draw of users of a split with enough tips to correct from.

    cost: share of clean that the false statements cost; recovered: of that cost, what correction gives back, beside
    what ignoring all statements does (composing anew gives back all of it), with 95 % intervals clustered by user;
    n_left: false statements still stated. None where no user has a false value or enough tips.
    """
    rng = np.random.default_rng(run.config.seed)
    strength = _strength(run, rng)
    found = _measured(run, split, MAX_USERS, strength, rng, f"false statements on {split}", progress)
    if not found:
        return None
    values = np.array([f.reached for f in found])
    clean, spoilt, corrected, ignored = values.T
    return {
        "n_users": len(found),
        "n_false": N_FALSE,
        "strength": strength,
        **{state: float(column.mean()) for state, column in zip(STATES, values.T, strict=True)},
        "cost": _ratio(clean - spoilt, clean, run.config.seed),
        "recovered": _ratio(corrected - spoilt, clean - spoilt, run.config.seed),
        "recovered_by_ignoring": _ratio(ignored - spoilt, clean - spoilt, run.config.seed),
        "n_left": float(np.mean([f.n_left for f in found])),
        "kept_share": float(np.mean([f.kept for f in found])),
    }


def _strength(run: Run, rng: np.random.Generator) -> float:
    for strength in STRENGTHS:
        values = np.array([f.reached for f in _measured(run, "val", MAX_VAL_USERS, strength, rng, "", False, False)])
        if len(values) and values[:, 0].mean() - values[:, 1].mean() >= MIN_COST * values[:, 0].mean():
            return strength
    return STRENGTHS[-1]


def _measured(
    run: Run,
    split: Split,
    at_most: int,
    strength: float,
    rng: np.random.Generator,
    label: str,
    progress: bool,
    correct: bool = True,
) -> list[_Spoilt]:
    pairs = eval_pairs(run.dataset, split)
    found = []
    users = rng.permutation(measured_users(pairs))[:at_most].tolist()
    preferences = run.composer.compose_many([history_of(run.dataset, user, "train") for user in users])
    told = zip(users, preferences, strict=True)
    for user, preference in tqdm(told, label, len(users), disable=not progress):
        if len(np.unique(preference.history.streamer_idx)) >= run.config.corrector.min_witnesses:
            false = false_values(run.composer, preference, rng)
            if len(false) == N_FALSE:
                found.append(_one(run, pairs, user, preference, false, strength, correct))
    return found


def false_values(composer: Composer, preference: Preference, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Values that no tipped streamer has and that are not stated; fewer than N_FALSE where there are fewer."""
    has = composer.vocabulary.membership[preference.history.streamer_idx].any(axis=0)
    has[[s.value_idx for s in preference.statements]] = True
    free = np.flatnonzero(~has)
    return rng.choice(free, min(N_FALSE, len(free)), replace=False)


def spoil(composer: Composer, preference: Preference, false: Int[np.ndarray, " n"], strength: float) -> Preference:
    """The preference with likes of these values put in."""
    strengths = signed_strengths(preference.statements, len(composer.vocabulary.values))
    strengths[torch.from_numpy(false)] = strength
    return composer.restate(preference, strengths, preference.residual)


def _one(
    run: Run,
    pairs: EvalPairs,
    user: int,
    preference: Preference,
    false: Int[np.ndarray, " n"],
    strength: float,
    correct: bool,
) -> _Spoilt:
    spoilt = spoil(run.composer, preference, false, strength)
    none = run.composer.restate(preference, torch.zeros(len(run.vocabulary.values)), preference.residual)
    allowed = np.ones(run.dataset.n_streamers, dtype=bool)
    allowed[pairs.mask[user].indices] = False
    rank = run.recommender.rank
    trace = rank(spoilt, allowed, "train") if correct else None
    first = run.recommender.score(spoilt, allowed) if trace is None else trace.steps[0].ranking
    last = first if trace is None else trace.final.ranking
    rankings = (run.recommender.score(preference, allowed), first, last, run.recommender.score(none, allowed))
    stated = {s.value_idx for s in (spoilt if trace is None else trace.final.preference).statements if s.polarity > 0}
    kept = trace is not None and len(trace.steps) > 1
    return _Spoilt(tuple(_reached(r, pairs, user) for r in rankings), len(stated & set(false.tolist())), kept)


def _reached(ranking: Ranking, pairs: EvalPairs, user: int) -> float:
    return float(metrics_of_top(top_of(ranking)[None], pairs.target[[user]])[METRIC][0])


def _ratio(above: Float[np.ndarray, " n"], below: Float[np.ndarray, " n"], seed: int) -> Mapping[str, float | None]:
    """Ratio of two means over users with its 95 % percentile bootstrap interval; Nones where nothing is below."""
    if below.mean() <= 0:
        return dict.fromkeys(("value", "low", "high"))
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(above), (RESAMPLES, len(above)))
    ratios = above[rows].mean(1) / np.maximum(below[rows].mean(1), 1e-9)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return {"value": float(above.mean() / below.mean()), "low": float(low), "high": float(high)}
