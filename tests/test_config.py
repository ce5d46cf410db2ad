"""A configuration that cannot be trained with is refused in one sentence that names the number."""

from pathlib import Path

import pytest

from mspa_model.config import RunConfig, config_from_json, config_to_json
from tests.command import Command


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"ranking": {"hidden": 0}}', "ranking.hidden"),
        ('{"ranking": {"dropout": 1.5}}', "ranking.dropout"),
        ('{"ranking": {"cotips_ridge": []}}', "ranking.cotips_ridge"),
        ('{"ranking": {"cotips_half_life": [5, "Infinity"]}}', "ranking.cotips_half_life.1"),
        ('{"corrector": {"cautions": [-1]}}', "corrector.cautions.0"),
        ('{"corrector": {"folds": -3}}', "corrector.folds"),
        ('{"preference": {"shrinkage": 0}}', "preference.shrinkage"),
        ('{"composer": {"learning_rate": "NaN"}}', "composer.learning_rate"),
        ('{"corector": {}}', "corector"),
    ],
)
def test_nonsense_is_refused_by_name(
    text: str, named: str, tmp_path: Path, tiny_world: Path, mspa_model_command: Command
):
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    command = ("train", tiny_world, "--out", tmp_path / "run", "--config", tmp_path / "config.json")
    answer = mspa_model_command(*command)
    assert answer.status == 2
    assert named in answer.err
    assert not (tmp_path / "run").exists()


def test_what_is_written_is_what_is_read():
    assert config_from_json(config_to_json(RunConfig(seed=3))) == RunConfig(seed=3)
    assert config_from_json("{}") == RunConfig()
