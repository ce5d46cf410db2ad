"""RP3beta: three random steps over tips, popular streamers held back (Paudel et al. 2017)."""

from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp

from mspa_model.training.baselines import Try
from mspa_model.training.metrics import top_k

SETTINGS = ((1.0, 0.3, 200), (1.0, 0.6, 200), (1.0, 0.1, 200), (0.7, 0.1, 200))  # alpha, beta, neighbors
_BLOCK = 512


def rp3beta(train: sp.csr_matrix, settings: Sequence[tuple[float, float, int]] = SETTINGS) -> Iterable[Try]:
    """A user's tipped streamers walk to their tippers and on to those users' streamers; every step to the power alpha,
    a streamer's share divided by its number of tippers to the power beta, its n strongest kept from each start.
    """
    for alpha, beta, neighbors in settings:
        weights = _walks(train, alpha, beta, neighbors)
        setting = {"alpha": alpha, "beta": beta, "neighbors": neighbors}
        yield Try(setting, lambda rows, weights=weights: (rows @ weights).toarray().astype(np.float32))


def _walks(train: sp.csr_matrix, alpha: float, beta: float, neighbors: int) -> sp.csr_matrix:
    to_users, to_streamers = _steps(train.T.tocsr(), alpha), _steps(train, alpha)
    n_tippers = np.asarray(train.sum(0)).ravel()
    held_back = np.where(n_tippers > 0, np.maximum(n_tippers, 1) ** -beta, 0)
    n, parts = train.shape[1], []
    for start in range(0, n, _BLOCK):
        block = (to_users[start : start + _BLOCK] @ to_streamers).toarray() * held_back
        block[np.arange(len(block)), start + np.arange(len(block))] = 0  # walking back to the start says nothing
        columns = top_k(block, neighbors)
        values = np.take_along_axis(block, columns, 1)
        rows = np.repeat(np.arange(len(block)), columns.shape[1])
        part = sp.csr_matrix((values.ravel(), (rows, columns.ravel())), shape=(len(block), n))
        part.eliminate_zeros()
        parts.append(part)
    return sp.vstack(parts, format="csr")


def _steps(tips: sp.csr_matrix, alpha: float) -> sp.csr_matrix:
    """Chances of going from each row to one of its columns, to the power alpha; nowhere from an empty row."""
    chances = sp.csr_matrix(sp.diags(1 / np.maximum(np.asarray(tips.sum(1)).ravel(), 1)) @ tips, dtype=np.float64)
    chances.data **= alpha
    return chances
