"""Which tips a text is written from when it is scored: all of the train history, or a few drawn from it."""

import numpy as np

from mspa_model.types import History

FEW = 3  # tips of a sparse draw, to as many streamers
N_DRAWS = 20


def sparse_draws(history: History, n_draws: int, seed: int, user_idx: int) -> list[History]:
    """n_draws histories of three tips to three streamers each (fewer where the user tipped fewer), oldest tip first.

    Streamers are drawn evenly, then one of the user's tips to each. What is drawn of a user depends on seed and user
    alone, not on who else is scored.
    """
    rng = np.random.default_rng([seed, user_idx])
    streamers = np.unique(history.streamer_idx)
    return [_draw(history, streamers, rng) for _ in range(n_draws)]


def _draw(history: History, streamers: np.ndarray, rng: np.random.Generator) -> History:
    mask = np.zeros(len(history), dtype=bool)
    for streamer in rng.permutation(streamers)[:FEW]:
        mask[rng.choice(np.flatnonzero(history.streamer_idx == streamer))] = True
    return history.keep(mask)
