"""A run opens on its stored figures; the model is made when it is first asked for, or says what is wrong with it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from mspa_model.errors import RunError
from mspa_model.manifest import write_manifest
from mspa_model.runs import load_run

OPENING = """
import sys
from pathlib import Path
from mspa_model.runs import load_run
run = load_run(Path(sys.argv[1]))
assert run.metrics["models"] and "transformers" not in sys.modules
assert run.composer.compose and "transformers" in sys.modules
"""


@pytest.fixture
def copied(tiny_run: Path, tmp_path: Path) -> Path:
    """A run that may be changed, with its data still where it was."""
    return shutil.copytree(tiny_run, tiny_run.parent / tmp_path.name)


def test_the_language_models_library_is_imported_with_the_model_and_not_with_the_figures(tiny_run: Path):
    told = subprocess.run([sys.executable, "-c", OPENING, str(tiny_run)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_the_model_is_made_once(tiny_run: Path):
    run = load_run(tiny_run)
    assert run.recommender is run.recommender
    assert run.composer is run.recommender.composer


def test_other_parts_take_the_place_of_the_models_and_the_run_stays_as_it_was(tiny_run: Path):
    run = load_run(tiny_run)
    teacher = run.composers["teacher"]
    changed = run.with_model(composer=teacher)
    assert changed.composer is teacher
    assert changed.recommender is run.recommender
    assert run.composer is run.model().composer


def test_weights_of_another_version_are_named_when_the_model_is_asked_for(copied: Path):
    file = copied / "step0.safetensors"
    save_file({name: array for name, array in load_file(file).items() if name != "popularity"}, file)
    write_manifest(copied)
    run = load_run(copied)
    with pytest.raises(RunError, match="weights of another shape or name"):
        run.recommender  # noqa: B018


def test_a_run_that_another_took_the_place_of_is_not_mixed_with_it(copied: Path):
    run = load_run(copied)
    (copied / "note.txt").write_text("another run", encoding="utf-8")
    write_manifest(copied)
    with pytest.raises(RunError, match="written anew since it was opened"):
        run.composer  # noqa: B018
