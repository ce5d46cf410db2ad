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

from mspa_model.config import CorrectorConfig
from mspa_model.preference.composer import Composer
from mspa_model.ranking.cases import Cases, OwnTips, gather_cases
from mspa_model.ranking.recency import places_of, weigh
from mspa_model.ranking.scorer import MIN_SPREAD, PreferenceTensors, Scorer
from mspa_model.ranking.tip_rows import MAX_CROWD
from mspa_model.types import FADED, HeldOut, History, Modality

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
    own: OwnTips,
    base: Float[Tensor, " n_sources"],
    max_witnesses: int,
) -> Fade | None:
    """The day on which the history is best parted; None where no day can be tried or no witness rises.

    given: the preference as it was handed in (one row); what it states beyond the teacher's statements stays.
    own: the history's tips, newest first; base: weights fitted without the user's fold; max_witnesses: of the newest
    tipped streamers, how many are asked.
    """
    distinct, weights = _newest_first(scorer, history)
    moments = _newest_tips(history, distinct)
    if not spans(history):
        return None
    n = min(len(distinct), max_witnesses)
    n_new = days_to_try(moments[: n + 1])
    if len(n_new) == 0:
        return None
    gains = _gains(scorer, composer, own, weights, n_new, n, given, base)
    found = judge(Sides(n_new, gains))
    if found is None:
        return None
    day, gain, uncertainty = found
    moment = moments[n_new[day] - 1].astype("datetime64[us]").astype(datetime)
    return Fade(moment, int(n_new[day]), gain, uncertainty)


@torch.no_grad()
def fade_ranks(
    scorer: Scorer,
    composer: Composer,
    history: History,
    given: PreferenceTensors,
    own: OwnTips,
    base: Float[Tensor, " n_sources"],
    config: CorrectorConfig,
    n_new: int,
) -> HeldOut:
    """Where the newest tips stood from the whole history and from their own side of the day, each without itself."""
    distinct, weights = _newest_first(scorer, history)
    n = min(len(distinct), config.max_witnesses)
    cases, newest = _sides_of(scorer, composer, own, weights, np.array([n_new], dtype=np.int64), n, given)
    ranks = cases.ranks(scorer.weights_of(cases.spread, base), newest).unflatten(0, (2, n))
    about = len(scorer.popularity) > MAX_CROWD
    before, after = (tuple(row.tolist()) for row in ranks)
    return HeldOut(tuple(distinct[:n].tolist()), before, after, about)


def _newest_first(scorer: Scorer, history: History) -> tuple[Int[np.ndarray, " n_tipped"], Float[Tensor, " n_tipped"]]:
    """The distinct tipped streamers and what each weighs, the newest first."""
    distinct, places = places_of(history)
    recent = torch.from_numpy(places[::-1].astype(np.float32)).to(scorer.device)
    return distinct[::-1], weigh(recent, scorer.half_life)


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
    own: OwnTips,
    weights: Float[Tensor, " n_tipped"],
    n_new: Int[np.ndarray, " days"],
    n: int,
    given: PreferenceTensors,
    base: Float[Tensor, " n_sources"],
) -> Float[np.ndarray, "days n"]:
    """Sides.gains: for every day and each of the n newest, its standing from its side less that from all tips."""
    cases, newest = _sides_of(scorer, composer, own, weights, n_new, n, given)
    standing = cases.standing(scorer.weights_of(cases.spread, base), newest).unflatten(0, (-1, n))
    return (standing[1:] - standing[0]).cpu().numpy().astype(np.float64)


def _sides_of(
    scorer: Scorer,
    composer: Composer,
    own: OwnTips,
    weights: Float[Tensor, " n_tipped"],
    n_new: Int[np.ndarray, " days"],
    n: int,
    given: PreferenceTensors,
) -> tuple[Cases, Int[Tensor, " cases"]]:
    """The histories without each of the n newest, all tips first, then each day's sides; and whom each is without."""
    n_tipped, device = len(weights), scorer.device
    since = torch.arange(n_tipped, device=device) < torch.from_numpy(n_new).to(device)[:, None]  # (days, n_tipped)
    same_side = since[:, :n, None] == since[:, None, :]
    counts = torch.where(same_side, 1.0, FADED)  # (days, n, n_tipped)
    counts = torch.cat([torch.ones_like(counts[:1]), counts]).clone()
    newest = torch.arange(n, device=device)
    counts[:, newest, newest] = 0.0
    each = counts.flatten(0, 1)
    tips = each * weights
    tips = tips / tips.sum(1, keepdim=True).clamp(min=MIN_SPREAD).sqrt()
    cases = gather_cases(scorer, own, tips, _user_side(scorer, composer, own.streamer_idx, each, given))
    return cases, newest.repeat(len(counts))


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
