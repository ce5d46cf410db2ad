"""Who can write preferences in a run: the teacher always, the compact language model where one was taught."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import torch

from mspa_model.config import ComposerConfig, RunConfig
from mspa_model.data import history_of
from mspa_model.manifest import ListedFiles
from mspa_model.preference.compact import FILE, CompactWriter, load_writer, save_writer
from mspa_model.preference.composer import Composer
from mspa_model.preference.language_model import load_library
from mspa_model.preference.precomputed import (
    PRECOMPUTED,
    PrecomputedWriter,
    history_key,
    load_precomputed,
    save_precomputed,
)
from mspa_model.preference.teacher import load_teacher, save_teacher
from mspa_model.preference.written import WrittenComposer
from mspa_model.types import Dataset, Features, Vocabulary

TEACHER, COMPACT = "teacher", "compact"
MOST_USERS = 20_000


def written_composer(teacher: Composer, dataset: Dataset, writer: CompactWriter | PrecomputedWriter) -> WrittenComposer:
    """The composer around the compact language model, beside the teacher who taught it."""
    return WrittenComposer(dataset, teacher.vocabulary, teacher.teacher, teacher.features, writer, COMPACT)


def active_composer(composers: Mapping[str, Composer], config: ComposerConfig) -> Composer:
    """Whose preferences are ranked: the configured, or the teacher where a set could teach no language model."""
    return composers.get(config.active, composers[TEACHER])


def save_composers(folder: Path, composers: Mapping[str, Composer]) -> None:
    """Writes teacher.safetensors, and composer.safetensors where there is a language model."""
    save_teacher(folder, composers[TEACHER].teacher)
    compact = composers.get(COMPACT)
    writer = compact.writer if isinstance(compact, WrittenComposer) else None
    model = writer.model if isinstance(writer, PrecomputedWriter) else writer
    if isinstance(model, CompactWriter):
        save_writer(folder, model)


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

    def make() -> CompactWriter:
        files.still().check([FILE])
        return load_writer(files, vocabulary, features, config.composer, device)

    ahead = files.find(PRECOMPUTED) is not None
    writer = load_precomputed(files, vocabulary, make) if ahead else make()
    return {TEACHER: teacher, COMPACT: written_composer(teacher, dataset, writer)}


def make_waiting(composers: Mapping[str, Composer], lock: AbstractContextManager) -> None:
    """The language models that wait until something new is to be written, made now: the library without the lock, which
    takes seconds, the models under it.
    """
    found = [c.writer for c in composers.values() if isinstance(c, WrittenComposer)]
    waiting = [writer for writer in found if isinstance(writer, PrecomputedWriter)]
    if waiting:
        load_library()
    for writer in waiting:
        with lock:
            writer.make()


def save_preferences(folder: Path, composer: Composer, dataset: Dataset) -> bool:
    """What the compact composer writes of each user's tips, known by train alone and all, into preferences.safetensors;
    False, and nothing written, where the run has none. Of more than 20,000 users those with most tips, as others wait.
    """
    if not isinstance(composer, WrittenComposer) or not isinstance(composer.writer, CompactWriter | PrecomputedWriter):
        return False
    writer = composer.writer.model if isinstance(composer.writer, PrecomputedWriter) else composer.writer
    busiest = dataset.tips["user_idx"].value_counts().index[:MOST_USERS]
    histories = {
        history_key(h): h
        for h in (history_of(dataset, int(user), scope) for user in busiest for scope in ("train", "all"))
    }
    lifts = [composer.lifts(h) for h in histories.values()]
    written = dict(zip(histories, writer.write_tokens(list(histories.values()), lifts), strict=True))
    save_precomputed(folder, written, writer.statement_rows())
    return True
