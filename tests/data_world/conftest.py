"""One tiny world for all tests of the generator, and the world that ships."""

from pathlib import Path

import pytest

from mspa_model.data.world import WorldConfig, make_world

TINY = WorldConfig(
    n_streamers=20,
    n_users=60,
    n_tips=600,
    n_days=20,
    n_media_segments=20,
    n_spoken_segments=80,
    n_view_events=300,
    changer_share=0.4,
    missing_share=0.15,
    clip_seconds=0.5,
)


@pytest.fixture(scope="session")
def tiny_generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "world"
    make_world(folder, seed=7, progress=False, config=TINY)
    return folder


@pytest.fixture(scope="session")
def shipped() -> Path:
    return Path(__file__).parents[2] / "sample_data" / "world"
