"""A history becomes one entry a streamer, with what is known of amounts and times."""

import numpy as np

from mspa_model.preference.entries import AmountScale, amount_scale, entries_of
from mspa_model.types import History

SCALE = AmountScale(1.0, 0.5)


def history(streamers, amounts=None, days=None) -> History:
    n = len(streamers)
    amount = np.ones(n) if amounts is None else np.array(amounts, dtype=float)
    start = np.datetime64("2024-01-01", "us")
    times = (
        np.full(n, np.datetime64("NaT"), dtype="datetime64[us]")
        if days is None
        else start + np.array(days) * np.timedelta64(86_400_000_000, "us")
    )
    return History("u", np.array(streamers, dtype=np.int64), amount, times, np.arange(n, dtype=np.int64))


def test_repeated_tips_are_one_entry_and_the_newest_streamer_is_last():
    found = entries_of(history([5, 3, 5, 7, 3]), SCALE, 10)
    assert found.streamer_idx.tolist() == [5, 7, 3]
    assert found.positions == ((0, 2), (3,), (1, 4))
    assert found.n_tipped == 3


def test_only_the_newest_streamers_fit():
    found = entries_of(history(list(range(500))), SCALE, 48)
    assert found.streamer_idx.tolist() == list(range(452, 500))
    assert found.n_tipped == 500


def test_amounts_are_standardised_bounded_and_marked_where_unknown():
    facts = entries_of(history([1, 2, 3], amounts=[np.expm1(1.0), 1e9, np.nan]), SCALE, 10).facts
    np.testing.assert_allclose(facts[:, 0], [0, 4, 0], atol=1e-6)
    assert facts[:, 1].tolist() == [1, 1, 0]


def test_age_is_counted_from_the_newest_tip_and_unknown_times_are_marked():
    facts = entries_of(history([1, 2], days=[0, 3]), SCALE, 10).facts
    np.testing.assert_allclose(facts[:, 2], [np.log1p(3) / 4, 0], atol=1e-6)
    assert facts[:, 3].tolist() == [1, 1]
    assert entries_of(history([1, 2]), SCALE, 10).facts[:, 2:4].tolist() == [[0, 0], [0, 0]]


def test_no_tips_no_entries():
    found = entries_of(history([]), SCALE, 10)
    assert found.streamer_idx.tolist() == []
    assert found.positions == ()
    assert found.facts.shape == (0, 6)


def test_scale_of_known_amounts_alone():
    scale = amount_scale(np.array([np.expm1(1.0), np.expm1(3.0), np.nan]))
    assert (round(scale.mean, 6), round(scale.deviation, 6)) == (2.0, 1.0)
    assert amount_scale(np.array([np.nan])) == AmountScale(0.0, 1.0)
