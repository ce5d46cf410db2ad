"""What can be scored: anything that makes texts of histories."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from mspa_model.preference.claims import Writing
from mspa_model.preference.composer import Composer
from mspa_model.preference.written import WrittenComposer
from mspa_model.types import History, Preference

Compose = Callable[[Sequence[History]], list[Preference]]
Write = Callable[[Sequence[History]], list[Writing]]


@dataclass(frozen=True)
class TextSystem:
    """One way from histories to preferences.

    compose: a preference of each history, in order; what is shown, so checked.
    free: the same model with its pointers left unconstrained, and nothing checked; None where there is no such model.
    write: what it wrote before the check; None where nothing is written that would have to parse.
    setting: what was chosen for it, for the record.
    """

    name: str
    compose: Compose
    free: Write | None = None
    write: Write | None = None
    setting: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class FreeWriter(Protocol):
    """A writer that can also leave its pointers unconstrained."""

    def write_freely(self, histories: Sequence[History]) -> list[Writing]: ...


def system_of(name: str, composer: Composer) -> TextSystem:
    """A composer as it is scored, with what its writer can tell beyond what is shown."""
    if not isinstance(composer, WrittenComposer):
        return TextSystem(name, composer.compose_many)
    writer = composer.writer
    free = writer.write_freely if isinstance(writer, FreeWriter) else None
    return TextSystem(name, composer.compose_many, free, writer.write)
