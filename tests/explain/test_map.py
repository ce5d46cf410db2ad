"""Neighbours in the original space, and the map that is drawn."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from explain.map import NONE, OTHER, aspects, distortion_sentence, map_measures, map_view, place, space_of
from explain.neighbors import compared_by, neighbors, shared_values, varying
from explain.types import Varying
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.runs import Run
from mspa_model.types import MapPlane, Modality, Vocabulary


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


def _with_constant(run: Run, *modalities: Modality) -> Run:
    """The run, whose features of these modalities are alike for all."""
    arrays = {m: np.zeros_like(a) if m in modalities else a for m, a in run.features.arrays.items()}
    return replace(run, features=replace(run.features, arrays=arrays))


def test_only_what_differs_is_named_as_what_streamers_are_near_by(closed: Run) -> None:
    every = closed.features.modalities
    assert varying(closed) == Varying(frozenset(every), True)
    words = {Modality.VISUAL: "looks", Modality.AUDIO: "sound", Modality.TEXT: "words"}
    assert all(words[m] in compared_by(closed, 4, varying(closed)) for m in every)
    one_left = _with_constant(closed, *every[1:])
    assert compared_by(closed, 4, varying(one_left)) == f"{words[every[0]]} and co-tipping taken together"
    none_left = _with_constant(closed, *every)
    assert compared_by(none_left, 4, varying(none_left)) == "co-tipping alone"
    assert compared_by(closed, 4, Varying(frozenset(), False)) == ""


def test_where_all_are_alike_nobody_is_nearest(closed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    alike = np.ones((closed.dataset.n_streamers, 4), dtype=np.float32)
    monkeypatch.setattr("explain.neighbors.space_of", lambda run, modality: alike)
    with pytest.raises(MspaError, match="whom nothing there tells from anybody"):
        neighbors(closed, 4)


def test_map_is_coloured_by_an_aspect(closed: Run) -> None:
    view = map_view(closed, "category")
    assert set(view.groups) == {label_of(closed, "Comedy"), label_of(closed, "Music")}
    assert view.group_of[4] == label_of(closed, "Comedy")
    assert len(view.names) == len(view.streamer_xy) == closed.dataset.n_streamers
    assert "keeps 50\u00a0%" in view.quality_sentence
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


@pytest.fixture(scope="module")
def planed(closed: Run) -> Run:
    """The run with a map of sounds: streamer i at (2i, 0), streamer 3 without a place, much of what 5 has near lost."""
    n = closed.dataset.n_streamers
    xy = np.stack([2 * np.arange(n), np.zeros(n)], 1).astype(np.float32)
    xy[3] = np.nan
    lost = np.full(n, 0.2, np.float32)
    lost[3], lost[5] = np.nan, 0.6
    quality = {"knn15": 0.8, "knn15_pca": 0.3, "knn15_random": 0.1, "trustworthiness": 0.9, "continuity": 0.7}
    quality |= {"neighbors": 15.0, "seed_overlap": 0.55, "seed_overlap_random": 0.05, "n_seeds": 5.0}
    quality |= {f"{name}_{beside}": 0.5 for name in ("trustworthiness", "continuity") for beside in ("pca", "random")}
    plane = MapPlane(xy, np.zeros((0, 2), np.float32), lost, np.zeros(0, np.float32), quality)
    return replace(closed, map=replace(closed.map, planes={Modality.AUDIO: plane}))


def test_a_modality_has_its_own_map_and_its_own_neighbours(planed: Run) -> None:
    view = map_view(planed, "category", Modality.AUDIO)
    assert view.modality is Modality.AUDIO
    assert view.streamer_xy[7].tolist() == [14.0, 0.0]
    assert map_view(planed).modality is None
    vectors = planed.recommender.streamer_embeddings(Modality.AUDIO).numpy()
    np.testing.assert_array_equal(space_of(planed, Modality.AUDIO), vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = [i for i in np.argsort(-(unit @ unit[4]), kind="stable") if i != 4][:3]
    assert [n.streamer_idx for n in neighbors(planed, 4, 3, Modality.AUDIO)] == expected
    x, y = place(planed, vectors[6], k=1, modality=Modality.AUDIO)
    assert (x, y) == pytest.approx((12.0, 0.0))
    with pytest.raises(MspaError, match="no map of visual"):
        map_view(planed, None, Modality.VISUAL)


def test_nothing_is_placed_by_a_streamer_without_a_place(planed: Run) -> None:
    vectors = space_of(planed, Modality.AUDIO)
    x, _ = place(planed, vectors[3], k=1, modality=Modality.AUDIO)
    assert np.isfinite(x)
    assert x != 6.0
    empty = replace(planed.map.planes[Modality.AUDIO], streamer_xy=np.full((40, 2), np.nan, np.float32))
    nowhere = replace(planed, map=replace(planed.map, planes={Modality.AUDIO: empty}))
    assert np.isnan(place(nowhere, vectors[3], modality=Modality.AUDIO)).all()


def test_a_points_distortion_is_said(planed: Run) -> None:
    name = planed.dataset.streamers["name"]
    said = distortion_sentence(planed, 5, Modality.AUDIO)
    assert said.startswith(f"Of {name[5]}'s 15 true neighbours 6 are drawn near it and 9 elsewhere, more than is usual")
    assert "12 are drawn near it and 3 elsewhere, no more than" in distortion_sentence(planed, 4, Modality.AUDIO)
    assert "not on this map" in distortion_sentence(planed, 3, Modality.AUDIO)
    assert distortion_sentence(planed, 5) == ""  # the fused map of an older run


def test_measures_stand_beside_pca_and_chance(planed: Run) -> None:
    measures = map_measures(planed.map.planes[Modality.AUDIO])
    assert [(m.value, m.pca, m.random) for m in measures] == [
        (0.9, 0.5, 0.5),
        (0.7, 0.5, 0.5),
        (0.8, 0.3, 0.1),
        (0.55, None, 0.05),
    ]
    assert all("15 neighbours" in m.label for m in measures[:3])
    assert measures[-1].label == "Neighbours on the map that 5 seeds agree on"
    assert (
        "with other seeds, it keeps 55\u00a0% of the neighbours that it shows (chance 5\u00a0%)"
        in map_view(planed, None, Modality.AUDIO).quality_sentence
    )
    assert map_measures(replace(planed.map, quality={})) == ()
