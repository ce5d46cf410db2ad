"""implicit's BPR: matrix factorisation taught on pairs of a tipped and another streamer (Rendle et al. 2009)."""

from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from mspa_model.training.baselines import BaselineAbsent, UserTry
from mspa_model.training.peers.vectors import Vectors

SETTINGS = ((64, 0.05, 0.01, 100), (64, 0.02, 0.01, 200), (32, 0.05, 0.05, 100), (128, 0.05, 0.02, 200))


def bpr(
    train: sp.csr_matrix, seed: int, settings: Sequence[tuple[int, float, float, int]] = SETTINGS
) -> Iterable[UserTry]:
    """settings: factors, learning rate, regularization, iterations."""
    try:
        from implicit.cpu.bpr import BayesianPersonalizedRanking
    except ImportError as error:
        raise BaselineAbsent("implicit is not installed; `pip install -r requirements-dev.txt` brings it") from error
    for factors, learning_rate, regularization, iterations in settings:
        with threadpool_limits(1, "blas"):
            # One thread: several write to the same factors at once, and no two runs would be alike.
            model = BayesianPersonalizedRanking(
                factors, learning_rate, regularization, iterations=iterations, num_threads=1, random_state=seed
            )
            model.fit(train.astype(np.float32), show_progress=False)
        setting = {
            "factors": factors,
            "learning_rate": learning_rate,
            "regularization": regularization,
            "iterations": iterations,
        }
        yield UserTry(setting, Vectors(np.asarray(model.user_factors), np.asarray(model.item_factors)).scorer())
