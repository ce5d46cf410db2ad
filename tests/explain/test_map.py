"""Neighbours in the original space, and the map that is drawn."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from explain.map import NONE, OTHER, aspects, map_view, place
from explain.neighbors import neighbors, shared_values
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.runs import Run
from mspa_model.types import Vocabulary


def label_of(run: Run, category: str) -> str:
    return next(v.label for v in run.vocabulary.values if (v.aspect, v.name) == ("category", category))


def test_neighbours_are_of_the_own_group_and_share_its_values(closed: Run) -> None:
    found = neighbors(closed, 4, k=5)
    assert len(found) == 5
    assert 4 not in [n.streamer_idx for n in found]
    assert all(n.streamer_idx % 2 == 0 for n in found)
    assert all(label_of(closed, "Comedy") in n.shared for n in found)
    similarities = [n.similarity for n in found]
    assert similarities == sorted(similarities, reverse=True)
    vectors = closed.recommender.streamer_fused
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert similarities[0] == pytest.approx(np.sort(unit @ unit[4])[-2], abs=1e-5)


def test_what_few_share_is_named_first(closed: Run) -> None:
    sizes = {v.label: v.n_streamers for v in closed.vocabulary.values}
    shared = shared_values(closed, 0, 6)
    assert [sizes[label] for label in shared] == sorted(sizes[label] for label in shared)


@pytest.mark.parametrize("world", ["matrix", "no-features", "few-users", "some-lack-audio"])
def test_odd_worlds_have_neighbours(make_closed: Callable[[str], Run], world: str) -> None:
    assert len(neighbors(make_closed(world), 1, k=3)) == 3


def test_map_is_coloured_by_an_aspect(closed: Run) -> None:
    view = map_view(closed, "category")
    assert set(view.groups) == {label_of(closed, "Comedy"), label_of(closed, "Music")}
    assert view.group_of[4] == label_of(closed, "Comedy")
    assert len(view.names) == len(view.streamer_xy) == closed.dataset.n_streamers
    assert "keeps 50%" in view.quality_sentence
    assert map_view(closed).aspect == aspects(closed)[0]
    with pytest.raises(UnknownIdError, match="category"):
        map_view(closed, "smell")


def test_rare_groups_are_other_and_missing_ones_none(closed: Run) -> None:
    membership = np.eye(closed.dataset.n_streamers, 9, dtype=np.float32)
    values = [
        replace(closed.vocabulary.values[0], aspect="a", name=str(i), label=f"a {i}", n_streamers=20 - i)
        for i in range(9)
    ]
    run = replace(closed, vocabulary=Vocabulary(tuple(values), membership, {}))
    view = map_view(run, "a")
    assert view.groups[-2:] == (OTHER, NONE)
    assert (view.group_of[0], view.group_of[8], view.group_of[20]) == ("a 0", OTHER, NONE)


def test_something_new_is_placed_among_its_neighbours(closed: Run) -> None:
    vector = closed.recommender.streamer_fused[6]
    x, y = place(closed, vector, k=1)
    assert (x, y) == pytest.approx((6.0, 0.0))
    nearest = [6, *(n.streamer_idx for n in neighbors(closed, 6, k=4))]
    x, y = place(closed, vector, k=5)
    assert min(nearest) <= x <= max(nearest)
    assert y == pytest.approx(0.0)


def test_a_run_without_a_map_says_so(closed: Run) -> None:
    with pytest.raises(MspaError, match="without a map"):
        map_view(replace(closed, map=None))
