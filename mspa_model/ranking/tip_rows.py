"""What each of a user's tips adds to the fit of every streamer, and inner products of it over all streamers.

A low-rank model's rows are never written out for a product: of a hundred thousand streamers that would take longer than
all else that a correction does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mspa_model.types import Modality

MAX_CROWD = 10_000  # streamers that a rank is told from


@dataclass(frozen=True)
class Crowd:
    """Whom a held-out tip is ranked among: everyone, or a draw of very many, always the same.

    like: what they are like, column by column as in Content; found: a low-rank model's, None where it is dense.
    """

    streamer_idx: Int[Tensor, " n"]
    like: Float[Tensor, "width n"]
    found: Float[Tensor, "rank n"] | None = None


@dataclass(frozen=True)
class Content:
    """What streamers are like, as numbers to multiply with: uncentred embeddings of each modality, and popularity.

    found: inner products of a low-rank model's `found` with these, centred, side by side; None where it is dense.
    crowd: None until it is drawn.
    """

    embeddings: Mapping[Modality, Float[Tensor, "n_streamers _"]]
    means: Mapping[Modality, Float[Tensor, " _"]]
    popularity: Float[Tensor, " n_streamers"]
    found: Float[Tensor, "rank width"] | None = None
    crowd: Crowd | None = None

    def with_crowd(self) -> "Content":
        drawn = np.sort(np.random.default_rng(0).permutation(len(self.popularity))[:MAX_CROWD])
        idx = torch.from_numpy(drawn).to(self.popularity.device)
        return replace(self, crowd=Crowd(idx, self.at(idx).T.contiguous()))

    def of(self, rows: Float[Tensor, "r n_streamers"]) -> Float[Tensor, "r width"]:
        """Inner products of rows with every centred column."""
        total = rows.sum(1, keepdim=True)
        blocks = [rows @ each - total * self.means[m] for m, each in self.embeddings.items()]
        return torch.cat([*blocks, (rows @ self.popularity)[:, None]], 1)

    def at(self, streamer_idx: Int[Tensor, " n"]) -> Float[Tensor, "n width"]:
        """The centred columns of some streamers."""
        blocks = [each[streamer_idx] - self.means[m] for m, each in self.embeddings.items()]
        return torch.cat([*blocks, self.popularity[streamer_idx][:, None]], 1)


@runtime_checkable
class TipRows(Protocol):
    """Rows of co-tipping, one for each of a few tips or sums of them."""

    def combined(self, factors: Float[Tensor, "cases r"]) -> "TipRows":
        """Sums of the rows."""
        ...

    @property
    def written(self) -> Float[Tensor, "r n_streamers"]:
        """The rows, number by number."""
        ...

    def at(self, streamer_idx: Int[Tensor, " k"]) -> Float[Tensor, "r k"]:
        """Their entries of some streamers."""
        ...

    def at_crowd(self, crowd: Crowd) -> Float[Tensor, "r k"]:
        """The same of the crowd."""
        ...

    def sums(self) -> Float[Tensor, " r"]:
        """Over all streamers."""
        ...

    def among(self) -> Float[Tensor, "r r"]:
        """Inner products with each other."""
        ...

    def against(self, content: Content) -> Float[Tensor, "r width"]:
        """Inner products with what streamers are like."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class WrittenRows:
    """Rows as a dense model gives them."""

    rows: Float[Tensor, "r n_streamers"]

    def combined(self, factors: Float[Tensor, "cases r"]) -> "WrittenRows":
        return WrittenRows(factors @ self.rows)

    @property
    def written(self) -> Float[Tensor, "r n_streamers"]:
        return self.rows

    def at(self, streamer_idx: Int[Tensor, " k"]) -> Float[Tensor, "r k"]:
        return self.rows[:, streamer_idx]

    def at_crowd(self, crowd: Crowd) -> Float[Tensor, "r k"]:
        return self.at(crowd.streamer_idx)

    def sums(self) -> Float[Tensor, " r"]:
        return self.rows.sum(1)

    def among(self) -> Float[Tensor, "r r"]:
        return self.rows @ self.rows.T

    def against(self, content: Content) -> Float[Tensor, "r width"]:
        return content.of(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class LowRankRows:
    """vectors @ found', less what a tip would say of its own streamer.

    streamer_idx: the tips' distinct streamers; own: what each row leaves out at each of them; gram: found' found;
    total: found summed over streamers.
    """

    vectors: Float[Tensor, "r rank"]
    own: Float[Tensor, "r n"]
    streamer_idx: Int[Tensor, " n"]
    found: Float[Tensor, "n_streamers rank"]
    gram: Float[Tensor, "rank rank"]
    total: Float[Tensor, " rank"]

    def combined(self, factors: Float[Tensor, "cases r"]) -> "LowRankRows":
        return replace(self, vectors=factors @ self.vectors, own=factors @ self.own)

    @cached_property
    def written(self) -> Float[Tensor, "r n_streamers"]:
        rows = self.vectors @ self.found.T
        rows[:, self.streamer_idx] -= self.own
        return rows

    def at(self, streamer_idx: Int[Tensor, " k"]) -> Float[Tensor, "r k"]:
        return self._at(streamer_idx, self.found[streamer_idx].T)

    def at_crowd(self, crowd: Crowd) -> Float[Tensor, "r k"]:
        assert crowd.found is not None
        return self._at(crowd.streamer_idx, crowd.found)

    def _at(self, streamer_idx: Int[Tensor, " k"], found: Float[Tensor, "rank k"]) -> Float[Tensor, "r k"]:
        same = self.streamer_idx[:, None] == streamer_idx
        return self.vectors @ found - self.own @ same.to(self.own.dtype)

    def sums(self) -> Float[Tensor, " r"]:
        return self.vectors @ self.total - self.own.sum(1)

    def among(self) -> Float[Tensor, "r r"]:
        crossed = (self.vectors @ self.found[self.streamer_idx].T) @ self.own.T
        return self.vectors @ self.gram @ self.vectors.T - crossed - crossed.T + self.own @ self.own.T

    def against(self, content: Content) -> Float[Tensor, "r width"]:
        assert content.found is not None
        return self.vectors @ content.found - self.own @ content.at(self.streamer_idx)

    def __len__(self) -> int:
        return len(self.vectors)
