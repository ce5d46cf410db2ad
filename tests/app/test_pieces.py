"""Frames, seconds and words on the Why page: asked for, shown, and a sentence where there is nothing to leave out."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.ui.pieces import _marked
from explain.types import Carried, Carrying, Piece
from mspa_model.types import Modality
from tests.app.pages import sound, texts, turn_to

SAMPLE = Path(__file__).parents[2] / "sample_data" / "run"


def _open(page: AppTest) -> AppTest:
    page.session_state["pieces-fold"] = True
    return page.run()


def test_a_set_with_ready_made_features_says_so(open_app: Callable[..., AppTest], tiny_run: Path):
    page = _open(turn_to(open_app(tiny_run, user="u004"), "why"))
    assert sound(page)
    assert "came ready-made, so no" in texts(page)


def test_seconds_are_left_out_when_asked_and_kept(open_app: Callable[..., AppTest]):
    page = _open(turn_to(open_app(SAMPLE, user="u1620"), "why"))
    page.segmented_control(key="pieces-modality").set_value("audio").run()
    assert "points against having none" not in texts(page)
    next(button for button in page.button if button.label == "Leave them out one at a time").click().run()
    assert sound(page)
    told = texts(page)
    assert "audio takes away" in told or "audio adds" in told
    assert "The player starts at the second" in told
    page.run()
    assert "points against having none" in texts(page)


def test_hostile_words_are_shown_letter_by_letter():
    text = "<script>alert(1)</script> [x](javascript:alert(1)) ]bold **now**. Rest $x$."
    stop = text.index("now") + 3
    pieces = (
        Piece("sentence", 0, 0.0, float(text.index(" Rest")), text, 0.5, None),
        Piece("word", 0, float(stop - 3), float(stop), "now", 0.4, None),
    )
    given = Carried("profile text", 1.0, 1.0, None, -1, text=text)
    found = Carrying(Modality.TEXT, 0, "S", 1.0, None, None, (given,), pieces, True, 0.0, 1.0, "", "")
    marked = _marked(found, 0)
    inside = marked.removeprefix(":blue-background[")
    assert marked != inside
    assert "**now**" in inside
    plain = inside.replace("**now**", "")
    for sign in "<>[]()*$":
        assert plain.count(sign) - plain.count("\\" + sign) == (sign == "]")  # the one that closes the mark
