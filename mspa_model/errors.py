"""Errors that a person can act on: what was got, what was expected, what to do."""


class MspaError(Exception):
    """Base of every error that is the input's fault; commands print it as one sentence and exit with status 2."""

    def __init__(self, got: str, expected: str, todo: str) -> None:
        self.got, self.expected, self.todo = got, expected, todo
        super().__init__(f"Got {got}; expected {expected}. {todo}")


class DataError(MspaError):
    """A dataset folder that is not sound."""


class RunError(MspaError):
    """A run folder that is damaged, incomplete or made from other data."""


class UnknownIdError(MspaError):
    """A user or streamer that the dataset does not know."""


class ResourceError(MspaError):
    """Work that would not fit the machine."""


class EncoderError(MspaError):
    """An encoder whose package or weights are absent or not the pinned ones."""


class ComposerError(MspaError):
    """A language model that is absent, unsafe to load or unable to write preferences."""
