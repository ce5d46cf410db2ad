"""The user page: cards that are corrected in place, the ranking that follows, and other composers beside it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mspa_model.device import device_words, resolve_device
from mspa_model.manifest import write_manifest
from mspa_model.pipeline import rank_user
from tests.app.pages import sound, texts, turn_to

Open = Callable[..., AppTest]


@pytest.fixture
def page(open_app: Open, tiny_run: Path) -> AppTest:
    """The page for one user, before any edit."""
    return turn_to(open_app(tiny_run, user="u004"), "user")


@pytest.fixture
def run_with_other(tiny_run: Path) -> Path:
    """The run with a larger model named in its configuration that is not on this machine."""
    folder = tiny_run.parent / "with-other"
    if not folder.exists():
        shutil.copytree(tiny_run, folder)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["composer"]["other"] = "/nowhere/thing-2b"
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        write_manifest(folder)
    return folder


def keys(app: AppTest, start: str) -> list[str]:
    """Keys of the buttons that begin so."""
    return [str(button.key) for button in app.button if str(button.key).startswith(start)]


def top(app: AppTest) -> list[str]:
    """Names of the first ten, as the table beside the cards has them."""
    return list(next(frame.value for frame in app.dataframe if "rank" in frame.value)["streamer"])


def test_a_card_says_what_a_statement_rests_on_and_what_it_does(page: AppTest):
    said = texts(page)
    assert sound(page)
    assert "**Likes " in said
    assert "Without it, " in said
    assert "newest first: " in said
    assert "It holds for 10 of the 10 streamers in this user's tips" in said
    assert keys(page, "card-delete-")


def test_the_first_card_is_the_first_of_the_headline(page: AppTest):
    said = texts(page)
    card = next(line for line in said.splitlines() if line.startswith(("**Likes ", "**Avoids ", "**Possibly ")))
    claim = card.strip("*")
    assert f"User u004 {claim[:1].lower()}{claim[1:]}" in said


def test_a_deleted_statement_moves_the_ranking_beside_and_comes_back(page: AppTest):
    before = top(page)
    page.button(key=keys(page, "card-delete-")[0]).click().run()
    assert sound(page)
    assert "The first 10 with 1 edit" in texts(page)
    assert "With the edits it is gone." in texts(page)
    table = next(frame.value for frame in page.dataframe if "before" in frame.value)
    names = {name: place for place, name in enumerate(before, 1)}
    assert all(names.get(row["streamer"], row["before"]) == row["before"] for _, row in table.iterrows())
    page.button(key="edits-back").click().run()
    assert sound(page)
    assert top(page) == before
    assert "With the edits" not in texts(page)


def test_a_slider_turns_a_like_into_something_avoided_and_back(page: AppTest):
    slider = page.slider[0]
    written = slider.value
    slider.set_value(-0.5).run()
    assert sound(page)
    assert "With the edits: avoids, 0.50." in texts(page)
    page.slider[0].set_value(0.0).run()
    assert "With the edits it is gone." in texts(page)
    page.slider[0].set_value(written).run()
    assert "The first 10 with" not in texts(page)


def test_a_tip_is_left_out_from_its_card(page: AppTest):
    liked = next(str(slider.key) for slider in page.slider if slider.value > 0)
    statement = liked.rpartition("-")[2]
    page.session_state[f"card-tips-{statement}"] = True
    page.run()
    page.button(key=keys(page, f"tip-{statement}-")[0]).click().run()
    assert sound(page)
    assert "1. without the tip " in texts(page)
    assert any(button.label == "Take back" for button in page.button)


def test_edits_are_those_of_the_what_if_page(page: AppTest):
    page.button(key=keys(page, "card-delete-")[0]).click().run()
    turn_to(page, "what_if")
    assert "With 1 edit," in texts(page)
    page.button(key="edit-back-0").click().run()
    assert "The first 10 with" not in texts(turn_to(page, "user"))


def test_a_value_can_be_added(page: AppTest):
    page.session_state["edit-fold"] = True
    page.run()
    page.selectbox(key="edit-kind").set_value("set statement").run()
    page.button(key="edit-add").click().run()
    assert sound(page)
    assert "The first 10 with 1 edit" in texts(page)


def test_composing_anew_says_where_it_disagrees_until_the_edits_change(page: AppTest):
    page.button(key="compose-anew").click().run()
    assert "the statements are those of the quick edit" in texts(page)
    page.slider[0].set_value(-0.5).run()
    assert "Composed anew" not in texts(page)
    page.button(key="compose-anew").click().run()
    assert sound(page)
    assert "1 statement would differ from the quick edit" in texts(page)
    assert any("anew" in frame.value for frame in page.dataframe)


def test_one_composer_alone_is_said_in_a_line(open_app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch):
    def teacher_alone(run, preference):
        return {"teacher": run.composers["teacher"].compose(preference.history)}

    monkeypatch.setattr("explain.composing.composed_by", teacher_alone)
    app = turn_to(open_app(tiny_run, user="u018"), "user")
    assert sound(app)
    assert "one composer, the teacher (statistics): no other text stands" in texts(app)
    assert not keys(app, "ask-larger")


def test_the_texts_of_two_composers_stand_side_by_side(page: AppTest):
    said = texts(page)
    assert "**The compact language model** :blue-badge[ranked by]" in said
    assert "**The teacher (statistics)**" in said
    assert "They share " in said
    table = next(frame.value for frame in page.dataframe if "said by" in frame.value)
    alone = table["compact"] == "—"
    assert (table["said by"][alone] == "only teacher").all()
    assert not keys(page, "ask-larger")


def test_a_larger_model_that_is_not_there_is_one_sentence_and_can_be_asked_again(open_app: Open, run_with_other: Path):
    app = turn_to(open_app(run_with_other, user="u004"), "user")
    app.button(key="ask-larger").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert "thing-2b" in texts(app)
    assert keys(app, "ask-larger")


def test_a_larger_model_that_answers_stands_beside(
    open_app: Open, run_with_other: Path, monkeypatch: pytest.MonkeyPatch
):
    def write(run, history):
        taught = run.composer.compose(history)
        return replace(taught, statements=taught.statements[1:], text="A larger <b>model</b> says so.", composer="2b")

    monkeypatch.setattr("app.cache.write_with_other", write)
    app = turn_to(open_app(run_with_other, user="u006"), "user")
    app.button(key="ask-larger").click().run()
    assert sound(app)
    assert "A larger <b>model</b> says so." in texts(app)
    assert "A larger \\<b\\>model" in next(m.value for m in app.markdown if "A larger" in m.value)
    table = next(frame.value for frame in app.dataframe if "said by" in frame.value)
    unsaid = table["thing-2b"] == "—"
    assert unsaid.any()
    assert not table["said by"][unsaid].isin(["all", "all but teacher"]).any()
    assert (table["said by"] == "all").any()


def test_an_earlier_step_is_read_and_not_corrected(open_app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch):
    def with_a_step(run, *who):
        trace = rank_user(run, *who)
        return replace(trace, steps=(trace.steps[0], replace(trace.steps[0], index=1)))

    monkeypatch.setattr("mspa_model.pipeline.rank_user", with_a_step)
    app = turn_to(open_app(tiny_run, user="u017", step="0"), "user")
    assert sound(app)
    assert "**Likes " in texts(app)
    assert not keys(app, "card-delete-")
    assert "corrected at the last step" in texts(app)


def test_the_foot_says_on_what_the_model_runs(page: AppTest):
    (foot,) = [caption.value for caption in page.sidebar.caption if ", made " in caption.value]
    assert foot.endswith(f", model {device_words(resolve_device())}")
