"""The benchmark of a start is asked for by name, and recommends to a user who has tips."""

from pathlib import Path

import pytest

from mspa_model.runs import load_run
from tests.benchmarks import start
from tests.benchmarks.__main__ import main


def test_it_is_asked_for_by_name_and_prints_what_it_measured(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    asked = []
    monkeypatch.setattr(start, "page_figures", lambda run: asked.append(run) or {})
    monkeypatch.setattr(start, "cpu_of", lambda words: 3.0 if "recommend" in words else 1.5)
    main(["start", "--run", str(tiny_run), "--user", "u004"])
    assert asked == [tiny_run.resolve()]
    assert '"torch": 2.0' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["end"])


def test_the_user_with_the_most_tips_is_recommended_to_where_none_is_given(tiny_run: Path):
    dataset = load_run(tiny_run, device="cpu").dataset
    tips = dataset.tips["user_idx"].map(dataset.users["user_id"].iloc.__getitem__).value_counts()
    assert tips[start.busiest_user(tiny_run)] == tips.max()
