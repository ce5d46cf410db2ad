"""The dashboard opened through main.py, without a browser."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

MAIN = Path(__file__).parents[2] / "app" / "main.py"
SECONDS = 600  # a page that hangs, not one that a busy machine draws slowly


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The overview of a run, drawn once, for the selection given as keywords of the URL."""

    def start(folder: Path, /, **query: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["main.py", "--run", str(folder)])
        app = AppTest.from_file(str(MAIN), default_timeout=SECONDS)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return start
