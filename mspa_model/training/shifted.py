"""What correction is worth to users whose taste has shifted, where a made-up world says who they are."""

from collections.abc import Sequence
from typing import Any

from mspa_model.data.split import EvalPairs
from mspa_model.training.scorecard import Measured, correction_gain
from mspa_model.training.text.truth import days_of, shift_days
from mspa_model.types import Dataset


def shifted_tastes(
    dataset: Dataset, pairs: EvalPairs, measured: Sequence[Measured], seed: int
) -> dict[str, Any] | None:
    """Of the measured users all of whose test tips come after the day on which their taste was made to shift: n_users,
    kept_share, and per metric the paired interval of final step less step 0. None where the set does not say who
    shifts.
    """
    shifts = shift_days(dataset)
    if shifts is None:
        return None
    after = days_of(dataset, "test", "min") >= shifts
    return correction_gain([m for m in measured if after[m.user_idx]], pairs, seed)
