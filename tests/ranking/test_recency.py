"""Newer tips count more, and never for nothing."""

from pathlib import Path

import numpy as np
import torch

from mspa_model.data import history_of, load_dataset
from mspa_model.ranking.recency import NO_DECAY, hold_out, place_matrix, places_of, weigh
from mspa_model.types import History


def history(streamers: list[int], times: list[str]) -> History:
    n = len(streamers)
    at = np.array(times, dtype="datetime64[us]")
    return History("u", np.array(streamers), np.ones(n), at, np.arange(n))


def test_places_count_distinct_streamers_from_the_newest():
    told = history([4, 2, 4, 7], ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"])
    distinct, places = places_of(told)
    assert distinct.tolist() == [2, 4, 7]
    assert places.tolist() == [3, 2, 1]


def test_without_times_every_tip_counts_alike():
    _, places = places_of(history([4, 2], ["NaT", "NaT"]))
    assert places.tolist() == [1, 1]


def test_half_life_halves():
    weights = weigh(torch.tensor([0.0, 1.0, 11.0, 1e6]), 10.0)
    torch.testing.assert_close(weights, torch.tensor([0.0, 1.0, 0.5, 1e-6]) / 1.500001**0.5)


def test_a_long_history_says_as_much_as_the_root_of_its_length():
    weights = weigh(torch.tensor([[0.0, 1.0, 40.0, 2.0, 3.0], [1.0, 0.0, 0.0, 0.0, 0.0]]), NO_DECAY)
    torch.testing.assert_close(weights, torch.tensor([[0.0, 0.5, 0.5, 0.5, 0.5], [1.0, 0.0, 0.0, 0.0, 0.0]]))
    torch.testing.assert_close(weigh(torch.zeros(3), 5.0), torch.zeros(3))


def test_holding_a_tip_out_weighs_the_rest_as_if_it_had_never_been():
    history = torch.tensor([1.0, 0.0, 1.0, 1.0])
    rows = hold_out(weigh(history, NO_DECAY), torch.tensor([0, 3]))
    never = torch.tensor([[0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 1.0, 0.0]])
    torch.testing.assert_close(rows, weigh(never, NO_DECAY))
    torch.testing.assert_close(hold_out(torch.tensor([0.0, 1.0]), torch.tensor([1])), torch.zeros(1, 2))


def test_training_and_ranking_see_the_same_places(tiny_world: Path):
    dataset = load_dataset(tiny_world)
    matrix = place_matrix(dataset, ("train",))
    for user in (0, 3, 11):
        distinct, places = places_of(history_of(dataset, user, "train"))
        row = np.zeros(dataset.n_streamers, np.float32)
        row[distinct] = places
        np.testing.assert_array_equal(matrix[user].toarray()[0], row)
