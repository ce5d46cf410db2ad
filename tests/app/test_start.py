"""The start: wrong arguments and folders that are no run end it with one sentence and exit status 2."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit import cli_util

from app.start import SERVING, given_runs, open_browser, refuse_wrong_start

ROOT = Path(__file__).parents[2]


def start(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`streamlit run app/main.py -- ...`, which is expected to end."""
    words = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py"), "--server.port=0", "--"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "STREAMLIT_SERVER_HEADLESS": "true"}
    return subprocess.run(
        [*words, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_a_folder_that_is_no_run_ends_the_start_with_one_sentence_and_status_2(tmp_path: Path):
    (tmp_path / "notes").mkdir()
    ended = start("--run", tmp_path / "notes", cwd=tmp_path)
    assert ended.returncode == 2, ended.stderr[-2000:]
    assert ended.stderr.strip().splitlines()[-1].startswith(f"Got {tmp_path / 'notes'} without manifest.json; expected")
    assert "Traceback" not in ended.stdout + ended.stderr


def test_damaged_runs_and_wrong_arguments_are_refused(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    refuse_wrong_start(["--run", str(tiny_run)])
    assert capsys.readouterr().err == ""
    damaged = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    with (damaged / "metrics.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    wrong = [
        (["--run", str(tiny_run), "--run", str(damaged)], "metrics.json with other bytes"),
        (["--run", str(tmp_path / "nowhere")], "nowhere without manifest.json"),
        (["--run"], "arguments cannot be read"),
        (["--runs-of-old", "x"], "nothing is known of '--runs-of-old'"),
        (["run"], "nothing is known of 'run'"),
    ]
    for arguments, says in wrong:
        with pytest.raises(SystemExit) as ended:
            refuse_wrong_start(arguments)
        assert ended.value.code == 2
        told = capsys.readouterr().err.strip()
        assert says in told
        assert len(told.splitlines()) == 1


def test_runs_of_one_name_are_kept_apart(tmp_path: Path):
    folders = [tmp_path / "a" / "run", tmp_path / "b" / "run"]
    runs = given_runs([word for folder in folders for word in ("--run", str(folder))])
    assert runs == {"run": folders[0], "run-2": folders[1]}


@pytest.mark.parametrize("headless", [True, False])
def test_a_browser_is_opened_where_there_is_one(headless: bool, monkeypatch: pytest.MonkeyPatch):
    """As `streamlit run` does it for a script that brings no server of its own."""
    opened: list[str] = []
    monkeypatch.setattr(cli_util, "open_browser", opened.append)
    monkeypatch.setattr("app.start._PAUSE", 0.0)
    options = {"server.headless": headless, "browser.serverAddress": "localhost"}
    monkeypatch.setattr(st, "get_option", options.__getitem__)

    async def served() -> None:
        async with open_browser(None):
            assert SERVING.is_set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    asyncio.run(served())
    assert not SERVING.is_set()
    assert len(opened) == (0 if headless else 1)
    assert all(url.startswith("http://localhost:") for url in opened)


def test_a_run_that_is_lost_later_is_told_on_the_page(open_app, tmp_path: Path):
    page = open_app(tmp_path / "lost")
    assert not page.exception
    assert "is not a run folder" in page.error[0].value
