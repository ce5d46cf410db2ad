"""Files of keys that a person wrote: whatever an editor put in front, and in words whatever is wrong."""

import re
from pathlib import Path

import pytest

from mspa_model.config import MapConfig, RunConfig
from mspa_model.data import check_folder, load_dataset
from mspa_model.errors import DataError
from mspa_model.keys import read_toml
from mspa_model.training.settings import settings_of
from tests.data.small_world import INFO, NOW, write_world


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world")
    (world / "dataset.toml").write_text("\ufeff" + INFO, encoding="utf-8")
    assert load_dataset(world, NOW).info.name == "small"
    assert read_toml(world / "dataset.toml")["name"] == "small"


def test_a_configuration_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('\ufeff{"map": {"seeds": 1}}', encoding="utf-8")
    assert settings_of(path) == RunConfig(seed=7, map=MapConfig(seeds=1))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"corector": {}}', "corector: {}, where a key that is known here is expected"),
        (b'{"ranking": {"hidden": 0}}', "ranking.hidden: 0, where a number of at least 1 is expected"),
        ('{"seed": "Café"}'.encode("latin-1"), "0xe9"),
    ],
)
def test_a_wrong_configuration_is_told_in_words(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(DataError, match=re.escape(says)):
        settings_of(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (INFO.encode("utf-16"), "text in UTF-16"),
        (INFO.replace("Small", "Café").encode("latin-1"), "byte 0xe9"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "nested too deep"),
        (b"a = " + b"9" * 5000, "too many digits"),
        (b"[split\n", "line 1"),
    ],
)
def test_what_is_no_toml_is_one_fault(tmp_path: Path, content: bytes, says: str) -> None:
    world = write_world(tmp_path / "world")
    (world / "dataset.toml").write_bytes(content)
    (fault,) = check_folder(world, NOW).faults
    assert says in fault.value
    assert "docs/dataset.md" in fault.expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('title = "Small world"', "title = 3", "text in quotes"),
        ('tip_is = "tip"', 'tip_is = "   "', "text that is not empty"),
        ('kind = "events"', 'kind = "stream"', "'events' or 'matrix'"),
        ('modalities = ["visual", "text"]', 'modalities = "visual"', 'a list, such as ["visual", "text"]'),
        ('["visual", "text"]', '["visual", "smell"]', "'visual', 'audio' or 'text'"),
        ('timezone = "UTC"', 'timezone = "Mars"', "a time zone of the IANA list, such as UTC or Asia/Shanghai"),
        ('metric = "ndcg@10"', 'metric = "auc"', "'recall@10', 'recall@20', 'ndcg@10' or 'ndcg@20'"),
    ],
)
def test_a_wrong_value_is_told_in_words(tmp_path: Path, old: str, new: str, expected: str) -> None:
    world = write_world(tmp_path / "world")
    (world / "dataset.toml").write_text(INFO.replace(old, new), encoding="utf-8")
    (fault,) = check_folder(world, NOW).faults
    assert fault.expected == expected
    assert "dataset.toml, key " in fault.sentence
