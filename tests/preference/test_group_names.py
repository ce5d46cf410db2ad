"""Names for groups of looks and sounds: kept beside the run, bound to its model, and no more than words."""

import json
from pathlib import Path

import numpy as np
import pytest

from mspa_model.errors import RunError
from mspa_model.preference.group_names import LONGEST_NAME, names_file, read_group_names, renamed, save_group_names
from mspa_model.types import Modality, Value, Vocabulary


def vocabulary() -> Vocabulary:
    """A category called like a group, then a group of looks and one of sounds."""
    values = (
        Value("category", "visual group 1", "visual group 1", None, 2, ()),
        Value("visual group", "1", "visual group 1, like A and B", Modality.VISUAL, 2, (0, 1)),
        Value("audio group", "1", "audio group 1, 2 streamers", Modality.AUDIO, 2, (0, 1)),
    )
    return Vocabulary(values, np.ones((2, 3), dtype=np.float32), {})


def test_a_name_stands_before_the_number_and_only_groups_have_one():
    named = renamed(vocabulary(), {"visual group 1": "rooftops at dusk", "category visual group 1": "never"})
    assert [value.label for value in named.values] == [
        "visual group 1",
        "rooftops at dusk (visual group 1)",
        "audio group 1, 2 streamers",
    ]
    assert [(v.aspect, v.name) for v in named.values] == [(v.aspect, v.name) for v in vocabulary().values]


def test_names_lie_beside_the_folder_and_come_back(tmp_path: Path):
    run = tmp_path / "run"
    run.mkdir()
    save_group_names(run, "model", {"visual group 1": "rooftops", "audio group 1": "  "})
    assert list(run.iterdir()) == []
    assert read_group_names(run, "model") == {"visual group 1": "rooftops"}


def test_another_model_in_the_same_folder_has_no_names(tmp_path: Path):
    save_group_names(tmp_path / "run", "model", {"visual group 1": "rooftops"})
    assert read_group_names(tmp_path / "run", "another") == {}


def test_a_name_is_one_short_line(tmp_path: Path):
    save_group_names(tmp_path / "run", "model", {"visual group 1": "two\nlines \u202e" + "x" * 100})
    name = read_group_names(tmp_path / "run", "model")["visual group 1"]
    assert len(name) <= LONGEST_NAME
    assert name.startswith("two lines x")


@pytest.mark.parametrize("content", ["{", "[]", '{"model": "model", "names": ["a"]}', '{"names": {}}', "\udcff"])
def test_a_file_that_is_no_list_of_names_is_told(tmp_path: Path, content: str):
    names_file(tmp_path / "run").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(RunError, match="names"):
        read_group_names(tmp_path / "run", "model")


def test_a_link_to_a_run_has_the_run_s_names(tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "latest").symlink_to(tmp_path / "run")
    save_group_names(tmp_path / "latest", "model", {"visual group 1": "rooftops"})
    assert json.loads((tmp_path / "run.names.json").read_text())["names"] == {"visual group 1": "rooftops"}
