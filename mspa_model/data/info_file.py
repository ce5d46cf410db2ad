"""dataset.toml: its keys, checked, and what is wrong with them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from mspa_model.data.fault import FORMAT_DOCUMENT, Fault, show
from mspa_model.data.read import unread
from mspa_model.keys import WrongKey, read_toml, wrong_keys
from mspa_model.types import DatasetInfo, Modality, Split, SplitInfo

INFO_FILE = "dataset.toml"


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("expected a time zone of the IANA list, such as UTC or Asia/Shanghai")
    return zone


def once_in_order(modalities: tuple[Modality, ...]) -> tuple[Modality, ...]:
    """Modalities in their own order; raises ValueError on one that is named twice."""
    if len(set(modalities)) < len(modalities):
        raise ValueError("expected each modality once")
    return tuple(m for m in Modality if m in modalities)


Zone = Annotated[str, AfterValidator(_known_zone)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Metric = Literal["recall@10", "recall@20", "ndcg@10", "ndcg@20"]


class SplitTable(BaseModel):
    """Table [split] of dataset.toml."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["time", "given"]
    mask_for_val: tuple[Split, ...]
    mask_for_test: tuple[Split, ...]
    metric: Metric


class InfoTable(BaseModel):
    """dataset.toml. Keys that it does not name are ignored."""

    model_config = ConfigDict(frozen=True)
    name: Word
    title: Word
    kind: Literal["events", "matrix"]
    streamer_is: Word
    user_is: Word
    tip_is: Word
    tip_unit: Word
    timezone: Zone
    modalities: Annotated[tuple[Modality, ...], AfterValidator(once_in_order)]
    licence: Word
    source: Word
    split: SplitTable

    def to_info(self) -> DatasetInfo:
        """The value that crosses the border."""
        plain = {name: getattr(self, name) for name in type(self).model_fields if name != "split"}
        return DatasetInfo(**plain, split=SplitInfo(**self.split.model_dump()))


@dataclass(frozen=True)
class InfoRead:
    """dataset.toml as far as it could be read."""

    info: DatasetInfo | None
    faults: tuple[Fault, ...] = ()


def read_info(folder: Path) -> InfoRead:
    """dataset.toml, with one fault per key that is missing or wrong."""
    try:
        return InfoRead(InfoTable.model_validate(read_toml(folder / INFO_FILE)).to_info())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return InfoRead(None, (Fault(INFO_FILE, f"a TOML file as {FORMAT_DOCUMENT} describes it", unread(error)),))
    except ValidationError as error:
        return InfoRead(None, tuple(map(key_fault, wrong_keys(error))))


def key_fault(wrong: WrongKey) -> Fault:
    """A wrong key of dataset.toml."""
    value = "no such key" if wrong.is_missing else show(wrong.value)
    return Fault(INFO_FILE, wrong.expected, value, wrong.key)
