"""What streamers are like: hand-solved rows of labels, and modalities beside them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mspa_model.preference.columns import column_terms
from mspa_model.ranking.content import DIRECTIONS, label_rows, likeness_with_labels
from mspa_model.types import Dataset, Features, Modality
from tests.ranking.test_batch import INFO

CATEGORIES = ["Comedy|Drama", "Comedy", "Drama", "Drama", "Horror", None]


def world(**columns: list) -> Dataset:
    n = len(next(iter(columns.values())))
    streamers = pd.DataFrame(
        {"streamer_id": [f"s{i}" for i in range(n)], "name": [f"n{i}" for i in range(n)], **columns}
    )
    users = pd.DataFrame({"user_id": ["u0"]})
    return Dataset(Path(), INFO, users, streamers, pd.DataFrame(), None, None, None, {}, "")


def test_labels_of_two_or_more_count_and_rare_ones_weigh_more():
    terms = column_terms(world(category=pd.Series(CATEGORIES, dtype="string")), 2)
    assert list(terms) == ["category"]
    # Drama (3 of 6), then Comedy (2 of 6); Horror is one streamer's alone.
    assert terms["category"].toarray().tolist() == [[1, 1], [0, 1], [1, 0], [1, 0], [0, 0], [0, 0]]
    drama, comedy = np.log(2), np.log(3)
    rows = label_rows(terms["category"])
    length = (drama**2 + comedy**2) ** 0.5
    assert rows[0].tolist() == pytest.approx([drama / length, comedy / length])
    assert rows[1].tolist() == [0, 1]
    assert rows[5].tolist() == [0, 0]


def test_a_label_that_nearly_all_have_says_nothing():
    assert column_terms(world(language=pd.Series(["en"] * 5 + ["de"], dtype="string")), 2) == {}


def test_more_labels_than_directions_are_drawn_together():
    rng = np.random.default_rng(0)
    terms = sp.csr_matrix((rng.random((400, DIRECTIONS + 40)) < 0.03).astype(float))
    rows = label_rows(terms)
    assert rows.shape == (400, DIRECTIONS)
    lengths = np.linalg.norm(rows, axis=1)
    assert lengths[np.asarray(terms.sum(1)).ravel() > 0] == pytest.approx(1.0)
    assert np.array_equal(rows, label_rows(terms))


def test_modalities_and_labels_stand_side_by_side():
    features = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    features[2] = 0.0
    present = np.arange(6) != 2
    told = Features({Modality.AUDIO: features}, {Modality.AUDIO: present}, {Modality.AUDIO: "shipped"})
    rows = likeness_with_labels(world(category=pd.Series(CATEGORIES, dtype="string")), told)
    assert rows.shape == (6, 3 + 2)
    assert np.linalg.norm(rows[:, :3], axis=1) == pytest.approx(present.astype(float), abs=1e-5)
    np.testing.assert_array_equal(rows[2, :3], 0.0)
    assert rows[2, 3:].tolist() == [1, 0]


def test_a_set_without_either_has_rows_of_nothing():
    assert likeness_with_labels(world(title=[None] * 4), Features({}, {}, {})).shape == (4, 0)
