"""The manifest of a run's folder: a hash of every file in it, so that a damaged run is named and not loaded.

What a manifest does not list is not a part of the run: it may lie in the folder, and nobody reads it.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mspa_model.errors import RunError

MANIFEST = "manifest.json"
AUDIT = "audit.json"
FORMAT = 3
_AGAIN = "Copy the run again or train it anew with `python -m mspa_model train`."


@dataclass(frozen=True)
class ListedFiles:
    """A run's folder as its manifest has it, and the only way to the files of a run. hashes: SHA-256 by name."""

    folder: Path
    hashes: Mapping[str, str]
    created_at: str = ""

    @property
    def identity(self) -> str:
        """Of the model: SHA-256 over names and hashes of all files but the audit; when it was made plays no part."""
        model = {name: digest for name, digest in self.hashes.items() if name != AUDIT}
        return hashlib.sha256(json.dumps(model, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def audit_hash(self) -> str | None:
        """SHA-256 of the audit; None where the manifest lists none."""
        return self.hashes.get(AUDIT)

    def __truediv__(self, name: str) -> Path:
        """Where a listed file lies; raises RunError where the manifest does not list it."""
        if name not in self.hashes:
            raise RunError(f"{self.folder / MANIFEST} without {name}", "every file that a run needs", _AGAIN)
        return self.folder / name

    def find(self, name: str) -> Path | None:
        """Where a file lies that not every run has; None where the manifest does not list it."""
        return self / name if name in self.hashes else None

    def check(self, names: Iterable[str]) -> None:
        """Raises RunError naming the first of these that is gone or has other bytes; names not listed are left out."""
        for name in (name for name in names if name in self.hashes):
            file = self.folder / name
            if not file.resolve().is_relative_to(self.folder.resolve()):
                raise RunError(f"manifest entry {name!r}", "a file inside the run", _AGAIN)
            if not file.is_file():
                raise RunError(f"{self.folder} without {name}", "every file of its manifest", _AGAIN)
            if sha256(file) != self.hashes[name]:
                raise RunError(f"{file} with other bytes than were written", "the file of the manifest's hash", _AGAIN)

    def checked(self, name: str) -> Path | None:
        """As find, for a file that is read long after the run was opened: its bytes are held to the manifest again."""
        self.check([name])
        return self.find(name)

    def still(self) -> "ListedFiles":
        """What the folder's manifest lists now; raises RunError where that is another model, not just another audit."""
        now = read_manifest(self.folder) if (self.folder / MANIFEST).is_file() else None
        if now is None or now.identity != self.identity:
            got = f"{self.folder} that was written anew since it was opened"
            raise RunError(got, "the run that was opened", "Open it again.")
        return now


NO_FILES = ListedFiles(Path(), {})  # of a run that lies in no folder


def write_manifest(folder: Path, names: Iterable[str] | None = None) -> None:
    """SHA-256 of these files, else of every file; written last."""
    lying = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    hashes = {name: sha256(folder / name) for name in sorted(lying if names is None else {*names})}
    save_manifest(ListedFiles(folder, hashes, datetime.now(UTC).isoformat(timespec="seconds")))


def save_manifest(files: ListedFiles) -> None:
    """The manifest of these files, in place of the folder's at once."""
    listing = {"format": FORMAT, "created_at": files.created_at, "files": dict(sorted(files.hashes.items()))}
    write_json(files.folder / MANIFEST, listing)


def store_audit(files: ListedFiles, figures: Mapping[str, Any]) -> None:
    """The audit into the folder and its manifest, which else stays as it is; cut off, it leaves a run without one."""
    unaudited = {name: digest for name, digest in files.hashes.items() if name != AUDIT}
    save_manifest(replace(files, hashes=unaudited))
    write_json(files.folder / AUDIT, figures)
    save_manifest(replace(files, hashes={**unaudited, AUDIT: sha256(files.folder / AUDIT)}))


def write_json(path: Path, value: object) -> None:
    """Indented JSON, in place of the file at once."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(fresh, path)


def read_manifest(path: Path) -> ListedFiles:
    """What the folder's manifest lists; raises RunError where there is none of this format. No file is looked at."""
    if not (path / MANIFEST).is_file():
        raise RunError(f"{path} without {MANIFEST}", "a run folder", _AGAIN)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        hashes = {str(name): str(digest) for name, digest in dict(manifest["files"]).items()}
        version, created_at = manifest["format"], str(manifest["created_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path / MANIFEST} that cannot be read", "a manifest of file hashes", _AGAIN) from error
    if version != FORMAT:
        raise RunError(f"a run of format {version}", f"format {FORMAT}", "Train it again with this version.")
    return ListedFiles(path, hashes, created_at)


def check_manifest(path: Path) -> ListedFiles:
    """The run's files, after each was found and hashed; raises RunError naming the first that differs."""
    files = read_manifest(path)
    files.check(files.hashes)
    return files


def sha256(path: Path) -> str:
    """Of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
