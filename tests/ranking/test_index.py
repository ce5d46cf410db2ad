"""Neighbours: exact by hand, and how many the inverted lists find of them."""

import numpy as np
import pytest

from mspa_model.ranking.index import NeighborIndex


def clustered(n: int) -> np.ndarray:
    """Vectors widely around 20 centres."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(20, 16))
    return (centres[rng.integers(0, 20, n)] + 1.0 * rng.normal(size=(n, 16))).astype(np.float32)


@pytest.mark.parametrize("exact_up_to", [10, 0], ids=["exact", "inverted lists"])
def test_neighbours_go_by_angle_and_leave_out_oneself(exact_up_to: int):
    vectors = np.array([[1.0, 0.0], [5.0, 0.1], [0.0, 2.0], [-1.0, 0.0]], dtype=np.float32)
    similarity, found = NeighborIndex(vectors, exact_up_to).neighbors_of(0, 2)
    assert found.tolist() == [1, 2]
    np.testing.assert_allclose(similarity, [5 / 25.01**0.5, 0.0], atol=1e-6)


def test_inverted_lists_find_nearly_all_and_always_the_same():
    vectors = clustered(6_400)
    assert len(vectors) // 64 == 100  # lists, of which 16 are read
    _, exact = NeighborIndex(vectors).search(vectors[:200], 10)
    index = NeighborIndex(vectors, exact_up_to=0)
    _, found = index.search(vectors[:200], 10)
    hits = [len(set(a) & set(b)) for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    assert 0.9 <= sum(hits) / 2_000 < 1.0  # below 1, or nothing was left unread and nothing is tested
    np.testing.assert_array_equal(NeighborIndex(vectors, exact_up_to=0).search(vectors[:200], 10)[1], found)


@pytest.mark.parametrize("n", [20, 20_000])
@pytest.mark.parametrize("exact_up_to", [20_000, 0], ids=["exact", "inverted lists"])
def test_twins_keep_the_order_of_their_rows_however_long_the_list(n: int, exact_up_to: int):
    rng = np.random.default_rng(0)
    lengths = rng.uniform(0.5, 2.0, (n, 1))  # the same angle all the same
    index = NeighborIndex((lengths * rng.normal(size=(1, 16))).astype(np.float32), exact_up_to)
    whole = [i for i in range(n) if i != 7]
    for k in (1, 3, 10, 18):
        assert index.neighbors_of(7, k)[1].tolist() == whole[:k]


def test_twins_among_others_come_by_row_and_a_cut_between_them_too():
    vectors = clustered(500)
    vectors[[400, 30, 200]] = vectors[3] + 0.01
    index = NeighborIndex(vectors)
    for k in (1, 2, 3, 4):
        assert index.neighbors_of(3, k)[1][:3].tolist() == [30, 200, 400][:k]
