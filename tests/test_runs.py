"""A run opens on its stored figures; the model is made when it is first asked for, or says what is wrong with it."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file

from mspa_model.errors import RunError
from mspa_model.manifest import read_manifest, sha256, write_manifest
from mspa_model.preference.composers import load_composers
from mspa_model.runs import load_run, read_stored, save_audit
from mspa_model.types import Modality

SHIPPED = Path(__file__).parents[1] / "sample_data" / "run"
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


def test_what_a_manifest_does_not_list_is_read_by_nobody(copied: Path):
    """Each optional file lies where it lay, with its right bytes: only the listing is gone."""
    optional = ("audit.json", "map.safetensors", "features.safetensors", "composer.safetensors", "baselines.parquet")
    (copied / "audit.json").write_text("{}", encoding="utf-8")
    save_arrays({"visual": np.zeros((3, 2), np.float16)}, copied / "features.safetensors")
    write_manifest(copied)
    assert [*read_stored(read_manifest(copied))] == [Modality.VISUAL]
    listed = read_manifest(copied)
    assert {*optional} <= {*listed.hashes}
    write_manifest(copied, {*listed.hashes} - {*optional})
    run = load_run(copied)
    assert (run.audit, run.audit_hash, run.map) == (None, None, None)
    parts = (run.config, run.dataset, run.features, run.vocabulary, torch.device("cpu"))
    assert [*load_composers(run.files, *parts)] == ["teacher"]
    assert read_stored(run.files) == {}
    assert run.files.checked("baselines.parquet") is None


@pytest.mark.parametrize("name", ["config.json", "metrics.json", "vocabulary.json", "teacher.safetensors"])
def test_a_needed_file_that_is_not_listed_is_missed_by_name(copied: Path, name: str):
    write_manifest(copied, {*read_manifest(copied).hashes} - {name})
    with pytest.raises(RunError, match=f"without {name}"):
        load_run(copied).model()


def test_an_audit_is_stored_beside_the_same_model_and_into_no_other(copied: Path):
    opened, second = load_run(copied), load_run(copied)
    save_audit(opened, {"version": 1})
    assert second.recommender, "the model is the one that was opened"
    audited = load_run(copied)
    assert (audited.hash, audited.audit) == (opened.hash, {"version": 1})
    assert audited.audit_hash == read_manifest(copied).hashes["audit.json"] != opened.audit_hash
    (copied / "note.txt").write_text("another run", encoding="utf-8")
    write_manifest(copied)
    with pytest.raises(RunError, match="written anew since it was opened"):
        save_audit(opened, {"version": 1})


def test_weights_that_were_changed_after_the_run_was_opened_are_refused_by_name(copied: Path):
    run = load_run(copied)
    (copied / "corrector.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match=r"corrector\.safetensors with other bytes"):
        run.recommender  # noqa: B018


def test_the_shipped_run_names_its_model_and_its_audit():
    run = load_run(SHIPPED)
    assert run.audit is not None
    assert run.audit_hash == sha256(SHIPPED / "audit.json")
    assert run.hash == run.files.identity != run.audit_hash
