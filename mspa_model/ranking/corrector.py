"""The corrector: from a critique to new source weights, statement strengths and a shift of the residual (ours).

Three small networks that are shared over sources, values and modalities, so that a corrector does not depend on how
many a set has. Their last layers start at zero: an untrained corrector proposes to change nothing.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mspa_model.config import CorrectorConfig
from mspa_model.ranking.critic import CritiqueTensors
from mspa_model.ranking.order import top_k
from mspa_model.types import SOURCES, Modality

MAX_LOG_EMPHASIS = 1.5
MAX_SHIFT = 1.0
# What is not stated can be taken up only where the witnesses differ from everyone most.
MAX_TAKEN_UP = 12


@dataclass(frozen=True)
class Proposal:
    """Factor on each source's weight, new signed strength of each value, gain on each modality's residual shift."""

    emphasis: Float[Tensor, "*batch n_sources"]
    strengths: Float[Tensor, "*batch n_values"]
    shift: Float[Tensor, "*batch n_modalities"]


class Corrector(nn.Module):
    """Critique to proposal, or a batch of them."""

    def __init__(self, config: CorrectorConfig, seed: int) -> None:
        super().__init__()
        state = torch.random.get_rng_state()
        torch.manual_seed(seed)
        self.source = _head(6 + len(SOURCES), config.hidden)
        self.value = _head(6, config.hidden)
        self.residual = _head(4 + len(Modality), config.hidden)
        torch.random.set_rng_state(state)

    def forward(self, view: CritiqueTensors) -> Proposal:
        amount = (view.n_witnesses / 40.0).expand_as(view.source_witnesses)
        sources = torch.stack(
            [
                view.source_witnesses,
                view.source_uncertainty,
                view.source_top_k,
                view.source_witnesses - view.source_top_k,
                view.source_weight,
                amount,
            ],
            -1,
        )
        factor = torch.exp(MAX_LOG_EMPHASIS * torch.tanh(self.source(_with_kind(sources))[..., 0]))
        # Weights are moved between sources: raising all of them alike would change every score and no rank.
        factor = factor / (view.source_weight * factor).sum(-1, keepdim=True).clamp(min=1e-6)
        return Proposal(factor, self._strengths(view), self._shift(view))

    def _strengths(self, view: CritiqueTensors) -> Float[Tensor, "*batch n_values"]:
        lift = torch.log((view.value_witnesses + 0.05) / (view.value_everyone + 0.05))
        columns = [
            view.value_witnesses - view.value_everyone,
            view.value_witnesses - view.value_top_k,
            lift,
            view.strengths,
            view.strengths.abs(),
            (view.n_witnesses / 40.0).expand_as(lift),
        ]
        delta = torch.tanh(self.value(torch.stack(columns, -1))[..., 0])
        return (view.strengths + delta * _may_change(view)).clamp(-1.0, 1.0)

    def _shift(self, view: CritiqueTensors) -> Float[Tensor, "*batch n_modalities"]:
        n = len(Modality)  # the modalities are the first sources, in the same order
        gap = view.source_witnesses[..., :n] - view.source_top_k[..., :n]
        columns = [
            gap,
            view.source_uncertainty[..., :n],
            view.source_weight[..., :n],
            (view.n_witnesses / 40.0).expand_as(gap),
        ]
        return MAX_SHIFT * torch.tanh(self.residual(_with_kind(torch.stack(columns, -1)))[..., 0])


def _with_kind(rows: Float[Tensor, "*batch n m"]) -> Float[Tensor, "*batch n _"]:
    """Each row with its own place among n behind it."""
    kinds = torch.eye(rows.shape[-2], device=rows.device)
    return torch.cat([rows, kinds.expand(*rows.shape[:-2], -1, -1)], -1)


def _may_change(view: CritiqueTensors) -> Float[Tensor, "*batch n_values"]:
    difference = (view.value_witnesses - view.value_everyone).abs()
    taken_up = torch.zeros_like(difference)
    taken_up = taken_up.scatter(-1, top_k(difference, MAX_TAKEN_UP)[1], 1.0)
    return torch.maximum(taken_up, (view.strengths != 0).float())


def _head(width: int, hidden: int) -> nn.Sequential:
    head = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, 1))
    nn.init.zeros_(head[2].weight)
    nn.init.zeros_(head[2].bias)
    return head
