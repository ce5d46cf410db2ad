"""Co-tipping as few directions: what tips are heard as, and what every streamer answers to it."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.ranking.recency import MIN_WEIGHT
from mspa_model.ranking.tip_rows import Content, LowRankRows


@dataclass(frozen=True)
class LowRankCoTips:
    """B = tipped @ found' without its diagonal; never a dense square.

    by_share: in that many of the last columns a tip counts by its share of the history's weights, so that a long
    history speaks there no louder than a short one.
    """

    tipped: Float[Tensor, "n_streamers rank"]
    found: Float[Tensor, "n_streamers rank"]
    by_share: int = 0

    def __post_init__(self) -> None:
        # Columns together: a product of few histories with a hundred thousand streamers takes half as long.
        object.__setattr__(self, "found", self.found.T.contiguous().T)

    def rows(self, streamer_idx: Int[Tensor, " n"]) -> Float[Tensor, "n n_streamers"]:
        return self._rows(streamer_idx, slice(None))

    def told(self, streamer_idx: Int[Tensor, " n"], user: Int[Tensor, " m"]) -> LowRankRows:
        """Not downdated: one user among the many that such a model learns from moves it by little."""
        vectors, (by_weight, by_share) = self.tipped[streamer_idx], self.own(streamer_idx)
        own = by_weight.diag()
        if self.by_share:
            last = torch.arange(vectors.shape[1], device=vectors.device) >= self.n_by_weight
            vectors, own = torch.cat([vectors * ~last, vectors * last]), torch.cat([own, by_share.diag()])
        return LowRankRows(vectors, own, streamer_idx, self.found, self._gram, self._total)

    def factors(self, weights: Float[Tensor, "cases n"]) -> Float[Tensor, "cases r"]:
        return torch.cat([weights, shares_of(weights)], 1) if self.by_share else weights

    def joined(self, content: Content) -> Content:
        assert content.crowd is not None
        crowd = replace(content.crowd, found=self.found.T.index_select(1, content.crowd.streamer_idx))
        return replace(content, found=content.of(self.found.T), crowd=crowd)

    @cached_property
    def _gram(self) -> Float[Tensor, "rank rank"]:
        return self.found.T @ self.found

    @cached_property
    def _total(self) -> Float[Tensor, " rank"]:
        return self.found.sum(0)

    def rows_by_weight(self, streamer_idx: Int[Tensor, " n"]) -> Float[Tensor, "n n_streamers"]:
        """What a tip adds times its weight."""
        return self._rows(streamer_idx, slice(self.n_by_weight))

    def rows_by_share(self, streamer_idx: Int[Tensor, " n"]) -> Float[Tensor, "n n_streamers"]:
        """What a tip adds times its share of the history."""
        return self._rows(streamer_idx, slice(self.n_by_weight, None))

    def fit(self, tips: Float[Tensor, "batch n_streamers"]) -> Float[Tensor, "batch n_streamers"]:
        # Of thousands of streamers a user tips a few: only their rows are read.
        some, total = tips.any(0).nonzero()[:, 0], tips.sum(1)
        by_weight, by_share = self.own(some)
        fit = self.heard(tips[:, some] @ self.tipped[some], total) @ self.found.T
        fit[:, some] -= tips[:, some] * by_weight + shares_of(tips[:, some]) * by_share
        return fit

    def heard(self, told: Float[Tensor, "batch rank"], total: Float[Tensor, " batch"]) -> Float[Tensor, "batch rank"]:
        """What found is multiplied with, of weights @ tipped; total: the histories' sums of weights."""
        if not self.by_share:
            return told
        last = told[:, self.n_by_weight :] / total.clamp(min=MIN_WEIGHT)[:, None]
        return torch.cat([told[:, : self.n_by_weight], last], 1)

    def own(self, streamer_idx: Int[Tensor, " n"]) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """What tips say of their own streamers, which a fit leaves out: times their weight, and times their share."""
        each = self.tipped[streamer_idx] * self.found[streamer_idx]
        return each[:, : self.n_by_weight].sum(1), each[:, self.n_by_weight :].sum(1)

    def tensors(self) -> dict[str, Tensor]:
        by_share = {"by_share": torch.tensor([self.by_share])} if self.by_share else {}
        return {"tipped": self.tipped, "found": self.found.contiguous(), **by_share}

    def scaled(self, factor: float) -> "LowRankCoTips":
        """The same model, every fit times a factor."""
        return replace(self, tipped=self.tipped * factor)

    @property
    def n_by_weight(self) -> int:
        """How many columns, the first, count a tip by its weight."""
        return self.tipped.shape[1] - self.by_share

    def _rows(self, streamer_idx: Int[Tensor, " n"], columns: slice) -> Float[Tensor, "n n_streamers"]:
        rows = self.tipped[streamer_idx, columns] @ self.found[:, columns].T
        rows[torch.arange(len(streamer_idx)), streamer_idx] = 0.0
        return rows


def side_by_side(*parts: LowRankCoTips) -> LowRankCoTips:
    """Of low-rank models: their columns side by side, those by share last."""
    columns = [(part, slice(part.n_by_weight)) for part in parts]
    columns += [(part, slice(part.n_by_weight, None)) for part in parts]
    tipped = torch.cat([part.tipped[:, which] for part, which in columns], 1)
    found = torch.cat([part.found[:, which] for part, which in columns], 1)
    return LowRankCoTips(tipped, found, sum(part.by_share for part in parts))


def strongest(model: LowRankCoTips, rank: int) -> LowRankCoTips:
    """As many directions by weight, and as many by share, as rank says: those of the largest singular values."""
    sides = []
    for columns in (slice(model.n_by_weight), slice(model.n_by_weight, None)):
        tipped, found = model.tipped[:, columns], model.found[:, columns]
        if tipped.shape[1] > rank:
            (tips, mixed), (finds, beside) = torch.linalg.qr(tipped), torch.linalg.qr(found)
            left, strength, right = torch.linalg.svd(mixed @ beside.T)
            tipped = tips @ (left[:, :rank] * strength[:rank])
            found = finds @ right[:rank].T
        sides.append((tipped, found))
    tipped, found = (torch.cat(each, 1) for each in zip(*sides, strict=True))
    return LowRankCoTips(tipped, found, sides[1][0].shape[1])


def shares_of(weights: Float[Tensor, "*cases n"]) -> Float[Tensor, "*cases n"]:
    """Each weight's share of its row's sum; zeros where the row is empty."""
    return weights / weights.sum(-1, keepdim=True).clamp(min=MIN_WEIGHT)
