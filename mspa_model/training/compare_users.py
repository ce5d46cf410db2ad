"""Which users lost most between two runs, and the source whose change moved the lost tip."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspa_model.data import EvalPairs, eval_pairs, history_of, user_idx_of
from mspa_model.runs import Run
from mspa_model.training.scorecard import EXACT, TOP_SHOWN
from mspa_model.types import SOURCES, Dataset, LostTip, Ranking, SourceShift, UserCounts, UserLoss
from mspa_model.types.comparison import FEWEST_TEST_TIPS


def count_users(before: pd.DataFrame, after: pd.DataFrame, metric: str) -> UserCounts:
    """How many users' metric rose, fell or stayed; those with too few test tips are changed, whichever way it went."""
    change = (after[metric] - before[metric]).to_numpy()
    moved, judged = np.abs(change) > EXACT, (before["n_test"] >= FEWEST_TEST_TIPS).to_numpy()
    return UserCounts(
        better=int((moved & judged & (change > 0)).sum()),
        worse=int((moved & judged & (change < 0)).sum()),
        changed=int((moved & ~judged).sum()),
        same=int((~moved).sum()),
    )


def largest_losses(
    runs: tuple[Run, Run], before: pd.DataFrame, after: pd.DataFrame, metric: str, n_users: int
) -> tuple[UserLoss, ...]:
    """The users whose metric fell most: first those with test tips enough to be called worse, then the changed.

    before, after: a row a measured user, the same in both. Both runs rank these users anew, from their train tips.
    """
    change = after[metric] - before[metric]
    fell = pd.DataFrame({"change": change, "few": before["n_test"] < FEWEST_TEST_TIPS})[change < -EXACT]
    users = fell.sort_values(["few", "change"], kind="stable").index[:n_users].tolist()
    pairs = eval_pairs(runs[0].dataset, "test")
    ranked = [_rank_as_evaluated(run, pairs, users) for run in runs]
    found = []
    for user, first, last in zip(users, *ranked, strict=True):
        stored = [list(frame.at[user, "top10"]) for frame in (before, after)]
        targets = pairs.target[user_idx_of(runs[0].dataset, user)].indices.tolist()
        lost = lost_tip(runs[0].dataset, targets, first, last, metric)
        found.append(
            UserLoss(
                user,
                int(before.at[user, "n_train"]),
                n_test := int(before.at[user, "n_test"]),
                float(before.at[user, metric]),
                float(after.at[user, metric]),
                "changed" if n_test < FEWEST_TEST_TIPS else "worse",
                lost,
                stored == [_top_ids(run, r) for run, r in zip(runs, (first, last), strict=True)],
            )
        )
    return tuple(found)


def _rank_as_evaluated(run: Run, pairs: EvalPairs, users: Sequence[str]) -> Iterator[Ranking]:
    """The last step's ranking of each user, as `evaluate` makes it: from train tips, the mask left out."""
    rows = [user_idx_of(run.dataset, user) for user in users]
    preferences = run.composer.compose_many([history_of(run.dataset, row, "train") for row in rows])
    for row, preference in zip(rows, preferences, strict=True):
        allowed = np.ones(run.dataset.n_streamers, dtype=bool)
        allowed[pairs.mask[row].indices] = False
        yield run.recommender.rank(preference, allowed, "train", "new").final.ranking


def _top_ids(run: Run, ranking: Ranking) -> list[str]:
    return [str(run.dataset.streamers["streamer_id"].iat[int(i)]) for i in ranking.order[:TOP_SHOWN]]


@dataclass(frozen=True)
class _Fall:
    """One test tip in both rankings."""

    streamer_idx: int
    before: int
    after: int

    def cost(self, metric: str) -> tuple[float, float]:
        """What its fall took from the metric; where that decides nothing, how far it fell."""
        return gain_of(metric, self.before) - gain_of(metric, self.after), math.log(self.after / self.before)


def gain_of(metric: str, rank: int) -> float:
    """What a hit at this rank adds to the metric, before any normalising: "ndcg@10", "recall@20"."""
    name, _, cutoff = metric.partition("@")
    if rank > int(cutoff):
        return 0.0
    return 1 / math.log2(rank + 1) if name == "ndcg" else 1.0


def lost_tip(dataset: Dataset, targets: Sequence[int], before: Ranking, after: Ranking, metric: str) -> LostTip | None:
    """The test tip (streamer_idx in targets) whose fall cost most; None where none fell."""
    ranks = _ranks(before), _ranks(after)
    falls = [_Fall(i, int(ranks[0][i]), int(ranks[1][i])) for i in targets]
    worst = max((f for f in falls if f.after > f.before), key=lambda f: f.cost(metric), default=None)
    if worst is None:
        return None
    rival = _rival(worst, *ranks, cutoff=int(metric.partition("@")[2]))
    parts = [r.contributions[:, worst.streamer_idx] - r.contributions[:, rival] for r in (before, after)]
    ids = dataset.streamers["streamer_id"]
    return LostTip(
        str(ids.iat[worst.streamer_idx]),
        worst.before,
        worst.after,
        str(ids.iat[rival]),
        int(ranks[0][rival]),
        int(ranks[1][rival]),
        tuple(SourceShift(s, float(a), float(b)) for s, a, b in zip(SOURCES, *parts, strict=True)),
    )


def _ranks(ranking: Ranking) -> np.ndarray:
    """The rank of each streamer by streamer_idx; 0 for what is no candidate."""
    ranks = np.zeros(ranking.fits.shape[1], dtype=np.int64)
    ranks[ranking.order.numpy()] = np.arange(1, len(ranking.order) + 1)
    return ranks


def _rival(fall: _Fall, before: np.ndarray, after: np.ndarray, cutoff: int) -> int:
    """Of those that overtook the tip, the last within the places that count, or else the first of all.

    There is one: more streamers stand above the tip now than before.
    """
    overtook = np.flatnonzero((before > fall.before) & (after < fall.after))
    counted = overtook[after[overtook] <= cutoff]
    return int(counted[after[counted].argmax()] if len(counted) else overtook[after[overtook].argmin()])
