"""Peers: hand-solved scores where the method is ours to write, known structure where a package does the work."""

import sys
from collections.abc import Callable, Iterable

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mspa_model.data.split import EvalPairs
from mspa_model.training.baselines import BaselineAbsent, Try, UserTry, choose
from mspa_model.training.metrics import measure
from mspa_model.training.peers.bpr import bpr
from mspa_model.training.peers.content import ALL, content_knn
from mspa_model.training.peers.lightgcn import lightgcn
from mspa_model.training.peers.rp3beta import rp3beta
from mspa_model.training.peers.vbpr import vbpr
from mspa_model.types import Features, Modality
from tests.training.worlds import checkerboard, csr

CPU = torch.device("cpu")
METRIC = "ndcg@10"


def visual(rows: np.ndarray) -> Features:
    """Features of one modality that all streamers have."""
    arrays = {Modality.VISUAL: rows.astype(np.float32)}
    return Features(arrays, {Modality.VISUAL: np.ones(len(rows), dtype=bool)}, {Modality.VISUAL: "shipped"})


def parity(n: int) -> Features:
    """The checkerboard's two halves as directions."""
    return visual(np.stack([np.arange(n) % 2 == 0, np.arange(n) % 2 == 1], 1))


def test_rp3beta_hand_solved():
    # Users 0: a b, 1: b c, 2: c. From a to b: a's one tipper, who tips two: 1 x 1/2. From b to a: 1/2 x 1/2.
    # From b to c: 1/2 x 1/2. From c to b: 1/2 x 1/2, and 0 from a to c. The end of each walk is divided by the root of
    # its tippers: a has 1, b and c have 2.
    train = csr([(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)], (3, 3))
    (attempt,) = rp3beta(train, [(1.0, 0.5, 3)])
    root = np.sqrt(2)
    expected = [[0, 1 / 2 / root, 0], [1 / 4, 0, 1 / 4 / root], [0, 1 / 4 / root, 0]]
    assert np.allclose(attempt.scorer(sp.eye(3, format="csr")), expected)


def test_rp3beta_takes_alpha_to_each_step_and_keeps_the_strongest():
    train = csr([(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)], (3, 3))
    (attempt,) = rp3beta(train, [(2.0, 0.0, 1)])
    # From b both a and c weigh 1/4 x 1/4; of equals the first column is kept.
    expected = [[0, 1 / 4, 0], [1 / 16, 0, 0], [0, 1 / 16, 0]]
    assert np.allclose(attempt.scorer(sp.eye(3, format="csr")), expected)


def test_content_knn_on_four_streamers_hand_solved():
    # Directions: 0 east, 1 north-east, 2 north, 3 west; nobody tipped 3.
    rows = np.array([[1, 0], [1, 1], [0, 2], [-3, 0]])
    train = csr([(0, 0), (1, 1), (2, 2)], (3, 4))
    everyone, nearest = list(content_knn(train, visual(rows)))[:2]
    half = 1 / np.sqrt(2)
    assert everyone.setting == {"neighbors": ALL}
    assert np.allclose(everyone.scorer(csr([(0, 0)], (1, 4))), [[1, half, 0, -1]], atol=1e-6)
    assert np.allclose(everyone.scorer(csr([(0, 0), (0, 2)], (1, 4))), [[1, 2 * half, 1, -1]], atol=1e-6)
    # A streamer is no neighbour of itself, and the untipped one is a candidate still.
    assert np.allclose(nearest.scorer(csr([(0, 0)], (1, 4))), [[0, half, 0, -1]], atol=1e-6)


def test_content_knn_counts_modalities_alike_and_a_missing_one_as_nothing():
    rows = visual(np.array([[1.0, 0], [1, 0]]))
    audio = np.array([[0, 0, 5.0], [0, 0, 0]], dtype=np.float32)  # streamer 1 has no audio
    both = Features(
        {**rows.arrays, Modality.AUDIO: audio},
        {**rows.present, Modality.AUDIO: np.array([True, False])},
        {**rows.encoders, Modality.AUDIO: "shipped"},
    )
    everyone = next(iter(content_knn(csr([(0, 0)], (1, 2)), both)))
    assert np.allclose(everyone.scorer(csr([(0, 0)], (1, 2))), [[1, 1 / 2]])


Attempts = Callable[[sp.csr_matrix, EvalPairs], Iterable[Try | UserTry]]
TAUGHT: dict[str, tuple[str, Attempts]] = {
    "bpr": ("implicit", lambda train, val: bpr(train, 0, [(16, 0.05, 0.01, 100)])),
    "lightgcn": ("torch_geometric", lambda train, val: lightgcn(train, val, METRIC, 0, CPU, [(2, 1e-4)])),
    "vbpr": ("cornac", lambda train, val: vbpr(train, parity(train.shape[1]), val, METRIC, 0, [(8, 8, 0.01)])),
}


@pytest.mark.parametrize("name", TAUGHT)
def test_structure_is_found(name: str):
    package, make = TAUGHT[name]
    pytest.importorskip(package)
    train, val, test = checkerboard(30, seed=0)
    # Nobody tips across parities, and one streamer of the own one is left: it comes first.
    assert measure(choose(make(train, val), train, val, METRIC).scorer, test).mean("recall@10") > 0.95


@pytest.mark.parametrize("name", TAUGHT)
def test_an_absent_package_is_said_in_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch):
    package, make = TAUGHT[name]
    for loaded in [m for m in sys.modules if m.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, package, None)
    train, val, _ = checkerboard(20, seed=0)
    with pytest.raises(BaselineAbsent, match="is not installed; `pip install -r"):
        list(make(train, val))


@pytest.mark.parametrize("peer", ["contentknn", "vbpr"])
def test_without_features_content_cannot_be_compared(peer: str):
    nothing = Features({}, {}, {})
    train, val, _ = checkerboard(20, seed=0)
    make = {"contentknn": lambda: content_knn(train, nothing), "vbpr": lambda: vbpr(train, nothing, val, METRIC, 0)}
    with pytest.raises(BaselineAbsent, match="no features"):
        list(make[peer]())
