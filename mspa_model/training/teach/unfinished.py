"""The state of a teaching that was cut off, so that the same call goes on where it stood."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

STATE, TENSORS = "state.json", "state.safetensors"


@dataclass
class Progress:
    """Where a teaching stands. seconds: spent so far; looks: (step, F1) so far."""

    step: int = 0
    seconds: float = 0.0
    looks: tuple[tuple[int, float], ...] = ()


class Unfinished:
    """One folder with the last state; what: names data, configuration and seed, so that no other teaching goes on."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder, self.what = folder, what

    def save(
        self,
        progress: Progress,
        rng: np.random.Generator,
        model: torch.nn.Module,
        best: dict[str, Tensor] | None,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        """Everything that going on needs, in one move."""
        fresh = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        tensors = {f"model.{k}": v for k, v in model.state_dict().items()} | {"torch": torch.get_rng_state()}
        tensors |= {f"best.{k}": v for k, v in (best or {}).items()}
        for i, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": v for k, v in state.items()}
        save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, fresh / TENSORS)
        told = {"what": self.what, "rng": rng.bit_generator.state, **vars(progress)}
        (fresh / STATE).write_text(json.dumps(told), encoding="utf-8")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.replace(fresh, self.folder)

    def load(
        self, rng: np.random.Generator, model: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[Progress, dict[str, Tensor] | None]:
        """The saved state put into rng, model and optimizer; a fresh start where there is none of this teaching."""
        told = self._told()
        if told is None:
            return Progress(), None
        tensors = load_file(self.folder / TENSORS)
        model.load_state_dict(_under("model.", tensors))
        rng.bit_generator.state = told["rng"]
        torch.set_rng_state(tensors["torch"])
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in _under("optimizer.", tensors).items():
            i, name = key.split(".", 1)
            states.setdefault(int(i), {})[name] = value
        optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
        looks = tuple((int(step), float(found)) for step, found in told["looks"])
        return Progress(told["step"], told["seconds"], looks), _under("best.", tensors) or None

    def _told(self) -> dict[str, Any] | None:
        try:
            told = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none, or one that was cut off while it was written: begin again
            return None
        return told if told.get("what") == self.what and (self.folder / TENSORS).is_file() else None


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
