"""Preferences of all users written ahead into a run, so that ranking a known user needs no language model."""

import shutil
from dataclasses import replace
from pathlib import Path

from mspa_model.device import DeviceName
from mspa_model.errors import RunError
from mspa_model.folders import check_destination
from mspa_model.manifest import write_manifest
from mspa_model.preference.composers import save_preferences
from mspa_model.preference.precomputed import PRECOMPUTED
from mspa_model.runs import load_run, new_folder


def write_ahead(path: Path, data: Path | None, device: DeviceName) -> None:
    """What the run's language model writes of each user's tips, into the run, which is another by its hash then.

    Raises RunError where the run has no language model: its teacher is as quick as reading.
    """
    check_destination(path, "RUN")
    run = load_run(path, data, device)
    # In a copy that takes the run's place at once: cut off, it leaves the run whole.
    with new_folder(path) as fresh:
        shutil.copytree(path, fresh, dirs_exist_ok=True)
        replace(run.files, folder=fresh).check(run.files.hashes)
        if not save_preferences(fresh, run.composer, run.dataset):
            todo = "Leave it as it is: its teacher writes at once."
            raise RunError(f"{path} that is ranked by the teacher", "a run with a language model", todo)
        write_manifest(fresh, {*run.files.hashes, PRECOMPUTED})
