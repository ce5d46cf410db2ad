"""A training as the command runs it: what it will take, then the run, then how well it ranks and what to type next."""

import sys
import time
from pathlib import Path

from mspa_model.config import RunConfig
from mspa_model.data import load_dataset
from mspa_model.device import DeviceName, device_words, resolve_device
from mspa_model.runs import load_run
from mspa_model.training.estimate import refuse_what_will_not_fit
from mspa_model.training.first_audit import run_first_audit
from mspa_model.training.next_steps import closing_lines
from mspa_model.training.train import train
from mspa_model.types import Dataset
from mspa_model.words import counted, time_words


def train_announced(
    folder: Path, out: Path, config: RunConfig, device: DeviceName, with_map: bool, force: bool, audit_cases: int
) -> None:
    """Trains a run and prints: to stderr what comes before it, to stdout what comes of it.

    audit_cases: of a first audit, 0 for none. Raises what train does.
    """
    dataset = load_dataset(folder)
    opening = [f"Warning: {warning}" for warning in dataset.warnings]
    opening.append(f"Training on {sizes_words(dataset)}, {device_words(resolve_device(device))}.")
    opening.append(refuse_what_will_not_fit(dataset, config, with_map).sentence)
    print("\n".join(opening), file=sys.stderr)
    began = time.monotonic()
    train(folder, out, config, device, with_map, force=force)
    seconds = time.monotonic() - began
    print(f"Wrote the run {out} in {time_words(seconds)}.", flush=True)
    unaudited = run_first_audit(out, audit_cases, device, seconds) if audit_cases else None
    print("\n".join(closing_lines(load_run(out, device=device), unaudited)))


def sizes_words(dataset: Dataset) -> str:
    """ "43 viewers, 30 films and 258 ratings"."""
    info = dataset.info
    users, streamers = counted(dataset.n_users, info.user_is), counted(dataset.n_streamers, info.streamer_is)
    return f"{users}, {streamers} and {counted(len(dataset.tips), info.tip_is)}"
