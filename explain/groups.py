"""Groups: filters over users by column, statement or number of tips, and the rankings of those who are asked."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import torch
from jaxtyping import Bool

from explain.counterfactual import value_of
from explain.narrate import counted, plain, plural
from explain.types import Group, GroupFilter
from mspa_model.data.repeats import differing_tips
from mspa_model.data.split import interaction_matrix
from mspa_model.errors import MspaError
from mspa_model.pipeline import history_for, rank_user
from mspa_model.runs import Run
from mspa_model.types import CandidateScope, HistoryScope, RankingTrace

MAX_USERS = 100  # of a group that are asked: their preferences are written and corrected one by one
Cancel = Callable[[], bool]
Progress = Callable[[float], None]


def group_of(run: Run, given: GroupFilter, max_users: int = MAX_USERS) -> Group:
    """The users that a filter lets through; of more than max_users, as many are drawn by the run's seed.

    Raises MspaError on a column that users.parquet has not, UnknownIdError on an unknown statement.
    """
    users = run.dataset.users
    n_tips = differing_tips(run.dataset)
    mask = np.ones(len(users), dtype=bool)
    if given.column is not None:
        known = [str(column) for column in users.columns.drop("user_id")]
        if given.column not in known:
            expected = f"a column of users.parquet ({', '.join(known) or 'it has none'})"
            raise MspaError(f"the column {given.column[:40]!r}", expected, "Choose one of these.")
        mask &= (users[given.column].astype(str) == str(given.equals)).to_numpy(dtype=bool)
    mask &= n_tips >= (given.min_tips or 0)
    mask &= n_tips <= (n_tips.max(initial=0) if given.max_tips is None else given.max_tips)
    if given.statement is not None:
        mask &= _likes(run, value_of(run, given.statement))
    ids = users["user_id"].to_numpy()[mask]
    rng = np.random.default_rng(run.config.seed)
    asked = ids if len(ids) <= max_users else ids[np.sort(rng.choice(len(ids), max_users, replace=False))]
    return Group(_name(run, given), tuple(map(str, asked)), len(ids))


def _likes(run: Run, value_idx: int) -> Bool[np.ndarray, " n_users"]:
    """Users of whom the teacher says it: writing everyone's preference would take minutes."""
    tips = interaction_matrix(run.dataset, ("train", "val", "test"))
    likes = np.zeros(tips.shape[0], dtype=bool)
    for start in range(0, len(likes), 512):
        rows = torch.from_numpy(tips[start : start + 512].toarray())
        likes[start : start + 512] = (run.composer.taught(rows)[0][:, value_idx] > 0).numpy()
    return likes


def _name(run: Run, given: GroupFilter) -> str:
    info, said = run.dataset.info, []
    tips = plural(info.tip_is)
    if given.column is not None:
        said.append(f"{plain(given.column)}: {plain(str(given.equals))}")
    if given.min_tips is not None and given.max_tips is not None:
        said.append(f"{given.min_tips:,} to {given.max_tips:,} {tips}")
    elif given.min_tips is not None:
        said.append(f"{counted(given.min_tips, info.tip_is)} or more")
    elif given.max_tips is not None:
        said.append(f"up to {counted(given.max_tips, info.tip_is)}")
    if given.statement is not None:
        said.append(f"likes {plain(run.vocabulary.values[value_of(run, given.statement)].label)}")
    return ", ".join(said) or f"all {plural(info.user_is)}"


def group_traces(
    run: Run,
    group: Group,
    history: HistoryScope = "all",
    candidates: CandidateScope = "new",
    cancel: Cancel | None = None,
    progress: Progress | None = None,
    live_at: datetime | None = None,
    new_share: float = 0.0,
) -> list[RankingTrace]:
    """The trace of each user that is asked; fewer where it was cancelled. Preferences are written in batches.

    live_at, new_share: as of rank_user.
    """
    traces: list[RankingTrace] = []
    for start in range(0, len(group.user_ids), 32):
        if cancel is not None and cancel():
            break
        users = group.user_ids[start : start + 32]
        run.composer.compose_many([history_for(run, user, history) for user in users])  # remembered, then ranked
        traces += [rank_user(run, user, history, candidates, live_at, new_share) for user in users]
        if progress is not None:
            progress(len(traces) / len(group.user_ids))
    return traces
