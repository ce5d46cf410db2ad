"""A streamer is named by its id or by its name; a name that several have lists their ids."""

from dataclasses import replace
from pathlib import Path

import pytest

from mspa_model.data import load_dataset
from mspa_model.data.ids import streamer_id_of
from mspa_model.errors import UnknownIdError
from mspa_model.types import Dataset


@pytest.fixture(scope="module")
def named(tiny_world: Path) -> Dataset:
    """The checkerboard with names that are one's, two's, part of another's, and an id."""
    dataset = load_dataset(tiny_world)
    names = ["Rozas", "Lumi", "lumi", "Kato of the hill", "s005", *dataset.streamers["name"].iloc[5:]]
    return replace(dataset, streamers=dataset.streamers.assign(name=names))


@pytest.mark.parametrize(
    ("text", "meant"),
    [("s001", "s001"), ("Rozas", "s000"), (" rozas ", "s000"), ("the hill", "s003"), ("s005", "s005")],
)
def test_an_id_comes_first_then_a_name_then_a_part_of_one(named: Dataset, text: str, meant: str):
    assert streamer_id_of(named, text) == meant


def test_a_name_of_several_lists_their_ids(named: Dataset):
    with pytest.raises(UnknownIdError) as refused:
        streamer_id_of(named, "Lumi")
    assert "s001 (Lumi), s002 (lumi)" in str(refused.value)
    with pytest.raises(UnknownIdError) as refused:
        streamer_id_of(named, "room")
    assert " more" in str(refused.value)


@pytest.mark.parametrize("text", ["nobody at all", "", " ", "("])
def test_a_name_of_nobody_is_answered_with_the_nearest_ids(named: Dataset, text: str):
    with pytest.raises(UnknownIdError) as refused:
        streamer_id_of(named, text)
    assert "nearest known ids are" in str(refused.value)


def test_the_sets_own_word_has_its_article(named: Dataset):
    series = replace(named, info=replace(named.info, streamer_is="episode"))
    with pytest.raises(UnknownIdError, match="expected an episode of this data set"):
        streamer_id_of(series, "nobody at all")
