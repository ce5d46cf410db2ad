"""dataset.toml of an import: what the map or the source says, and what is inferred where neither says anything."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from mspa_model.data.info_file import InfoTable, Metric, Word, Zone, once_in_order
from mspa_model.types import Modality, Split

# The columns, by table, that a modality can be encoded from.
_SHOWN_BY = {
    Modality.VISUAL: (("segments", "frame"),),
    Modality.AUDIO: (("segments", "audio"),),
    Modality.TEXT: (("streamers", "text"), ("segments", "speech"), ("segments", "comments")),
}
_NOT_NAMED = "nothing names another"


class SplitDraft(BaseModel):
    """Table [split] of dataset.toml as far as somebody wrote it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["time", "given"] | None = None
    mask_for_val: tuple[Split, ...] | None = None
    mask_for_test: tuple[Split, ...] | None = None
    metric: Metric | None = None


class InfoDraft(BaseModel):
    """dataset.toml as far as somebody wrote it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Word | None = None
    title: Word | None = None
    kind: Literal["events", "matrix"] | None = None
    streamer_is: Word | None = None
    user_is: Word | None = None
    tip_is: Word | None = None
    tip_unit: Word | None = None
    timezone: Zone | None = None
    modalities: Annotated[tuple[Modality, ...], AfterValidator(once_in_order)] | None = None
    licence: Word | None = None
    source: Word | None = None
    split: SplitDraft = SplitDraft()


@dataclass(frozen=True)
class SourceFacts:
    """What a source shows of itself. columns: by table, in our words; files: by table, the source's own names."""

    folder: str
    columns: Mapping[str, frozenset[str]]
    files: Mapping[str, str]
    features: tuple[Modality, ...]
    zone: str | None


@dataclass(frozen=True)
class Inferred:
    """One key of dataset.toml that nobody wrote, with why it is what it is."""

    key: str
    value: str | tuple[str, ...]
    reason: str


def complete_info(draft: InfoDraft, facts: SourceFacts) -> tuple[InfoTable, tuple[Inferred, ...]]:
    """The whole dataset.toml, and what of it was inferred."""
    written = draft.model_dump(exclude_none=True, exclude={"split"})
    split = draft.split.model_dump(exclude_none=True)
    inferred = [one for one in _inferred(facts, written) if one.key not in written]
    inferred += [one for one in _inferred_split(facts) if one.key.removeprefix("split.") not in split]
    for one in inferred:
        table, key = (split, one.key.removeprefix("split.")) if "." in one.key else (written, one.key)
        table[key] = one.value
    return InfoTable.model_validate(written | {"split": split}), tuple(inferred)


def inferred_sentences(inferred: tuple[Inferred, ...]) -> Iterator[str]:
    """What was inferred as dataset.toml has it now, keys of one reason together."""
    for reason in dict.fromkeys(one.reason for one in inferred):
        keys = ", ".join(f"{one.key} = {toml_value(one.value)}" for one in inferred if one.reason == reason)
        yield f"dataset.toml: {keys} ({reason})."


def toml_value(value: Any) -> str:
    """A text or a list of texts; as JSON writes them they are TOML as well."""
    return json.dumps(value, ensure_ascii=False)


def _inferred(facts: SourceFacts, written: Mapping[str, Any]) -> Iterator[Inferred]:
    name = written.get("name", facts.folder)
    if "name" not in written:
        yield Inferred("name", name, "the folder's name")
    yield Inferred("title", name, "the name")
    has_times = "tipped_at" in facts.columns.get("tips", frozenset())
    by_time = has_times or not _has_split(facts)
    kind, times = ("events", "a column of times") if by_time else ("matrix", "no column of times")
    yield Inferred("kind", kind, f"{facts.files['tips']} has {times}" if has_times or not by_time else _NOT_NAMED)
    for key, word in (("streamer_is", "streamer"), ("user_is", "user"), ("tip_is", "tip"), ("tip_unit", "units")):
        yield Inferred(key, word, _NOT_NAMED)
    yield Inferred("timezone", facts.zone or "UTC", "zone under [time]" if facts.zone else _NOT_NAMED)
    yield Inferred("modalities", tuple(m.value for m in _shown(facts)), "what the files and the map can show")
    yield Inferred("licence", "not stated", _NOT_NAMED)
    yield Inferred("source", f"CSV files in {facts.folder}", _NOT_NAMED)


def _inferred_split(facts: SourceFacts) -> Iterator[Inferred]:
    is_there = "a" if _has_split(facts) else "no"
    reason = f"{facts.files['tips']} has {is_there} column split"
    yield Inferred("split.kind", "given" if _has_split(facts) else "time", reason)
    usual = "as is usual"
    yield Inferred("split.mask_for_val", ("train",), usual)
    yield Inferred("split.mask_for_test", ("train", "val"), usual)
    yield Inferred("split.metric", "ndcg@10", usual)


def _has_split(facts: SourceFacts) -> bool:
    return "split" in facts.columns.get("tips", frozenset())


def _shown(facts: SourceFacts) -> Iterator[Modality]:
    for modality in Modality:
        raw = (column in facts.columns.get(table, frozenset()) for table, column in _SHOWN_BY[modality])
        if modality in facts.features or any(raw):
            yield modality
