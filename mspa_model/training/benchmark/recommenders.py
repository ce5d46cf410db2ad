"""Which peers a benchmark fits, what each may know, and how its settings are named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import scipy.sparse as sp
import torch

from mspa_model.data.split import EvalPairs
from mspa_model.training.baselines import Try, UserTry, als, ease, item_knn, popularity
from mspa_model.training.peers.bpr import bpr
from mspa_model.training.peers.content import content_knn
from mspa_model.training.peers.lightgcn import MINUTES as LIGHTGCN_MINUTES
from mspa_model.training.peers.lightgcn import lightgcn
from mspa_model.training.peers.rp3beta import rp3beta
from mspa_model.training.peers.vbpr import MINUTES as VBPR_MINUTES
from mspa_model.training.peers.vbpr import vbpr
from mspa_model.types import Features

Setting = Mapping[str, int | float]


@dataclass(frozen=True)
class Inputs:
    """What a peer may learn from. features: asked for by those that know content alone, because encoding takes long.

    setting: the one to fit, chosen with another seed; None to try them all.
    """

    train: sp.csr_matrix
    val: EvalPairs
    metric: str
    features: Callable[[], Features]
    seed: int
    device: torch.device
    setting: Setting | None

    def chosen(self, *names: str) -> dict[str, list[tuple]]:
        """The setting as a maker's `settings`, by these of its names; nothing where all are to be tried."""
        return {} if self.setting is None else {"settings": [tuple(self.setting[name] for name in names)]}


@dataclass(frozen=True)
class Peer:
    """random: its figures hang on a seed; knows_content: it can tell streamers apart that nobody has tipped."""

    make: Callable[[Inputs], Iterable[Try | UserTry]]
    random: bool = False
    knows_content: bool = False
    note: str = ""


PEERS: dict[str, Peer] = {
    "popularity": Peer(lambda i: popularity(i.train)),
    "itemknn": Peer(lambda i: item_knn(i.train)),
    "ease": Peer(lambda i: ease(i.train)),
    "rp3beta": Peer(lambda i: rp3beta(i.train)),
    "als": Peer(lambda i: als(i.train, i.seed, **i.chosen("factors", "regularization", "alpha")), random=True),
    "bpr": Peer(
        lambda i: bpr(i.train, i.seed, **i.chosen("factors", "learning_rate", "regularization", "iterations")),
        random=True,
    ),
    "lightgcn": Peer(
        lambda i: lightgcn(i.train, i.val, i.metric, i.seed, i.device, **i.chosen("layers", "regularization")),
        random=True,
        note=f"LightGCN's settings share a time box of {LIGHTGCN_MINUTES:g} min a seed.",
    ),
    "contentknn": Peer(lambda i: content_knn(i.train, i.features()), knows_content=True),
    "vbpr": Peer(
        lambda i: vbpr(
            i.train,
            i.features(),
            i.val,
            i.metric,
            i.seed,
            **i.chosen("factors", "feature_factors", "regularization"),
        ),
        random=True,
        knows_content=True,
        note=(
            f"VBPR is cornac's: its loss adds each example's feature bias to every other of the batch, and its "
            f"optimiser begins anew at each look at val. Its settings share a time box of {VBPR_MINUTES:g} min a seed."
        ),
    ),
}
