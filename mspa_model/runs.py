"""A run: a trained model's folder, written whole or not at all, and loaded only where every hash agrees.

config.json dataset.json metrics.json users.parquet vocabulary.* *.safetensors manifest.json. No pickle.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pydantic import ValidationError
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file

from mspa_model import folders
from mspa_model.config import RunConfig, config_from_json, config_to_json
from mspa_model.data import interaction_matrix, load_dataset
from mspa_model.device import DeviceName, resolve_device
from mspa_model.errors import RunError
from mspa_model.features.encode import encode
from mspa_model.manifest import AUDIT, MANIFEST, NO_FILES, ListedFiles, check_manifest, store_audit, write_json
from mspa_model.once import once
from mspa_model.preference.composer import Composer
from mspa_model.preference.group_names import read_group_names, renamed
from mspa_model.preference.vocabulary import load_vocabulary, save_vocabulary
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.cotipping import cotips_from_tensors
from mspa_model.ranking.fused import FusedSpace, build_fused_space
from mspa_model.ranking.recommender import Recommender
from mspa_model.ranking.scorer import Scorer
from mspa_model.ranking.towers import build_aligners
from mspa_model.types import Dataset, Features, MapPlane, MapPoints, Modality, Vocabulary

FEATURES = "features.safetensors"
_WEIGHED = ("step0", "cotips", "corrector", "teacher", "composer", "preferences")
WEIGHTS = tuple(f"{name}.safetensors" for name in _WEIGHED)
_PLANE = ("streamer_xy", "user_xy", "streamer_lost", "user_lost")  # arrays of a MapPlane, in order


@dataclass(frozen=True)
class Model:
    """What writes and ranks. composer: whose preferences are ranked; composers: all that the run can ask, by name,
    "teacher" always among them.
    """

    composer: Composer
    composers: Mapping[str, Composer]
    recommender: Recommender


@dataclass(frozen=True)
class Run:
    """A loaded run with its dataset. metrics: metrics.json; users: users.parquet, a row a measured user and step.

    model: made when it is first asked for, then kept: the language model's library takes seconds to import, and a page
    of stored figures needs none of it. audit: audit.json, what `explain audit` found; None where it was not asked.
    hash: the model's identity, the same before and after an audit; audit_hash: of the audit. files: what the run's
    manifest lists, and so all that may be read from its folder. computes_on: known before the model is made; None of a
    run that was not loaded.
    group_names: what people call its groups of looks and sounds, by title; kept beside the folder, in no hash.
    """

    path: Path
    config: RunConfig
    dataset: Dataset
    features: Features
    vocabulary: Vocabulary
    model: Callable[[], Model]
    metrics: Mapping[str, Any]
    users: pd.DataFrame
    map: MapPoints | None
    hash: str
    created_at: str
    audit: Mapping[str, Any] | None = None
    audit_hash: str | None = None
    files: ListedFiles = NO_FILES
    group_names: Mapping[str, str] = field(default_factory=dict)
    computes_on: torch.device | None = None

    @property
    def composer(self) -> Composer:
        return self.model().composer

    @property
    def composers(self) -> Mapping[str, Composer]:
        return self.model().composers

    @property
    def recommender(self) -> Recommender:
        return self.model().recommender

    @property
    def device(self) -> torch.device:
        return self.computes_on or self.recommender.device

    def with_model(self, **parts: Any) -> "Run":
        """The run with other parts in its model's place."""
        changed = replace(self.model(), **parts)
        return replace(self, model=lambda: changed)

    def with_group_names(self, names: Mapping[str, str]) -> "Run":
        """The run with its groups called so; its model is made anew, for the words that it writes."""
        vocabulary = renamed(load_vocabulary(self.files), names)
        parts = (self.files, self.config, self.dataset, self.features, vocabulary, self.device)
        return replace(self, vocabulary=vocabulary, group_names=names, model=once(lambda: _load_model(*parts)))


@dataclass(frozen=True)
class TrainedParts:
    """What training hands over to be saved. stored: raw float16 arrays of modalities that an encoder made."""

    config: RunConfig
    dataset: Dataset
    features: Features
    stored: Mapping[Modality, np.ndarray]
    composers: Mapping[str, Composer]
    recommender: Recommender


def new_folder(out: Path) -> AbstractContextManager[Path]:
    """A folder to write a run into; takes the place of the run at `out` at the end, and vanishes where it fails."""
    return folders.new_folder(out, MANIFEST)


def save_model(folder: Path, final: Path, parts: TrainedParts) -> None:
    """Everything but metrics, users and map, into a folder being written that will become `final`."""
    scorer, recommender = parts.recommender.scorer, parts.recommender
    from mspa_model.preference.composers import save_composers

    (folder / "config.json").write_text(config_to_json(parts.config) + "\n", encoding="utf-8")
    write_json(folder / "dataset.json", _dataset_card(parts.dataset, final))
    save_vocabulary(folder, recommender.composer.vocabulary)
    save_composers(folder, parts.composers)
    if parts.stored:
        save_arrays({m.value: np.ascontiguousarray(a) for m, a in parts.stored.items()}, folder / FEATURES)
    step0 = {f"aligners.{k}": v for k, v in scorer.aligners.state_dict().items()}
    step0 |= {
        "popularity": scorer.popularity,
        "base_weights": scorer.base_weights,
        "fold_weights": scorer.fold_weights,
        "spreads": scorer.spreads,
        "half_life": torch.tensor([scorer.half_life]),
    }
    save_file(_plain(step0), folder / "step0.safetensors")
    save_file(_plain(scorer.cotips.tensors()), folder / "cotips.safetensors")
    save_file(_plain(dict(recommender.correction.corrector.state_dict())), folder / "corrector.safetensors")


def save_map(folder: Path, points: MapPoints) -> None:
    """Coordinates and distortions of the stored maps; their quality goes into metrics.json (map_metrics)."""
    arrays = {"streamer_xy": points.streamer_xy, "users": points.users, "user_xy": points.user_xy}
    if points.streamer_lost is not None and points.user_lost is not None:
        arrays |= {"streamer_lost": points.streamer_lost, "user_lost": points.user_lost}
    for m, plane in points.planes.items():
        arrays |= {f"{m.value}.{name}": getattr(plane, name) for name in _PLANE}
    save_arrays({k: np.ascontiguousarray(v) for k, v in arrays.items()}, folder / "map.safetensors")


def save_audit(run: Run, found: Mapping[str, Any]) -> None:
    """The audit into the run's folder; raises RunError where the folder holds another model by now."""
    store_audit(run.files.still(), found)


def map_metrics(points: MapPoints) -> dict[str, dict]:
    """What metrics.json holds of the maps: the fused one's quality, and that of each modality's."""
    return {"map": dict(points.quality), "map_planes": {m.value: dict(p.quality) for m, p in points.planes.items()}}


def load_run(path: Path, data: Path | None = None, device: DeviceName = "auto") -> Run:
    """A run and its dataset (data: where it lies now, if it was moved). Raises RunError on damage, naming the file.

    That weights are of another version is found, and raised, when the model is first asked for.
    """
    path = Path(path)
    files = check_manifest(path)
    where = resolve_device(device)
    try:
        config = config_from_json((files / "config.json").read_text(encoding="utf-8"))
    except ValidationError as error:
        got = f"{path / 'config.json'} with {error.errors()[0]['msg'].lower()}"
        raise RunError(got, "a configuration of this version", "Train the run again.") from error
    dataset = _load_dataset_of(files, data)
    stored = read_stored(files)
    features = encode(dataset, config.features, where, stored=stored)
    group_names = read_group_names(path, files.identity)
    vocabulary = renamed(load_vocabulary(files), group_names)
    metrics = json.loads((files / "metrics.json").read_text(encoding="utf-8"))
    users = pd.read_parquet(files / "users.parquet")
    audit = files.find(AUDIT)
    return Run(
        path,
        config,
        dataset,
        features,
        vocabulary,
        once(lambda: _load_model(files, config, dataset, features, vocabulary, where)),
        metrics,
        users,
        _load_map(files, metrics),
        files.identity,
        files.created_at,
        None if audit is None else json.loads(audit.read_text(encoding="utf-8")),
        files.audit_hash,
        files,
        group_names,
        where,
    )


def _dataset_card(dataset: Dataset, final: Path) -> dict[str, str]:
    # A path relative to the run survives moving both together, as sample_data/world and sample_data/run are.
    relative = os.path.relpath(dataset.folder.resolve(), final.resolve())
    return {"name": dataset.info.name, "folder": Path(relative).as_posix(), "fingerprint": dataset.fingerprint}


def _load_dataset_of(files: ListedFiles, data: Path | None) -> Dataset:
    card = json.loads((files / "dataset.json").read_text(encoding="utf-8"))
    folder = Path(data) if data is not None else files.folder.resolve() / card["folder"]
    if not folder.is_dir():
        todo = "Say where it lies now with --data FOLDER."
        raise RunError(f"no dataset at {folder.resolve()}", f"the dataset {card['name']!r} of this run", todo)
    dataset = load_dataset(folder.resolve(), sound_as=card["fingerprint"])
    if dataset.fingerprint != card["fingerprint"]:
        todo = "Name the folder it was trained on with --data, or train again."
        raise RunError(f"a dataset at {folder.resolve()} that has changed", "the data this run was trained on", todo)
    return dataset


def _load_model(
    files: ListedFiles,
    config: RunConfig,
    dataset: Dataset,
    features: Features,
    vocabulary: Vocabulary,
    device: torch.device,
) -> Model:
    """files: of the run when it was opened; raises RunError where another run took its place."""
    from mspa_model.preference.composers import active_composer, load_composers

    files.still().check(WEIGHTS)
    try:
        composers = load_composers(files, config, dataset, features, vocabulary, device)
        composer = active_composer(composers, config.composer)
        return Model(composer, composers, _load_recommender(files, config, dataset, features, composer, device))
    except (KeyError, RuntimeError) as error:
        got = f"{files.folder} with weights of another shape or name"
        raise RunError(got, "a run made by this version", "Train it again.") from error


def _load_recommender(
    files: ListedFiles,
    config: RunConfig,
    dataset: Dataset,
    features: Features,
    composer: Composer,
    device: torch.device,
) -> Recommender:
    step0 = load_file(files / "step0.safetensors")
    statements = composer.statement_embeddings()
    width = 0 if statements is None else statements.shape[1]
    aligners = build_aligners(features, config.ranking, config.seed, width)
    aligners.load_state_dict({k.removeprefix("aligners."): v for k, v in step0.items() if k.startswith("aligners.")})
    cotips = cotips_from_tensors({k: v.to(device) for k, v in load_file(files / "cotips.safetensors").items()})
    scorer = Scorer(
        cotips,
        aligners,
        step0["popularity"],
        step0["base_weights"],
        step0["fold_weights"],
        features,
        composer.vocabulary,
        device,
        float(step0["half_life"][0]),
        statements,
        step0["spreads"],
    )
    corrector = Corrector(config.corrector, config.seed)
    corrector.load_state_dict(load_file(files / "corrector.safetensors"))
    return build_recommender(scorer, composer, corrector, dataset, config)


def build_recommender(
    scorer: Scorer, composer: Composer, corrector: Corrector, dataset: Dataset, config: RunConfig
) -> Recommender:
    """The recommender around trained parts."""
    fused: FusedSpace = build_fused_space(scorer, config.seed)
    train = interaction_matrix(dataset, ("train",))
    return Recommender(scorer, composer, corrector, fused, train, tuple(dataset.users["user_id"]), config.corrector)


def read_stored(files: ListedFiles) -> dict[Modality, np.ndarray]:
    """Raw float16 arrays of the modalities that an encoder made, as a run's folder keeps them."""
    file = files.checked(FEATURES)
    return {} if file is None else {Modality(k): v for k, v in load_arrays(file).items()}


def _load_map(files: ListedFiles, metrics: Mapping[str, Any]) -> MapPoints | None:
    file = files.find("map.safetensors")
    if file is None:
        return None
    arrays = load_arrays(file)
    told = metrics.get("map_planes") or {}
    planes = {
        m: MapPlane(*(arrays[f"{m.value}.{name}"] for name in _PLANE), told.get(m.value) or {})
        for m in Modality
        if f"{m.value}.{_PLANE[0]}" in arrays
    }
    lost = arrays.get("streamer_lost"), arrays.get("user_lost")
    return MapPoints(arrays["streamer_xy"], arrays["users"], arrays["user_xy"], metrics.get("map") or {}, *lost, planes)


def _plain(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
