"""Weights that come inside packages, pinned by hash."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from mspa_model.errors import EncoderError


def packaged_file(package: str, inside: str, sha256: str) -> Path:
    """A file inside an installed package, its hash checked; the package's code is not run.

    Raises EncoderError where the package or file is absent, or its bytes are not the pinned ones.
    """
    spec = find_spec(package)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(roots[0], inside) if roots else Path(package, inside)
    if not path.is_file():
        raise EncoderError(
            f"no file {inside} of package {package}", "it to be installed", "Run pip install -r requirements.txt."
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise EncoderError(
            f"{package}/{inside} with SHA-256 {digest[:12]}…",
            f"{sha256[:12]}…",
            f"Install the pinned version of {package} again.",
        )
    return path


def unloadable(modality: str, name: str, error: Exception) -> EncoderError:
    """The error for a name that is no registry name and no model that this machine has."""
    return EncoderError(
        f"{modality} encoder {name!r}, which cannot be loaded ({str(error).splitlines()[0][:200]})",
        "a registry name, or the folder or hub id of a transformers model that lies on this machine",
        f"Set features.{modality}_encoder in the configuration.",
    )
