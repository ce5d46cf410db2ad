"""The reference of the inside of a modality: chosen on Why, kept in the URL, the others beside it."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.state import parse
from tests.app.pages import sound, texts, turn_to, url_of


def test_a_reference_is_read_from_the_url_or_refused():
    assert parse({"reference": "mean"}).reference == "mean"
    assert parse({}).reference == "rival"
    bad = parse({"reference": "everyone"})
    assert bad.reference == "rival"
    assert "rival and mean and popular" in bad.faults[0]


def test_choosing_a_reference_writes_the_url_and_turns_the_inside(open_app: Callable[..., AppTest], tiny_run: Path):
    page = turn_to(open_app(tiny_run, user="u004", reference="mean"), "why")
    page.session_state["ig-fold"] = True
    page.run()
    assert sound(page)
    assert "Against the mean streamer;" in texts(page)
    frame = next(frame.value for frame in page.dataframe if "leading value" in frame.value)
    assert len(frame) == 3
    assert frame["leads as chosen"].iloc[1] == "yes"
    assert frame["order of features kept"].iloc[1] > 0.999
    page.selectbox(key="reference-mean").set_value("popular").run()
    assert url_of(page)["reference"] == "popular"
    assert "Against the mean streamer;" not in texts(page)
    page.selectbox(key="reference-popular").set_value("rival").run()
    assert "reference" not in url_of(page)
    assert sound(page)
