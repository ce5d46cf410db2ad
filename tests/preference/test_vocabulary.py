"""The vocabulary of small worlds: what is taken up, what is not, and how it is called."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from mspa_model.config import FeatureConfig, PreferenceConfig
from mspa_model.data.load import load_dataset
from mspa_model.features.encode import encode
from mspa_model.features.scaling import scale_features
from mspa_model.preference.columns import cell_values, column_values, plain_label, quoted
from mspa_model.preference.groups import Label, clear_label, feature_groups
from mspa_model.preference.phrases import coherence, key_phrases, proper_names, terms
from mspa_model.preference.vocabulary import build_vocabulary, load_vocabulary, plural, save_vocabulary
from mspa_model.types import Dataset, Features, Modality
from tests.preference import rooms
from tests.worlds import VARIANTS, group_of

CONFIG = PreferenceConfig(n_clusters=2, n_phrases=8)


def _features(dataset: Dataset) -> Features:
    return encode(dataset, FeatureConfig(), torch.device("cpu"))


@pytest.mark.parametrize("name", ["checkerboard", *VARIANTS])
def test_every_world_has_a_sound_vocabulary(make_world: Callable[[str], Path], name: str, tmp_path: Path):
    dataset = load_dataset(make_world(name))
    features = _features(dataset)
    vocabulary = build_vocabulary(dataset, features, CONFIG, seed=7)
    n_values = len(vocabulary.values)
    assert len({(v.aspect, v.name) for v in vocabulary.values}) == n_values
    assert vocabulary.membership.shape == (dataset.n_streamers, n_values)
    assert set(np.unique(vocabulary.membership)) <= {0.0, 1.0}
    assert [v.n_streamers for v in vocabulary.values] == vocabulary.membership.sum(0).astype(int).tolist()
    assert all(len(v.label) < 160 and v.label.isprintable() for v in vocabulary.values)
    assert {m: p.shape for m, p in vocabulary.prototypes.items()} == {
        m: (n_values, features.arrays[m].shape[1]) for m in features.modalities
    }
    save_vocabulary(tmp_path, vocabulary)
    again = load_vocabulary(tmp_path)
    assert again.values == vocabulary.values
    np.testing.assert_array_equal(again.membership, vocabulary.membership)
    assert set(again.prototypes) == set(vocabulary.prototypes)


def test_the_same_seed_gives_the_same_vocabulary(tiny_world: Path):
    dataset = load_dataset(tiny_world)
    features = _features(dataset)
    first, second = (build_vocabulary(dataset, features, CONFIG, seed=7) for _ in range(2))
    assert first.values == second.values
    np.testing.assert_array_equal(first.membership, second.membership)


def test_columns_become_values(tiny_world: Path):
    dataset = load_dataset(tiny_world)
    vocabulary = build_vocabulary(dataset, _features(dataset), CONFIG, seed=7)
    found = {(v.aspect, v.name): i for i, v in enumerate(vocabulary.values)}
    planted = np.array([group_of(row) == 0 for row in range(dataset.n_streamers)])
    np.testing.assert_array_equal(vocabulary.membership[:, found["category", "Comedy"]] > 0, planted)
    assert ("language", "fr") in found
    assert ("language", "en") not in found  # two in three speak it: it tells users little apart


def _planted(n: int = 60) -> Features:
    """Three looks, each its own level in all eight columns."""
    rng = np.random.default_rng(5)
    looks = rng.normal(0, 3, (3, 8))
    raw = (looks[np.arange(n) % 3] + rng.normal(0, 0.5, (n, 8))).astype(np.float32)
    return scale_features({Modality.VISUAL: raw}, {Modality.VISUAL: "shipped"})


def test_planted_looks_are_found_and_named_by_what_they_share():
    categories = [("Horror", "Cooking", "Chess")[i % 3] for i in range(60)]
    streamers = pd.DataFrame({"streamer_id": [f"s{i}" for i in range(60)], "name": "", "category": categories})
    vocabulary = build_vocabulary(
        rooms.dataset(streamers=streamers), _planted(), PreferenceConfig(n_clusters=3), seed=7
    )
    groups = [i for i, v in enumerate(vocabulary.values) if v.aspect == "visual group"]
    shared = {vocabulary.values[i].label.split(", ")[1] for i in groups}
    assert shared == {"mostly Horror", "mostly Cooking", "mostly Chess"}
    for i in groups:
        assert len(set(np.flatnonzero(vocabulary.membership[:, i]) % 3)) == 1


@pytest.mark.parametrize(("name", "end"), [("", ", 20 films"), ("Zoe", r", like Zoe \(s\d+\) and Zoe \(s\d+\)")])
def test_a_group_without_a_label_is_called_by_names_else_by_size(name: str, end: str):
    streamers = pd.DataFrame({"streamer_id": [f"s{i}" for i in range(60)], "name": name})
    dataset = rooms.dataset(streamers=streamers, streamer_is="film")
    vocabulary = build_vocabulary(dataset, _planted(), PreferenceConfig(n_clusters=3), seed=7)
    labels = sorted(v.label for v in vocabulary.values)
    assert len(labels) == 3
    assert all(re.fullmatch(f"visual group {i}{end}", label) for i, label in enumerate(labels, 1)), labels


def _column(cells: list[str | None], name: str = "genre") -> Dataset:
    streamers = pd.DataFrame({"streamer_id": [f"s{i}" for i in range(len(cells))], "name": "", name: cells})
    return rooms.dataset(streamers=streamers)


def test_bars_and_short_lists_are_several_values():
    assert cell_values("A|B | A", split_commas=False) == ("A", "B")
    assert cell_values("Ann, Bo", split_commas=True) == ("Ann", "Bo")
    assert cell_values("Smith, John", split_commas=False) == ("Smith, John",)
    assert cell_values(None, split_commas=True) == ()


def test_values_that_too_few_or_nearly_all_have_are_left_out():
    found = column_values(_column(["all"] * 8 + ["all|some"] * 3 + ["one"]), min_streamers=2)
    assert [v.name for v in found] == ["some"]


def test_codes_are_values_and_counts_are_not():
    codes = column_values(_column([1] * 6 + [2] * 6, "gender"), min_streamers=2)
    assert [(v.column, v.name) for v in codes] == [("gender", "1"), ("gender", "2")]
    assert column_values(_column([n // 2 for n in range(40)], "fans"), min_streamers=2) == ()


def test_prose_is_no_value():
    assert (
        column_values(_column(["a long sentence that describes the room at length, with a comma"] * 4 + [""] * 8), 2)
        == ()
    )


def test_values_of_the_same_streamers_are_told_once():
    found = column_values(_column(["Kirk, Spock"] * 5 + ["Ripley"] * 7), min_streamers=2)
    assert [v.name for v in found] == ["Ripley", "Kirk"] or [v.name for v in found] == ["Kirk"]


def test_labels_are_one_plain_line():
    assert plain_label("a\n\u202eb\tc") == "a b c"
    assert plain_label("x" * 10_000) == "x" * 39 + "…"


def test_names_of_people_are_no_phrases_and_topics_are():
    texts = [
        "We play chess openings slowly and quietly with Magnus all night",
        "We love fine chess openings and endgames, says Magnus again, and talk about them",
        "Some chess openings are played late at night by guests",
    ] * 2
    other = [
        "We are cooking soup and bread and a small cake with Julia",
        "We make a warm soup for everyone who is cold, with Julia",
        "Even more soup and bread from a very small kitchen",
    ] * 2
    other += ["a plain room"] * 12  # a phrase of half of all streamers would be filler
    assert {"magnus", "julia"} <= proper_names(texts + other)
    found = [p.words for p in key_phrases(texts + other, None, 12, 3, frozenset())]
    assert set(found) == {"soup", "chess"}  # "chess openings" would say of the same streamers what "chess" says
    assert not {"magnus", "julia"} & set(found)


def test_pairs_of_words_stand_side_by_side_in_the_text():
    assert terms("Falls in love. Chess club", frozenset()) == ["falls", "love", "chess", "club", "chess club"]
    assert terms("chess, club", frozenset({"club"})) == ["chess"]


def test_phrases_of_no_texts_or_only_filler_are_none():
    assert key_phrases(["", "", ""], None, 5, 1, frozenset()) == ()
    assert key_phrases(["the and of"] * 12, None, 5, 2, frozenset()) == ()


def test_coherence_prefers_streamers_that_are_alike():
    rows = np.random.default_rng(0).normal(0, 1, (60, 8)).astype(np.float32)
    rows[:10, 0] += 4
    alike, mixed = np.arange(60) < 10, np.arange(60) % 6 == 0
    worth = coherence(np.stack([alike, mixed], axis=1), rows - rows.mean(0))
    assert worth[0] > 3 * abs(worth[1])


def test_a_group_takes_a_label_only_where_it_is_clear():
    has = np.arange(100) < 20
    clear = Label("Horror", np.arange(100) < 15)
    vague = Label("Drama", np.arange(100) % 2 == 0)
    assert clear_label(has, [vague, clear]) == "Horror"
    assert clear_label(has, [vague]) is None


def test_too_few_streamers_make_no_groups():
    rows = np.random.default_rng(0).normal(0, 1, (8, 3)).astype(np.float32)
    assert feature_groups(rows, np.ones(8, dtype=bool), 10, 5, seed=0) == ()


def test_streamers_without_a_modality_are_in_none_of_its_groups():
    raw = np.random.default_rng(0).normal(0, 1, (60, 3)).astype(np.float32)
    raw[:30, 0] += 20
    raw[50:] = np.nan
    features = scale_features({Modality.VISUAL: raw}, {Modality.VISUAL: "shipped"})
    groups = feature_groups(features.arrays[Modality.VISUAL], features.present[Modality.VISUAL], 2, 5, seed=0)
    assert sum(int(g.has.sum()) for g in groups) == 50


@pytest.mark.parametrize("width", [3, 40])
def test_copies_are_one_group_each_and_streamers_that_are_all_alike_none(width: int):
    """Without a word from scikit-learn: forty columns go through principal directions first."""
    two = np.repeat(np.random.default_rng(0).normal(0, 1, (2, width)).astype(np.float32), [40, 20], axis=0)
    everyone = np.ones(60, dtype=bool)
    groups = feature_groups(two, everyone, 10, 5, seed=0)
    assert [np.flatnonzero(g.has).tolist() for g in groups] == [list(range(40)), list(range(40, 60))]
    assert feature_groups(two[:40], everyone[:40], 10, 5, seed=0) == ()


def test_plural():
    assert [plural(w) for w in ("film", "micro-video", "category", "match")] == [
        "films",
        "micro-videos",
        "categories",
        "matches",
    ]


def test_a_quoted_label_has_no_quotation_marks_inside_others():
    assert quoted("the words “night sky”") == "“the words ‘night sky’”"
    assert quoted("Home") == "“Home”"
