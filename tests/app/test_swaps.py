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
    page.segmented_control(key="map-space").set_value("sound")
    page.session_state["map-measures"] = True
    page.run()
    assert sound(page)
    assert "by sound alone" in texts(page)
    measures = next(frame.value for frame in page.dataframe if "measure" in frame.value)
    assert {"this map", "flat PCA", "chance"} <= set(measures.columns)
    assert len(measures) == 6


def test_a_pair_opened_is_one_of_the_table_after_known_tips_change(open_app: Callable[..., AppTest], tiny_run: Path):
    """The control kept its place in the list, and with it the pair of another ranking."""
    run = load_run(tiny_run, device="cpu")
    for user in run.dataset.users["user_id"]:
        traces = [rank_user(run, user, history) for history in ("all", "train")]
        if all(len(trace.steps) > 1 or trace.rejected is not None for trace in traces):
            break
    page = turn_to(open_app(tiny_run, user=user), "correction")
    for history in ("all", "train"):
        page.segmented_control(key="pick-history").set_value(history).run()
        page.session_state["swaps-fold"] = True
        page.run()
        assert sound(page)
        tables = [frame.value for frame in page.dataframe if "falls behind" in frame.value]
        if not tables:
            continue
        (box,) = [box for box in page.selectbox if box.label == "Open a pair"]
        pairs = [f"{row.rises} passes {row._2}" for row in tables[0].itertuples(index=False)]
        assert [option.split(" (")[0] for option in box.options] == pairs
        box.select_index(len(pairs) - 1).run()
        assert f"over {tables[0]['falls behind'].iloc[-1]}" in texts(page)
