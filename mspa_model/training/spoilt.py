"""What correction is worth where a preference is wrong: false statements put in, and how much of their cost it repairs.

False are three likes of values that none of the user's tips has, drawn from those that would move the ranking most, as
the corrector's caution was chosen by; and, by rules that it has never seen, what similar users like, and a whole
modality taken from somebody else. The step that repairs them knows nothing of that: it sees the preference as given and
the witnesses. What it wins is held against the same correction of the sound preference, and against not reading the
statements at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from tqdm import tqdm

from mspa_model.data import eval_pairs, history_of
from mspa_model.data.split import EvalPairs, interaction_matrix
from mspa_model.preference.composer import Composer
from mspa_model.preference.statements import signed_strengths
from mspa_model.ranking.recommender import Recommender
from mspa_model.ranking.scorer import Scorer, deviation
from mspa_model.runs import Run
from mspa_model.training.metrics import RESAMPLES, measured_users, metrics_of_top, paired_interval, top_of
from mspa_model.types import SOURCES, Preference, Ranking, Source, Vocabulary

N_FALSE = 3
LOUDEST = 12
STRENGTH = 1.0  # of each
MAX_USERS = 300
METRIC = "ndcg@10"
STATES = ("clean", "clean_corrected", "spoilt", "corrected", "ignored")
LOUDEST_VALUES, SIMILAR_USER, MODALITY_SWAPPED = "loudest values", "similar user", "modality swapped"
RULES = (LOUDEST_VALUES, SIMILAR_USER, MODALITY_SWAPPED)
LEAST_ALIKE = 1e-6  # cosine of two users' tips, below which they are not similar


@dataclass(frozen=True)
class Sound:
    """A user's preference as composed, with METRIC of it, of its correction and of it without statements."""

    user: int
    preference: Preference
    allowed: Bool[np.ndarray, " n_streamers"]
    clean: float
    clean_corrected: float
    ignored: float


@dataclass(frozen=True)
class Repaired:
    """A user's METRIC in each of STATES, and how many false statements the last kept step still states."""

    reached: tuple[float, ...]
    n_left: int
    kept: bool


def false_statements(run: Run, progress: bool = True) -> dict[str, Any] | None:
    """METRIC of step 0 as composed ("clean") and after correction ("clean_corrected"), with N_FALSE false statements
    ("spoilt"), after their correction ("corrected") and without any statement ("ignored"), over a seeded draw of test
    users with enough tips to correct from.

    cost: share of clean_corrected that spoilt falls short of it; recovered: of that cost, what correction gives back,
    beside what ignoring all statements does, with 95 % intervals clustered by user; corrected_minus_ignored: paired;
    n_left: false statements still stated. Shares of a cost that is not clear of zero are null. "rules": the same where
    they are drawn by the other RULES, null where that gives nobody any. None where no user has enough values or tips.
    """
    pairs, rng = eval_pairs(run.dataset, "test"), np.random.default_rng(run.config.seed)
    users = rng.permutation(measured_users(pairs))[:MAX_USERS].tolist()
    preferences = run.composer.compose_many([history_of(run.dataset, user, "train") for user in users])
    enough = [len(np.unique(p.history.streamer_idx)) >= run.config.corrector.min_witnesses for p in preferences]
    makers = _makers(run, users, preferences, rng)
    repaired: dict[str, list[Repaired]] = {rule: [] for rule in RULES}
    bar = tqdm([i for i, can in enumerate(enough) if can], "false statements on test", disable=not progress)
    for i in bar:
        sound = None
        for rule, make in makers.items():
            wrong = make(i)
            if wrong is not None:
                sound = sound or _sound(run, pairs, users[i], preferences[i])
                repaired[rule].append(_repaired(run, pairs, sound, wrong))
    summaries = {rule: _summary(rows, run.config.seed) for rule, rows in repaired.items()}
    if all(summary is None for summary in summaries.values()):
        return None
    first = summaries.pop(LOUDEST_VALUES) or {"n_users": 0}
    return {"n_false": N_FALSE, "strength": STRENGTH, **first, "rules": summaries}


def _summary(rows: list[Repaired], seed: int) -> dict[str, Any] | None:
    if not rows:
        return None
    values = np.array([row.reached for row in rows])
    _, best, spoilt, corrected, ignored = values.T
    return {
        "n_users": len(rows),
        **{state: float(column.mean()) for state, column in zip(STATES, values.T, strict=True)},
        "cost": _ratio(best - spoilt, best, seed),
        "recovered": _ratio(corrected - spoilt, best - spoilt, seed),
        "recovered_by_ignoring": _ratio(ignored - spoilt, best - spoilt, seed),
        "corrected_minus_ignored": asdict(paired_interval(corrected, ignored, seed)),
        "n_left": float(np.mean([row.n_left for row in rows])),
        "kept_share": float(np.mean([row.kept for row in rows])),
    }


# --- what is put in --------------------------------------------------------------------------------------------------


def _makers(
    run: Run, users: list[int], preferences: list[Preference], rng: np.random.Generator
) -> dict[str, Callable[[int], Preference | None]]:
    """By rule: the position of a user to its preference with what is false in it; None where the rule gives none."""
    alike, other = _likeness(run, users), np.random.default_rng([run.config.seed, 1])

    def loudest(i: int) -> Preference | None:
        false = false_values(run.recommender, preferences[i], rng)
        return spoil(run.composer, preferences[i], false, STRENGTH) if len(false) == N_FALSE else None

    def similar(i: int) -> Preference | None:
        false = values_of_similar(run.vocabulary, preferences, i, alike[i])
        return spoil(run.composer, preferences[i], false, STRENGTH) if len(false) == N_FALSE else None

    return {
        LOUDEST_VALUES: loudest,
        SIMILAR_USER: similar,
        MODALITY_SWAPPED: lambda i: with_swapped_modality(run, preferences, i, other),
    }


def _likeness(run: Run, users: list[int]) -> Float[np.ndarray, "n_users n_users"]:
    """Cosine of the train tips of each two users; zero of a user with itself."""
    tips = interaction_matrix(run.dataset, ("train",))[users]
    unit = tips.multiply(1 / np.sqrt(np.maximum(tips.sum(1), 1))).tocsr()
    alike = np.asarray((unit @ unit.T).todense(), dtype=np.float64)
    np.fill_diagonal(alike, 0.0)
    return alike


def values_of_similar(
    vocabulary: Vocabulary, preferences: list[Preference], i: int, alike: Float[np.ndarray, " n_users"]
) -> Int[np.ndarray, " n"]:
    """Up to N_FALSE values that users with like tips like, of the most similar first, its strongest first: plausible,
    though no streamer that the user tipped has them, and not stated.
    """
    taken = _has_or_states(vocabulary, preferences[i])
    false: dict[int, None] = {}
    for j in np.argsort(-alike, kind="stable"):
        if len(false) >= N_FALSE or alike[j] < LEAST_ALIKE:
            break
        likes = (s.value_idx for s in preferences[j].statements if s.polarity > 0 and not taken[s.value_idx])
        false |= dict.fromkeys(likes)
    return np.array(list(false)[:N_FALSE], dtype=np.int64)


def with_swapped_modality(
    run: Run, preferences: list[Preference], i: int, rng: np.random.Generator
) -> Preference | None:
    """The preference with all that it says of one modality in use, and what it leaves unsaid there, replaced by another
    user's, both drawn; None where no modality is in use or nobody else is there.
    """
    weights = run.recommender.base_weights
    used = [m for m in run.features.modalities if weights[SOURCES.index(Source(m.value))] > 0]
    others = [j for j in range(len(preferences)) if j != i]
    if not used or not others:
        return None
    modality, lender = used[int(rng.integers(len(used)))], preferences[int(rng.choice(others))]
    n_values = len(run.vocabulary.values)
    strengths, lent = (signed_strengths(p.statements, n_values) for p in (preferences[i], lender))
    inside = torch.tensor([value.modality is modality for value in run.vocabulary.values])
    residual = {**preferences[i].residual, modality: lender.residual[modality]}
    return run.composer.restate(preferences[i], torch.where(inside, lent, strengths), residual)


def _has_or_states(vocabulary: Vocabulary, preference: Preference) -> Bool[np.ndarray, " n_values"]:
    """Values that a tipped streamer has or that are stated: not false, or not new."""
    taken = vocabulary.membership[preference.history.streamer_idx].any(axis=0)
    taken[[s.value_idx for s in preference.statements]] = True
    return taken


def false_values(recommender: Recommender, preference: Preference, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Drawn from the LOUDEST values that no tipped streamer has and that are not stated; all where they are fewer."""
    free = np.flatnonzero(~_has_or_states(recommender.composer.vocabulary, preference))
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


# --- what comes of it ------------------------------------------------------------------------------------------------


def _sound(run: Run, pairs: EvalPairs, user: int, preference: Preference) -> Sound:
    allowed = np.ones(run.dataset.n_streamers, dtype=bool)
    allowed[pairs.mask[user].indices] = False
    none = run.composer.restate(preference, torch.zeros(len(run.vocabulary.values)), preference.residual)
    trace = run.recommender.rank(preference, allowed, "train")
    rankings = (trace.steps[0].ranking, trace.final.ranking, run.recommender.score(none, allowed))
    return Sound(user, preference, allowed, *(_reached(ranking, pairs, user) for ranking in rankings))


def _repaired(run: Run, pairs: EvalPairs, sound: Sound, wrong: Preference) -> Repaired:
    trace = run.recommender.rank(wrong, sound.allowed, "train")
    spoilt, corrected = (_reached(step.ranking, pairs, sound.user) for step in (trace.steps[0], trace.final))
    true, false, left = (_stated(p) for p in (sound.preference, wrong, trace.final.preference))
    reached = (sound.clean, sound.clean_corrected, spoilt, corrected, sound.ignored)
    return Repaired(reached, len((false - true) & left), len(trace.steps) > 1)


def _stated(preference: Preference) -> set[tuple[int, int]]:
    return {(s.value_idx, s.polarity) for s in preference.statements}


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
