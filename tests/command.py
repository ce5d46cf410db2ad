"""A command as a person types it, without the seconds that a new process spends on importing torch."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import pytest


@dataclass(frozen=True)
class Answer:
    """What a command left behind: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything printed, in lower case."""
        return f"{self.out}\n{self.err}".lower()


Command = Callable[..., Answer]


def command_of(module: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m module WORDS` through its main(); an exception that main lets through fails the test."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, words)])
        try:
            module.main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        else:
            status = 0
        printed = capsys.readouterr()
        return Answer(status, printed.out, printed.err)

    return run
