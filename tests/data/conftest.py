"""The small world as a fixture."""

from pathlib import Path

import pytest

from tests.data.small_world import write_world


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A sound dataset folder that the test may break."""
    return write_world(tmp_path / "world")
