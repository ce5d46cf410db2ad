"""Teaching the latent part of co-tipping: a linear autoencoder over tips, with what streamers are like in its vectors.

From part of a user's tips, find them all: a softmax over all streamers (Liang et al. 2018, "Variational Autoencoders
for Collaborative Filtering", without variation or hidden layer, so that every tip's part stays exact). A streamer's
vector is learnt from its tips and from its content together, so one with few tips leans on content; one with none has
nothing else and is not among those that a tip could have gone to, for it would learn to be nobody's. Log popularity
stands in the logits and is left to its own source.

Each is the mean of three trainings with seeds of their own: where tips are few, much of what one learns is chance.
Two such means are taught, of which val takes one (step0.py): by weight, a long history speaks by the root of its
length; by share, as loudly as a short one, and content is left out.
"""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding_bag
from tqdm import tqdm

from mspa_model.config import RankingConfig
from mspa_model.data.split import EvalPairs
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.training.candidates import MAX_CANDIDATES, draw_candidates
from mspa_model.training.metrics import measure

TRAININGS = 3  # whose mean is taken
INPUT_SHARE = 0.5  # of a user's tips that are read
LOOK_EVERY = 3  # epochs
SHARE_RATE = 1 / 3  # of the learning rate, where tips count by their share
START = 0.01  # deviation of what is learnt, at first
BATCH_CELLS = 4_000_000  # users x streamers of a batch, at most
ALL_CELLS = 10_000_000_000  # users x candidates of all epochs, at most: about three minutes on two cores


def teach_latent(training: Callable[[int], "LatentTraining"], seed: int, progress: bool) -> LowRankCoTips:
    """The mean of TRAININGS trainings, every fit the mean of theirs; training: makes one with a given seed."""
    seeds = np.random.SeedSequence(seed).generate_state(TRAININGS)
    taught = [training(int(s)).run(progress) for s in seeds]
    tipped, found = torch.cat([t.tipped for t in taught], 1), torch.cat([t.found for t in taught], 1)
    return LowRankCoTips(tipped / TRAININGS, found, sum(t.by_share for t in taught))


class LatentTraining:
    """One training of the latent model; `run` gives it in its best state."""

    def __init__(
        self,
        train: sp.csr_matrix,
        content: Float[np.ndarray, "n_streamers _"],
        val: EvalPairs,
        metric: str,
        config: RankingConfig,
        device: torch.device,
        by_share: bool,
        seed: int,
    ) -> None:
        """train: 0/1, distinct tips; content: rows of what streamers are like (content.py), of any width; by_share: a
        tip counts by its share of the history.
        """
        self.train, self.val, self.metric, self.config, self.device = train, val, metric, config, device
        self.by_share, self.rate = by_share, config.latent_learning_rate * (SHARE_RATE if by_share else 1.0)
        self.rng = np.random.default_rng(seed)
        counts = torch.from_numpy(np.asarray(train.sum(0), dtype=np.float32).ravel())
        rows = torch.from_numpy(content.astype(np.float32)).reshape(len(counts), -1 if content.size else 0)
        rows = rows / rows.std(0).mean().clamp(min=1e-6) if len(rows) > 1 and rows.numel() else rows
        self.vectors = _Vectors(rows, counts, config, seed).to(device)

    def run(self, progress: bool) -> LowRankCoTips:
        """Trains until val gains no more."""
        optimizer = self._optimizer()
        best, best_epoch, best_state = -1.0, 0, self._state()
        n_epochs = self._n_epochs()
        bar = tqdm(range(1, n_epochs + 1), "co-tipping, latent", disable=not progress)
        for epoch in bar:
            self._epoch(optimizer)
            if epoch % LOOK_EVERY and epoch != n_epochs:
                continue
            reached = measure(self._scores, self.val).mean(self.metric)
            if reached > best:
                best, best_epoch, best_state = reached, epoch, self._state()
            bar.set_postfix(val=f"{best:.4f}", epoch=best_epoch)
            if epoch - best_epoch >= self.config.patience:
                break
        self.vectors.load_state_dict(best_state)
        with torch.no_grad():
            tipped, found = self.vectors.sides()
            return LowRankCoTips(tipped, found, tipped.shape[1] if self.by_share else 0)

    def _n_epochs(self) -> int:
        cells = len(self._users()) * self._n_told_from
        return max(1, min(self.config.latent_epochs, ALL_CELLS // max(cells, 1)))

    @property
    def _n_told_from(self) -> int:
        """Streamers in a batch's softmax."""
        return min(self.train.shape[1], MAX_CANDIDATES)

    def _users(self) -> np.ndarray:
        return np.flatnonzero(np.diff(self.train.indptr))

    def _optimizer(self) -> torch.optim.Optimizer:
        v, decay = self.vectors, self.config.latent_weight_decay
        return torch.optim.AdamW(
            [
                {"params": [v.tipped, v.found], "weight_decay": decay},
                # Content is slow: fast, it learns the streamers by heart before their tips are read.
                {
                    "params": [v.like_tipped, v.like_found],
                    "weight_decay": decay,
                    "lr": 0.1 * self.rate,
                },
                {"params": [v.log_scale], "weight_decay": 0.0},
            ],
            lr=self.rate,
        )

    def _epoch(self, optimizer: torch.optim.Optimizer) -> None:
        users = self.rng.permutation(self._users())
        size = max(1, min(self.config.latent_batch, BATCH_CELLS // max(self._n_told_from, 1)))
        for start in range(0, len(users), size):
            optimizer.zero_grad()
            self._loss(self.train[users[start : start + size]]).backward()
            optimizer.step()

    def _loss(self, rows: sp.csr_matrix) -> Float[Tensor, ""]:
        """Minus the mean over users of their tips' log-probabilities. Only the softmax itself is dense."""
        among, level = draw_candidates(rows, self.vectors.popularity, self.rng)
        warm = self.vectors.warm if among is None else self.vectors.warm[among]
        tips = rows if among is None else rows[:, among.cpu().numpy()]
        tipped, found = self.vectors.sides(among)
        told = self._told(self._part_of(tips), tipped)
        level = level.masked_fill(~warm, -torch.inf)
        n_tips = torch.from_numpy(np.diff(tips.indptr)).to(self.device)
        own = (told * _sums(tips, found)).sum() + _sums(tips, level[:, None]).sum()
        return (n_tips * torch.addmm(level, told, found.T).logsumexp(1)).sum().sub(own) / tips.shape[0]

    def _part_of(self, tips: sp.csr_matrix) -> sp.csr_matrix:
        """Each tip, or not, by chance."""
        kept = self.rng.random(tips.nnz) < INPUT_SHARE
        ends = np.concatenate([[0], np.cumsum(kept)])[tips.indptr]
        return sp.csr_matrix((tips.data[kept], tips.indices[kept], ends), shape=tips.shape)

    def _told(self, tips: sp.csr_matrix, tipped: Float[Tensor, "n dim"]) -> Float[Tensor, "batch dim"]:
        """What a history says: its tips' vectors, over the root of their number or over their number."""
        n_tips = torch.from_numpy(np.maximum(np.diff(tips.indptr), 1)).to(self.device, torch.float32)
        return _sums(tips, tipped) / (n_tips if self.by_share else n_tips.sqrt())[:, None]

    @torch.no_grad()
    def _scores(self, users: np.ndarray) -> np.ndarray:
        tipped, found = self.vectors.sides()
        return torch.addmm(self.vectors.popularity, self._told(self.train[users], tipped), found.T).cpu().numpy()

    def _state(self) -> dict[str, Tensor]:
        return {k: v.detach().clone() for k, v in self.vectors.state_dict().items()}


class _Vectors(nn.Module):
    """Both sides of every streamer: as tipped, and as found."""

    def __init__(
        self,
        content: Float[Tensor, "n_streamers _"],
        counts: Float[Tensor, " n_streamers"],
        config: RankingConfig,
        seed: int,
    ) -> None:
        super().__init__()
        n, dim = len(counts), config.latent_dim
        drawn = torch.Generator().manual_seed(seed)

        def small(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=drawn) * START

        self.tipped, self.found = nn.Parameter(small(n, dim)), nn.Parameter(small(n, dim))
        self.register_buffer("content", content, persistent=False)
        width = content.shape[1]
        self.like_tipped, self.like_found = (nn.Parameter(small(dim, width).T.contiguous()) for _ in range(2))
        popularity = torch.log((counts + 1.0) / (counts.sum() + n))
        self.register_buffer("popularity", popularity, persistent=False)
        self.register_buffer("warm", counts > 0, persistent=False)
        self.log_scale = nn.Parameter(torch.ones(()))

    def sides(self, among: Int[Tensor, " n"] | None = None) -> tuple[Float[Tensor, "n dim"], Float[Tensor, "n dim"]]:
        """Both vectors of the streamers `among`, of all where it is None."""
        which = slice(None) if among is None else among
        warm, content = self.warm[which, None], self.content[which]
        tipped = self.tipped[which] * warm + content @ self.like_tipped
        found = self.found[which] * warm + content @ self.like_found
        return tipped * self.log_scale.exp(), found


def _sums(tips: sp.csr_matrix, vectors: Float[Tensor, "n dim"]) -> Float[Tensor, "batch dim"]:
    """Per row of tips, the sum of its streamers' vectors."""
    idx, ends = (torch.from_numpy(a.astype(np.int64)).to(vectors.device) for a in (tips.indices, tips.indptr))
    return embedding_bag(idx, vectors, ends, mode="sum", include_last_offset=True)
