"""One aligned space per modality: a network on the streamer's side, linear maps of the preference on the user's.

The user's side is linear, p_m = U_m(sum of strength x row of the value) + R_m(residual), where a value's row is its
prototype in the features and the composer's embedding of the statement (value_rows). So a statement's share of a fit is
exact; what a streamer's features do inside the tower is Captum's work. Ours, after MSPA's abstract.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mspa_model.config import RankingConfig
from mspa_model.types import Features, Modality, Vocabulary

START = 0.11  # deviation of a side's first outputs, for inputs of unit deviation


class StreamerTower(nn.Module):
    """Features of one modality to an embedding, less the mean embedding over the streamers that have the modality."""

    def __init__(self, feature_dim: int, config: RankingConfig) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(feature_dim, config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.dim),
        )
        self.skip = nn.Linear(feature_dim, config.dim, bias=False)
        self.register_buffer("mean", torch.zeros(config.dim))

    def forward(self, features: Float[Tensor, "batch feature_dim"]) -> Float[Tensor, "batch dim"]:
        return self.network(features) + self.skip(features) - self.mean


class Aligner(nn.Module):
    """Both sides of one modality.

    statement_dim: width of the composer's statement embeddings, which stand behind a value's prototype; 0 for none.
    """

    def __init__(self, feature_dim: int, config: RankingConfig, statement_dim: int = 0) -> None:
        super().__init__()
        self.tower = StreamerTower(feature_dim, config)
        self.statements = nn.Linear(feature_dim + statement_dim, config.dim, bias=False)
        self.residual = nn.Linear(feature_dim, config.dim, bias=False)
        # Of the logits while learning; scale_out() puts it into the user's side.
        self.log_scale = nn.Parameter(torch.ones(()))
        self._start()

    @torch.no_grad()
    def _start(self) -> None:
        """Small and linear: with a few hundred streamers and thousands of features, towers that start large learn the
        streamers by heart (docs/LOG.md).
        """
        for linear in (self.tower.skip, self.residual, self.statements):
            nn.init.normal_(linear.weight, std=START / linear.in_features**0.5)
        last = self.tower.network[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    @torch.no_grad()
    def scale_out(self) -> None:
        """The fit as it stood in the logits, with no scale of its own left."""
        for linear in (self.statements, self.residual):
            linear.weight.mul_(self.log_scale.exp())
        self.log_scale.zero_()

    def embed(
        self, features: Float[Tensor, "n_streamers feature_dim"], present: Float[Tensor, " n_streamers"]
    ) -> Float[Tensor, "n_streamers dim"]:
        """Embedding of every streamer, zero where it lacks the modality; sets the tower's mean in training mode."""
        if self.training:
            raw = self.tower(features) + self.tower.mean
            mean = (raw * present[:, None]).sum(0) / present.sum()
            self.tower.mean = mean.detach()
            return (raw - mean) * present[:, None]
        return self.tower(features) * present[:, None]

    @torch.no_grad()
    def settle(
        self, features: Float[Tensor, "n_streamers feature_dim"], present: Float[Tensor, " n_streamers"]
    ) -> None:
        """Set the mean exactly (without dropout) and leave training mode."""
        self.eval()
        raw = self.tower(features) + self.tower.mean
        self.tower.mean = (raw * present[:, None]).sum(0) / present.sum()


def value_rows(
    vocabulary: Vocabulary, modality: Modality, statements: Float[Tensor, "n_values _"] | None
) -> Float[Tensor, "n_values _"]:
    """What the user's side reads of a value: its prototype, then the composer's embedding of the statement."""
    prototypes = torch.from_numpy(vocabulary.prototypes[modality])
    return prototypes if statements is None else torch.cat([prototypes, statements.to(prototypes.device)], 1)


def build_aligners(features: Features, config: RankingConfig, seed: int, statement_dim: int = 0) -> nn.ModuleDict:
    """Untrained aligners, one for each modality that the set has."""
    generator_state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    aligners = nn.ModuleDict(
        {m.value: Aligner(features.arrays[m].shape[1], config, statement_dim) for m in features.modalities}
    )
    torch.random.set_rng_state(generator_state)
    return aligners


def feature_tensors(
    features: Features, device: torch.device
) -> Mapping[Modality, tuple[Float[Tensor, "n_streamers feature_dim"], Float[Tensor, " n_streamers"]]]:
    """Arrays and presence (0/1) of each modality on a device."""
    return {
        m: (
            torch.from_numpy(features.arrays[m]).to(device),
            torch.from_numpy(features.present[m].astype(np.float32)).to(device),
        )
        for m in features.modalities
    }
