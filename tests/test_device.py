"""The same on every device: rankings agree, nothing is mixed, and what computes is named.

Without a GPU a device that pretends to be one takes its place: it refuses what a GPU would refuse.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from explain.pipeline import explain
from explain.types import Case
from mspa_model.config import ComposerConfig, CorrectorConfig, PreferenceConfig, RankingConfig, RunConfig
from mspa_model.device import device_words, resolve_device
from mspa_model.errors import ResourceError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run, load_run
from mspa_model.training.train import map_spaces, train
from mspa_model.types import Ranking
from tests.worlds import checkerboard, write_world
from tests.worlds.elsewhere import DEVICE, elsewhere

AGREE = 1e-4
USERS = ("u000", "u001", "u007")
# Every stage of a training, as short as it can be.
SHORT = RunConfig(
    preference=PreferenceConfig(n_clusters=2, n_phrases=8),
    composer=ComposerConfig(dim=16, layers=1, heads=2, steps=2, batch=8, max_tips=8),
    ranking=RankingConfig(dim=8, hidden=8, max_epochs=2, cotips_ridge=(1.0,), latent_dim=8, latent_epochs=2),
    corrector=CorrectorConfig(max_epochs=1, max_steps=1, max_witnesses=5, folds=2, hidden=8, cautions=(1.0,)),
)

gpu = pytest.mark.gpu
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU on this machine")


def rankings(run: Run) -> list[Ranking]:
    return [rank_user(run, user).final.ranking for user in USERS]


def seals(run: Run, beside: list[Ranking]) -> list[str]:
    found = []
    for user, ranking in zip(USERS[:1], beside, strict=False):
        streamer = str(run.dataset.streamers["streamer_id"].iloc[int(ranking.order[0])])
        found.append(explain(run, Case(user, streamer), rank_user(run, user)).seal.colour)
    return found


def assert_alike(found: Ranking, expected: Ranking) -> None:
    """The same scores within AGREE, and the same order but where scores lie closer than that."""
    assert (found.scores - expected.scores).abs().max() <= AGREE
    assert sorted(found.order.tolist()) == sorted(expected.order.tolist())
    there = expected.scores[found.order]
    assert (there[1:] - there[:-1]).max() <= 2 * AGREE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough users to teach a language model, and four of them to measure."""
    world = checkerboard(n_users=23, n_streamers=16, tips_each=7)
    place, measured = world.tips.groupby("user_id").cumcount(), world.tips["user_id"] < "u004"
    split = np.select([measured & (place == 6), measured & (place == 5)], ["test", "val"], "train")
    world = replace(world, kind="matrix", tips=world.tips.assign(split=split))
    return write_world(world, tmp_path_factory.mktemp("short"))


def test_a_run_ranks_and_explains_the_same_elsewhere(
    make_run: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_run("no-audio")
    here = load_run(path, device="cpu")
    expected = rankings(here)
    colours = seals(here, expected)
    with elsewhere(monkeypatch):
        there = load_run(path)
        assert there.device.type == DEVICE.type
        found = rankings(there)
        assert seals(there, expected) == colours
        map_spaces(there)
    for one, other in zip(found, expected, strict=True):
        assert one.scores.device.type == "cpu"
        assert_alike(one, other)


def test_a_training_goes_through_elsewhere(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with elsewhere(monkeypatch):
        train(folder, tmp_path / "run", SHORT, with_map=False, progress=False)
    run = load_run(tmp_path / "run", device="cpu")
    assert run.metrics["models"]["mspa"]["ndcg@10"]["value"] > 0
    assert len(rankings(run)[0].order) == 16 - 7


def test_what_a_gpu_refuses_is_refused_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with elsewhere(monkeypatch):
        there, here = torch.ones(3, device=DEVICE), torch.arange(3.0)
        for refused in (
            lambda: there + here,
            lambda: there.numpy(),
            lambda: torch.cat([there, here]),
            lambda: there.index_put_((torch.tensor([0, 1]),), here[:2]),
            lambda: here[torch.zeros(2, dtype=torch.int64, device=DEVICE)],
        ):
            with pytest.raises((RuntimeError, TypeError), match="elsewhere"):
                refused()
        there[torch.tensor([0, 1])] = 2.0
        assert (there * here[1]).cpu().tolist() == [2.0, 2.0, 1.0]


def test_what_computes_is_named_before_the_model_is_made(make_run: Callable[[str], Path]) -> None:
    run = load_run(make_run("no-audio"), device="cpu")
    unmade = replace(run, model=lambda: pytest.fail("the model was made"))
    assert device_words(unmade.device) == "on the processor"


def test_a_gpu_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA L4")
    assert device_words(torch.device("cuda")) == "on NVIDIA L4"


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto").type == "cpu"
    with pytest.raises(ResourceError, match="--device cuda"):
        resolve_device("cuda")


@gpu
@needs_cuda
def test_a_gpu_ranks_and_explains_as_the_processor_does(make_run: Callable[[str], Path]) -> None:
    here, there = (load_run(make_run("no-audio"), device=device) for device in ("cpu", "cuda"))
    expected = rankings(here)
    for one, other in zip(rankings(there), expected, strict=True):
        assert_alike(one, other)
    assert seals(there, expected) == seals(here, expected)


@gpu
@needs_cuda
def test_a_training_goes_through_on_a_gpu(folder: Path, tmp_path: Path) -> None:
    train(folder, tmp_path / "run", SHORT, "cuda", with_map=False, progress=False)
    here, there = (rankings(load_run(tmp_path / "run", device=device)) for device in ("cpu", "cuda"))
    for one, other in zip(there, here, strict=True):
        assert_alike(one, other)
