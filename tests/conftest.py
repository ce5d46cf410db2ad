"""What every test shares: shapes checked while they run, small worlds on disk, one trained run."""

import os
from collections.abc import Callable
from pathlib import Path

# Tiny tensors on shared cores: a second thread mostly waits (a user's correction: 0.03 s with one, up to 2 s with two).
os.environ.setdefault("OMP_NUM_THREADS", "1")

from jaxtyping import install_import_hook

from tests.shapes import PACKAGES, install_full_checks

# Before the first import of the product: annotations of shapes are checked in tests, free at run time.
install_full_checks()
install_import_hook(list(PACKAGES), "beartype.beartype")

import pytest  # noqa: E402
from filelock import FileLock  # noqa: E402

from mspa_model.config import ComposerConfig, CorrectorConfig, MapConfig, PreferenceConfig, RankingConfig, RunConfig  # noqa: E402
from tests.command import Command, command_of  # noqa: E402
from tests.worlds import EXTREMES, VARIANTS, add_media, checkerboard, write_world  # noqa: E402

SMALL = RunConfig(
    preference=PreferenceConfig(n_clusters=2, n_phrases=8),
    composer=ComposerConfig(dim=32, layers=1, heads=2, steps=60, batch=16, max_tips=12),
    ranking=RankingConfig(dim=8, hidden=16, batch=32, max_epochs=12, patience=3, cotips_ridge=(1.0, 10.0)),
    corrector=CorrectorConfig(max_epochs=3, folds=2, hidden=8),
    map=MapConfig(n_neighbors=5, seeds=2),
)


@pytest.fixture(scope="session")
def small_config() -> RunConfig:
    """A configuration that trains on a tiny world in seconds."""
    return SMALL


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for the whole session, the same for all workers of xdist."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def make_world(shared_folder: Path) -> Callable[[str], Path]:
    """Folder of a world by name, "checkerboard" (with media) or a key of VARIANTS or EXTREMES. Copy it first."""

    def make(name: str) -> Path:
        folder = shared_folder / "worlds" / name
        folder.parent.mkdir(exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / "dataset.toml").exists():
                world = add_media(checkerboard(), folder) if name == "checkerboard" else (VARIANTS | EXTREMES)[name]()
                write_world(world, folder)
        return folder

    return make


@pytest.fixture(scope="session")
def tiny_world(make_world: Callable[[str], Path]) -> Path:
    """The checkerboard with media, as a dataset folder."""
    return make_world("checkerboard")


@pytest.fixture(scope="session")
def make_run(shared_folder: Path, make_world: Callable[[str], Path], small_config: RunConfig) -> Callable[[str], Path]:
    """Run folder trained on a world by name, once a session; only the checkerboard has a map: UMAP compiles long."""

    def make(name: str) -> Path:
        from mspa_model.training.train import train  # not at the top: what needs no run should not wait for it

        out = shared_folder / "runs" / name
        out.parent.mkdir(exist_ok=True)
        with FileLock(f"{out}.lock"):
            if not (out / "manifest.json").exists():
                with_map = name == "checkerboard"
                train(make_world(name), out, small_config, device="cpu", with_map=with_map, progress=False)
        return out

    return make


@pytest.fixture(scope="session")
def tiny_run(make_run: Callable[[str], Path]) -> Path:
    """A run trained on the checkerboard, with its map. Read it, don't change it: copy it first."""
    return make_run("checkerboard")


@pytest.fixture
def mspa_model_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m mspa_model ...`, in this process."""
    from mspa_model import __main__ as module

    return command_of(module, capsys, monkeypatch)


@pytest.fixture
def explain_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m explain ...`, in this process."""
    from explain import __main__ as module

    return command_of(module, capsys, monkeypatch)
