"""Writers around tiny models with random weights: whatever they would say, a checked preference comes out."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mspa_model.config import PreferenceConfig
from mspa_model.data import history_of, load_dataset
from mspa_model.errors import ComposerError
from mspa_model.preference.claims import STRENGTHS
from mspa_model.preference.large_frames import MAX_FRAMES, SIDE, Frames, small_picture
from mspa_model.preference.large_loading import load_large_model
from mspa_model.preference.large_model import LargeWriter, large_composer, load_large_writer, short_name
from mspa_model.preference.teacher import Teacher
from mspa_model.preference.vocabulary import prototypes_of
from mspa_model.types import Vocabulary
from tests.preference import rooms
from tests.preference.test_large_prompt import HOSTILE, _hostile_dataset
from tests.preference.tiny_models import SPECIAL, save_seeing_model, save_text_model

CPU = torch.device("cpu")
HISTORY = rooms.history(0, 1, 0, 5, 9)


@pytest.fixture(scope="session")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A text model whose random weights claim one value twice, and likes that no tip bears out."""
    folder = tmp_path_factory.mktemp("talkative")
    return save_text_model(folder, seed=13)


@pytest.fixture(scope="session")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_seeing_model(tmp_path_factory.mktemp("seeing"))


def _writer(name: str, **limits) -> LargeWriter:
    return LargeWriter(load_large_model(name, CPU), rooms.dataset(), rooms.vocabulary(), **limits)


def test_whatever_the_weights_what_is_written_obeys_the_schema(tmp_path: Path):
    seen = 0
    for seed in (4, 8, 13):
        writer = _writer(save_text_model(tmp_path / str(seed), seed=seed))
        prompt, inputs = writer.ask(HISTORY)
        for line in json.loads(writer._generate(prompt, inputs))["statements"]:
            seen += 1
            assert (line["aspect"], line["value"]) in prompt.values
            assert line["strength"] in STRENGTHS
            assert bool(line["tips"]) == (line["polarity"] == "likes")
            assert all(1 <= tip <= len(prompt.rows) for tip in line["tips"])
        assert writer.write([HISTORY])[0].parses
    assert seen > 0


def test_a_composer_shows_only_what_the_tips_bear_out_and_writes_it_twice_alike(talkative: str):
    features = rooms.features()
    vocabulary = rooms.vocabulary(prototypes_of(rooms.vocabulary().membership, features))
    teacher = Teacher(vocabulary, np.full(3, 1 / 3, dtype=np.float32), PreferenceConfig())
    composers = [large_composer(talkative, rooms.dataset(), vocabulary, teacher, features, CPU) for _ in range(2)]
    first, again = (composer.compose(HISTORY) for composer in composers)
    assert (first.statements, first.text) == (again.statements, again.text)
    for statement in first.statements:
        has = vocabulary.membership[HISTORY.streamer_idx[list(statement.evidence)], statement.value_idx]
        assert (has == 1).all()
        assert statement.evidence or statement.polarity < 0
    assert first.composer == composers[0].name


def test_no_tips_and_no_values_are_not_asked_about(talkative: str):
    writer = _writer(talkative)
    assert writer.write([rooms.history()])[0].claims == ()
    nothing = Vocabulary((), np.zeros((rooms.N_STREAMERS, 0), dtype=np.float32), {})
    (writing,) = LargeWriter(writer.large, rooms.dataset(), nothing).write([HISTORY])
    assert (writing.claims, writing.parses) == ((), True)


def test_an_answer_that_is_cut_short_claims_nothing(talkative: str):
    (writing,) = _writer(talkative, max_new_tokens=3).write([HISTORY])
    assert (writing.claims, writing.parses) == ((), False)


@pytest.mark.parametrize("template", ["a chat template", None])
def test_hostile_titles_spell_no_special_token(tmp_path: Path, template: str | None):
    name = save_text_model(tmp_path) if template else save_text_model(tmp_path, template=None)
    large = load_large_model(name, CPU)
    special = torch.tensor(large.tokenizer.convert_tokens_to_ids(list(SPECIAL)))
    history = rooms.history(*range(len(HOSTILE)))
    counts = []
    for dataset in (rooms.dataset(), _hostile_dataset()):
        _, inputs = LargeWriter(large, dataset, rooms.vocabulary()).ask(history)
        counts.append((inputs["input_ids"] == special[:, None]).sum(dim=1).tolist())
    assert counts[0] == counts[1]


def test_a_template_without_a_place_for_system_texts_is_told_all_in_one(tmp_path: Path):
    refusing = (
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"
    )
    writer = _writer(save_text_model(tmp_path, template=refusing))
    prompt, inputs = writer.ask(HISTORY)
    said = writer.large.tokenizer.decode(inputs["input_ids"][0])
    assert prompt.system in said
    assert prompt.user in said


def test_a_prompt_that_is_too_long_loses_its_oldest_rows(tmp_path: Path):
    writer = _writer(save_text_model(tmp_path, context=1800))
    prompt, inputs = writer.ask(rooms.history(*range(12)))
    assert inputs["input_ids"].shape[1] + writer.max_new_tokens <= 1800
    assert 0 < len(prompt.rows) < 12
    assert prompt.streamers[0] == 11


def test_a_context_too_short_for_one_row_is_one_sentence(tmp_path: Path):
    with pytest.raises(ComposerError, match="context of 100 tokens"):
        _writer(save_text_model(tmp_path, context=100)).write([HISTORY])


def test_a_model_that_sees_gets_up_to_four_small_frames_of_the_tipped(tiny_world: Path, seeing: str):
    dataset = load_dataset(tiny_world)
    writer = load_large_writer(seeing, dataset, _two_categories(dataset), CPU)
    history = history_of(dataset, 0, "all")
    prompt, inputs = writer.ask(history)
    shown = Frames(dataset).of(history, prompt.streamers)
    assert 0 < len(shown) <= MAX_FRAMES
    assert inputs["pixel_values"].shape[0] == len(shown)
    assert all(max(small_picture(path).size) <= SIDE for _, path in shown)
    # The tiny tower reads four patches a picture.
    image = writer.large.tokenizer.convert_tokens_to_ids("<image>")
    assert int((inputs["input_ids"] == image).sum()) == 4 * len(shown)
    assert writer.write([history])[0].parses


def test_a_model_that_sees_writes_where_there_is_nothing_to_see(seeing: str):
    writer = _writer(seeing)
    _, inputs = writer.ask(HISTORY)
    assert "pixel_values" not in inputs
    assert writer.write([HISTORY])[0].parses


def _two_categories(dataset) -> Vocabulary:
    is_comedy = (dataset.streamers["category"] == "Comedy").to_numpy()
    return Vocabulary(rooms.vocabulary().values[:2], np.stack([is_comedy, ~is_comedy], axis=1).astype(np.float32), {})


def _without(folder: str, out: Path, dropped: str) -> Path:
    out.mkdir()
    for file in Path(folder).iterdir():
        if file.name != dropped:
            (out / file.name).write_bytes(file.read_bytes())
    return out


def test_a_model_that_is_not_here_is_one_sentence():
    with pytest.raises(ComposerError, match=r"Got model 'nobody/nothing'.*nothing is downloaded") as caught:
        load_large_model("nobody/nothing", CPU)
    assert "\n" not in str(caught.value)
    with pytest.raises(ComposerError, match=r"no file nowhere\.gguf"):
        load_large_model("nowhere.gguf", CPU)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, talkative: str) -> Path:
    """A hub cache that holds the model nobody/sound, and nobody/pickled without safetensors; and no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for name, dropped in (("sound", ""), ("pickled", "model.safetensors")):
        home = tmp_path / f"models--nobody--{name}"
        (home / "refs").mkdir(parents=True)
        (home / "refs" / "main").write_text("abc", encoding="utf-8")
        (home / "snapshots").mkdir()
        _without(talkative, home / "snapshots" / "abc", dropped)
    torch.save({}, home / "snapshots" / "abc" / "pytorch_model.bin")
    return tmp_path


def test_a_hub_id_is_read_from_the_cache_and_nothing_is_asked_of_the_network(
    cache: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *place, **_: asked.append(place) or [])
    monkeypatch.setattr("socket.socket.connect", lambda _, place: asked.append(place))
    assert load_large_model("nobody/sound", CPU).name == "nobody/sound"
    for name in ("nobody/pickled", "nobody/absent", "../../etc"):
        with pytest.raises(ComposerError, match="cannot be loaded"):
            load_large_model(name, CPU)
    assert asked == []


def test_pickled_weights_are_not_read(tmp_path: Path, talkative: str):
    folder = _without(talkative, tmp_path / "pickled", "model.safetensors")
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ComposerError, match="cannot be loaded"):
        load_large_model(str(folder), CPU)


def test_code_of_a_models_authors_is_not_run(tmp_path: Path, talkative: str):
    folder = _without(talkative, tmp_path / "remote", "config.json")
    ran = tmp_path / "ran"
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')\nclass Own: pass\n", encoding="utf-8")
    config = {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ComposerError, match="cannot be loaded"):
        load_large_model(str(folder), CPU)
    assert not ran.exists()


def test_missing_and_damaged_weights_are_said(tmp_path: Path, talkative: str):
    from safetensors.torch import load_file, save_file

    folder = _without(talkative, tmp_path / "part", "model.safetensors")
    weights = load_file(Path(talkative) / "model.safetensors")
    weights.pop("model.layers.0.mlp.up_proj.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ComposerError, match="without 1 of its weights"):
        load_large_model(str(folder), CPU)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ComposerError, match="cannot be loaded"):
        load_large_model(str(folder), CPU)


def test_names_are_short_and_plain():
    assert short_name("/home/me/models/SmolLM2-135M-Instruct.Q4_1.gguf") == "SmolLM2-135M-Instruct.Q4_1"
    assert short_name("org/Model<b>\n" + "x" * 99)[:9] == "Model b x"
    assert short_name("///") == "language model"
