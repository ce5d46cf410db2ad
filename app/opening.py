"""Runs: opened once, known by name, held against each other. Bounded; pages reach it through app/cache.py."""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import streamlit as st

from app.lookup import RUN_KEY
from mspa_model.errors import MspaError
from mspa_model.manifest import MANIFEST, read_manifest, sha256
from mspa_model.preference.group_names import names_file
from mspa_model.runs import Run, load_run
from mspa_model.types import Comparison

LOCK = threading.RLock()  # one torch model for all sessions, and Captum's hooks on it
_MOST_BESIDE = 20
_PAUSE = 1.0
_BEGINNING, _BEGUN = threading.Lock(), set[str]()  # hashes of runs whose model is made ahead


def open_run(path: Path) -> Run:
    """The run in a folder, loaded once; loaded again where its manifest is another. Raises RunError."""
    return _load(str(path), _stamp(path))


def _stamp(path: Path) -> str:
    """What lies in and beside a folder, by content: times are copied with files. "" where no run does."""
    files = (path / MANIFEST, names_file(path))
    return " ".join(sha256(file) for file in files if file.is_file())


def make_ahead(run: Run, pause: float = _PAUSE) -> threading.Thread | None:
    """What makes the run's model in the background, so that pages find it made; None where that was begun before.

    A page that needs it meanwhile waits for it. What fails there fails again for the page that asks, which says so.
    pause: seconds until it begins, so that the page that was drawn reaches its reader first.
    """
    with _BEGINNING:
        if run.hash in _BEGUN:
            return None
        _BEGUN.add(run.hash)
    timer = threading.Timer(pause, _make, (run,))
    timer.daemon = True
    timer.start()
    return timer


def _make(run: Run) -> None:
    from mspa_model.preference.composers import make_waiting

    with suppress(Exception):
        with LOCK:
            composers = run.composers
        make_waiting(composers, LOCK)


@st.cache_resource(max_entries=3, show_spinner="Opening the run…")
def _load(path: str, stamp: str) -> Run:
    with LOCK:
        return load_run(Path(path))


def other_runs(given: Mapping[str, Path], shown: Run) -> dict[str, Path]:
    """Runs to hold against the shown one: those the dashboard was started with, then those of its data beside it."""
    here = shown.path.resolve()
    found = {name: path for name, path in given.items() if path != here}
    beside = sorted(manifest.parent for manifest in here.parent.glob(f"[!.]*/{MANIFEST}"))
    same = [path for path in beside if path != here and _fingerprint(path) == shown.dataset.fingerprint]
    for path in [path for path in same if path not in found.values()][:_MOST_BESIDE]:
        found.setdefault(path.name if path.name not in given else f"{path.parent.name}/{path.name}", path)
    return found


def _fingerprint(path: Path) -> str | None:
    """Of the data that a run folder says it was made from; None where it does not say."""
    try:
        card = read_manifest(path).checked("dataset.json")
        return None if card is None else json.loads(card.read_text(encoding="utf-8")).get("fingerprint")
    except (MspaError, OSError, ValueError, AttributeError):
        return None


def comparison(before: Path, after: Run, known: tuple[Path, ...]) -> Comparison:
    """The shown run held against the one in a folder; the known runs may say what a seed does. Raises RunError."""
    folders = tuple(str(path) for path in known if path != before)
    stamps = tuple(_stamp(Path(folder)) for folder in folders)
    return _compare(open_run(before), after, folders, stamps)


@st.cache_resource(max_entries=8, show_spinner="Holding the two runs against each other…", hash_funcs=RUN_KEY)
def _compare(before: Run, after: Run, folders: tuple[str, ...], stamps: tuple[str, ...]) -> Comparison:
    from mspa_model.training.compare import compare_runs, seed_run_among

    with LOCK:
        seed_run = seed_run_among([Path(folder) for folder in folders], before, after)
        return compare_runs(before, after, seed_run)
