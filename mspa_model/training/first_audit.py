"""A fresh run's first audit: `explain audit` over a few cases, in a process of its own, so that seals can cite one."""

import os
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from mspa_model.device import DeviceName
from mspa_model.runs import Run
from mspa_model.words import counted, time_words

SECONDS, SHARE = 60.0, 0.1  # it may take the longer of a minute and a tenth of the training


def run_first_audit(run: Path, sample: int, device: DeviceName, training_seconds: float) -> str | None:
    """Audits `sample` cases of a run and stores what it found; None, or one sentence on why there is no audit.

    Its progress goes to stderr. Whatever goes wrong in it, the run stays whole: the audit is stored last, at once.
    """
    where = _folder_of_explain()
    if where is None:
        return "The run has no audit, for the package explain is not installed here; seals will say so."
    limit = max(SECONDS, SHARE * training_seconds)
    words = ["audit", str(run), "--sample", str(sample), "--no-seeds", "--device", device]
    again = f"`{audit_command(run)}` makes it."
    try:
        done = subprocess.run(
            [sys.executable, "-m", "explain", *words],
            stdout=subprocess.DEVNULL,
            timeout=limit,
            env={**os.environ, "PYTHONPATH": _search_path(where)},
        )
    except subprocess.TimeoutExpired:
        return f"The first audit took more than {time_words(limit)} and was stopped; the run has none yet. {again}"
    except KeyboardInterrupt:
        return f"The first audit was interrupted; the run is whole and has none yet. {again}"
    except OSError as error:
        return f"The first audit could not be started ({error.strerror}); the run is whole and has none yet. {again}"
    if done.returncode:
        return f"The first audit failed (exit status {done.returncode}); the run is whole and has none yet. {again}"
    return None


def audit_command(run: Path) -> str:
    """The whole audit of a run, as it is typed."""
    return shlex.join(["python", "-m", "explain", "audit", str(run)])


def audit_sentence(run: Run) -> str:
    """How many of the audited explanations are faithful to the model; the run has an audit."""
    assert run.audit is not None
    seal = run.audit["seal"]
    return (
        f"Audit of {counted(run.audit['n_cases'], 'explanation')}: {seal['green']} faithful to the model, "
        f"{seal['amber']} with a limit, {seal['red']} not to be quoted."
    )


def _folder_of_explain() -> Path | None:
    """Where the package lies that this process would import."""
    found = find_spec("explain")
    return None if found is None or found.origin is None else Path(found.origin).resolve().parents[1]


def _search_path(first: Path) -> str:
    return os.pathsep.join(filter(None, (str(first), os.environ.get("PYTHONPATH"))))
