"""Names that people give to groups of looks and sounds: kept beside the run, which stays as it was trained."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mspa_model.errors import RunError
from mspa_model.manifest import write_json
from mspa_model.preference.columns import plain_label
from mspa_model.types import Modality, Value, Vocabulary

LONGEST_NAME = 40  # characters


def is_group(value: Value) -> bool:
    """Whether a value is a cluster of features, which the run can only number."""
    return value.modality in (Modality.VISUAL, Modality.AUDIO) and value.aspect == f"{value.modality.value} group"


def group_title(value: Value) -> str:
    """How the run numbers a group, and the key of its name: "visual group 7"."""
    return f"{value.aspect} {value.name}"


def names_file(run_folder: Path) -> Path:
    """Where the names of a run's groups lie: RUN.names.json beside the folder RUN."""
    folder = run_folder.resolve()
    return folder.with_name(f"{folder.name}.names.json")


def read_group_names(run_folder: Path, model: str) -> dict[str, str]:
    """Name by title ("visual group 7"); empty where there is no file or it names the groups of another model.

    model: the run's hash. Another training in the same folder numbers its groups anew, so its names do not carry over.
    Raises RunError where the file cannot be read as what save_group_names() wrote.
    """
    file = names_file(run_folder)
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        names = {str(title): plain_label(str(name), LONGEST_NAME) for title, name in content["names"].items()}
        same = content["model"] == model
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        todo = "Mend it, or delete it: the groups then go by their numbers."
        raise RunError(f"{file} that cannot be read", "the names of a run's groups", todo) from error
    return {title: name for title, name in names.items() if name} if same else {}


def save_group_names(run_folder: Path, model: str, names: Mapping[str, str]) -> None:
    """Names by title, beside the run; empty names are left out. Raises RunError where the file cannot be written."""
    cleaned = {title: plain_label(name, LONGEST_NAME) for title, name in names.items()}
    file = names_file(run_folder)
    try:
        write_json(file, {"model": model, "names": {title: name for title, name in sorted(cleaned.items()) if name}})
    except OSError as error:
        raise RunError(f"{file} that cannot be written", "a folder that names can be kept in", str(error)) from error


def renamed(vocabulary: Vocabulary, names: Mapping[str, str]) -> Vocabulary:
    """The vocabulary with the names in its groups' labels, the number kept: "rooftops at dusk (visual group 7)"."""
    values = [
        replace(value, label=f"{names[group_title(value)]} ({group_title(value)})")
        if is_group(value) and group_title(value) in names
        else value
        for value in vocabulary.values
    ]
    return replace(vocabulary, values=tuple(values))
