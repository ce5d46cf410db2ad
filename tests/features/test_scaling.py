"""Robust scaling on columns with known answers."""

import numpy as np

from mspa_model.features.scaling import CLIP, robust_scale, scale_features
from mspa_model.types import Modality


def _all(rows: np.ndarray) -> np.ndarray:
    return np.ones(len(rows), dtype=bool)


def test_a_column_has_mean_zero_and_deviation_one():
    rows = np.random.default_rng(0).normal(50, 7, (200, 4)).astype(np.float32)
    scaled = robust_scale(rows, _all(rows))
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(scaled.std(0), 1, atol=1e-3)


def test_a_tail_of_1e15_leaves_the_other_rows_apart():
    column = np.linspace(0, 1, 100, dtype=np.float32)
    column[-1] = 1e15
    scaled = robust_scale(column[:, None], _all(column))[:, 0]
    assert np.all(np.diff(scaled) > 0)
    assert scaled[98] - scaled[0] > 1.5
    assert scaled[-1] <= 2 * CLIP


def test_a_constant_column_is_zero_even_with_rounding_noise():
    noise = np.random.default_rng(1).normal(0, 1e-6, (50, 1))
    rows = np.hstack([np.full((50, 1), 3.0), 1_000 + noise]).astype(np.float32)
    assert not robust_scale(rows, _all(rows)).any()


def test_a_column_that_is_mostly_one_value_keeps_its_few_others():
    rows = np.zeros((100, 1), dtype=np.float32)
    rows[:8] = 1
    scaled = robust_scale(rows, _all(rows))[:, 0]
    assert scaled[0] > 2
    assert abs(scaled[50]) < 0.5


def test_absent_rows_are_zero_and_do_not_move_the_others():
    rows = np.random.default_rng(2).normal(5, 2, (40, 3)).astype(np.float32)
    holed = np.vstack([rows, np.full((4, 3), np.nan, dtype=np.float32)])
    features = scale_features({Modality.AUDIO: holed}, {Modality.AUDIO: "shipped"})
    assert not features.present[Modality.AUDIO][40:].any()
    assert not features.arrays[Modality.AUDIO][40:].any()
    np.testing.assert_array_equal(features.arrays[Modality.AUDIO][:40], robust_scale(rows, _all(rows)))


def test_values_survive_half_precision():
    rows = np.random.default_rng(3).normal(0, 1, (30, 5)).astype(np.float32)
    scaled = robust_scale(rows, _all(rows))
    np.testing.assert_array_equal(scaled, scaled.astype(np.float16).astype(np.float32))


def test_a_modality_that_nobody_has_is_not_in_features():
    nothing = np.full((5, 2), np.nan, dtype=np.float32)
    assert scale_features({Modality.TEXT: nothing}, {Modality.TEXT: "shipped"}).modalities == ()


def test_a_tail_of_1e15_is_five_ranges_and_no_more():
    """0 1 2 3 1e15: median 2, range 3 - 1 = 2, so -1 -.5 0 .5 and 5 for the tail; mean .8, deviation sqrt(4.66)."""
    column = np.array([0, 1, 2, 3, 1e15], dtype=np.float32)
    scaled = robust_scale(column[:, None], _all(column))[:, 0]
    expected = (np.array([-1, -0.5, 0, 0.5, 5]) - 0.8) / np.sqrt(4.66)
    np.testing.assert_allclose(scaled, expected, atol=2e-3)


def test_tails_to_both_sides_and_the_largest_numbers_of_32_bits():
    """-max 0 1 2 max: median 1, range 2 - 0 = 2, so -5 -.5 0 .5 5; mean 0, deviation sqrt(10.1)."""
    most = np.finfo(np.float32).max
    column = np.array([-most, 0, 1, 2, most], dtype=np.float32)
    scaled = robust_scale(column[:, None], _all(column))[:, 0]
    np.testing.assert_allclose(scaled, np.array([-5, -0.5, 0, 0.5, 5]) / np.sqrt(10.1), atol=2e-3)


def test_one_tail_does_not_touch_the_columns_beside_it():
    rows = np.random.default_rng(4).normal(0, 1, (60, 3)).astype(np.float32)
    spoilt = rows.copy()
    spoilt[::2, 1] *= 1e15
    before, after = robust_scale(rows, _all(rows)), robust_scale(spoilt, _all(rows))
    np.testing.assert_array_equal(before[:, [0, 2]], after[:, [0, 2]])


def test_rows_that_are_all_equal_and_a_single_row_are_zero():
    for rows in (np.full((6, 2), 1e15, np.float32), np.full((6, 2), -3.5, np.float32), np.ones((1, 2), np.float32)):
        assert not robust_scale(rows, _all(rows)).any()


def test_one_present_row_is_zero_and_still_present():
    rows = np.full((5, 2), np.nan, dtype=np.float32)
    rows[3] = (7.0, -1e15)
    features = scale_features({Modality.VISUAL: rows}, {Modality.VISUAL: "shipped"})
    assert features.present[Modality.VISUAL].tolist() == [False, False, False, True, False]
    assert not features.arrays[Modality.VISUAL].any()


def test_two_values_are_one_deviation_to_either_side():
    rows = np.repeat(np.array([[-2.0], [6.0]], dtype=np.float32), 4, axis=0)
    np.testing.assert_array_equal(robust_scale(rows, _all(rows))[:, 0], np.repeat([-1.0, 1.0], 4))
