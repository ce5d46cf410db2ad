"""What a training will take is said first, and what would not fit is refused by the option that would help."""

from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest

from mspa_model.config import RunConfig
from mspa_model.data import load_dataset
from mspa_model.errors import ResourceError
from mspa_model.training.estimate import estimate, refuse_what_will_not_fit


@pytest.fixture
def dataset(tiny_world):
    return load_dataset(tiny_world)


def test_a_small_set_fits_and_says_so(dataset):
    found = refuse_what_will_not_fit(dataset, RunConfig())
    assert found.memory_gib < 2
    assert "min" in found.sentence
    assert "GiB" in found.sentence


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
