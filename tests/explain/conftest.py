"""Runs in closed form, one per world and session."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from mspa_model.config import RunConfig
from mspa_model.runs import Run
from tests.explain.closed_form import closed_form_run


@pytest.fixture(scope="session")
def make_closed(make_world: Callable[[str], Path], small_config: RunConfig) -> Callable[[str], Run]:
    """A closed-form run by the name of its world; read it only."""
    return cache(lambda name: closed_form_run(make_world(name), small_config))


@pytest.fixture(scope="session")
def closed(make_closed: Callable[[str], Run]) -> Run:
    """The checkerboard's closed-form run."""
    return make_closed("checkerboard")
