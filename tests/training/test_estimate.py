"""What a training will take is said first, and what would not fit is refused by the option that would help."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from mspa_model.config import RunConfig
from mspa_model.data import load_dataset
from mspa_model.errors import ResourceError
from mspa_model.training import estimate as module
from mspa_model.training import machine
from mspa_model.training.estimate import Estimate, estimate, refuse_what_will_not_fit
from mspa_model.words import time_words


@pytest.fixture
def dataset(tiny_world):
    return load_dataset(tiny_world)


@pytest.fixture(autouse=True)
def reference_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that the constants were measured on, however busy this one is."""
    monkeypatch.setattr(module, "slowness", lambda: 1.0)


def test_a_small_set_fits_and_says_so(dataset):
    found = refuse_what_will_not_fit(dataset, RunConfig())
    assert found.memory_gib < 2
    assert found.sentence.startswith("This will take about 2 min and 1.1 GiB of memory; longer where other programs")


# CPU minutes and the peak of whole trainings on one thread, measured (docs/LOG.md).
MEASURED = {"few-users": (0.107, 0.563), "checkerboard": (0.192, 0.589)}


@pytest.mark.parametrize("name", MEASURED)
def test_a_forecast_is_within_a_factor_of_two(
    name: str, make_world: Callable[[str], Path], small_config: RunConfig, monkeypatch: pytest.MonkeyPatch
):
    found, (minutes, gib) = estimate(load_dataset(make_world(name)), small_config), MEASURED[name]
    assert minutes / 2 < found.minutes < 2 * minutes
    assert gib / 2 < found.memory_gib < 2 * gib


def test_what_a_set_does_not_need_takes_no_time(dataset, make_world: Callable[[str], Path]):
    whole = estimate(dataset, RunConfig())
    teacher = RunConfig(composer=replace(RunConfig().composer, active="teacher"))
    assert estimate(dataset, teacher).minutes < whole.minutes / 4
    assert estimate(dataset, teacher).memory_gib < whole.memory_gib
    few = load_dataset(make_world("few-users"))
    assert estimate(few, RunConfig()).minutes == estimate(few, teacher).minutes < 0.2
    assert estimate(few, RunConfig(), with_map=True).minutes > 0.4


def test_a_slower_machine_takes_longer(dataset, monkeypatch: pytest.MonkeyPatch):
    quick = estimate(dataset, RunConfig()).minutes
    monkeypatch.setattr(module, "slowness", lambda: 3.0)
    assert estimate(dataset, RunConfig()).minutes == pytest.approx(3 * quick)


def test_a_machine_is_judged_by_its_quickest_tries_within_bounds(monkeypatch: pytest.MonkeyPatch):
    for times, expected in ((1.0, 1.0), (2.5, 2.5), (100.0, machine.SLOWEST), (0.0, machine.FASTEST)):
        quickest = iter([times * machine.LARGE, times * machine.SMALL])
        monkeypatch.setattr(machine, "_quickest", lambda work, q=quickest: next(q))
        assert machine.slowness() == pytest.approx(expected)
    monkeypatch.undo()
    clock = iter([0.0, 3.0, 3.0, 4.0, 4.0, 9.0] + [9.0, 99.0] * 30)
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))
    assert machine._quickest(lambda: None) == 1.0


def test_times_are_said_in_units_that_say_something():
    said = {0.2: "1 s", 89.0: "89 s", 100.0: "2 min", 3599.0: "1 h", 3900.0: "1 h 5 min", 7300.0: "2 h 2 min"}
    assert {seconds: time_words(seconds) for seconds in said} == said
    assert "11 s and 0.6 GiB" in Estimate(11 / 60, 0.6, 8.0).sentence


def test_more_streamers_take_more(dataset):
    larger = replace(dataset, streamers=dataset.streamers.loc[dataset.streamers.index.repeat(100)])
    assert estimate(larger, RunConfig()).minutes > estimate(dataset, RunConfig()).minutes
    assert estimate(larger, RunConfig()).memory_gib > estimate(dataset, RunConfig()).memory_gib


def test_low_rank_needs_less_memory_than_a_square(dataset):
    larger = replace(dataset, streamers=dataset.streamers.loc[dataset.streamers.index.repeat(300)])
    dense = RunConfig()
    low_rank = replace(dense, ranking=replace(dense.ranking, max_dense_streamers=100))
    assert estimate(larger, low_rank).memory_gib < estimate(larger, dense).memory_gib


def test_what_will_not_fit_is_refused_with_the_option(dataset, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1024**2))
    with pytest.raises(ResourceError, match="--max-dense-streamers"):
        refuse_what_will_not_fit(dataset, RunConfig())
