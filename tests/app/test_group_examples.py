"""A group of looks or sounds is shown where it is named, and can be given a name that every page then says."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mspa_model.preference.group_names import names_file
from tests.app.pages import sound, texts, turn_to

TITLE = "visual group 1"
SHOWN = "nearest to the group's centre first"


@pytest.fixture
def run_of_groups(tiny_run: Path) -> Iterator[Path]:
    """A copy of the run where it still finds its data, so that names are given to nobody else's."""
    folder = Path(shutil.copytree(tiny_run, tiny_run.with_name("named")))
    yield folder
    shutil.rmtree(folder)
    names_file(folder).unlink(missing_ok=True)


def open_fold(app: AppTest) -> AppTest:
    """The page with its fold of groups open."""
    fold = next(e for e in app.expander if e.label.startswith("Frames and clips of"))
    app.session_state[str(fold.key)] = True
    return app.run()


def test_pages_show_the_groups_that_they_name(open_app: Callable[..., AppTest], run_of_groups: Path):
    app = open_app(run_of_groups, user="u000")
    for page in ("user", "why", "what_if"):
        app = turn_to(app, page)
        closed = texts(app).count(SHOWN)
        app = open_fold(app)
        assert sound(app)
        assert texts(app).count(SHOWN) > closed


def test_a_name_is_said_by_every_page_and_kept_beside_the_run(open_app: Callable[..., AppTest], run_of_groups: Path):
    app = open_fold(turn_to(open_app(run_of_groups, user="u000"), "user"))
    manifest = (run_of_groups / "manifest.json").read_bytes()
    field = next(f for f in app.text_input if f.label == f"A name for {TITLE}" and str(f.key).startswith("user-"))
    app = field.set_value("rooftops *at* dusk").run()
    assert json.loads(names_file(run_of_groups).read_text(encoding="utf-8"))["names"] == {TITLE: "rooftops *at* dusk"}
    assert (run_of_groups / "manifest.json").read_bytes() == manifest
    assert f"rooftops *at* dusk ({TITLE})" in texts(app)
    assert f"rooftops *at* dusk ({TITLE})" in texts(open_fold(turn_to(app, "what_if")))
    app = open_fold(turn_to(app, "user"))
    field = next(f for f in app.text_input if f.label == f"A name for {TITLE}" and str(f.key).startswith("user-"))
    app = field.set_value(" ").run()
    assert "rooftops" not in texts(app)
    assert sound(app)
