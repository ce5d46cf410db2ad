"""What an explanation is made of stays as it was made."""

import dataclasses
import importlib
import inspect
import pkgutil

import pytest

import explain

MODULES = sorted(m.name for m in pkgutil.walk_packages(explain.__path__, "explain.") if not m.name.endswith("__main__"))


def values_of(name: str) -> list[type]:
    """The dataclasses that a module defines."""
    members = inspect.getmembers(importlib.import_module(name), inspect.isclass)
    return [value for _, value in members if value.__module__ == name and dataclasses.is_dataclass(value)]


def test_there_are_values_to_hold() -> None:
    assert sum(len(values_of(name)) for name in MODULES) > 50


@pytest.mark.parametrize("name", MODULES)
def test_values_are_frozen(name: str) -> None:
    for value in values_of(name):
        made = object.__new__(value)
        for field in dataclasses.fields(value):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(made, field.name, None)
