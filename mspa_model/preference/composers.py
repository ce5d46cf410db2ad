"""Who can write preferences in a run: the teacher always, the compact language model where one was taught."""

from collections.abc import Mapping
from pathlib import Path

import torch

from mspa_model.config import ComposerConfig, RunConfig
from mspa_model.manifest import ListedFiles
from mspa_model.preference.compact import FILE, CompactWriter, load_writer, save_writer
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import load_teacher, save_teacher
from mspa_model.preference.written import WrittenComposer
from mspa_model.types import Dataset, Features, Vocabulary

TEACHER, COMPACT = "teacher", "compact"


def written_composer(teacher: Composer, dataset: Dataset, writer: CompactWriter) -> WrittenComposer:
    """The composer around the compact language model, beside the teacher who taught it."""
    return WrittenComposer(dataset, teacher.vocabulary, teacher.teacher, teacher.features, writer, COMPACT)


def active_composer(composers: Mapping[str, Composer], config: ComposerConfig) -> Composer:
    """Whose preferences are ranked: the configured, or the teacher where a set could teach no language model."""
    return composers.get(config.active, composers[TEACHER])


def save_composers(folder: Path, composers: Mapping[str, Composer]) -> None:
    """Writes teacher.safetensors, and composer.safetensors where there is a language model."""
    save_teacher(folder, composers[TEACHER].teacher)
    compact = composers.get(COMPACT)
    if isinstance(compact, WrittenComposer) and isinstance(compact.writer, CompactWriter):
        save_writer(folder, compact.writer)


def load_composers(
    files: ListedFiles,
    config: RunConfig,
    dataset: Dataset,
    features: Features,
    vocabulary: Vocabulary,
    device: torch.device,
) -> dict[str, Composer]:
    """What save_composers wrote, by name; RuntimeError or KeyError where the weights are of another version."""
    teacher = Composer(dataset, vocabulary, load_teacher(files, vocabulary, config.preference), features)
    if files.find(FILE) is None:
        return {TEACHER: teacher}
    writer = load_writer(files, vocabulary, features, config.composer, device)
    return {TEACHER: teacher, COMPACT: written_composer(teacher, dataset, writer)}
