"""What the composer says of users' train tips, as the numbers that aligners and weights are chosen by."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.data import history_of
from mspa_model.preference.composer import Composer
from mspa_model.preference.statements import signed_strengths
from mspa_model.types import Dataset


@dataclass(frozen=True)
class ToldUsers:
    """Histories and the composer's statements of them.

    tips: 0/1, csr (n, n_streamers); strengths: signed, csr (n, n_values); user_idx: whose they are.
    """

    user_idx: Int[np.ndarray, " n"]
    tips: sp.csr_matrix
    strengths: sp.csr_matrix

    def __len__(self) -> int:
        return len(self.user_idx)

    def dense(
        self, rows: Int[np.ndarray, " batch"], device: torch.device
    ) -> tuple[Float[Tensor, "batch n_streamers"], Float[Tensor, "batch n_values"]]:
        """Tips and strengths of these rows."""
        tips, strengths = self.tips[rows].toarray(), self.strengths[rows].toarray()
        return torch.from_numpy(tips).to(device), torch.from_numpy(strengths).to(device)


def told_users(dataset: Dataset, composer: Composer, users: Int[np.ndarray, " n"]) -> ToldUsers:
    """The train histories of these users and what the composer says of them."""
    tips = sp.lil_matrix((len(users), dataset.n_streamers), dtype=np.float32)
    strengths = sp.lil_matrix((len(users), len(composer.vocabulary.values)), dtype=np.float32)
    histories = [history_of(dataset, int(user), "train") for user in users]
    for row, preference in enumerate(composer.compose_many(histories)):
        tips[row, np.unique(preference.history.streamer_idx)] = 1.0
        signed = signed_strengths(preference.statements, strengths.shape[1]).numpy()
        said = np.flatnonzero(signed)
        strengths[row, said] = signed[said]
    return ToldUsers(np.asarray(users, dtype=np.int64), tips.tocsr(), strengths.tocsr())
