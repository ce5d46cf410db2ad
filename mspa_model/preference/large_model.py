"""Any large language model as a Writer: it is asked in words and pictures, and its decoding obeys a JSON schema."""

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessorList

from mspa_model.errors import ComposerError, ResourceError
from mspa_model.preference.claims import Writing
from mspa_model.preference.large_answer import answer_schema, read_answer
from mspa_model.preference.large_frames import Frames, small_picture
from mspa_model.preference.large_guide import Grammar
from mspa_model.preference.large_loading import LargeModel, load_large_model
from mspa_model.preference.large_prompt import MAX_ROWS, MAX_VALUES, Prompt, build_prompt
from mspa_model.preference.lift import Lifts
from mspa_model.preference.teacher import Teacher
from mspa_model.preference.written import WrittenComposer
from mspa_model.types import Dataset, Features, History, Vocabulary

MAX_NEW_TOKENS = 640  # eight statements of long names


class LargeWriter:
    """Writes one history at a time, greedily: the same history gives the same text, whatever is written beside it."""

    def __init__(
        self, large: LargeModel, dataset: Dataset, vocabulary: Vocabulary, max_new_tokens: int = MAX_NEW_TOKENS
    ) -> None:
        self.large, self.dataset, self.vocabulary = large, dataset, vocabulary
        self.max_new_tokens = max_new_tokens
        self._frames = Frames(dataset) if large.processor is not None else None
        self._grammar = Grammar(large.tokenizer)
        self._lock = Lock()  # pages of several people share one model

    def write(self, histories: Sequence[History], lifts: Sequence[Lifts] | None = None) -> list[Writing]:
        """What the model claims of each history, in order; nothing is claimed of no tips or with no values. It writes
        no prose, so that lifts bind it to nothing.
        """
        with self._lock:
            return [self._write(history) for history in histories]

    def ask(self, history: History) -> tuple[Prompt, dict[str, Tensor]]:
        """The prompt of a history and its tokens; older rows, then rarer values, are left out where it is too long.

        Raises ComposerError where the model's context is too short for a single row.
        """
        rows, values = MAX_ROWS, MAX_VALUES
        while rows:
            prompt = build_prompt(history, self.dataset, self.vocabulary, self.large.special, rows, values)
            inputs = self._inputs(prompt, history)
            if inputs["input_ids"].shape[1] + self.max_new_tokens <= self.large.context:
                return prompt, inputs
            rows, values = rows // 2, max(values // 2, 8)
        got = f"model {self.large.name!r} with a context of {self.large.context} tokens"
        needed = f"room for {inputs['input_ids'].shape[1]} and {self.max_new_tokens} more"
        raise ComposerError(got, needed, "Name a model with a longer context.")

    def _write(self, history: History) -> Writing:
        if len(history) == 0 or not self.vocabulary.values:
            return Writing((), None, parses=True)
        prompt, inputs = self.ask(history)
        return read_answer(self._generate(prompt, inputs), prompt)

    def _inputs(self, prompt: Prompt, history: History) -> dict[str, Tensor]:
        shown = () if self._frames is None else self._frames.of(history, prompt.streamers)
        return encode_prompt(self.large, prompt, shown)

    @torch.inference_mode()
    def _generate(self, prompt: Prompt, inputs: dict[str, Tensor]) -> str:
        large, start = self.large, inputs["input_ids"].shape[1]
        end = large.tokenizer.eos_token_id
        how = GenerationConfig(do_sample=False, max_new_tokens=self.max_new_tokens, eos_token_id=end, pad_token_id=end)
        # In place of the model's own settings: sampling and penalties have no place under a grammar.
        large.model.generation_config = how
        guide = self._grammar.guide(answer_schema(prompt), start)
        try:
            tokens = large.model.generate(
                **inputs, generation_config=how, logits_processor=LogitsProcessorList([guide])
            )
        except torch.OutOfMemoryError as error:
            got = f"model {large.name!r}, which does not fit {large.device}"
            raise ResourceError(got, "memory for it and a prompt", "Use --device cpu or a smaller model.") from error
        return large.tokenizer.decode(tokens[0, start:], skip_special_tokens=True)


def encode_prompt(large: LargeModel, prompt: Prompt, shown: Sequence[tuple[int, Path]] = ()) -> dict[str, Tensor]:
    """Tokens, and pixels of the rows shown, as the model's forward() takes them; one row a batch."""
    pictures = [small_picture(path) for _, path in shown]
    text = _rendered(large, prompt, [number for number, _ in shown])
    if pictures and text == _rendered(large, prompt, ()):
        pictures = []  # a template that has no place for pictures
    whole = {"add_special_tokens": _lacks_beginning(large, text), "return_tensors": "pt"}
    inputs = large.processor(text=[text], images=[pictures], **whole) if pictures else large.tokenizer([text], **whole)
    return {name: _placed(tensor, large) for name, tensor in inputs.items() if isinstance(tensor, Tensor)}


def _placed(tensor: Tensor, large: LargeModel) -> Tensor:
    """Where the model lies; pixels in its precision."""
    return tensor.to(large.device, large.model.dtype if tensor.is_floating_point() else tensor.dtype)


def _lacks_beginning(large: LargeModel, text: str) -> bool:
    """Whether the tokenizer has to add its first token: a template brings its own, but for some of models that see."""
    begin = large.tokenizer.bos_token
    templated = large.processor is None and large.tokenizer.chat_template is not None
    return not templated and not (begin and text.startswith(begin))


def _rendered(large: LargeModel, prompt: Prompt, numbers: Sequence[int]) -> str:
    """The prompt in the model's chat template, else as plain text."""
    from jinja2 import TemplateError

    source = large.processor if large.processor is not None else large.tokenizer
    if getattr(source, "chat_template", None) is None:
        marks = "".join(f"{_image_token(source)}\n" for _ in numbers) if _image_token(source) else ""
        return f"{prompt.system}\n\n{marks}{_asked(prompt, numbers)}\n"
    how: dict[str, Any] = {"tokenize": False, "add_generation_prompt": True}
    if "enable_thinking" in str(source.chat_template):
        how["enable_thinking"] = False  # the schema has no place for thoughts
    try:
        return source.apply_chat_template(_messages(large, prompt, numbers, apart=True), **how)
    except TemplateError:  # some have no place for a system text
        return source.apply_chat_template(_messages(large, prompt, numbers, apart=False), **how)


def _messages(large: LargeModel, prompt: Prompt, numbers: Sequence[int], apart: bool) -> list[dict[str, Any]]:
    asked = _asked(prompt, numbers)
    if not apart:
        asked = f"{prompt.system}\n\n{asked}"
    user: Any = asked
    system: Any = prompt.system
    if large.processor is not None:
        user = [*({"type": "image"} for _ in numbers), {"type": "text", "text": asked}]
        system = [{"type": "text", "text": prompt.system}]
    first = [{"role": "system", "content": system}] if apart else []
    return [*first, {"role": "user", "content": user}]


def _asked(prompt: Prompt, numbers: Sequence[int]) -> str:
    shown = "".join(f"Picture {i} shows row {number}. " for i, number in enumerate(numbers, 1))
    return f"{shown}\n{prompt.user}".strip()


def _image_token(source: Any) -> str | None:
    return getattr(source, "image_token", None)


def load_large_writer(name: str, dataset: Dataset, vocabulary: Vocabulary, device: torch.device) -> LargeWriter:
    """A writer around a model by folder, .gguf file, adapter folder or cached hub id. Raises ComposerError."""
    return LargeWriter(load_large_model(name, device), dataset, vocabulary)


def large_composer(
    name: str, dataset: Dataset, vocabulary: Vocabulary, teacher: Teacher, features: Features, device: torch.device
) -> WrittenComposer:
    """A composer that asks this model, under a short plain name. Raises ComposerError."""
    writer = load_large_writer(name, dataset, vocabulary, device)
    return WrittenComposer(dataset, vocabulary, teacher, features, writer, short_name(name))


def short_name(name: str) -> str:
    """The last part of a path or hub id in letters that are safe to show, at most 40 of them."""
    return re.sub(r"[^A-Za-z0-9._-]+", " ", Path(name).name.removesuffix(".gguf")).strip()[:40] or "language model"
