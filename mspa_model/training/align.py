"""Teaching the aligners: from part of a user's tips, find them all by what streamers look, sound and read like.

A softmax over all streamers (multinomial likelihood with tips dropped from the input: Liang et al. 2018, "Variational
Autoencoders for Collaborative Filtering", without the variation) with log popularity added to the logits, so that an
aligner learns taste and leaves popularity to its own source. Modalities learn together, each what the others do not
say; their running mean is kept, from where val was best. Of very many streamers a batch asks those that it tips and a
draw of the others, each standing for several (sampled softmax: Bengio and Senecal 2008).
"""

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from mspa_model.config import RankingConfig
from mspa_model.data.split import EvalPairs
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import residuals
from mspa_model.ranking.towers import Aligner, build_aligners, feature_tensors, value_rows
from mspa_model.training.candidates import draw_candidates
from mspa_model.training.metrics import concatenate, metrics_of_scores
from mspa_model.training.told import ToldUsers
from mspa_model.types import Features, Modality

INPUT_SHARE = 0.5  # of a user's tips that are read
LEFT_OUT, BLUR = 0.5, 0.5  # of the statements read; of a strength, at most
RUNNING = 0.98  # a batch's share of the running mean is the rest
LOOK_EVERY = 3  # epochs
MAX_VAL_USERS = 1500
SCALE_RATE = 3e-3


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
        whole: ToldUsers,
    ) -> None:
        """whole: the train histories of val users in the composer's words, which looks are taken at."""
        self.whole = whole
        self.composer, self.train, self.val, self.metric, self.config = composer, train, val, metric, config
        self.device = device
        self.rng = np.random.default_rng(seed)
        self.torch_seed = seed
        statements = composer.statement_embeddings()
        width = 0 if statements is None else statements.shape[1]
        self.aligners = build_aligners(features, config, seed, width).to(device)
        self.features = feature_tensors(features, device)
        self.value_rows = {m: value_rows(composer.vocabulary, m, statements).to(device) for m in features.modalities}
        counts = torch.from_numpy(np.asarray(train.sum(0), dtype=np.float32).ravel()).to(device)
        self.log_popularity = torch.log((counts + 1.0) / (counts.sum() + len(counts)))

    def run(self, progress: bool) -> nn.ModuleDict:
        """Trains until val gains no more; the aligners settled, in eval mode, scaled to add up as they learnt."""
        if not self.features:
            return self.aligners.eval()
        torch.manual_seed(self.torch_seed)
        optimizer = self._optimizer()
        best, best_epoch, running = (self._look(), self._state()), 0, self._state()
        bar = tqdm(range(1, self.config.max_epochs + 1), "aligning modalities", disable=not progress)
        for epoch in bar:
            self._epoch(optimizer, running)
            if epoch % LOOK_EVERY and epoch != self.config.max_epochs:
                continue
            present = self._state()
            self.aligners.load_state_dict(running)
            reached = self._look()
            if reached > best[0]:
                best, best_epoch = (reached, self._state()), epoch
            self.aligners.load_state_dict(present)
            bar.set_postfix(val=f"{best[0]:.4f}", epoch=best_epoch)
            if epoch - best_epoch >= self.config.patience:
                break
        self.aligners.load_state_dict(best[1])
        for m in self.features:
            self.aligner(m).scale_out()
            self.aligner(m).settle(*self.features[m])
        return self.aligners.eval()

    def _optimizer(self) -> torch.optim.Optimizer:
        scales = [self.aligner(m).log_scale for m in self.features]
        rest = [p for name, p in self.aligners.named_parameters() if not name.endswith("log_scale")]
        return torch.optim.AdamW(
            [
                {"params": rest, "weight_decay": self.config.weight_decay},
                {"params": scales, "lr": SCALE_RATE, "weight_decay": 0.0},
            ],
            lr=self.config.learning_rate,
        )

    def aligner(self, modality: Modality) -> Aligner:
        aligner = self.aligners[modality.value]
        assert isinstance(aligner, Aligner)
        return aligner

    def _state(self) -> dict[str, Tensor]:
        return {k: v.detach().clone() for k, v in self.aligners.state_dict().items()}

    def _epoch(self, optimizer: torch.optim.Optimizer, running: dict[str, Tensor]) -> None:
        self.aligners.train()
        users = self.rng.permutation(np.flatnonzero(np.diff(self.train.indptr)))
        for start in range(0, len(users), self.config.batch):
            rows = self.train[users[start : start + self.config.batch]]
            among, level = draw_candidates(rows, self.log_popularity, self.rng)
            tips = self._tensor((rows if among is None else rows[:, among.cpu().numpy()]).toarray())
            given = tips * self._tensor(self.rng.random(tips.shape) < INPUT_SHARE)
            strengths = self._blurred(self.composer.teacher.strengths(given, among))
            loss = self._loss(self._logits(given, strengths, among, level), tips)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for name, value in self.aligners.state_dict().items():
                    running[name].lerp_(value, 1 - RUNNING)

    def _blurred(self, strengths: Float[Tensor, "batch n_values"]) -> Float[Tensor, "batch n_values"]:
        """Some statements left out, others stronger or weaker: a composer's words are not the teacher's."""
        kept = self.rng.random(strengths.shape) >= LEFT_OUT
        factor = kept * self.rng.uniform(1 - BLUR, 1 + BLUR, strengths.shape)
        return (strengths * self._tensor(factor)).clamp(-1, 1)

    def _loss(self, logits: Tensor, wanted: Tensor) -> Float[Tensor, ""]:
        """A user counts by the root of their tips: between each user alike and each tip alike."""
        return -((logits.log_softmax(1) * wanted).sum(1) / wanted.sum(1).sqrt()).mean()

    def _logits(
        self,
        tips: Float[Tensor, "batch n"],
        strengths: Float[Tensor, "batch n_values"],
        among: Int[Tensor, " n"] | None,
        level: Float[Tensor, " n"],
    ) -> Float[Tensor, "batch n"]:
        """Of the streamers `among` (None: all), whose columns tips has; level: what each brings of itself."""
        residual = residuals(tips, strengths, self.composer.features, self.composer.vocabulary, among)
        logits = level.expand_as(tips)
        for m, (rows, present) in self.features.items():
            aligner = self.aligner(m)
            vectors = aligner.statements(strengths @ self.value_rows[m]) + aligner.residual(residual[m])
            embedded = aligner.embed(*((rows, present) if among is None else (rows[among], present[among])))
            logits = logits + aligner.log_scale.exp() * vectors @ embedded.T
        return logits

    @torch.no_grad()
    def _look(self) -> float:
        """The selecting metric of modalities and popularity, on at most MAX_VAL_USERS val users; 0 without any."""
        rows = np.arange(min(len(self.whole), MAX_VAL_USERS))
        if not len(rows):
            return 0.0
        for m in self.features:
            self.aligner(m).settle(*self.features[m])
        found = []
        for part in (rows[i : i + self.config.batch] for i in range(0, len(rows), self.config.batch)):
            users, logits = (
                self.whole.user_idx[part],
                self._logits(*self.whole.dense(part, self.device), None, self.log_popularity),
            )
            found.append(metrics_of_scores(logits, self.val.mask[users], self.val.target[users], users))
        return concatenate(found).mean(self.metric)

    def _tensor(self, rows: np.ndarray) -> Float[Tensor, "batch n_streamers"]:
        return torch.from_numpy(rows.astype(np.float32)).to(self.device)
