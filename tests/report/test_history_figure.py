"""The history's figure shows where older tips fade."""

from datetime import datetime

import numpy as np

from explain import figures
from mspa_model.types import DatasetInfo, History


def test_faded_tips_are_grey_left_of_the_day(info: DatasetInfo):
    times = np.datetime64("2026-01-01", "us") + np.arange(3) * np.timedelta64(1, "D")
    tips = History("u", np.arange(3), np.ones(3), times, np.arange(3))
    picture = figures.history_timeline(tips.faded(datetime(2026, 1, 2, 12)), ["A", "B", "C"], info, (0,))
    assert picture.table["role"].tolist() == ["cited", "faded", "used"]
    assert picture.figure.layout.shapes[0].x0 == "2026-01-02T12:00:00"
    assert "30\u00a0%" in picture.how_to_read
    plain = figures.history_timeline(tips, ["A", "B", "C"], info, (0,))
    assert "counts for less" not in {trace.name for trace in plain.figure.data}
    assert not plain.figure.layout.shapes
