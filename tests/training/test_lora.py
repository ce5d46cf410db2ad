"""An adapter on a tiny model: taught on the teacher's words, saved whole, and read back by a writer."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mspa_model.config import RunConfig
from mspa_model.data import history_of, load_dataset
from mspa_model.device import resolve_device
from mspa_model.errors import ComposerError, RunError
from mspa_model.features.encode import encode
from mspa_model.preference.composer import Composer
from mspa_model.preference.large_loading import load_large_model
from mspa_model.preference.large_model import LargeWriter
from mspa_model.preference.teacher import build_teacher
from mspa_model.preference.vocabulary import build_vocabulary
from mspa_model.training.lora import LoraReport, LoraSettings, _example, _with_adapter, part_of, teach_lora
from mspa_model.training.text.users import text_users
from mspa_model.types import Dataset
from tests.command import Command
from tests.preference import rooms
from tests.preference.tiny_models import save_seeing_model, save_text_model
from tests.worlds import checkerboard, write_world

# peft asks transformers for a property by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
CPU = torch.device("cpu")
QUICK = LoraSettings(steps=12, rank=4, learning_rate=2e-2, gather=2)


@pytest.fixture(scope="module")
def taught_world(tmp_path_factory: pytest.TempPathFactory, small_config: RunConfig) -> tuple[Dataset, Composer]:
    """A checkerboard of long histories, so that some users are kept back, and its teacher."""
    folder = tmp_path_factory.mktemp("world") / "long"
    write_world(checkerboard(tips_each=16), folder)
    dataset = load_dataset(folder)
    features = encode(dataset, small_config.features, resolve_device("cpu"))
    vocabulary = build_vocabulary(dataset, features, small_config.preference, seed=7)
    teacher = build_teacher(dataset, vocabulary, small_config.preference)
    return dataset, Composer(dataset, vocabulary, teacher, features)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_text_model(tmp_path_factory.mktemp("base"), context=8192)


@pytest.fixture(scope="module")
def adapter(
    tmp_path_factory: pytest.TempPathFactory, taught_world: tuple[Dataset, Composer], base: str
) -> tuple[Path, LoraReport]:
    out = tmp_path_factory.mktemp("lora") / "adapter"
    return out, teach_lora(*taught_world, base, out, QUICK, CPU, progress=False)


def test_the_loss_falls_also_for_users_kept_back(adapter: tuple[Path, LoraReport]):
    report = adapter[1]
    assert len(report.losses) == QUICK.steps
    assert np.mean(report.losses[-3:]) < np.mean(report.losses[:3]) - 0.5
    assert report.after < report.before - 0.5


def test_the_adapter_is_a_folder_of_safetensors_that_changes_what_is_written(
    adapter: tuple[Path, LoraReport], taught_world: tuple[Dataset, Composer], base: str
):
    dataset, composer = taught_world
    out = adapter[0]
    assert {"adapter_config.json", "adapter_model.safetensors", "lora.json"} <= {p.name for p in out.iterdir()}
    assert not [p for p in out.iterdir() if p.suffix in (".bin", ".pt", ".pkl")]
    assert json.loads((out / "lora.json").read_text())["fingerprint"] == dataset.fingerprint
    history = history_of(dataset, 0, "train")
    logits = []
    for name in (base, str(out)):
        writer = LargeWriter(load_large_model(name, CPU), dataset, composer.vocabulary, max_new_tokens=200)
        _, inputs = writer.ask(history)
        with torch.inference_mode():
            logits.append(writer.large.model(**inputs).logits[0, -1])
    assert (logits[0] - logits[1]).abs().max() > 0.1
    assert writer.write([history])[0].parses


def test_the_same_seed_teaches_the_same(taught_world: tuple[Dataset, Composer], base: str, tmp_path: Path):
    short = LoraSettings(steps=2, rank=2, learning_rate=1e-2, gather=1, seed=3)
    reports = [teach_lora(*taught_world, base, tmp_path / n, short, CPU, progress=False) for n in "ab"]
    assert reports[0] == reports[1]


def test_only_the_answer_bears_the_loss_and_it_is_the_teachers(taught_world: tuple[Dataset, Composer], base: str):
    dataset, composer = taught_world
    writer = LargeWriter(load_large_model(base, CPU), dataset, composer.vocabulary)
    user = int(text_users(dataset, 7).teaching[0])
    example = _example(writer, composer, user, np.random.default_rng(1))
    tokens = example.inputs["input_ids"][0]
    assert torch.equal(tokens[-len(example.answer) :], example.answer)
    assert example.inputs["attention_mask"].shape == example.inputs["input_ids"].shape
    text = writer.large.tokenizer.decode(example.answer, skip_special_tokens=True)
    said = {(line["aspect"], line["value"], line["polarity"]) for line in json.loads(text)["statements"]}
    group = ("Comedy", "Music")[user % 2]
    assert ("category", group, "likes") in said
    taught = {(s.aspect, s.value) for s in composer.compose(history_of(dataset, user, "train")).statements}
    assert {name[:2] for name in said} <= taught


@pytest.mark.parametrize("name", ["somebody/model", "tiny.gguf"])
def test_an_adapter_names_the_model_as_it_was_named(
    name: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.gguf").touch()
    taught = _with_adapter(load_large_model(base, CPU).model, name, QUICK)
    taught.save_pretrained(tmp_path, save_embedding_layers=False)
    kept = json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert kept == (str(tmp_path / name) if name == "tiny.gguf" else name)


def test_a_part_keeps_at_least_one_tip_and_the_order():
    rng = np.random.default_rng(0)
    whole = rooms.history(*range(10))
    sizes = set()
    for _ in range(40):
        part = part_of(whole, rng)
        sizes.add(len(part))
        assert (np.diff(part.streamer_idx) > 0).all()
    assert min(sizes) >= 1
    assert len(sizes) > 5
    assert len(part_of(rooms.history(3), rng)) == 1


def test_a_model_that_sees_is_taught_too_but_not_its_eyes(taught_world: tuple[Dataset, Composer], tmp_path: Path):
    short = LoraSettings(steps=2, rank=2, learning_rate=1e-2, gather=1)
    out = tmp_path / "adapter"
    teach_lora(*taught_world, save_seeing_model(tmp_path / "base"), out, short, CPU, progress=False)
    assert not [n for n in _weights(out) if "vision" in n]
    assert load_large_model(str(out), CPU).processor is not None


def test_what_cannot_be_taught_is_one_sentence_and_leaves_nothing(
    adapter: tuple[Path, LoraReport], taught_world: tuple[Dataset, Composer], base: str, tmp_path: Path
):
    with pytest.raises(ComposerError, match="an adapter; expected a whole model"):
        teach_lora(*taught_world, str(adapter[0]), tmp_path / "new", QUICK, CPU, progress=False)
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine", encoding="utf-8")
    short = LoraSettings(steps=1, rank=1, gather=1)
    with pytest.raises(RunError, match="holds other files"):
        teach_lora(*taught_world, base, taken, short, CPU, progress=False)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_an_adapter_without_its_weights_or_base_is_one_sentence(adapter: tuple[Path, LoraReport], tmp_path: Path):
    config = json.loads((adapter[0] / "adapter_config.json").read_text())
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(ComposerError, match=r"without adapter_model\.safetensors"):
        load_large_model(str(tmp_path), CPU)
    (tmp_path / "adapter_model.safetensors").write_bytes((adapter[0] / "adapter_model.safetensors").read_bytes())
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ComposerError, match="base_model_name_or_path"):
        load_large_model(str(tmp_path), CPU)
    moved = config | {"base_model_name_or_path": str(tmp_path / "gone")}
    (tmp_path / "adapter_config.json").write_text(json.dumps(moved))
    with pytest.raises(ComposerError, match="gone"):
        load_large_model(str(tmp_path), CPU)


def test_the_commands_teach_an_adapter_and_let_it_write(
    tiny_run: Path, base: str, tmp_path: Path, mspa_model_command: Command
):
    out = tmp_path / "adapter"
    taught = mspa_model_command("teach-lora", tiny_run, "--model", base, "--out", out, "--steps", 1, "--rank", 2)
    assert taught.status == 0
    assert "on users kept back the loss" in taught.said
    asked = mspa_model_command("compose", tiny_run, "--user", "u000", "--composer", out, "--json")
    assert asked.status == 0
    assert json.loads(asked.out)["composer"] == "adapter"
    refused = mspa_model_command("compose", tiny_run, "--user", "u000", "--composer", "nobody/nothing")
    assert refused.status == 2
    assert "nothing is downloaded" in refused.said


def _weights(folder: Path) -> list[str]:
    from safetensors import safe_open

    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        return list(file.keys())
