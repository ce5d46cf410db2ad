"""Pages of swaps and maps, on a run whose corrector may or may not propose a step."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from mspa_model.pipeline import rank_user
from mspa_model.runs import load_run
from tests.app.pages import sound, texts, turn_to


def test_swaps_stand_where_a_step_was_proposed_and_nowhere_else(open_app: Callable[..., AppTest], tiny_run: Path):
    run = load_run(tiny_run, device="cpu")
    proposed = {}
    for user in run.dataset.users["user_id"]:
        trace = rank_user(run, user)
        proposed.setdefault(len(trace.steps) > 1 or trace.rejected is not None, user)
    assert proposed
    for has_step, user in proposed.items():
        page = turn_to(open_app(tiny_run, user=user), "correction")
        assert sound(page)
        assert ("in the top 10" in texts(page) and " round " in texts(page)) == has_step


def test_the_map_turns_to_a_modality_and_says_what_it_is_worth(open_app: Callable[..., AppTest], tiny_run: Path):
    page = turn_to(open_app(tiny_run, user="u004"), "map")
    assert sound(page)
    assert "with other seeds" in texts(page)
    assert "true neighbours" in texts(page)
    page.segmented_control(key="map-space").set_value("sound").run()
    assert sound(page)
    assert "by sound alone" in texts(page)
    measures = next(frame.value for frame in page.dataframe if "measure" in frame.value)
    assert {"this map", "flat PCA", "chance"} <= set(measures.columns)
    assert len(measures) == 6
