"""Two runs of the same data held against each other, user by user, beside what another seed alone would change."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from mspa_model.config import RunConfig, config_from_json, config_to_json
from mspa_model.errors import MspaError, RunError
from mspa_model.manifest import check_manifest
from mspa_model.runs import Run
from mspa_model.training.compare_groups import differences_of, final_rows, groups_of_measured
from mspa_model.training.compare_users import count_users, largest_losses
from mspa_model.training.scorecard import TOP_SHOWN
from mspa_model.types import Comparison, ConfigChange, Overlap, RunCard
from mspa_model.types.comparison import only_seed

CHOSEN = ("corrector.caution", "corrector.fade_caution")  # training writes what val chose over what was configured
_EVALUATE = "Measure both with `python -m mspa_model evaluate`; without test tips there is nothing to compare."


@dataclass(frozen=True)
class SeedRun:
    """What is needed of a run that says what a seed does: no model and no dataset."""

    name: str
    config: RunConfig
    fingerprint: str
    users: pd.DataFrame


def compare_runs(before: Run, after: Run, seed_run: SeedRun | None = None, n_losses: int = 10) -> Comparison:
    """Everything that sets `after` apart from `before`, from what `evaluate` stored; the losers are ranked anew.

    seed_run: configured as one of the two, with another seed. Raises RunError where the two were not measured on the
    same users and tips, or where seed_run differs in more than the seed.
    """
    first, last = _same_users(before, after)
    metric, seed = before.dataset.info.split.metric, before.config.seed
    pair = _seed_pair((before, first), (after, last), seed_run)
    groups = groups_of_measured(before.dataset, first)
    frames = None if pair is None else (pair[0][1], pair[1][1])
    return Comparison(
        before.dataset.info.name,
        metric,
        len(first),
        *_cards(before, after),
        config_changes(before.config, after.config),
        None if pair is None else (pair[0][0], pair[1][0]),
        differences_of(before.dataset, groups, first, last, frames, seed),
        overlap_of(first["top10"], last["top10"]),
        count_users(first, last, metric),
        largest_losses((before, after), first, last, metric, n_losses),
    )


def _cards(before: Run, after: Run) -> tuple[RunCard, RunCard]:
    """Named by their folders; where these have one name, by the folder above too."""
    paths = before.path.resolve(), after.path.resolve()
    same = paths[0].name == paths[1].name
    names = [f"{path.parent.name}/{path.name}" if same else path.name for path in paths]
    return tuple(
        RunCard(name, str(run.path), run.hash, run.created_at, run.config.seed)
        for name, run in zip(names, (before, after), strict=True)
    )


def config_changes(before: RunConfig, after: RunConfig) -> tuple[ConfigChange, ...]:
    """Every dotted path whose value differs, in the order of the configuration."""
    first, last = (dict(_flat(json.loads(config_to_json(config)))) for config in (before, after))
    return tuple(ConfigChange(p, first[p], last[p], p in CHOSEN) for p in first if first[p] != last[p])


def _flat(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def only_seed_differs(before: RunConfig, after: RunConfig) -> bool:
    """Configured the same but for the seed; what val chose may differ too."""
    return only_seed(config_changes(before, after))


def overlap_of(before: pd.Series, after: pd.Series) -> Overlap:
    """Of two columns top10: how many of the top 10 each user keeps; a user without candidates keeps all of nothing."""
    shared = np.array([len({*a} & {*b}) for a, b in zip(before, after, strict=True)], dtype=np.int64)
    length = np.array([max(len(a), len(b), 1) for a, b in zip(before, after, strict=True)])
    empty = np.array([not len(a) and not len(b) for a, b in zip(before, after, strict=True)])
    counts = np.bincount(shared, minlength=TOP_SHOWN + 1)
    return Overlap(float(np.where(empty, 1.0, shared / length).mean()), tuple(counts.tolist()))


# --- the same data, the same users -----------------------------------------------------------------------------------


def _same_users(before: Run, after: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measured users of both, in the same order; raises RunError where the data, the split or the users differ."""
    names = tuple(run.dataset.info.name for run in (before, after))
    if before.dataset.fingerprint != after.dataset.fingerprint:
        what = (
            f"two versions of {names[0]!r}" if names[0] == names[1] else f"two datasets, {names[0]!r} and {names[1]!r}"
        )
        raise RunError(f"a pair of runs of {what}", "a pair of runs of the same data", "Train both on the same folder.")
    for run in (before, after):
        if "final" not in run.users or run.users.empty:
            raise RunError(f"the run {run.path} without a measured user", "a run with figures on test", _EVALUATE)
    first = final_rows(before.users)
    return first, _aligned(first, after.users, f"{before.path} and {after.path}")


def _aligned(first: pd.DataFrame, users: pd.DataFrame, who: str) -> pd.DataFrame:
    other = final_rows(users)
    told = ["n_train", "n_test"]
    if set(other.index) == set(first.index) and other.loc[first.index, told].equals(first[told]):
        return other.loc[first.index]
    got = f"a pair of runs measured on other users or tips ({who})"
    raise RunError(got, "a pair of runs measured on the same split", _EVALUATE)


# --- what a seed does ------------------------------------------------------------------------------------------------


def read_seed_run(path: Path) -> SeedRun:
    """A run's configuration and figures; raises RunError where the folder is damaged or was not measured."""
    path = Path(path)
    files = check_manifest(path)
    try:
        config = config_from_json((files / "config.json").read_text(encoding="utf-8"))
    except ValidationError as error:
        got = f"{path / 'config.json'} with {error.errors()[0]['msg'].lower()}"
        raise RunError(got, "a configuration of this version", "Train the run again.") from error
    card = json.loads((files / "dataset.json").read_text(encoding="utf-8"))
    users = pd.read_parquet(files / "users.parquet")
    if "final" not in users or users.empty:
        raise RunError(f"the run {path} without a measured user", "a run with figures on test", _EVALUATE)
    return SeedRun(path.resolve().name, config, card["fingerprint"], users)


def seed_run_among(folders: Sequence[Path], before: Run, after: Run) -> SeedRun | None:
    """The first of these runs that differs from one of the two in the seed alone; what is no run is passed over."""
    for folder in folders:
        try:
            found = read_seed_run(folder)
        except MspaError:
            continue
        same_data = found.fingerprint == before.dataset.fingerprint
        if same_data and any(only_seed_differs(run.config, found.config) for run in (before, after)):
            return found
    return None


def _seed_pair(
    before: tuple[Run, pd.DataFrame], after: tuple[Run, pd.DataFrame], seed_run: SeedRun | None
) -> tuple[tuple[str, pd.DataFrame], tuple[str, pd.DataFrame]] | None:
    """Names and figures of two runs that differ in the seed alone."""
    cards = _cards(before[0], after[0])
    named = [(card.name, rows) for card, (_, rows) in zip(cards, (before, after), strict=True)]
    if only_seed_differs(before[0].config, after[0].config):
        return named[0], named[1]
    if seed_run is None:
        return None
    if seed_run.fingerprint != before[0].dataset.fingerprint:
        got = f"the run {seed_run.name} of other data as the one of another seed"
        raise RunError(got, "a run of the same data", "Train it on the same folder.")
    for (run, rows), (name, _) in zip((before, after), named, strict=True):
        if only_seed_differs(run.config, seed_run.config):
            return (name, rows), (seed_run.name, _aligned(rows, seed_run.users, f"{name} and {seed_run.name}"))
    paths = ", ".join(c.path for c in config_changes(before[0].config, seed_run.config)) or "nothing, not even the seed"
    raise RunError(
        f"the run {seed_run.name} that differs from {named[0][0]} in {paths}",
        "a run that differs from one of the two in the seed alone",
        f"Train one: `python -m mspa_model train FOLDER --out RUN --config {before[0].path}/config.json --seed N`.",
    )
