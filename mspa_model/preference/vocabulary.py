"""The vocabulary of a dataset: every value that a statement may claim, who has it, and what it looks like."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from safetensors.numpy import load_file, save_file

from mspa_model.config import PreferenceConfig
from mspa_model.features.texts import streamer_documents
from mspa_model.manifest import ListedFiles
from mspa_model.preference.columns import column_values, plain_label
from mspa_model.preference.groups import Label, feature_groups, group_label
from mspa_model.preference.phrases import WORD, key_phrases
from mspa_model.types import Dataset, Features, Modality, Value, Vocabulary

PHRASE = "phrase"
N_EXAMPLES = 5
Has = Bool[np.ndarray, " n_streamers"]


def build_vocabulary(dataset: Dataset, features: Features, config: PreferenceConfig, seed: int) -> Vocabulary:
    """Values of columns, then key phrases, then visual and audio groups. Empty where the set has none of these."""
    found: list[tuple[Value, Has]] = []
    for column in column_values(dataset, config.min_streamers):
        label = _column_label(column.column, column.name)
        value = _value(_aspect(column.column), column.name, label, None, column.has, features)
        found.append((value, column.has))
    found.extend(_phrase_values(dataset, features, config))
    labels = tuple(Label(_bare(value), has) for value, has in found)
    for modality in (Modality.VISUAL, Modality.AUDIO):
        found.extend(_group_values(dataset, features, config, seed, modality, labels))
    membership = np.zeros((dataset.n_streamers, len(found)), dtype=np.float32)
    for position, (_, has) in enumerate(found):
        membership[:, position] = has
    return Vocabulary(tuple(value for value, _ in found), membership, prototypes_of(membership, features))


def prototypes_of(
    membership: Float[np.ndarray, "n_streamers n_values"], features: Features
) -> dict[Modality, Float[np.ndarray, "n_values feature_dim"]]:
    """Per modality the mean feature row of each value's streamers that have the modality; zero where none has."""
    prototypes = {}
    for modality in features.modalities:
        mask = membership * features.present[modality][:, None].astype(np.float32)
        prototypes[modality] = (mask.T @ features.arrays[modality]) / mask.sum(axis=0).clip(min=1)[:, None]
    return prototypes


def plural(word: str) -> str:
    """The plural of an English noun as dataset.toml gives it, e.g. "micro-video" to "micro-videos"."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else word + "s"


def save_vocabulary(folder: Path, vocabulary: Vocabulary) -> None:
    """Writes vocabulary.json and vocabulary.safetensors into an existing folder."""
    values = [asdict(value) for value in vocabulary.values]
    (folder / "vocabulary.json").write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    arrays = {f"prototypes.{m.value}": np.ascontiguousarray(rows) for m, rows in vocabulary.prototypes.items()}
    save_file({"membership": np.ascontiguousarray(vocabulary.membership)} | arrays, folder / "vocabulary.safetensors")


def load_vocabulary(folder: Path | ListedFiles) -> Vocabulary:
    """What save_vocabulary wrote; the run's manifest has already vouched for the files."""
    arrays = load_file(folder / "vocabulary.safetensors")
    values = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    return Vocabulary(
        tuple(_read_value(value) for value in values),
        arrays["membership"],
        {m: arrays[f"prototypes.{m.value}"] for m in Modality if f"prototypes.{m.value}" in arrays},
    )


def _read_value(raw: dict) -> Value:
    modality = None if raw["modality"] is None else Modality(raw["modality"])
    return Value(**raw | {"modality": modality, "examples": tuple(raw["examples"])})


def _aspect(column: str) -> str:
    taken = {PHRASE, *(f"{m.value} group" for m in Modality)}
    return f"{column} column" if column in taken else column


def _column_label(column: str, name: str) -> str:
    """ "Comedy" where the column is the category, else "Wes Craven (director)"."""
    return (
        plain_label(name) if column == "category" else f"{plain_label(name)} ({plain_label(column.replace('_', ' '))})"
    )


def _bare(value: Value) -> str:
    return f"“{value.name}”" if value.aspect == PHRASE else plain_label(value.name)


def _value(aspect: str, name: str, label: str, modality: Modality | None, has: Has, features: Features) -> Value:
    return Value(aspect, name, label, modality, int(has.sum()), _examples(has, features, modality))


def _examples(has: Has, features: Features, modality: Modality | None) -> tuple[int, ...]:
    """Members nearest to the value's mean in its own modality, else in all; the first where nothing is known."""
    members = np.flatnonzero(has)
    read = [m for m in features.modalities if modality in (None, m)]
    distance = np.zeros(len(members))
    for m in read:
        rows = features.arrays[m][members]
        # Mean rather than sum over dimensions: a modality with more of them is not more typical.
        distance += ((rows - rows.mean(axis=0)) ** 2).mean(axis=1) + 1e3 * ~features.present[m][members]
    return tuple(int(i) for i in members[np.argsort(distance, kind="stable")][:N_EXAMPLES])


def _phrase_values(dataset: Dataset, features: Features, config: PreferenceConfig) -> list[tuple[Value, Has]]:
    texts = [" . ".join(own) for own in streamer_documents(dataset)]
    barred = frozenset(word for name in dataset.streamers["name"] for word in WORD.findall(name[:200].lower()))
    spoken = _ordinary_words(texts)
    rows = features.arrays.get(Modality.TEXT)
    phrases = key_phrases(texts, rows, config.n_phrases, config.min_streamers, barred - spoken)
    return [(_value(PHRASE, p.words, _phrase_label(p.words), Modality.TEXT, p.has, features), p.has) for p in phrases]


def _phrase_label(words: str) -> str:
    return f"the word{'s' if ' ' in words else ''} “{words}”"


def _ordinary_words(texts: list[str]) -> frozenset[str]:
    """Words that many texts write in lower case: a film called "War" must not bar the topic war."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in {w for w in WORD.findall(text) if w.islower()}:
            counts[word] = counts.get(word, 0) + 1
    return frozenset(word for word, n in counts.items() if n >= 5)


def _group_values(
    dataset: Dataset,
    features: Features,
    config: PreferenceConfig,
    seed: int,
    modality: Modality,
    labels: tuple[Label, ...],
) -> list[tuple[Value, Has]]:
    if modality not in features.arrays:
        return []
    groups = feature_groups(
        features.arrays[modality], features.present[modality], config.n_clusters, config.min_streamers, seed
    )
    unnamed = dataset.streamers["name"].str.strip() == ""
    names = ["" if lacks else name for lacks, name in zip(unnamed, dataset.streamer_names, strict=True)]
    made = []
    for number, group in enumerate(groups, start=1):
        title = f"{modality.value} group {number}"
        label = group_label(title, group, labels, names, plural(dataset.info.streamer_is))
        examples = group.typical[:N_EXAMPLES]
        made.append(
            (Value(f"{modality.value} group", str(number), label, modality, int(group.has.sum()), examples), group.has)
        )
    return made
