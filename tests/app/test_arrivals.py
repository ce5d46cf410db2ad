"""New tips on the what-if page: by hand and by file, the whole trace run again, both rankings side by side."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import sound, texts, turn_to

Open = Callable[..., AppTest]
CSV = "text/csv"


@pytest.fixture
def page(open_app: Open, tiny_run: Path) -> AppTest:
    """The page for one user of the comedy half, with the part on new tips unfolded."""
    app = open_app(tiny_run, user="u004")
    app.session_state["arrivals-fold"] = True
    return turn_to(app, "what_if")


def _upload(page: AppTest, content: str, name: str = "tips.csv") -> AppTest:
    page.file_uploader(key="arrivals-file-u004").set_value((name, content.encode(), CSV))
    return page.run()


def _table(page: AppTest):
    return next(frame.value for frame in page.dataframe if "its place before" in frame.value)


def test_without_new_tips_the_page_says_what_to_do(page: AppTest):
    assert sound(page)
    assert "Upload a file or pick a streamer: the whole trace is run again with it." in texts(page)


def test_a_streamer_picked_by_hand_leaves_the_ranking_and_comes_back(page: AppTest):
    first = page.selectbox(key="arrivals-streamer").options[0]
    page.button(key="arrivals-add").click().run()
    assert sound(page)
    said, table = texts(page), _table(page)
    assert "1 tip joined 10 tips; the preference was composed anew, corrected and ranked again" in said
    assert f"Out of the top 10: {first} (has a tip now)" in said
    assert table["before"].iloc[0] == first
    assert first not in table["after"].tolist()
    assert table["place"].tolist() == list(range(1, 11))
    page.button(key="arrivals-back-0").click().run()
    assert "Upload a file or pick a streamer" in texts(page)


def test_a_file_and_a_pick_arrive_together(page: AppTest):
    _upload(page, "streamer_id,amount\ns001,5\ns003,5\ns005,5\n")
    assert sound(page)
    assert "Read 3 tips." in texts(page)
    assert "3 tips joined 10 tips" in texts(page)
    page.button(key="arrivals-add").click().run()
    assert sound(page)
    assert "4 tips joined 10 tips" in texts(page)
    # Three tips to the music half bring it into the comedy half's ranking, or at least move it up there.
    table = _table(page)
    moved = [name for name in table["after"] if name not in table["before"].tolist()]
    assert moved


def test_a_file_with_a_fault_is_one_sentence_and_nothing_arrives(page: AppTest):
    _upload(page, "streamer_id,amount\nnobody,5\n", "../../etc/<b>x</b>.csv")
    assert not page.exception
    assert "ploaded.csv, column streamer_id, line 2, 'nobody' is not a streamer of this data set" in texts(page)
    assert "etc" not in texts(page)
    assert "Upload a file or pick a streamer" in texts(page)


def test_another_user_starts_with_nothing_arrived(page: AppTest):
    page.button(key="arrivals-add").click().run()
    page.text_input(key="find-user").set_value("u005").run()
    page.selectbox(key="pick-user").set_value("u005").run()
    assert "Upload a file or pick a streamer" in texts(page)
