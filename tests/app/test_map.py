"""The map names what truly tells streamers apart."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import cache
from explain.types import Varying
from mspa_model.types import Modality
from tests.app.pages import sound, texts, turn_to


@pytest.mark.parametrize(
    ("told_apart", "words"),
    [
        (Varying(frozenset(), True), "by co-tipping alone."),
        (Varying(frozenset({Modality.AUDIO}), True), "by sound and co-tipping taken together."),
        (Varying(frozenset(), False), "so who is near it says nothing."),
    ],
)
def test_what_is_constant_is_neither_named_nor_offered(
    told_apart: Varying,
    words: str,
    open_app: Callable[..., AppTest],
    tiny_run: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("explain.neighbors.varying", lambda run: told_apart)
    cache.varying.clear()
    try:
        page = open_app(tiny_run)
        turn_to(page, "map")
        sound(page)
        assert words in texts(page)
        offered = [control.options for control in page.segmented_control]
        assert all("looks" not in options for options in offered)
    finally:
        cache.varying.clear()
