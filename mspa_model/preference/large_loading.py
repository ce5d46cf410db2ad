"""A large language model from this machine's disk: safetensors or GGUF, an adapter on top where there is one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from mspa_model.errors import ComposerError

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_EXPECTED = "a folder with config.json and safetensors, a .gguf file, an adapter, or a model id in this machine's cache"
_TODO = "Name another model, or put this one there: nothing is downloaded."


@dataclass(frozen=True)
class LargeModel:
    """A model of transformers with what reads text, and pictures where it can, for it.

    special: strings that stand for a token of its own; data text must not spell them.
    """

    name: str
    model: Any
    tokenizer: Any
    processor: Any | None
    special: frozenset[str]

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def context(self) -> int:
        """Tokens that prompt and answer may have together."""
        text = self.model.config.get_text_config()
        return int(getattr(text, "max_position_embeddings", None) or 4096)


def load_large_model(name: str, device: torch.device) -> LargeModel:
    """A model by folder, .gguf file, adapter folder or cached hub id. Raises ComposerError.

    Nothing is fetched, no code of the model's authors is run, and no pickle is read.
    """
    if not (Path(name) / ADAPTER_CONFIG).is_file():
        return _load(name, device)
    base = _base_of(Path(name))
    if (Path(base) / ADAPTER_CONFIG).is_file():
        raise ComposerError(f"adapter {name} on another adapter", "an adapter on a whole model", "Name a whole model.")
    loaded = _load(base, device)
    require("peft", "read an adapter")
    from peft import PeftModel

    with _told(name):
        model = PeftModel.from_pretrained(loaded.model, name, local_files_only=True).merge_and_unload()
    return LargeModel(name, model.eval(), loaded.tokenizer, loaded.processor, loaded.special)


def require(package: str, purpose: str) -> None:
    """Raises ComposerError where a package that only large models need is not installed."""
    if find_spec(package) is None:
        raise ComposerError(f"no package {package}", f"it, to {purpose}", f"Run pip install {package}.")


def _base_of(folder: Path) -> str:
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise ComposerError(
            f"adapter {folder} without {ADAPTER_WEIGHTS}", "weights as safetensors", "Save it as those."
        )
    try:
        return str(json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))["base_model_name_or_path"])
    except (ValueError, KeyError, TypeError) as error:
        got = f"{folder / ADAPTER_CONFIG}, which cannot be read"
        raise ComposerError(got, "JSON with base_model_name_or_path", "Copy the adapter again.") from error


def _load(name: str, device: torch.device) -> LargeModel:
    require("llguidance", "hold a model to the form of its answer")
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, AutoProcessor, AutoTokenizer

    with _told(name):
        place = _place(name)
        sees = _sees(place, name)
        processor = AutoProcessor.from_pretrained(**place) if sees else None
        tokenizer = AutoTokenizer.from_pretrained(**place) if processor is None else processor.tokenizer
        kind = AutoModelForImageTextToText if sees else AutoModelForCausalLM
        # Half the memory where the weights are stored so; processors are slow at anything but float32.
        dtype = torch.float32 if device.type == "cpu" else "auto"
        model, info = kind.from_pretrained(**place, dtype=dtype, use_safetensors=True, output_loading_info=True)
    if missing := sorted(info["missing_keys"]):
        got = f"model {name!r} without {len(missing)} of its weights, {missing[0]} among them"
        raise ComposerError(got, "all weights of its configuration", _TODO)
    return LargeModel(name, model.to(device).eval(), tokenizer, processor, _special(tokenizer))


def _place(name: str) -> dict[str, Any]:
    """What from_pretrained is told of where the files lie: always a folder of this machine.

    A hub id is looked up in the cache here: left to from_pretrained, one without safetensors would be asked of the hub.
    """
    from huggingface_hub import snapshot_download

    safe = {"local_files_only": True, "trust_remote_code": False}
    path = Path(name)
    if path.suffix == ".gguf":
        if not path.is_file():
            raise ComposerError(f"no file {name}", _EXPECTED, _TODO)
        for package in ("gguf", "accelerate"):
            require(package, "read a .gguf file")
        return safe | {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    folder = name if path.is_dir() else snapshot_download(name, local_files_only=True)
    return safe | {"pretrained_model_name_or_path": folder}


def _sees(place: dict[str, Any], name: str) -> bool:
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    )

    config = type(AutoConfig.from_pretrained(**place))
    if config in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        return True
    if config in MODEL_FOR_CAUSAL_LM_MAPPING:
        return False
    got = f"model {name!r} of type {config.model_type}"
    raise ComposerError(got, "a text-generation or image-text-to-text model of transformers", _TODO)


def _special(tokenizer: Any) -> frozenset[str]:
    """Special tokens, and added ones that are no plain words (some tokenizers add letters of a language)."""
    added = tokenizer.added_tokens_decoder.values()
    marks = {str(token) for token in added if token.special or not str(token).isalnum()}
    return frozenset({*marks, *tokenizer.all_special_tokens})


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What loading may raise, as one sentence."""
    try:
        yield
    except ImportError as error:
        got = f"model {name!r}, which needs a package that is not here ({_first_sentence(error)})"
        raise ComposerError(got, "its package", "Install it, or name another model.") from error
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ComposerError(
            f"model {name!r}, which cannot be loaded ({_first_sentence(error)})", _EXPECTED, _TODO
        ) from error


def _first_sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0].split(". ")[0] if lines else type(error).__name__)[:200]
