"""A large language model taught to write as the teacher would, from a few of a user's tips: LoRA (Hu et al. 2021)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from mspa_model.data import history_of
from mspa_model.errors import ComposerError
from mspa_model.folders import check_destination, check_free
from mspa_model.manifest import MANIFEST, write_json, write_manifest
from mspa_model.preference.composer import Composer
from mspa_model.preference.large_answer import answer_text
from mspa_model.preference.large_loading import ADAPTER_CONFIG, load_large_model, require
from mspa_model.preference.large_model import LargeWriter
from mspa_model.runs import new_folder
from mspa_model.training.text.users import text_users
from mspa_model.types import Dataset, History

MIN_PART = 0.1  # of a history, at least
MAX_KEPT_BACK = 16  # users whose loss is looked at before and after
NOT_TAUGHT = (
    "vision",
    "visual",
    "image",
    "projector",
    "connector",
    "lm_head",
    "embed_out",
)  # towers that see; the head


@dataclass(frozen=True)
class LoraSettings:
    """How an adapter is taught. gather: answers a step, one at a time in memory."""

    steps: int = 200
    rank: int = 8
    learning_rate: float = 2e-4
    gather: int = 4
    seed: int = 7


@dataclass(frozen=True)
class LoraReport:
    """What teaching did, in nats an answer's token. losses: mean of each step; before, after: of users kept back,
    None where the set has none.
    """

    losses: tuple[float, ...]
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Example:
    """One prompt with the answer that is taught. inputs: as forward() takes them, answer included at their end."""

    inputs: dict[str, Tensor]
    answer: Int[Tensor, " n"]


def teach_lora(
    dataset: Dataset,
    composer: Composer,
    model: str,
    out: Path,
    settings: LoraSettings,
    device: torch.device,
    progress: bool = True,
    force: bool = False,
) -> LoraReport:
    """Writes the folder `out`, an adapter that load_large_writer reads; whole or not at all.

    composer: the teacher's. Taught are parts of the train histories of the teaching users, each with what the teacher
    says of the whole: never a user that texts are scored on. Raises ComposerError, and RunError where `out` cannot be
    written or, without force, holds an adapter.
    """
    check_destination(out)
    check_free(out, MANIFEST, force, "adapter")
    require("peft", "teach an adapter")
    if (Path(model) / ADAPTER_CONFIG).is_file():
        raise ComposerError(f"--model {model}, an adapter", "a whole model", "Name the model that it was taught on.")
    writer = LargeWriter(load_large_model(model, device), dataset, composer.vocabulary)
    taught = _with_adapter(writer.large.model, model, settings)
    users = text_users(dataset, settings.seed)
    if not len(users.teaching):
        raise ComposerError("no user with a tip to teach on", "train tips", "Name a run of a larger dataset.")
    rng = np.random.default_rng(settings.seed)
    kept_back = [_example(writer, composer, u, rng) for u in users.stopping[:MAX_KEPT_BACK].tolist()]
    before = _mean_loss(taught, kept_back)
    losses = _teach(taught, _examples(writer, composer, users.teaching, rng), settings, progress)
    report = LoraReport(losses, before, _mean_loss(taught, kept_back))
    _save(taught, out, dataset, settings, report)
    return report


def report_sentence(report: LoraReport) -> str:
    """What teaching did, in one sentence."""
    if report.before is None or report.after is None:
        first, last = report.losses[0], report.losses[-1]
        return f"Nobody was kept back; on those taught the loss went from {first:.2f} to {last:.2f} nats a token."
    return f"On users kept back the loss went from {report.before:.2f} to {report.after:.2f} nats a token."


def part_of(history: History, rng: np.random.Generator) -> History:
    """A random part of a history, at least one tip, in its order."""
    n = max(1, round(rng.uniform(MIN_PART, 1) * len(history)))
    mask = np.zeros(len(history), dtype=bool)
    mask[rng.permutation(len(history))[:n]] = True
    return history.keep(mask)


def _examples(
    writer: LargeWriter, composer: Composer, users: Int[np.ndarray, " n"], rng: np.random.Generator
) -> Iterator[Example]:
    while True:
        for user in rng.permutation(users).tolist():
            yield _example(writer, composer, user, rng)


def _example(writer: LargeWriter, composer: Composer, user: int, rng: np.random.Generator) -> Example:
    whole = history_of(writer.dataset, user, "train")
    prompt, inputs = writer.ask(part_of(whole, rng))
    text = answer_text(composer.compose(whole).statements, prompt, composer.vocabulary)
    tokenizer = writer.large.tokenizer
    tokens = [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    answer = torch.tensor(tokens[: writer.max_new_tokens], device=writer.large.device)
    return Example(_followed(inputs, answer), answer)


def _followed(inputs: dict[str, Tensor], answer: Int[Tensor, " n"]) -> dict[str, Tensor]:
    """Inputs with the answer at their end; whatever else has a number a token gets ones (attention) or zeros."""
    shape = inputs["input_ids"].shape
    ends = {"input_ids": answer, "attention_mask": torch.ones_like(answer)}
    nothing = torch.zeros_like(answer)
    return {
        name: torch.cat([t, ends.get(name, nothing).to(t.dtype)[None]], dim=1) if t.shape == shape else t
        for name, t in inputs.items()
    }


def _loss(model: Any, example: Example) -> Float[Tensor, ""]:
    """Mean over the answer's tokens alone: the prompt is read, not learned."""
    logits = model(**example.inputs).logits[0, -len(example.answer) - 1 : -1]
    return torch.nn.functional.cross_entropy(logits.float(), example.answer)


@torch.inference_mode()
def _mean_loss(model: Any, examples: list[Example]) -> float | None:
    model.eval()
    return float(np.mean([_loss(model, e).item() for e in examples])) if examples else None


def _teach(model: Any, examples: Iterator[Example], settings: LoraSettings, progress: bool) -> tuple[float, ...]:
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=settings.learning_rate, weight_decay=0.0)
    cooling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, settings.steps)
    losses = []
    model.train()
    for _ in tqdm(range(settings.steps), desc="adapter", unit="step", disable=not progress):
        total = 0.0
        for _ in range(settings.gather):
            loss = _loss(model, next(examples)) / settings.gather
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        cooling.step()
        optimizer.zero_grad()
        losses.append(total)
    return tuple(losses)


def _with_adapter(model: Any, name: str, settings: LoraSettings) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank, lora_alpha=2 * settings.rank, target_modules=_taught_layers(model, name), bias="none"
    )
    # peft draws from torch's own generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        taught = get_peft_model(model, config)
    # Left to peft, this would be the folder of a .gguf file, or the place of a hub id in this machine's cache.
    config.base_model_name_or_path = str(Path(name).resolve()) if Path(name).exists() else name
    return taught


def _taught_layers(model: torch.nn.Module, name: str) -> list[str]:
    from transformers.pytorch_utils import Conv1D

    linear = [n for n, layer in model.named_modules() if isinstance(layer, (torch.nn.Linear, Conv1D))]
    layers = [n for n in linear if not any(word in n for word in NOT_TAUGHT)]
    if not layers:
        got = f"model {name!r} of type {type(model).__name__} without linear layers"
        raise ComposerError(got, "a transformer", "Name another model.")
    return layers


def _save(model: Any, out: Path, dataset: Dataset, settings: LoraSettings, report: LoraReport) -> None:
    with new_folder(out) as folder:
        # Its embeddings are the base model's: nothing is looked up to find that out.
        model.save_pretrained(folder, save_embedding_layers=False)
        card = {"dataset": dataset.info.name, "fingerprint": dataset.fingerprint, "settings": asdict(settings)}
        write_json(folder / "lora.json", card | asdict(report))
        write_manifest(folder)
