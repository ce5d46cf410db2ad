"""What peers with a vector on either side have in common: a score is their product."""

from typing import NamedTuple

import numpy as np

from mspa_model.training.metrics import Scorer


class Vectors(NamedTuple):
    """users (n_users, dim) and streamers (n_streamers, dim), which later teaching does not change."""

    users: np.ndarray
    streamers: np.ndarray

    def scorer(self) -> Scorer:
        """Scores of all streamers for users by user_idx."""
        return lambda idx: np.asarray(self.users[idx] @ self.streamers.T, dtype=np.float32)
