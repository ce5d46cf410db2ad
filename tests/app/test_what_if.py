"""The what-if page: a control that changes nothing, edits that come and go, and the same for a group."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import sound, texts, turn_to

Open = Callable[..., AppTest]
KINDS = ("drop tip", "add tip", "mute modality", "set statement", "delete statement")


@pytest.fixture
def page(open_app: Open, tiny_run: Path) -> AppTest:
    """The page for one user, before any edit."""
    return turn_to(open_app(tiny_run, user="u004"), "what_if")


def test_without_an_edit_nothing_moves_and_the_page_says_so(page: AppTest):
    assert sound(page)
    assert "Control: with no edit nothing moves." in texts(page)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_edit_can_be_added_and_taken_back(page: AppTest, kind: str):
    page.selectbox(key="edit-kind").set_value(kind).run()
    page.button(key="edit-add").click().run()
    assert sound(page)
    assert "With 1 edit," in texts(page)
    page.button(key="edit-back-0").click().run()
    assert sound(page)
    assert "Control: with no edit nothing moves." in texts(page)


def test_another_user_starts_without_edits(page: AppTest):
    page.button(key="edit-add").click().run()
    page.text_input(key="find-user").set_value("u005").run()
    page.selectbox(key="pick-user").set_value("u005").run()
    assert "Control: with no edit nothing moves." in texts(page)


def test_a_search_that_finds_nothing_says_so(page: AppTest):
    page.selectbox(key="edit-kind").set_value("add tip").run()
    page.text_input(key="edit-find-streamer").set_value("nobody at all").run()
    assert sound(page)
    assert "has that name or id" in texts(page)


def test_a_group_is_ranked_before_and_after(page: AppTest):
    page.session_state["group-fold"] = True
    page.run()
    assert "Add an edit that means the same for every user" in texts(page)
    page.selectbox(key="edit-kind").set_value("mute modality").run()
    page.button(key="edit-add").click().run()
    assert sound(page)
    result = next(frame.value for frame in page.dataframe if "user" in frame.value)
    assert {"rank before", "rank after"} <= set(result.columns)
    assert 0 < len(result) <= 25
