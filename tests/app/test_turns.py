"""Between two steps, on Why and on Correction, for a user of the shipped run for whom a step was kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import sound, texts, turn_to

SAMPLE = Path(__file__).parents[2] / "sample_data" / "run"
KEPT = "u1362"  # correction kept a step


def _table(page: AppTest, column: str):
    return next(frame.value for frame in page.dataframe if column in frame.value)


def test_a_margin_is_held_against_another_step(open_app: Callable[..., AppTest]):
    page = turn_to(open_app(SAMPLE, user=KEPT), "why")
    page.session_state["turn-fold"] = True
    page.session_state["turn-twin"] = True
    page.run()
    assert sound(page)
    told = texts(page)
    assert "At step 0" in told
    assert "at step 1" in told
    assert "limit" in told.split(": the difference of the two steps")[1]
    assert ": converged." in told
    turned = _table(page, "margin at step 0")
    change = turned["change"].iloc[-1]
    assert turned["change"].iloc[:-1].sum() == pytest.approx(change, abs=1e-5)
    assert _table(page, "margin without it")["adds"].sum() == pytest.approx(change, abs=1e-5)


def test_a_pair_that_changed_places_is_opened_by_source_and_inside(open_app: Callable[..., AppTest]):
    page = turn_to(open_app(SAMPLE, user=KEPT), "correction")
    page.session_state["swaps-fold"] = True
    page.run()
    assert sound(page)
    assert "the difference of the two steps" in texts(page)


def test_a_user_without_another_step_gets_no_fold(open_app: Callable[..., AppTest]):
    folds = {
        user: [fold.label for fold in turn_to(open_app(SAMPLE, user=user), "why").expander]
        for user in ("u0003", "u0463")
    }
    assert ["What correction changed between the two" in labels for labels in folds.values()] == [False, True]
