"""LightGCN: embeddings averaged over the graph of tips, taught by BPR (He et al. 2020); model and loss of PyG."""

from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mspa_model.data.split import EvalPairs
from mspa_model.training.baselines import BaselineAbsent, UserTry
from mspa_model.training.peers.stopping import Patience, taught_until_no_better
from mspa_model.training.peers.vectors import Vectors

SETTINGS = ((2, 1e-4), (3, 1e-4), (2, 1e-3))  # layers, regularization
MINUTES = 9.0  # of all settings together
DIM = 64
LEARNING_RATE = 5e-3
BATCH = 4096
LOOKS, EPOCHS_A_LOOK, PATIENCE = 60, 5, 4


def lightgcn(
    train: sp.csr_matrix,
    val: EvalPairs,
    metric: str,
    seed: int,
    device: torch.device,
    settings: Sequence[tuple[int, float]] = SETTINGS,
    minutes: float = MINUTES,
) -> Iterable[UserTry]:
    """Each setting stops early on val, or at its share of the minutes."""
    try:
        from torch_geometric.nn import LightGCN
    except ImportError as error:
        raise BaselineAbsent(
            "torch-geometric is not installed; `pip install -r requirements-dev.txt` brings it"
        ) from error
    if not train.nnz:
        raise BaselineAbsent("there is no train tip to make a graph of")
    patience = Patience(EPOCHS_A_LOOK, LOOKS, PATIENCE, 60 * minutes / len(SETTINGS))
    for layers, regularization in settings:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            # The graph is normalised once, not at every pass.
            model = LightGCN(sum(train.shape), DIM, layers, normalize=False).to(device)
            teaching = _Teaching(model, train, regularization, device)
            taught = taught_until_no_better(teaching.epochs, Vectors.scorer, val, metric, patience)
        setting = {"dim": DIM, "layers": layers, "regularization": regularization, "learning_rate": LEARNING_RATE}
        yield UserTry(setting, taught.state.scorer(), taught.note)


class _Teaching:
    """One model being taught, a streamer drawn at random against each tip."""

    def __init__(self, model, train: sp.csr_matrix, regularization: float, device: torch.device) -> None:
        self.model, self.regularization, self.device = model, regularization, device
        self.n_users, self.n_streamers = train.shape
        users, streamers = train.nonzero()
        self.tips = torch.from_numpy(np.stack([users, streamers + self.n_users]).astype(np.int64)).to(device)
        self.graph = _graph(train).to(device)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)

    def epochs(self, n: int) -> Vectors:
        for _ in range(n):
            for chosen in torch.randperm(self.tips.shape[1], device=self.device).split(BATCH):
                self._batch(self.tips[:, chosen])
        with torch.no_grad():
            vectors = self.model.get_embedding(self.graph).cpu().numpy()
        return Vectors(vectors[: self.n_users], vectors[self.n_users :])

    def _batch(self, tips: Tensor) -> None:
        users, tipped = tips
        others = torch.randint(self.n_streamers, (len(users),), device=self.device) + self.n_users
        vectors = self.model.get_embedding(self.graph)
        better, worse = (vectors[users] * vectors[tipped]).sum(1), (vectors[users] * vectors[others]).sum(1)
        nodes = torch.cat([users, tipped, others]).unique()
        loss = self.model.recommendation_loss(better, worse, nodes, self.regularization)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def _graph(train: sp.csr_matrix) -> Tensor:
    """Users and streamers as nodes, a tip as an edge both ways, each divided by the root of both degrees."""
    both = sp.bmat([[None, train], [train.T, None]], format="csr", dtype=np.float32)
    scale = sp.diags(1 / np.sqrt(np.maximum(np.asarray(both.sum(1)).ravel(), 1)))
    normal = sp.csr_matrix(scale @ both @ scale, dtype=np.float32)
    places = torch.from_numpy(normal.indptr.astype(np.int64)), torch.from_numpy(normal.indices.astype(np.int64))
    return torch.sparse_csr_tensor(*places, torch.from_numpy(normal.data), normal.shape, check_invariants=True)
