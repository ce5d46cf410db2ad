"""Tips that repeat another one in user, streamer, time and amount: kept as they stand, told, and counted once where
users with as many tips are compared. An export that was joined or appended twice would else make a well-known user of
anybody; a fast giver's second equal tip of one moment is no further evidence of taste either.
"""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from mspa_model.types import Dataset, History, Split

WORTH_TELLING = 0.01  # share of the tips; fewer are what fast givers do


def repeats(tips: pd.DataFrame) -> Bool[np.ndarray, " n_tips"]:
    """True at each row of user_idx, streamer_idx, tipped_at, amount that an earlier row equals; unknown times are."""
    moment = tips["tipped_at"].to_numpy(dtype="datetime64[us]").view(np.int64)
    columns = {name: tips[name].to_numpy() for name in ("user_idx", "streamer_idx", "amount")}
    return pd.DataFrame(columns | {"moment": moment}).duplicated().to_numpy()


def n_differing(history: History) -> int:
    """How many of a user's tips differ from each other."""
    columns = {"streamer_idx": history.streamer_idx, "tipped_at": history.tipped_at, "amount": history.amount}
    return int((~repeats(pd.DataFrame({"user_idx": 0, **columns}))).sum()) if len(history) else 0


def differing_tips(dataset: Dataset, split: Split | None = None) -> Int[np.ndarray, " n_users"]:
    """n_differing of every user, of all tips or of one split's."""
    tips = dataset.tips if split is None else dataset.tips[(dataset.tips["split"] == split).to_numpy(dtype=bool)]
    return np.bincount(tips["user_idx"].to_numpy()[~repeats(tips)], minlength=dataset.n_users)
