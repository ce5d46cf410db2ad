"""A newcomer's own set: three CSV files made by hand, README's map as it stands there, and the dashboard at the end."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mspa_model.config import RunConfig
from mspa_model.training.train import train
from tests.app.pages import sound, texts
from tests.command import Command

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
N_USERS, N_STREAMERS, N_TIPS = 30, 20, 8
FIRST = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def own_files(tmp_path: Path) -> Path:
    """users.csv, streamers.csv and gifts.csv, and README's first example of a map beside them."""
    src = tmp_path / "export"
    src.mkdir()
    users = "".join(f"u{n},{('TR', 'DE')[n % 2]}\n" for n in range(N_USERS))
    (src / "users.csv").write_text("user_id,country\n" + users, encoding="utf-8")
    kinds = ("chess", "songs")
    streamers = "".join(
        f"s{n},Name {n},{kinds[n % 2][0]},plays {kinds[n % 2][0]} at night\n" for n in range(N_STREAMERS)
    )
    (src / "streamers.csv").write_text("streamer_id,name,category,text\n" + streamers, encoding="utf-8")
    gifts = "".join(
        f"u{user},s{(user % 2 + 2 * (user + 3 * tip)) % N_STREAMERS},"
        f"{int((FIRST + timedelta(days=tip, hours=user % 24)).timestamp() * 1000)},{100 * (tip + 1)}\n"
        for user in range(N_USERS)
        for tip in range(N_TIPS)
    )
    (src / "gifts.csv").write_text("uid,author_id,ts,cents\n" + gifts, encoding="utf-8")
    example = re.search(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert example is not None
    (tmp_path / "map.toml").write_text(example[1], encoding="utf-8")
    return src


def test_the_first_example_of_readme_leads_to_an_open_dashboard(
    own_files: Path, small_config: RunConfig, mspa_model_command: Command, open_app: Callable[..., AppTest]
):
    world, run = own_files.parent / "my-platform", own_files.parent / "my-run"
    answer = mspa_model_command("import", "csv", own_files, world, "--map", own_files.parent / "map.toml")
    assert answer.status == 0, answer.err
    for told in ('kind = "events" (gifts.csv has a column of times)', 'modalities = ["text"]', '"asia/shanghai"'):
        assert told in answer.said
    answer = mspa_model_command("check", world)
    assert answer.status == 0, answer.out
    train(world, run, small_config, device="cpu", with_map=False, progress=False)
    app = open_app(run)
    assert sound(app)
    assert len(app.header) == 1
    assert "my-platform" in texts(app)
