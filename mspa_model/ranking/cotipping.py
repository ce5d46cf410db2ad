"""Co-tipping: a linear item-item model, exact per tip.

Dense form: EASE (Steck 2019, "Embarrassingly Shallow Autoencoders"), with users weighing 1 / n_tips ** degree_power,
and with what streamers are like as further rows beside the users' (Jeunen, Van Balen and Goethals 2020, "Closed-form
models for collaborative filtering with side-information"): few tips then lean on content.
Above RankingConfig.max_dense_streamers: a truncated SVD of the tips with ridge shrinkage of its directions.
To either a latent model may be added (training/latent.py), and one that knows what is tipped next
(training/ordered.py); val weighs both. Every fit is a sum over tips, each tip's row times a number: its weight, or its
share of the history where val found that a long one should speak no louder.
"""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from scipy.linalg import lapack
from scipy.sparse.linalg import svds
from torch import Tensor

from mspa_model.config import RankingConfig
from mspa_model.ranking.low_rank import LowRankCoTips, side_by_side, strongest
from mspa_model.ranking.tip_rows import Content, TipRows, WrittenRows


@runtime_checkable
class CoTips(Protocol):
    """An item-item model: the fit of a history is a sum over its tips, exact."""

    def rows(self, streamer_idx: Int[Tensor, " n"]) -> Float[Tensor, "n n_streamers"]:
        """Every streamer's fit to each history of one such tip, of weight 1."""
        ...

    def told(self, streamer_idx: Int[Tensor, " n"], user: Int[Tensor, " m"]) -> TipRows:
        """Rows of these distinct streamers, by the model fitted without the user whose distinct train tips are `user`
        (may be empty). Their number is a multiple of n; numbers i, n + i, and so on are the i-th tip's.
        """
        ...

    def factors(self, weights: Float[Tensor, "cases n"]) -> Float[Tensor, "cases r"]:
        """Of histories that weigh the n tips so: by how much to multiply the rows, whose sum is then the fit."""
        ...

    def joined(self, content: Content) -> Content:
        """Of a low-rank model: what streamers are like, with what its rows are multiplied with."""
        ...

    def fit(self, tips: Float[Tensor, "batch n_streamers"]) -> Float[Tensor, "batch n_streamers"]:
        """Fit of every streamer to each history (row of tip weights)."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """What a run stores."""
        ...


@dataclass(frozen=True)
class DenseCoTips:
    """EASE by its inverse: B = I - P / diag(P), with P = inv(X' D X + ridge I)."""

    inverse: Float[Tensor, "n_streamers n_streamers"]
    degree_power: float

    def rows(self, streamer_idx: Int[Tensor, " n"]) -> Float[Tensor, "n n_streamers"]:
        return _ease_rows(self.inverse[streamer_idx], self.inverse.diagonal(), streamer_idx)

    def told(self, streamer_idx: Int[Tensor, " n"], user: Int[Tensor, " m"]) -> WrittenRows:
        return WrittenRows(self.rows_without(streamer_idx, user))

    def factors(self, weights: Float[Tensor, "cases n"]) -> Float[Tensor, "cases n"]:
        return weights

    def joined(self, content: Content) -> Content:
        return content

    def rows_without(self, streamer_idx: Int[Tensor, " n"], user: Int[Tensor, " m"]) -> Float[Tensor, "n n_streamers"]:
        """Exact: the user's row leaves X'DX by a rank-one downdate (Sherman and Morrison 1950) of the inverse."""
        if len(user) == 0:
            return self.rows(streamer_idx)
        weight = float(len(user)) ** -self.degree_power
        pull = self.inverse[user].sum(0)
        factor = weight / (1.0 - weight * pull[user].sum())
        picked = self.inverse[streamer_idx] + factor * pull[streamer_idx][:, None] * pull[None, :]
        return _ease_rows(picked, self.inverse.diagonal() + factor * pull.square(), streamer_idx)

    def fit(self, tips: Float[Tensor, "batch n_streamers"]) -> Float[Tensor, "batch n_streamers"]:
        # Of thousands of streamers a user tips a few: only their rows are read.
        return tips - torch.sparse.mm(tips.to_sparse(), self.inverse) / self.inverse.diagonal()

    def tensors(self) -> dict[str, Tensor]:
        return {"inverse": self.inverse, "degree_power": torch.tensor([self.degree_power])}


@dataclass(frozen=True)
class BlendedCoTips:
    """The sum of a dense model and a low-rank one."""

    dense: DenseCoTips
    latent: LowRankCoTips

    def rows(self, streamer_idx: Int[Tensor, " n"]) -> Float[Tensor, "n n_streamers"]:
        return self.dense.rows(streamer_idx) + self.latent.rows(streamer_idx)

    def told(self, streamer_idx: Int[Tensor, " n"], user: Int[Tensor, " m"]) -> WrittenRows:
        """Exact for the dense part; the latent part has seen the user, one among the many that it learnt from."""
        rows = self.dense.rows_without(streamer_idx, user)
        if not self.latent.by_share:
            return WrittenRows(rows + self.latent.rows(streamer_idx))
        rows = rows + self.latent.rows_by_weight(streamer_idx)
        return WrittenRows(torch.cat([rows, self.latent.rows_by_share(streamer_idx)]))

    def factors(self, weights: Float[Tensor, "cases n"]) -> Float[Tensor, "cases r"]:
        return self.latent.factors(weights)

    def joined(self, content: Content) -> Content:
        return content

    def fit(self, tips: Float[Tensor, "batch n_streamers"]) -> Float[Tensor, "batch n_streamers"]:
        return self.dense.fit(tips) + self.latent.fit(tips)

    def tensors(self) -> dict[str, Tensor]:
        return {**self.dense.tensors(), **self.latent.tensors()}


def blend(model: CoTips, part: LowRankCoTips, share: float) -> CoTips:
    """model + share x part; the model itself where the share is 0.

    A low-rank model stays of its rank: of the sum its strongest directions, else every trace would pay for the part's.
    """
    if share == 0.0:
        return model
    if isinstance(model, DenseCoTips):
        return BlendedCoTips(model, part.scaled(share))
    if isinstance(model, BlendedCoTips):
        return replace(model, latent=side_by_side(model.latent, part.scaled(share)))
    assert isinstance(model, LowRankCoTips)
    return strongest(side_by_side(model, part.scaled(share)), model.tipped.shape[1])


@dataclass(frozen=True)
class CoTipsSetting:
    """ridge: of the regression; degree_power: users weigh 1 / n_tips ** it; content: weight of the content rows."""

    ridge: float
    degree_power: float
    content: float = 0.0


def fit_cotips(
    tips: sp.csr_matrix,
    setting: CoTipsSetting,
    config: RankingConfig,
    seed: int,
    content: Float[np.ndarray, "n_streamers _"] | None = None,
) -> CoTips:
    """The model for distinct tipped pairs (n_users, n_streamers): dense where that fits, else low-rank.

    content: rows of what streamers are like (content.py); the low-rank form does not read them.
    """
    weights = np.maximum(np.asarray(tips.sum(1)).ravel(), 1.0) ** -setting.degree_power
    n_streamers = tips.shape[1]
    if n_streamers <= config.max_dense_streamers:
        gram = (tips.T @ sp.diags(weights) @ tips).toarray().astype(np.float64)
        if content is not None and setting.content:
            gram += setting.content * (content @ content.T)
        gram[np.diag_indices(n_streamers)] += setting.ridge
        return DenseCoTips(torch.from_numpy(inverse_of(gram).astype(np.float32)), setting.degree_power)
    rank = min(config.low_rank, min(tips.shape) - 1)
    _, scale, directions = svds(sp.diags(np.sqrt(weights)) @ tips.astype(np.float64), k=rank, rng=seed)
    gain = (scale**2 / (scale**2 + setting.ridge)).astype(np.float32)
    found = torch.from_numpy(directions.T.astype(np.float32).copy())
    return LowRankCoTips(found * torch.from_numpy(gain), found)


def inverse_of(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Inverse of a symmetric positive definite matrix, by Cholesky; raises LinAlgError where it is not."""
    factor, failed = lapack.dpotrf(np.array(gram, order="F"), lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError(f"leading minor {failed} is not positive")
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    return np.tril(inverse) + np.tril(inverse, -1).T


def cotips_from_tensors(tensors: dict[str, Tensor]) -> CoTips:
    """The inverse of `tensors()`."""
    if "tipped" in tensors:
        by_share = int(tensors["by_share"][0]) if "by_share" in tensors else 0
        low_rank = LowRankCoTips(tensors["tipped"], tensors["found"], by_share)
    else:
        low_rank = None
    if "inverse" not in tensors:
        assert low_rank is not None
        return low_rank
    dense = DenseCoTips(tensors["inverse"], float(tensors["degree_power"][0]))
    return dense if low_rank is None else BlendedCoTips(dense, low_rank)


def _ease_rows(
    picked: Float[Tensor, "n n_streamers"], diagonal: Float[Tensor, " n_streamers"], streamer_idx: Int[Tensor, " n"]
) -> Float[Tensor, "n n_streamers"]:
    rows = -picked / diagonal
    rows[torch.arange(len(streamer_idx)), streamer_idx] = 0.0
    return rows
