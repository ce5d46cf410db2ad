"""One selection, in the URL both ways and shared by all pages; a bad one is a sentence and never a traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.state import Selection, link, parse
from mspa_model.runs import load_run
from tests.app.pages import PAGES, sound, texts, turn_to, url_of

Open = Callable[..., AppTest]


def test_the_url_is_read_and_what_it_leaves_open_stays_open():
    given = {"user": "u1", "streamer": "s2", "step": "0", "history": "train"}
    assert parse(given) == Selection(user="u1", streamer="s2", step=0, history="train")
    assert parse({}) == Selection()


@pytest.mark.parametrize(
    "bad", [{"step": "-1"}, {"step": "²"}, {"step": "9999"}, {"history": "x"}, {"candidates": "'"}]
)
def test_a_value_that_means_nothing_is_a_fault_and_its_default(bad: dict[str, str]):
    selection = parse(bad)
    assert len(selection.faults) == 1
    assert (selection.step, selection.history, selection.candidates) == (None, "all", "new")


def _draw_the_user() -> None:
    import streamlit as st

    from app.state import read_selection

    st.text(read_selection().user)


def test_an_id_of_any_length_comes_through_a_link_whole():
    """Ids that differ at their end alone are others; one that was cut was no user of the run."""
    for known in ("u" * 200 + "a", "u" * 200 + "b", "漢" * 4_000):
        app = AppTest.from_function(_draw_the_user)
        app.query_params["user"] = known
        assert app.run().text[0].value == known


def test_what_no_id_can_be_is_left_out_and_said_short():
    selection = parse({"user": "u" * 5_000, "step": "9" * 4_000, "streamer": "s1"})
    assert (selection.user, selection.step, selection.streamer) == (None, None, "s1")
    assert selection.faults[0] == "The link's user has 5,000 characters; at most 4,096 are read, so it is left out."
    assert all(len(fault) < 200 for fault in selection.faults)


def test_a_link_encodes_what_it_carries():
    assert link("why", user="a&b=c", streamer=None) == "/why?user=a%26b%3Dc"


def test_the_selection_goes_with_the_analyst_from_page_to_page(open_app: Open, tiny_run: Path):
    app = open_app(tiny_run, user="u007", history="train")
    app.query_params.clear()  # as the browser does when a page is changed
    turn_to(app, "why")
    assert url_of(app) == {"user": "u007", "history": "train"}
    assert "User u007: from 8 tips" in texts(app)


def test_choosing_in_the_sidebar_writes_the_url_and_resets_what_no_longer_means_anything(
    open_app: Open, tiny_run: Path
):
    app = open_app(tiny_run, user="u004", streamer="s002", rival="s006")
    app.text_input(key="find-user").set_value("u00").run()
    assert app.selectbox(key="pick-user").options == [f"u{i:03}" for i in (4, 0, 1, 2, 3, 5, 6, 7, 8, 9)]
    app.selectbox(key="pick-user").set_value("u006").run()
    assert url_of(app) == {"user": "u006"}


@pytest.mark.parametrize(
    ("typed", "taken"),
    [("u007", "u007"), ("U007", "u007"), ("07", "u007"), ("u00", None), ("nobody", None), (" ", None)],
)
def test_an_id_that_is_typed_whole_and_a_single_hit_are_taken_on_enter(
    open_app: Open, tiny_run: Path, typed: str, taken: str | None
):
    app = open_app(tiny_run, user="u004")
    app.text_input(key="find-user").set_value(typed).run()
    assert url_of(app) == {"user": taken or "u004"}


def test_a_name_that_one_alone_has_is_taken_on_enter(open_app: Open, tiny_run: Path):
    app = open_app(tiny_run, user="u004")
    names = load_run(tiny_run).dataset.streamers["name"]
    app.text_input(key="find-streamer").set_value(names.iloc[3].upper()).run()
    assert url_of(app)["streamer"] == "s003"
    app.text_input(key="find-streamer").set_value("room").run()
    assert url_of(app)["streamer"] == "s003", "a word that many have is no choice"


def test_a_search_never_lists_more_than_twenty(open_app: Open, tiny_run: Path):
    app = open_app(tiny_run, user="u004")
    app.text_input(key="find-user").set_value("u").run()
    app.text_input(key="find-streamer").set_value("room").run()
    assert len(app.selectbox(key="pick-user").options) <= 21
    assert len(app.selectbox(key="pick-streamer").options) <= 21


def test_scopes_and_rival_travel_by_the_url(open_app: Open, tiny_run: Path):
    app = open_app(tiny_run, user="u004")
    app.segmented_control(key="pick-candidates").set_value("all").run()
    app.text_input(key="find-rival").set_value("room 1").run()
    rivals = app.selectbox(key="pick-rival")
    assert len(rivals.options) > 2, "the next below, and some whose name holds room 1"
    rivals.select_index(2).run()
    assert url_of(app)["candidates"] == "all"
    name = rivals.options[2].split(". ", 1)[1]
    assert name.endswith(f"room {int(url_of(app)['rival'].removeprefix('s'))}")
    assert sound(turn_to(app, "why"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("query", [{"user": "u0044"}, {"user": "u004", "streamer": "<b>"}, {"user": "~nobody"}])
def test_an_unknown_id_is_one_sentence_with_the_nearest_known(
    open_app: Open, tiny_run: Path, page: str, query: dict[str, str]
):
    app = turn_to(open_app(tiny_run, **query), page)
    assert sound(app)
    assert "in this run. The nearest known are" in texts(app)


def test_a_click_on_a_nearest_id_takes_it(open_app: Open, tiny_run: Path):
    app = open_app(tiny_run, user="u0044")
    near = next(button for button in app.button if str(button.key).startswith("nearest-"))
    near.click().run()
    assert url_of(app) == {"user": near.label}


def test_a_step_that_does_not_exist_shows_the_last(open_app: Open, tiny_run: Path):
    app = turn_to(open_app(tiny_run, user="u004", step="7"), "correction")
    assert sound(app)
    assert "Step 7 does not exist here" in texts(app)


def test_a_run_that_was_not_given_is_refused_by_name(open_app: Open, tiny_run: Path):
    app = open_app(tiny_run, run="../../etc")
    assert sound(app)
    assert "not started with a run “../../etc”" in texts(app)


def test_a_report_s_link_finds_its_user_behind_the_pseudonym(open_app: Open, tiny_run: Path):
    from explain.report.pseudonym import link_key, pseudonym_of
    from explain.report.secret import make_secret
    from mspa_model.runs import load_run

    run = load_run(tiny_run)
    key = link_key(pseudonym_of(run, "u009", make_secret(run)).key)
    app = turn_to(open_app(tiny_run, user=key), "user")
    assert "User u009: from 10 tips" in texts(app)


def test_a_link_that_cannot_be_opened_says_why(open_app: Open, tiny_run: Path, tmp_path: Path):
    from explain.report.secret import make_secret
    from mspa_model.runs import load_run

    run = shutil.copytree(tiny_run, tiny_run.parent / tmp_path.name)
    app = open_app(run, user="~" + "f" * 16)
    assert sound(app)
    assert "pseudonym that cannot be opened here: no key file lies beside this run" in texts(app)
    make_secret(load_run(run))
    app.run()
    assert f"under the key file {run.name}.key it is no user’s" in texts(app)
