"""The composer's stage of a training: the model, and where asked, the same model retrained without each modality."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mspa_model.config import RunConfig, config_to_json
from mspa_model.data import interaction_matrix
from mspa_model.preference.compact import CompactWriter
from mspa_model.preference.composer import Composer
from mspa_model.preference.composers import COMPACT, TEACHER, written_composer
from mspa_model.preference.entries import amount_scale
from mspa_model.preference.tokens import tokens_of
from mspa_model.training.teach.ablations import ablation_metrics
from mspa_model.training.teach.examples import Examples, Told, told_of
from mspa_model.training.teach.synthetic import calibrated
from mspa_model.training.teach.teach import Teaching
from mspa_model.training.teach.unfinished import Unfinished
from mspa_model.training.text.users import ENOUGH, text_users
from mspa_model.types import Dataset, DatasetInfo, Features, Modality
from mspa_model.words import counted, plural

MAX_CALIBRATING = 2000
MIN_TAUGHT = 20  # teaching users with a history to learn from; below, the teacher writes
_INSTEAD = "Preferences are written from counts alone"


@dataclass(frozen=True)
class Taught:
    """composers: by name, the language model among them where it was taught; report: for metrics.json.

    ablations: measures of the models retrained without a modality, None where not asked for. absent: one sentence, why
    a set has no language model although one was asked for.
    """

    composers: Mapping[str, Composer]
    report: Mapping[str, Any] | None
    ablations: Mapping[str, Any] | None
    absent: str | None = None


def teach_composers(
    dataset: Dataset,
    features: Features,
    teacher: Composer,
    config: RunConfig,
    device: torch.device,
    keep: Path,
    progress: bool,
) -> Taught:
    """The compact composer of a data set, taught on its teaching users; the teacher alone where too little can teach.

    keep: folder for the state of an unfinished teaching, which the same call goes on from.
    """
    users = text_users(dataset, config.seed)
    real = told_of(dataset, teacher.teacher, users.teaching)
    if config.composer.active == TEACHER:
        return Taught({TEACHER: teacher}, None, None)
    if too_little := _too_little(dataset.info, len(real), len(teacher.vocabulary.values)):
        return Taught({TEACHER: teacher}, None, None, too_little)
    kept_back = told_of(dataset, teacher.teacher, users.stopping)
    examples = _examples(dataset, teacher, config, users.teaching, real)

    def teach(without: Modality | None) -> tuple[CompactWriter, dict[str, Any]]:
        teaching = Teaching(examples, kept_back, features, config.composer, config.seed, device, without)
        name = COMPACT if without is None else f"without {without.value}"
        what = f"{name} {dataset.fingerprint} {config_to_json(config)}"
        writer, report = teaching.run(Unfinished(keep / name, what), progress)
        return writer, asdict(report)

    writer, report = teach(None)
    if kept_back and not report["reached"]:
        return Taught({TEACHER: teacher}, report, None, _learnt_nothing(dataset.info, len(real)))
    composers = {TEACHER: teacher, COMPACT: written_composer(teacher, dataset, writer)}
    if not config.composer.retrain_without:
        return Taught(composers, report, None)
    blind = {m: teach(m)[0] for m in features.modalities}
    ablations = ablation_metrics(dataset, teacher, composers[COMPACT], blind, users, config, progress)
    return Taught(composers, report, ablations)


def _too_little(info: DatasetInfo, n_histories: int, n_values: int) -> str | None:
    """Why a set cannot teach a language model; None where it can."""
    if not n_values:
        return f"{_INSTEAD}: nothing that several {plural(info.streamer_is)} share is there to be said."
    if n_histories < MIN_TAUGHT:
        tipped = f"{plural(info.tip_is)} to {ENOUGH} {plural(info.streamer_is)} or more"
        return (
            f"{_INSTEAD}: {counted(n_histories, info.user_is)} with {tipped} can teach a language model, and "
            f"{MIN_TAUGHT} are needed."
        )
    return None


def _learnt_nothing(info: DatasetInfo, n_histories: int) -> str:
    return (
        f"{_INSTEAD}: a language model taught on {counted(n_histories, info.user_is)} said nothing right of those kept "
        "back to test it."
    )


def _examples(
    dataset: Dataset, teacher: Composer, config: RunConfig, teaching: np.ndarray, real: tuple[Told, ...]
) -> Examples:
    """Synthetic users are added in the configured share; none where real long histories are many."""
    vocabulary, settings = teacher.vocabulary, config.composer
    train = dataset.tips[dataset.tips["split"] == "train"]
    rows = interaction_matrix(dataset, ("train",))[teaching][:MAX_CALIBRATING].toarray()
    return Examples(
        real,
        calibrated(vocabulary, teacher.teacher, rows, config.seed),
        settings.synthetic_share,
        teacher.teacher,
        tokens_of(vocabulary),
        amount_scale(train["amount"].to_numpy()),
        settings.max_tips,
    )
