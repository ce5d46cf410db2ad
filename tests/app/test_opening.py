"""What is open is known by content: a folder that holds another run, or a new audit, is opened anew."""

import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import opening
from mspa_model.errors import RunError
from mspa_model.manifest import read_manifest, store_audit
from mspa_model.once import once
from mspa_model.preference.precomputed import PrecomputedWriter
from mspa_model.preference.written import WrittenComposer
from mspa_model.runs import load_run
from tests.app.pages import sound, texts
from tests.app.test_compare import copy_of
from tests.preference.test_precomputed import Silent

Open = Callable[..., AppTest]


def put_in_place(new: Path, folder: Path) -> None:
    """Another run where one lay, its manifest with the old one's time stamp."""
    stamp = (folder / "manifest.json").stat()
    shutil.rmtree(folder)
    shutil.copytree(new, folder)
    os.utime(folder / "manifest.json", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


@pytest.fixture
def runs(tiny_run: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Two runs of the same data, away from each other."""
    shown = copy_of(tiny_run, tmp_path / "a" / "shown", **{"ndcg@10": 0.25})
    return shown, copy_of(tiny_run, tmp_path / "b" / "other", **{"ndcg@10": 0.75})


def test_a_run_that_took_the_place_of_another_of_the_same_time_is_shown(open_app: Open, runs: tuple[Path, Path]):
    shown, other = runs
    app = open_app(shown)
    assert f"Run {read_manifest(shown).identity[:12]}" in texts(app)
    put_in_place(other, shown)
    app.run()
    assert sound(app)
    assert f"Run {read_manifest(other).identity[:12]}" in texts(app)


def test_a_run_that_took_another_s_place_is_compared_anew(runs: tuple[Path, Path], tiny_run: Path):
    shown, other = runs
    run = load_run(tiny_run)
    before = opening.comparison(shown, run, ())
    put_in_place(other, shown)
    after = opening.comparison(shown, run, ())
    assert before.before.hash != after.before.hash
    assert [d.before for d in before.differences] != [d.before for d in after.differences]


def test_a_new_audit_is_noticed(runs: tuple[Path, Path]):
    shown, _ = runs
    unaudited = opening.open_run(shown)
    store_audit(read_manifest(shown), {"n_cases": 1})
    audited = opening.open_run(shown)
    assert (unaudited.audit, audited.audit) == (None, {"n_cases": 1})
    assert unaudited.hash == audited.hash


def test_data_that_no_manifest_vouches_for_joins_no_comparison(runs: tuple[Path, Path], tiny_run: Path):
    _, other = runs
    laid = copy_of(tiny_run, other.parent / "laid")
    run = load_run(other)
    assert opening.other_runs({}, run) == {"laid": laid}
    (laid / "dataset.json").write_text('{"fingerprint": "of another set"}', encoding="utf-8")
    assert opening.other_runs({}, run) == {}


class Waiting:
    """A run as far as its language model is concerned."""

    def __init__(self, writer: object) -> None:
        self.hash, self.composers = f"of a test {id(writer)}", {"compact": writer}


def written_ahead(make: Callable[[], object]) -> WrittenComposer:
    """A composer whose language model waits until it is asked for."""
    composer = object.__new__(WrittenComposer)
    composer.writer = object.__new__(PrecomputedWriter)
    composer.writer._make = once(make)
    return composer


def test_a_waiting_language_model_is_made_once_in_the_background_under_the_pages_lock():
    made, model = [], Silent()

    def make() -> Silent:
        with ThreadPoolExecutor(1) as other:
            made.append(other.submit(opening.LOCK.acquire, blocking=False).result(60))
        return model

    composer = written_ahead(make)
    run = Waiting(composer)
    thread = opening.make_ahead(run, 0)
    assert thread is not None
    assert thread.daemon
    thread.join(120)
    assert made == [False]
    assert composer.writer.model is model
    assert opening.make_ahead(run, 0) is None
    assert made == [False]


def test_what_failed_in_the_background_the_page_that_asks_gets():
    def make() -> object:
        raise RunError("weights of another shape", "a run of this version", "Train it again.")

    composer = written_ahead(make)
    thread = opening.make_ahead(Waiting(composer), 0)
    assert thread is not None
    thread.join(120)
    with pytest.raises(RunError, match="another shape"):
        _ = composer.writer.model


def test_nothing_is_made_in_the_background_where_no_server_runs(open_app: Open, tiny_run: Path):
    before = set(threading.enumerate())
    assert sound(open_app(tiny_run))
    assert not [t for t in threading.enumerate() if t not in before and isinstance(t, threading.Timer)]
