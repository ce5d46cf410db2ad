"""The overview's fold that holds the shown run against another."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mspa_model.manifest import write_manifest
from tests.app.pages import sound, texts, url_of

Open = Callable[..., AppTest]


def copy_of(run: Path, folder: Path, **columns: object) -> Path:
    """The run moved with its data's place, its figures replaced."""
    shutil.copytree(run, folder)
    card = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    card["folder"] = str((run / card["folder"]).resolve())
    (folder / "dataset.json").write_text(json.dumps(card), encoding="utf-8")
    users = pd.read_parquet(folder / "users.parquet")
    users.assign(**columns).to_parquet(folder / "users.parquet", index=False)
    write_manifest(folder)
    return folder


@pytest.fixture
def beside(tiny_run: Path, tmp_path: Path) -> Path:
    """A run with others of the same data beside it: one with lower figures, one that is damaged."""
    copy_of(tiny_run, tmp_path / "better", n_test=3, **{"ndcg@10": 1.0})
    damaged = copy_of(tiny_run, tmp_path / "damaged")
    (damaged / "step0.safetensors").write_bytes(b"")
    return copy_of(tiny_run, tmp_path / "shown", n_test=3, **{"ndcg@10": 0.5})


def test_nothing_is_compared_before_a_run_is_chosen(open_app: Open, beside: Path):
    app = open_app(beside)
    assert "Against better" not in texts(app)
    app.session_state["compare"] = True
    app.run()
    assert sound(app)
    assert app.selectbox(key="pick-against").options == ["choose a run", "better", "damaged"]


def test_a_chosen_run_gets_sentence_figures_and_losses(open_app: Open, beside: Path):
    app = open_app(beside)
    app.session_state["compare"] = True
    app.run()
    app.selectbox(key="pick-against").select("better").run()
    assert sound(app)
    assert url_of(app)["against"] == "better"
    told = texts(app)
    assert "Against better, this run is worse by more than chance: ndcg@10 −0.500 (−0.500 to −0.500)" in told
    assert "0 of 60 users are better off, 60 worse" in told
    assert "How to read: the difference is this run less the other" in told
    figures = next(f.value for f in app.dataframe if "reading" in f.value)
    assert figures["users"].iat[0] == "all"
    losses = next(f.value for f in app.dataframe if "lost most" in f.value)
    assert set(losses["is"]) == {"worse"}


def test_a_link_opens_the_comparison(open_app: Open, beside: Path):
    app = open_app(beside, against="better")
    assert sound(app)
    assert "Against better, this run is worse" in texts(app)


def test_a_damaged_run_and_an_unknown_name_get_one_sentence(open_app: Open, beside: Path):
    app = open_app(beside, against="damaged")
    assert not app.exception
    assert [error.value for error in app.error]
    assert "other bytes than were written" in texts(app)
    app = open_app(beside, against="../../etc")
    assert sound(app)
    assert "knows no run “../../etc” to compare with" in texts(app)


def test_a_run_alone_says_how_to_bring_another(open_app: Open, tiny_run: Path, tmp_path: Path):
    alone = copy_of(tiny_run, tmp_path / "alone" / "run")
    app = open_app(alone)
    app.session_state["compare"] = True
    app.run()
    assert "No other run is known" in texts(app)
