"""The manifest of a run's folder: a hash of every file in it, so that a damaged run is named and not loaded."""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mspa_model.errors import RunError

MANIFEST = "manifest.json"
FORMAT = 3


def write_manifest(folder: Path) -> None:
    """SHA-256 of every file; written last."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    hashes = {p.relative_to(folder).as_posix(): sha256(p) for p in files}
    created = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(folder / MANIFEST, {"format": FORMAT, "created_at": created, "files": hashes})


def write_json(path: Path, value: object) -> None:
    """Indented JSON, in place of the file at once."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(fresh, path)


def check_manifest(path: Path) -> Mapping[str, Any]:
    """The manifest, after every file was found and hashed; raises RunError naming the first that differs."""
    todo = "Copy the run again or train it anew with `python -m mspa_model train`."
    if not (path / MANIFEST).is_file():
        raise RunError(f"{path} without {MANIFEST}", "a run folder", todo)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        files = dict(manifest["files"])
        version = manifest["format"]
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise RunError(f"{path / MANIFEST} that cannot be read", "a manifest of file hashes", todo) from error
    if version != FORMAT:
        raise RunError(f"a run of format {version}", f"format {FORMAT}", "Train it again with this version.")
    for name, expected in files.items():
        file = path / name
        if not file.resolve().is_relative_to(path.resolve()):
            raise RunError(f"manifest entry {name!r}", "a file inside the run", todo)
        if not file.is_file():
            raise RunError(f"{path} without {name}", "every file of its manifest", todo)
        if sha256(file) != expected:
            raise RunError(f"{file} with other bytes than were written", "the file of the manifest's hash", todo)
    return manifest


def sha256(path: Path) -> str:
    """Of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
