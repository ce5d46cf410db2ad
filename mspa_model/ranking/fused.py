"""The one space in which streamers and users are neighbours: aligned embeddings side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse.linalg import svds

from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.scorer import Scorer
from mspa_model.types import SOURCES, Modality, Source

COTIPS_DIM = 16
# A modality that val does not pay for still says who resembles whom, but little.
MIN_BLOCK = 0.1


@dataclass(frozen=True)
class FusedSpace:
    """Blocks, each normalised and scaled by its share: one per modality, and one of co-tipping directions.

    streamers: (n_streamers, fused_dim). blocks: the share of each modality. cotips: co-tipping directions of streamers.
    """

    streamers: Float[np.ndarray, "n_streamers fused_dim"]
    blocks: Mapping[Modality, float]
    cotips: Float[np.ndarray, "n_streamers cotips_dim"]
    cotips_share: float

    def place_user(
        self, vectors: Mapping[Modality, Float[np.ndarray, " dim"]], streamer_idx: Int[np.ndarray, " n_tips"]
    ) -> Float[np.ndarray, " fused_dim"]:
        """A user's preference vectors and tips in the same blocks."""
        tipped = self.cotips[np.unique(streamer_idx)]
        own = tipped.mean(0) if len(tipped) else np.zeros(self.cotips.shape[1], np.float32)
        parts = [_unit(vectors[m][None]) * share for m, share in self.blocks.items()]
        return np.concatenate([*parts, _unit(own[None]) * self.cotips_share], 1)[0].astype(np.float32)


def build_fused_space(scorer: Scorer, seed: int) -> FusedSpace:
    """Blocks from a trained scorer; their shares are the run's base weights, never below MIN_BLOCK."""
    weights = {s: max(float(scorer.base_weights[i]), MIN_BLOCK) for i, s in enumerate(SOURCES)}
    total = sum(weights[Source(m.value)] for m in scorer.modalities) + weights[Source.COTIPS]
    blocks = {m: weights[Source(m.value)] / total for m in scorer.modalities}
    cotips = _cotips_directions(scorer, seed)
    share = weights[Source.COTIPS] / total
    parts = [_unit(scorer.embeddings[m].cpu().numpy()) * blocks[m] for m in scorer.modalities]
    streamers = np.concatenate([*parts, _unit(cotips) * share], 1).astype(np.float32)
    return FusedSpace(streamers, blocks, cotips, share)


def _cotips_directions(scorer: Scorer, seed: int) -> Float[np.ndarray, "n_streamers cotips_dim"]:
    """Leading singular directions of the item-item model."""
    if isinstance(scorer.cotips, LowRankCoTips):
        # The directions of tipped @ found', without the product: found = orthonormal @ mixing.
        mixing = torch.linalg.qr(scorer.cotips.found).R
        left, scale, _ = torch.linalg.svd(scorer.cotips.tipped @ mixing.T, full_matrices=False)
        return (left * scale)[:, :COTIPS_DIM].cpu().numpy()
    n = len(scorer.popularity)
    rows = scorer.cotips.rows(torch.arange(n, device=scorer.device)).cpu().numpy()
    k = min(COTIPS_DIM, n - 1)
    if k < 1 or not rows.any():  # nobody tipped two streamers: the solver finds no direction in zeros
        return np.zeros((n, max(k, 1)), np.float32)
    left, scale, _ = svds(rows.astype(np.float64), k=k, rng=seed)
    return (left * scale).astype(np.float32)


def _unit(rows: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n dim"]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
