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
