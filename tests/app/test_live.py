"""Only who is live: a moment in the URL, the control beside the other scopes, and what pages say of it."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mspa_model.data import fingerprint
from mspa_model.manifest import write_json, write_manifest
from tests.app.pages import PAGES, sound, texts, turn_to, url_of

Open = Callable[..., AppTest]
LIVE = ("s001", "s006", "s011", "s020")  # on until the third day, the others until the second


@pytest.fixture(scope="module")
def live_run(tiny_run: Path, tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run on its world with other rooms, which no model reads."""
    here = tmp_path_factory.mktemp("live")
    world = shutil.copytree(tiny_world, here / "worlds" / tiny_world.name)
    rooms = pd.read_parquet(world / "rooms.parquet")
    days = rooms["streamer_id"].isin(LIVE).map({True: 3, False: 2})
    rooms.assign(ended_at=rooms["started_at"] + pd.to_timedelta(days, "D")).to_parquet(world / "rooms.parquet")
    run = shutil.copytree(tiny_run, here / "runs" / tiny_run.name)
    card = {"name": "checkerboard", "folder": f"../../worlds/{tiny_world.name}", "fingerprint": fingerprint(world)}
    write_json(run / "dataset.json", card)
    write_manifest(run)
    return run


def test_every_page_ranks_only_who_is_live(open_app: Open, live_run: Path):
    app = open_app(live_run, user="u004", candidates="all", at="2024-01-03T20:00Z")
    assert app.datetime_input(key="pick-at").value == datetime(2024, 1, 3, 20)
    for page in PAGES:
        turn_to(app, page)
        assert sound(app), page
        if page not in ("overview", "map"):
            assert "4 streamers ranked" in texts(app), page
            assert "only who is live at 3 Jan 2024, 20:00 (UTC)" in texts(app), page
    assert [option.split(". ")[0] for option in app.selectbox(key="pick-streamer").options] == ["1", "2", "3", "4"]


def test_the_control_writes_the_url_and_clears_it(open_app: Open, live_run: Path):
    app = turn_to(open_app(live_run, user="u004"), "why")
    assert app.datetime_input(key="pick-at").value is None
    app.datetime_input(key="pick-at").set_value(datetime(2024, 1, 3, 20)).run()
    assert url_of(app) == {"user": "u004", "at": "2024-01-03T20:00:00Z"}
    assert sound(app)
    assert "Places count among" in texts(app)
    app.datetime_input(key="pick-at").set_value(None).run()
    assert url_of(app) == {"user": "u004"}
    assert "only who is live" not in texts(app)


def test_where_nobody_is_live_every_page_says_so(open_app: Open, live_run: Path):
    app = open_app(live_run, user="u004", at="2024-01-09T20:00Z")
    for page in PAGES:
        turn_to(app, page)
        assert sound(app), page
        assert "No streamer that may be ranked is live at 9 Jan 2024, 20:00 (UTC)." in texts(app), page


def test_who_is_not_live_is_left_out_for_that_reason(open_app: Open, live_run: Path):
    app = turn_to(open_app(live_run, user="u004", candidates="all", streamer="s008", at="2024-01-03T20:00Z"), "why")
    assert sound(app)
    assert "is left out because it is not live at 2024-01-03 20:00 UTC" in texts(app)


def test_a_time_that_is_none_is_a_sentence(open_app: Open, live_run: Path):
    app = turn_to(open_app(live_run, user="u004", at="tonight"), "why")
    assert sound(app)
    assert "The link asks who is live at “tonight”; expected a time in ISO 8601" in texts(app)


def test_a_set_without_rooms_has_no_such_control(open_app: Open, make_run: Callable[[str], Path]):
    app = open_app(make_run("no-features"), user="u004", at="2024-01-03T20:00Z")
    assert sound(app)
    assert not app.get("datetime_input")
    assert "this data set has no rooms" in texts(app)
