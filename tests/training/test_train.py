"""A whole training on the checkerboard: what its run folder says of itself."""

from pathlib import Path

from mspa_model.runs import load_run
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
