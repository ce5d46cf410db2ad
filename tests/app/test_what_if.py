"""The what-if page: a control that changes nothing, edits that come and go, and the same for a group."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mspa_model.runs import load_run
from tests.app.pages import sound, texts, turn_to, url_of

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


def test_the_fewest_edits_are_found_and_can_be_taken_up(page: AppTest):
    assert "The fewest edits that push" in texts(page) or "The fewest edits that bring" in texts(page)
    page.button(key="recipes-start").click().run()
    assert sound(page)
    assert "not a forecast" in texts(page)
    found = next(frame.value for frame in page.dataframe if "edits" in frame.value)
    assert 1 <= len(found) <= 3
    ranks = found["rank before"].iloc[0], found["rank after"].iloc[0]
    assert (ranks[0] <= 10) != (ranks[1] <= 10)


def test_another_streamer_needs_a_search_of_its_own(page: AppTest):
    page.button(key="recipes-start").click().run()
    page.text_input(key="find-user").set_value("u005").run()
    page.selectbox(key="pick-user").set_value("u005").run()
    assert page.button(key="recipes-start")


def test_what_content_could_do_is_said(page: AppTest):
    assert "Were its content another's" in texts(page)
    assert "no gap to close" in texts(page) or "content cannot move" in texts(page) or "content that is" in texts(page)


def test_donors_for_a_group(page: AppTest):
    page.session_state["donors-fold"] = True
    page.run()
    assert sound(page)
    page.slider(key="donor-share").set_value(100).run()
    page.button(key="donors-start").click().run()
    assert sound(page)
    said = texts(page)
    assert "would stand in the top 10 of" in said or "None found within" in said or "already" in said


@pytest.mark.parametrize("direction", ["up", "down"])
def test_edits_for_a_whole_group(page: AppTest, direction: str):
    page.session_state["donors-fold"] = True
    page.run()
    assert "each modality muted for all" in texts(page)
    assert "whose co-tipping lifts" in texts(page)
    page.segmented_control(key="group-direction").set_value(direction).run()
    page.slider(key="donor-share").set_value(5).run()
    page.button(key="group-recipes-start").click().run()
    assert sound(page)
    said = texts(page)
    ends = ("would stand in the top 10 of", "would leave the top 10 of", "None found within", "already", "of none of")
    assert any(end in said for end in ends)
    found = [frame.value for frame in page.dataframe if "adds" in frame.value]
    assert (len(found) == 1) == ("would stand in the top 10 of" in said or "would leave the top 10 of" in said)
    alone = [frame.value for frame in page.dataframe if "for whom" in frame.value]
    assert bool(alone) == ("not a forecast" in said)


def test_who_was_tipped_already_is_left_out_by_name_and_all_can_be_ranked(open_app: Open, tiny_run: Path):
    run = load_run(tiny_run)
    tipped = run.dataset.tips[run.dataset.tips["user_idx"] == 4]["streamer_idx"].iloc[0]
    streamer = str(run.dataset.streamers["streamer_id"].iloc[tipped])
    page = turn_to(open_app(tiny_run, user="u004", streamer=streamer), "what_if")
    assert sound(page)
    assert "is left out because this user has already given it a tip" in texts(page)
    assert "no single edit" not in texts(page).lower()
    assert " stands " not in texts(page)
    page.button(key="rank-all").click().run()
    assert sound(page)
    assert url_of(page)["candidates"] == "all"
    assert "is left out" not in texts(page)
    assert " stands " in page.header[0].value
