"""Has a taste shifted? A day in a history from which on its tips are better told without those before it (ours).

Tried are the days that part a history in two. Every witness is scored from its own side of the day, the other side
faded, and from the whole history; both without the witness. Where the tips before the day only mislead, witnesses rise.
"""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from mspa_model.preference.composer import Composer
from mspa_model.ranking.recency import places_of, weigh
from mspa_model.ranking.scorer import MIN_SPREAD, PreferenceTensors, Scorer
from mspa_model.types import FADED, SOURCES, History, Modality, Source

MIN_SPAN = np.timedelta64(14, "D")  # a shorter history cannot tell a shift from a mood
MIN_NEW, MIN_OLD = 4, 2  # streamers tipped since the day, and before it
STEP, MOST_DAYS = 1.4, 12  # tips since a day to those since the next that is tried; days tried at most
# A few witnesses agree by chance: as many more of this variance are counted in then.
PRIOR_WITNESSES, PRIOR_VARIANCE = 3, 1.0
NEWER = 2.0  # what the surety of the newer side counts, the older one's 1


@dataclass(frozen=True)
class Fade:
    """A day from which on a taste seems to be another.

    before: tips before this moment (UTC) are to fade; n_new: distinct streamers tipped since.
    gain, uncertainty: mean rise of the witnesses, the surer side's counting more, and its standard error.
    """

    before: datetime
    n_new: int
    gain: float
    uncertainty: float

    def beats(self, caution: float) -> bool:
        """Whether witnesses rise by more than so many standard errors."""
        return self.gain > caution * self.uncertainty


@dataclass(frozen=True)
class Sides:
    """Gains of the n newest tipped streamers, newest first, for each day tried: from their own side of it alone.

    n_new: of each day, how many of them were tipped since; rows fall.
    """

    n_new: Int[np.ndarray, " days"]
    gains: Float[np.ndarray, "days n"]


def find_fade(
    scorer: Scorer,
    composer: Composer,
    history: History,
    given: PreferenceTensors,
    trained_on: Int[Tensor, " m"],
    base: Float[Tensor, " n_sources"],
    max_witnesses: int,
) -> Fade | None:
    """The day on which the history is best parted; None where no day can be tried or no witness rises.

    given: the preference as it was handed in (one row); what it states beyond the teacher's statements stays.
    trained_on: the user's train tips; base: weights fitted without the user's fold; max_witnesses: the newest tipped
    streamers that are asked.
    """
    distinct, places = places_of(history)
    newest_first = distinct[::-1]
    moments = _newest_tips(history, newest_first)
    if not spans(history):
        return None
    n = min(len(distinct), max_witnesses)
    n_new = days_to_try(moments[: n + 1])
    if len(n_new) == 0:
        return None
    idx = torch.from_numpy(np.ascontiguousarray(newest_first)).to(scorer.device)
    weights = weigh(torch.from_numpy(places[::-1].astype(np.float32)).to(scorer.device), scorer.half_life)
    gains = _gains(scorer, composer, idx, weights, n_new, n, given, trained_on, base)
    found = judge(Sides(n_new, gains))
    if found is None:
        return None
    day, gain, uncertainty = found
    moment = moments[n_new[day] - 1].astype("datetime64[us]").astype(datetime)
    return Fade(moment, int(n_new[day]), gain, uncertainty)


def spans(history: History) -> bool:
    """Whether all times are known and lie MIN_SPAN apart at least."""
    times = history.tipped_at
    return len(times) > 0 and not np.isnat(times).any() and bool(times.max() - times.min() >= MIN_SPAN)


def days_to_try(moments: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " days"]:
    """How many of the newest tips (moments, newest first) are since each day tried.

    In growing steps, since a day missed by little costs little; never between two tips of one moment.
    """
    tried, n = [], MIN_NEW
    while n <= len(moments) - MIN_OLD and len(tried) < MOST_DAYS:
        if moments[n - 1] > moments[n]:
            tried.append(n)
        n = max(n + 1, round(n * STEP))
    return np.array(tried, dtype=np.int64)


def judge(sides: Sides) -> tuple[int, float, float] | None:
    """The day (its position) that most surely parts two tastes, with mean and standard error of what witnesses gain.

    Each side is judged by its own mean over its own standard error, so that neither a few of one side nor the many of
    the other decide alone. Older ones tell that there are two tastes; newer ones, which count NEWER times, that the
    later ranking is served. None where no day raises them. The best of several days makes any history look a little
    shifted: how sure it must be is chosen on val with that in it (training/caution.py).
    """
    judged = [_weighed(sides.gains[day], n_new) for day, n_new in enumerate(sides.n_new.tolist())]
    best = int(np.argmax([gain / error for gain, error in judged]))
    gain, error = judged[best]
    return (best, gain, error) if gain > 0 else None


def _weighed(gains: Float[np.ndarray, " n"], n_new: int) -> tuple[float, float]:
    """Mean and standard error of both sides' gains: their surety is (Stouffer et al. 1949) the weighed sum of each
    side's mean over its standard error.
    """
    (new, new_error), (old, old_error) = _mean_error(gains[:n_new]), _mean_error(gains[n_new:])
    precision = NEWER / new_error + 1 / old_error
    return (NEWER * new / new_error + old / old_error) / precision, math.hypot(NEWER, 1) / precision


def _mean_error(gains: Float[np.ndarray, " n"]) -> tuple[float, float]:
    """Mean and standard error, PRIOR_WITNESSES of PRIOR_VARIANCE counted in."""
    n = len(gains)
    squares = ((gains - gains.mean()) ** 2).sum() + PRIOR_WITNESSES * PRIOR_VARIANCE
    return float(gains.mean()), float((squares / (n + PRIOR_WITNESSES - 1) / n) ** 0.5)


def _newest_tips(history: History, streamer_idx: Int[np.ndarray, " n"]) -> Shaped[np.ndarray, " n"]:
    """When each was tipped last; tips are oldest first, so the last write to a place stays."""
    at = dict(zip(history.streamer_idx.tolist(), history.tipped_at, strict=True))
    return np.array([at[i] for i in streamer_idx.tolist()], dtype="datetime64[us]")


@torch.no_grad()
def _gains(
    scorer: Scorer,
    composer: Composer,
    idx: Int[Tensor, " n_tipped"],
    weights: Float[Tensor, " n_tipped"],
    n_new: Int[np.ndarray, " days"],
    n: int,
    given: PreferenceTensors,
    trained_on: Int[Tensor, " m"],
    base: Float[Tensor, " n_sources"],
) -> Float[np.ndarray, "days n"]:
    """Sides.gains: for every day and each of the n newest, its standing from its side less that from all tips."""
    n_tipped, device = len(idx), scorer.device
    since = torch.arange(n_tipped, device=device) < torch.from_numpy(n_new).to(device)[:, None]  # (days, n_tipped)
    same_side = since[:, :n, None] == since[:, None, :]
    counts = torch.where(same_side, 1.0, FADED)  # (days, n, n_tipped)
    counts = torch.cat([torch.ones_like(counts[:1]), counts]).clone()
    own = torch.arange(n, device=device)
    counts[:, own, own] = 0.0
    cases = counts.flatten(0, 1)
    standing = _standing(scorer, composer, idx, weights, cases, own.repeat(len(counts)), given, trained_on, base)
    standing = standing.unflatten(0, (len(counts), n))
    return (standing[1:] - standing[0]).cpu().numpy().astype(np.float64)


def _standing(
    scorer: Scorer,
    composer: Composer,
    idx: Int[Tensor, " n_tipped"],
    weights: Float[Tensor, " n_tipped"],
    counts: Float[Tensor, "cases n_tipped"],
    own: Int[Tensor, " cases"],
    given: PreferenceTensors,
    trained_on: Int[Tensor, " m"],
    base: Float[Tensor, " n_sources"],
) -> Float[Tensor, " cases"]:
    """How far the streamer idx[own] stands above those not tipped, in deviations of their scores, for each case's
    counts of the tips.

    A score is linear in what the user brings, so mean and deviation over streamers come from a few inner products, and
    no case's scores are ever written out.
    """
    tips = counts * weights
    tips = tips / tips.sum(1, keepdim=True).clamp(min=MIN_SPREAD).sqrt()
    tips, rows = scorer.cotips.parts(idx, tips, trained_on)
    if len(rows) > len(tips):  # a long history: fewer cases than tips
        rows, tips = tips @ rows, torch.eye(len(tips), device=rows.device)
    rows = rows - rows.mean(1, keepdim=True)
    parts = _user_side(scorer, composer, idx, counts, given)
    spread = torch.zeros(len(counts), len(SOURCES), device=rows.device)
    among_rows, n = rows @ rows.T, rows.shape[1]
    spread[:, SOURCES.index(Source.COTIPS)] = _root(((tips @ among_rows) * tips).sum(1) / n)
    spread[:, SOURCES.index(Source.POPULARITY)] = _root(scorer.popularity.square().mean())
    content = scorer.content_products()
    for m, vectors in parts.items():
        spread[:, SOURCES.index(Source(m.value))] = _root(((vectors @ content[m, m]) * vectors).sum(1) / n)
    weight = scorer.weights_of(spread, base)

    cotips = weight[:, SOURCES.index(Source.COTIPS), None] * tips
    popular = weight[:, SOURCES.index(Source.POPULARITY)]
    square = ((cotips @ among_rows) * cotips).sum(1)
    square = square + popular.square() * scorer.popularity.square().sum()
    square = square + 2 * popular * (cotips @ (rows @ scorer.popularity))
    at_tipped = cotips @ rows[:, idx] + popular[:, None] * scorer.popularity[idx]
    weighted = {m: weight[:, SOURCES.index(Source(m.value)), None] * v for m, v in parts.items()}
    for m, vectors in weighted.items():
        embedded = scorer.embeddings[m]
        square = square + 2 * ((cotips @ (rows @ embedded)) * vectors).sum(1)
        square = square + 2 * popular * (vectors @ (scorer.popularity @ embedded))
        for other, beside in weighted.items():
            square = square + ((vectors @ content[m, other]) * beside).sum(1)
        at_tipped = at_tipped + scorer.vector_fit_of(m, vectors, idx)
    n_others = max(n - len(idx), 1)
    mean = -at_tipped.sum(1) / n_others  # scores are centred over all streamers
    deviation = _root((square - at_tipped.square().sum(1)) / n_others - mean.square())
    return (at_tipped[torch.arange(len(own), device=own.device), own] - mean) / deviation.clamp(min=MIN_SPREAD)


def _user_side(
    scorer: Scorer,
    composer: Composer,
    idx: Int[Tensor, " n_tipped"],
    counts: Float[Tensor, "cases n_tipped"],
    given: PreferenceTensors,
) -> dict[Modality, Float[Tensor, "cases dim"]]:
    """What streamers' embeddings are multiplied with, composed from each case's counts."""
    maps = {m: scorer.aligner(m).residual for m in scorer.modalities}
    # The history as it is comes first: one composition for it and all cases.
    taught, left = composer.taught(torch.cat([torch.ones_like(counts[:1]), counts]), idx, maps)
    strengths = (taught[1:] + given.strengths - taught[:1]).clamp(-1.0, 1.0)
    own = {m: scorer.user_vectors(m, given.strengths, given.residual[m]) for m in scorer.modalities}
    return {
        m: own[m] + (strengths - given.strengths) @ scorer.value_vectors[m] + left[m][1:] - left[m][:1]
        for m in scorer.modalities
    }


def _root(square: Tensor) -> Tensor:
    """Rounding may take what is nothing below zero."""
    return square.clamp(min=0.0).sqrt()
