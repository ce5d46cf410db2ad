"""Whose report can it be, where its pseudonym cannot be opened? Users whose tips agree with what the report says."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from explain.evidence import evidence_line
from explain.narrate import plain
from explain.report.evidence import SENTENCE, Evidence
from mspa_model.data.repeats import repeats
from mspa_model.runs import Run


def fitting_users(run: Run, evidence: Evidence) -> Iterator[str]:
    """The users with as many tips, as late a last one, and tested or not, as the report's own sentences have it.

    It takes one look at the tips of everyone; each user found has still to be ranked.
    """
    n_tips, last = _counted(run, evidence)
    tested = set(run.users.loc[run.users.get("n_test", pd.Series(dtype=int)) > 0, "user_id"])
    sentences: dict[tuple[int, bool], str] = {}
    for user_idx, user_id in enumerate(run.dataset.users["user_id"]):
        kind = (int(n_tips[user_idx]), user_id in tested)
        if kind not in sentences:
            sentences[kind] = plain(evidence_line(run, user_id, kind[0]).sentence, SENTENCE)
        if sentences[kind] == evidence.evidence_sentence and _as_late(last[user_idx], evidence):
            yield str(user_id)


def _counted(run: Run, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Per user_idx the number of tips that the report's ranking knew, and when the last one was (NaT: not known)."""
    tips = run.dataset.tips
    if evidence.case.history == "train":
        tips = tips[tips["split"] == "train"]
    tips = tips[~repeats(tips)]
    by_user = tips.groupby("user_idx")["tipped_at"].agg(["size", "max"]).reindex(range(run.dataset.n_users))
    return by_user["size"].fillna(0).to_numpy(dtype=np.int64), by_user["max"].to_numpy(dtype="datetime64[us]")


def _as_late(last: np.datetime64, evidence: Evidence) -> bool:
    if np.isnat(last):
        return True
    return any(f" up to {pd.Timestamp(last):%Y-%m-%d} and knows nothing later." in s for s in evidence.cannot_tell)
