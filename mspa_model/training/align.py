"""Teaching the aligners: from part of a user's tips, find the rest by what streamers look, sound and read like.

A softmax over all streamers (contrastive, InfoNCE) with log popularity added to the logits, so that an aligner learns
taste and leaves popularity to its own source. Modalities learn apart, from the same draws; each stops on val.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from mspa_model.config import RankingConfig
from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.ranking.towers import Aligner, build_aligners, feature_tensors, value_rows
from mspa_model.training.metrics import metrics_of_scores
from mspa_model.types import Features, Modality

INPUT_SHARE = 0.7
MAX_VAL_USERS = 1500


@dataclass
class _Best:
    """The best state of one aligner so far."""

    value: float
    epoch: int
    state: dict[str, Tensor]


class AlignerTraining:
    """One training of all modalities' aligners; `run` gives them back in their best state."""

    def __init__(
        self,
        composer: Composer,
        features: Features,
        train: sp.csr_matrix,
        val: EvalPairs,
        metric: str,
        config: RankingConfig,
        seed: int,
        device: torch.device,
    ) -> None:
        self.composer, self.train, self.val, self.metric, self.config = composer, train, val, metric, config
        self.device = device
        self.rng = np.random.default_rng(seed)
        self.torch_seed = seed
        statements = composer.statement_embeddings()
        width = 0 if statements is None else statements.shape[1]
        self.aligners = build_aligners(features, config, seed, width).to(device)
        self.features = feature_tensors(features, device)
        torch.manual_seed(seed)
        for m, (rows, present) in self.features.items():
            self.aligner(m).start_from(rows, present)
        self.value_rows = {m: value_rows(composer.vocabulary, m, statements).to(device) for m in features.modalities}
        counts = torch.from_numpy(np.asarray(train.sum(0), dtype=np.float32).ravel()).to(device)
        self.log_popularity = torch.log((counts + 1.0) / (counts.sum() + len(counts)))

    def run(self, progress: bool) -> nn.ModuleDict:
        """Trains until every modality has stopped; returns the aligners settled, in eval mode."""
        learning = dict.fromkeys(self.features)
        best = {m: _Best(self._val_metric(m), 0, self._state(m)) for m in learning}
        optimizers = {
            m: torch.optim.AdamW(
                self.aligner(m).parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay
            )
            for m in learning
        }
        torch.manual_seed(self.torch_seed)
        bar = tqdm(range(1, self.config.max_epochs + 1), "aligning modalities", disable=not progress or not learning)
        for epoch in bar:
            if not learning:
                break
            self._epoch({m: optimizers[m] for m in learning})
            for m in tuple(learning):
                value = self._val_metric(m)
                if value > best[m].value:
                    best[m] = _Best(value, epoch, self._state(m))
                elif epoch - best[m].epoch >= self.config.patience:
                    del learning[m]
            bar.set_postfix({m.value: f"{b.value:.4f}" for m, b in best.items()})
        for m, found in best.items():
            self.aligner(m).load_state_dict(found.state)
            self.aligner(m).settle(*self.features[m])
        return self.aligners.eval()

    def aligner(self, modality: Modality) -> Aligner:
        aligner = self.aligners[modality.value]
        assert isinstance(aligner, Aligner)
        return aligner

    def _state(self, m: Modality) -> dict[str, Tensor]:
        return {k: v.detach().clone() for k, v in self.aligner(m).state_dict().items()}

    def _epoch(self, optimizers: dict[Modality, torch.optim.Optimizer]) -> None:
        users = self.rng.permutation(np.flatnonzero(np.diff(self.train.indptr) >= 2))
        for start in range(0, len(users), self.config.batch):
            tips = self.train[users[start : start + self.config.batch]].toarray()
            given = tips * (self.rng.random(tips.shape) < INPUT_SHARE)
            wanted = tips - given
            usable = (given.sum(1) > 0) & (wanted.sum(1) > 0)
            if usable.any():
                self._batch(optimizers, self._tensor(given[usable]), self._tensor(wanted[usable]))

    def _batch(
        self,
        optimizers: dict[Modality, torch.optim.Optimizer],
        given: Float[Tensor, "batch n_streamers"],
        wanted: Float[Tensor, "batch n_streamers"],
    ) -> None:
        strengths, residual = self.composer.taught(given)
        for m, optimizer in optimizers.items():
            self.aligner(m).train()
            logits = self._fit(m, strengths, residual[m]) * self.aligner(m).log_scale.exp() + self.log_popularity
            log_share = logits.masked_fill(given > 0, -1e9).log_softmax(1)
            loss = -((log_share * wanted).sum(1) / wanted.sum(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def _fit(self, m: Modality, strengths: Tensor, residual: Tensor) -> Float[Tensor, "batch n_streamers"]:
        aligner = self.aligner(m)
        vectors = aligner.statements(strengths @ self.value_rows[m]) + aligner.residual(residual)
        return vectors @ aligner.embed(*self.features[m]).T

    @torch.no_grad()
    def _val_metric(self, m: Modality) -> float:
        """The selecting metric of this modality alone, on at most MAX_VAL_USERS val users; 0 where there is none."""
        users = np.flatnonzero(np.diff(self.val.target.indptr))[:MAX_VAL_USERS]
        if not len(users):
            return 0.0
        self.aligner(m).settle(*self.features[m])
        strengths, residual = self.composer.taught(self._tensor(self.train[users].toarray()))
        fit = self._fit(m, strengths, residual[m])
        return metrics_of_scores(fit, self.val.mask[users], self.val.target[users], users).mean(self.metric)

    def _tensor(self, rows: np.ndarray) -> Float[Tensor, "batch n_streamers"]:
        return torch.from_numpy(rows.astype(np.float32)).to(self.device)
