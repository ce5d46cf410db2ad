"""The Report page: the analyst's note stays with its case, and the key file is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app import cache
from explain.types import Case
from mspa_model.runs import load_run
from tests.app.pages import sound, texts, turn_to

Open = Callable[..., AppTest]


def noted(app: AppTest) -> str:
    return app.text_area(key="note").value


def test_a_note_stays_when_one_leaves_the_page_and_comes_back(open_app: Open, tiny_run: Path):
    app = turn_to(open_app(tiny_run, user="u004"), "report")
    assert noted(app) == ""
    app.text_area(key="note").set_value("Quoted in the review.").run()
    turn_to(app, "why")
    turn_to(app, "report")
    assert sound(app)
    assert noted(app) == "Quoted in the review."


def test_each_case_has_its_own_note(open_app: Open, tiny_run: Path):
    app = turn_to(open_app(tiny_run, user="u004"), "report")
    app.text_area(key="note").set_value("Of the fourth.").run()
    app.query_params["user"] = "u005"
    app.run()
    assert noted(app) == ""
    app.text_area(key="note").set_value("Of the fifth.").run()
    for user, note in (("u004", "Of the fourth."), ("u005", "Of the fifth.")):
        app.query_params["user"] = user
        app.run()
        assert noted(app) == note
    assert len(app.session_state["notes"]) == 2


def test_a_note_that_is_emptied_stays_empty(open_app: Open, tiny_run: Path):
    app = turn_to(open_app(tiny_run, user="u004"), "report")
    app.text_area(key="note").set_value("Wrong.").run()
    app.text_area(key="note").set_value("").run()
    assert noted(turn_to(turn_to(app, "why"), "report")) == ""


def test_the_page_names_the_key_file_and_shows_nothing_of_it(open_app: Open, tiny_run: Path):
    page = texts(turn_to(open_app(tiny_run, user="u004"), "report"))
    key = tiny_run.with_name(f"{tiny_run.name}.key")
    assert f"only the key file {key} opens" in page
    assert key.read_text(encoding="ascii").strip() not in page


def test_another_key_file_brings_another_pseudonym(tiny_run: Path, tmp_path: Path):
    run = load_run(shutil.copytree(tiny_run, tiny_run.parent / tmp_path.name))
    streamer, rival = run.dataset.streamers["streamer_id"].head(2)
    case = Case("u004", streamer, rival, candidates="all")
    before = json.loads(cache.report(run, case, "")["json"])["case"]
    run.path.with_name(f"{run.path.name}.key").write_text("ab" * 32, encoding="ascii")
    after = json.loads(cache.report(run, case, "")["json"])["case"]
    assert before.pop("user_key") != after.pop("user_key")
    assert before.pop("user") != after.pop("user")
    assert before == after
