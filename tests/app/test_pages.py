"""Every page through main.py, on worlds that have everything and on worlds that lack something."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import PAGES, sound, texts, turn_to

Open = Callable[..., AppTest]
EXTRA_USER = {"user-without-tips": "u060", "one-tip-users": "u061"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_its_question_and_one_answer(open_app: Open, tiny_run: Path, page: str):
    app = turn_to(open_app(tiny_run, user="u004"), page)
    assert sound(app)
    assert len(app.header) == 1
    assert app.header[0].value.endswith("\\.")
    assert any(caption.value.endswith("?") for caption in app.caption)


@pytest.mark.parametrize(
    "world", ["matrix", "no-features", "user-without-tips", "one-tip-users", "hostile", "few-users"]
)
def test_every_page_works_on_a_world_that_lacks_something(open_app: Open, make_run: Callable[[str], Path], world: str):
    app = open_app(make_run(world), **({"user": EXTRA_USER[world]} if world in EXTRA_USER else {}))
    for page in PAGES:
        turn_to(app, page)
        assert sound(app), page
        assert len(app.header) == 1, page


@pytest.mark.parametrize(
    ("world", "page", "said"),
    [
        ("matrix", "map", "trained without a map"),
        ("matrix", "user", "no frames, no sound and no text"),
        ("matrix", "overview", "keeps no time of a tip"),
        ("no-features", "map", "by co-tipping alone"),
        ("no-features", "why", "Neither media nor text"),
    ],
)
def test_what_is_missing_is_said(open_app: Open, make_run: Callable[[str], Path], world: str, page: str, said: str):
    assert said in texts(turn_to(open_app(make_run(world)), page))


def test_a_user_without_tips_gets_what_everyone_gets(open_app: Open, make_run: Callable[[str], Path]):
    app = turn_to(open_app(make_run("user-without-tips"), user="u060"), "user")
    assert "has no tip, so the ranking is what everyone gets" in texts(app)


def test_the_dashboard_opens_on_all_tips_and_says_so(open_app: Open, tiny_run: Path):
    app = turn_to(open_app(tiny_run, user="u004"), "user")
    assert "from 10 tips (all known, the last on" in texts(app)
    app = turn_to(open_app(tiny_run, user="u004", history="train"), "user")
    assert "from 8 tips (train only, the last on" in texts(app)


def test_the_proof_of_an_explanation_unfolds(open_app: Open, tiny_run: Path):
    app = turn_to(open_app(tiny_run, user="u004"), "why")
    before = len(app.dataframe)
    for fold in ("checks-fold", "tips-fold", "deletions-fold", "ig-fold", "parts-fold", "margin-twin", "open-twin"):
        app.session_state[fold] = True
    app.run()
    assert sound(app)
    assert len(app.dataframe) >= before + 4
    checks = next(frame.value for frame in app.dataframe if "verdict" in frame.value)
    assert set(checks["verdict"]) <= {"passed", "FAILED", "not applicable"}


def test_a_run_that_is_no_run_gets_one_sentence(open_app: Open, tmp_path: Path):
    app = open_app(tmp_path)
    assert not app.exception
    assert len(app.error) == 1
    assert "manifest.json is not a run folder" in texts(app)


def test_tips_made_later_are_marked_after_scoring(open_app: Open, tiny_run: Path):
    app = turn_to(open_app(tiny_run, user="u004", history="train"), "user")
    top = next(frame.value for frame in app.dataframe if "rank" in frame.value)
    n_marked = int((top["tip later"] == "✓ later").sum())
    assert f"{n_marked} of 2 stand in the top 10" in texts(app)
    app = turn_to(open_app(tiny_run, user="u004"), "user")
    assert all("tip later" not in frame.value for frame in app.dataframe)
