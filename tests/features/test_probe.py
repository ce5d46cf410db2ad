"""The probe finds what is there and stays at chance where nothing is."""

import numpy as np
import pandas as pd

from mspa_model.features.probe import probe
from mspa_model.features.scaling import scale_features
from mspa_model.types import Modality


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    group = np.arange(120) % 3
    rows = rng.normal(0, 1, (120, 10))
    rows[:, 0] += 6 * (group == 1)
    rows[:, 1] += 6 * (group == 2)
    features = scale_features({Modality.VISUAL: rows.astype(np.float32)}, {Modality.VISUAL: "shipped"})
    attributes = pd.DataFrame(
        {"planted": group, "noise": rng.integers(0, 3, 120), "single": ["one"] * 120, "rare": ["a"] * 118 + ["b", None]}
    )
    return probe(features, attributes).set_index("attribute")


def test_planted_is_read_and_noise_is_not():
    table = _table()
    assert table.loc["planted", "accuracy"] > 0.95
    assert table.loc["noise", "accuracy"] < table.loc["noise", "chance"] + 0.15
    assert table.loc["planted", "chance"] < 0.4


def test_attributes_without_two_common_values_are_left_out():
    assert list(_table().index) == ["planted", "noise"]
