"""Places for the new on the pages: one control, in the URL, marked in every list, and never given a score as reason."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.state import parse
from tests.app.pages import PAGES, sound, texts, turn_to, url_of

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def newcomers(make_run: Callable[[str], Path]) -> Path:
    return make_run("newcomers")


def places_of(app: AppTest) -> list[str]:
    """The marks of the first ten on the User page."""
    table = next(frame.value for frame in app.dataframe if "rank" in frame.value)
    return list(table["new"]) if "new" in table else [""] * len(table)


@pytest.mark.parametrize("bad", ["2", "-0.1", "nan", "half"])
def test_a_share_that_means_nothing_is_a_fault_and_none(bad: str):
    selection = parse({"new_share": bad})
    assert len(selection.faults) == 1
    assert selection.new_share == 0
    assert parse({"new_share": "0.2"}).new_share == 0.2


def test_the_control_is_in_the_url_and_its_default_is_not(open_app: Open, newcomers: Path):
    app = turn_to(open_app(newcomers, user="u000", history="train"), "user")
    app.segmented_control(key="pick-new-share").set_value(0.2).run()
    assert sound(app)
    assert url_of(app)["new_share"] == "0.2"
    assert "20\u00a0% of places kept for the new" in texts(app)
    marks = places_of(app)
    assert sum(mark != "" for mark in marks) >= 2
    assert ("kept" in marks) == ("“kept” marks" in texts(app))
    app.segmented_control(key="pick-new-share").set_value(0.0).run()
    assert "new_share" not in url_of(app)
    assert "kept" not in places_of(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_kept_places(open_app: Open, newcomers: Path, page: str):
    app = turn_to(open_app(newcomers, user="u000", history="train", new_share="0.35"), page)
    assert sound(app)
    assert len(app.header) == 1
    assert app.segmented_control(key="pick-new-share").options == ["None", "10\u00a0%", "20\u00a0%", "35\u00a0%"]


def test_a_run_without_newcomers_has_no_control(open_app: Open, tiny_run: Path):
    app = open_app(tiny_run)
    assert "pick-new-share" not in [control.key for control in app.segmented_control]
    assert "New streamers" not in texts(app)


def test_the_overview_says_how_well_the_new_are_ranked_and_what_places_cost(open_app: Open, newcomers: Path):
    app = open_app(newcomers)
    told = texts(app)
    assert "4 streamers had no tip to learn from. Ranked among themselves, for the 60 users whose test tips" in told
    assert "with 20\u00a0% of the places kept for the new" in told
    app.session_state["places-fold"] = True
    app.run()
    assert sound(app)
    table = next(frame.value for frame in app.dataframe if "places kept" in frame.value)
    assert list(table["places kept"]) == ["0\u00a0%", "10\u00a0%", "20\u00a0%"]
    assert "How to read: the change is over everyone measured" in texts(app)
