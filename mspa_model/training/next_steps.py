"""What a finished training says: how well the run ranks, what its audit found, and what to type next."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import mspa_model
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.training.first_audit import audit_command, audit_sentence
from mspa_model.training.verdict import verdict
from mspa_model.words import plain

MOST_TRIED = 20  # users, to find one for whom somebody is left to rank


def closing_lines(run: Run, unaudited: str | None) -> tuple[str, ...]:
    """The verdict, what the audit found or why there is none, and commands.

    unaudited: why an audit that was asked for is not there.
    """
    lines = [verdict(run.metrics, run.dataset.info)]
    if run.metrics.get("composer_absent"):
        lines.append(run.metrics["composer_absent"])
    if run.audit is not None:
        lines.append(audit_sentence(run))
    elif unaudited:
        lines.append(unaudited)
    return (*lines, "", "To go on:", *(f"  {command}" for command in next_commands(run)))


def next_commands(run: Run) -> tuple[str, ...]:
    """The dashboard on this run, one case of it, and its whole audit, as they are typed from here."""
    page = Path(mspa_model.__file__).resolve().parents[1] / "app" / "main.py"
    dashboard = shlex.join(["streamlit", "run", _from_here(page), "--", "--run", str(run.path)])
    case = typical_case(run)
    explain = ["python", "-m", "explain", "case", str(run.path)]
    return (
        *([dashboard] if page.is_file() else []),
        *([] if case is None else [shlex.join([*explain, "--user", case[0], "--streamer", case[1]])]),
        audit_command(run.path),
    )


def typical_case(run: Run) -> tuple[str, str] | None:
    """user_id and streamer_id of a case that can be explained; None where nobody has two streamers left to rank.

    One that was audited, best a green one; else the first streamer of a user with about as many tips as most have. Ids
    that a terminal would not show whole are passed over.
    """
    audited = sorted((run.audit or {}).get("cases", ()), key=lambda each: each["seal"] != "green")
    for each in audited:
        if _typed(each["user_id"]) and _typed(each["streamer_id"]):
            return each["user_id"], each["streamer_id"]
    return next(_ranked(run), None)


def _ranked(run: Run) -> Iterator[tuple[str, str]]:
    counts = np.bincount(run.dataset.tips["user_idx"], minlength=run.dataset.n_users)
    tipped = np.flatnonzero(counts)
    middle = np.median(counts[tipped]) if len(tipped) else 0
    nearest = tipped[np.argsort(np.abs(counts[tipped] - middle), kind="stable")]
    for user_id in filter(_typed, run.dataset.users["user_id"].iloc[nearest[:MOST_TRIED]]):
        order = rank_user(run, user_id).final.ranking.order
        if len(order) > 1:  # a case wants a rival
            streamer_id = str(run.dataset.streamers["streamer_id"].iloc[int(order[0])])
            if _typed(streamer_id):
                yield user_id, streamer_id


def _typed(name: str) -> bool:
    """Whether a terminal shows every character of it, on one line."""
    return plain(name, len(name)) == name


def _from_here(path: Path) -> str:
    """Relative where it lies under the present folder."""
    here = Path.cwd().resolve()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
