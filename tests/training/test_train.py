"""A whole training on the checkerboard: what its run folder says of itself."""

import shutil
from pathlib import Path

import pytest

from mspa_model.errors import RunError
from mspa_model.manifest import read_manifest
from mspa_model.runs import Run, load_run
from mspa_model.training.evaluate import Evaluation
from mspa_model.training.train import evaluate_run


def test_a_run_says_how_good_it_and_its_map_are(tiny_run: Path):
    run = load_run(tiny_run, device="cpu")
    models = run.metrics["models"]
    # Nobody tips across groups, so whoever sees the groups is ahead of who does not.
    assert models["mspa"]["ndcg@20"]["value"] > models["popularity"]["ndcg@20"]["value"]
    assert run.metrics["paired"]["mspa_minus_popularity"]["ndcg@20"]["low"] > 0
    assert run.map is not None
    assert run.map.quality["knn15"] > run.map.quality["knn15_random"]
    assert run.map.streamer_xy.shape == (run.dataset.n_streamers, 2)


def test_evaluating_a_run_again_keeps_its_hash(tiny_run: Path):
    before = load_run(tiny_run, device="cpu")
    assert evaluate_run(tiny_run, None, "cpu", progress=False).hash == before.hash


def test_evaluating_again_takes_in_nothing_that_was_laid_into_the_folder(tiny_run: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_run, tiny_run.parent / tmp_path.name)
    (folder / "audit.json").write_text("{}", encoding="utf-8")

    def measured(run: Run, progress: bool) -> Evaluation:
        return Evaluation({**run.metrics, "measured": "again"}, run.users)

    run = evaluate_run(folder, None, "cpu", progress=False, measure=measured)
    assert run.metrics["measured"] == "again"
    assert run.audit is None
    assert {*run.files.hashes} == {*read_manifest(tiny_run).hashes}
    assert (folder / "audit.json").is_file(), "what lies beside the run's files stays"

    def meanwhile(run: Run, progress: bool) -> Evaluation:
        (folder / "cotips.safetensors").write_bytes(b"")
        return measured(run, progress)

    with pytest.raises(RunError, match=r"cotips\.safetensors with other bytes"):
        evaluate_run(folder, None, "cpu", progress=False, measure=meanwhile)
