"""What a manifest lists is a run, to the byte; the rest is not there. The model and its audit each have a hash."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mspa_model import manifest
from mspa_model.errors import RunError
from mspa_model.manifest import AUDIT, MANIFEST, check_manifest, read_manifest, store_audit, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files and their manifest."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text("{}", encoding="utf-8")
    (run / "weights.bin").write_bytes(b"\1\2")
    write_manifest(run)
    return run


def test_a_file_that_is_not_listed_is_not_there_and_harms_nothing(folder: Path):
    (folder / AUDIT).write_text("{}", encoding="utf-8")
    files = check_manifest(folder)
    assert files / "config.json" == folder / "config.json"
    assert files.find(AUDIT) is files.checked(AUDIT) is files.audit_hash is None
    with pytest.raises(RunError, match=r"manifest\.json without audit\.json"):
        files / AUDIT


def test_a_listed_file_with_other_bytes_is_refused_by_name_at_opening_and_later(folder: Path):
    files = check_manifest(folder)
    (folder / "weights.bin").write_bytes(b"\1\3")
    with pytest.raises(RunError, match=r"weights\.bin with other bytes"):
        check_manifest(folder)
    with pytest.raises(RunError, match=r"weights\.bin with other bytes"):
        files.checked("weights.bin")
    (folder / "weights.bin").unlink()
    with pytest.raises(RunError, match=r"without weights\.bin"):
        check_manifest(folder)


def test_a_listed_path_outside_the_folder_is_refused(folder: Path):
    (folder.parent / "outside").write_text("", encoding="utf-8")
    write_manifest(folder, ["config.json", "../outside"])
    with pytest.raises(RunError, match="a file inside the run"):
        check_manifest(folder)


def test_the_model_s_identity_knows_no_audit_and_no_time(folder: Path):
    before = read_manifest(folder)
    store_audit(before, {"n_cases": 2})
    after = check_manifest(folder)
    assert after.identity == before.identity
    assert after.created_at == before.created_at
    assert before.audit_hash is None
    first = after.audit_hash
    store_audit(after, {"n_cases": 3})
    assert check_manifest(folder).audit_hash not in (None, first)
    assert check_manifest(folder).identity == before.identity
    assert replace(before, created_at="2020-01-01").identity == before.identity


@pytest.mark.parametrize("change", ["bytes", "name", "more"])
def test_the_model_s_identity_knows_every_other_file(folder: Path, change: str):
    before = read_manifest(folder).identity
    if change == "bytes":
        (folder / "weights.bin").write_bytes(b"\1\3")
    elif change == "name":
        (folder / "weights.bin").rename(folder / "weights2.bin")
    else:
        (folder / "map.bin").write_bytes(b"")
    write_manifest(folder)
    assert read_manifest(folder).identity != before


@pytest.mark.parametrize("cut_at", [1, 2, 3])
def test_an_audit_that_is_cut_off_leaves_a_sound_run(folder: Path, monkeypatch: pytest.MonkeyPatch, cut_at: int):
    store_audit(read_manifest(folder), {"n_cases": 1})
    whole, writes = manifest.write_json, []

    def cut_off(path: Path, value: object) -> None:
        writes.append(path)
        if len(writes) == cut_at:
            raise KeyboardInterrupt
        whole(path, value)

    monkeypatch.setattr(manifest, "write_json", cut_off)
    with pytest.raises(KeyboardInterrupt):
        store_audit(read_manifest(folder), {"n_cases": 2})
    audit = check_manifest(folder).find(AUDIT)
    assert audit is None or json.loads(audit.read_text(encoding="utf-8"))["n_cases"] == 1


def test_another_model_in_the_folder_is_told_from_another_audit(folder: Path):
    files = read_manifest(folder)
    store_audit(files, {})
    assert files.still().audit_hash is not None
    (folder / "weights.bin").write_bytes(b"")
    write_manifest(folder)
    with pytest.raises(RunError, match="written anew since it was opened"):
        files.still()
    (folder / MANIFEST).unlink()
    with pytest.raises(RunError, match="written anew since it was opened"):
        files.still()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 3, "files": 7, "created_at": ""}', '{"files": {}}', "\xff"]
)
def test_a_manifest_that_is_none_is_one_sentence(folder: Path, text: str):
    (folder / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(RunError, match="manifest of file hashes"):
        read_manifest(folder)
