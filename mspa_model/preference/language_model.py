"""The compact composer: a small decoder that reads one token per tip and modality and writes a preference. Ours.

Tips enter as projected features with what the vocabulary knows of the streamer, amount and recency; then the model
writes statements and prose, token by token. A pointer head says which tips each statement rests on. Decoder layers are
transformers' Llama blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from mspa_model.config import ComposerConfig
from mspa_model.preference.entries import N_FACTS, Entries
from mspa_model.preference.tokens import AVOIDS, LIKES, PAD, Tokens
from mspa_model.types import Features, Modality, Vocabulary

FEATURE_DIM = 64  # principal directions of a modality that are read
POINTER_DIM = 48
N_COUNTS = 7
PRIOR_TIPS = 4.0
_LIBRARY = Lock()
NOISE = 0.6  # of the features' deviation


@dataclass(frozen=True)
class Prefix:
    """What is read before writing starts, padded on the left.

    rows: embeddings; mask: True where a token is; tip: entry of each token, -1 for padding and the opening token.
    counts: how many of the tips that are read have each value, and against what (N_COUNTS numbers a value).
    """

    rows: Float[Tensor, "batch length dim"]
    mask: Bool[Tensor, "batch length"]
    tip: Int[Tensor, "batch length"]
    counts: Float[Tensor, "batch n_values 7"]


class CompactModel(nn.Module):
    """The network alone: prefix and token embeddings in, logits over tokens and pointers out."""

    def __init__(self, config: ComposerConfig, vocabulary: Vocabulary, features: Features, tokens: Tokens) -> None:
        super().__init__()
        decoder, dim = load_library(), config.dim
        self.tokens, self.modalities = tokens, tuple(Modality)
        self.words = nn.Embedding(tokens.first_value, dim)
        self.names = nn.Embedding(max(1, tokens.n_values), dim)
        aspects = sorted({v.aspect for v in vocabulary.values})
        self.aspects = nn.Embedding(max(1, len(aspects)), dim)
        self.modality = nn.Embedding(len(self.modalities), dim)
        self.opening = nn.Parameter(torch.zeros(dim))
        self.facts = nn.Sequential(nn.Linear(N_FACTS, dim), nn.GELU(), nn.Linear(dim, dim))
        self.seen = nn.ModuleDict({m.value: nn.Linear(FEATURE_DIM, dim, bias=False) for m in features.modalities})
        self.look = nn.ModuleDict({m.value: nn.Linear(FEATURE_DIM, dim, bias=False) for m in features.modalities})
        self.bias = nn.Parameter(torch.zeros(len(tokens)))
        self.counted = nn.Sequential(nn.Linear(N_COUNTS, 32), nn.GELU(), nn.Linear(32, dim))
        self.lift = nn.Sequential(nn.Linear(N_COUNTS, 32), nn.GELU(), nn.Linear(32, 1))
        self.gate = nn.Linear(dim, 1)
        self.decoder = decoder(_llama(config))
        self.query, self.key = nn.Linear(2 * dim, POINTER_DIM), nn.Linear(2 * dim, POINTER_DIM)
        self.point = nn.Parameter(torch.tensor([4.0, 0.0]))
        self.dropout = nn.Dropout(config.dropout)
        with torch.no_grad():  # a tip that has the value looks like the value from the start
            self.query.weight.copy_(self.key.weight)
        for embedding in (self.words, self.names, self.aspects, self.modality):
            nn.init.normal_(embedding.weight, std=0.02 if embedding is self.modality else 0.06)
        self._set_buffers(vocabulary, features, aspects)

    def _set_buffers(self, vocabulary: Vocabulary, features: Features, aspects: list[str]) -> None:
        """What is known of streamers and values; rows along principal directions, with unit mean square."""
        self._raw: dict[str, tuple[Tensor, Tensor]] = {}
        owner = [self.modalities.index(v.modality or Modality.TEXT) for v in vocabulary.values]
        place = {aspect: i for i, aspect in enumerate(aspects)}
        self.register_buffer("aspect_of", torch.tensor([place[v.aspect] for v in vocabulary.values], dtype=torch.long))
        self.register_buffer("base_rate", torch.full((len(owner),), 0.5))
        self.register_buffer("membership", torch.from_numpy(vocabulary.membership), persistent=False)
        self.register_buffer("owner", torch.tensor(owner, dtype=torch.long), persistent=False)
        for m in features.modalities:
            rows = torch.from_numpy(features.arrays[m])
            present = torch.from_numpy(features.present[m])
            self.register_buffer(f"directions_{m.value}", torch.zeros(rows.shape[1], FEATURE_DIM))
            self.register_buffer(f"present_{m.value}", present, persistent=False)
            mine = torch.tensor([v.modality in (m, None) for v in vocabulary.values], dtype=torch.bool)
            self._raw[m.value] = rows, torch.from_numpy(vocabulary.prototypes[m]) * mine[:, None]
            self.register_buffer(f"rows_{m.value}", torch.zeros(len(rows), FEATURE_DIM), persistent=False)
            self.register_buffer(f"prototypes_{m.value}", torch.zeros(len(owner), FEATURE_DIM), persistent=False)

    @torch.no_grad()
    def start_from(self, features: Features, base_rate: Float[np.ndarray, " n_values"]) -> None:
        """Principal directions of each modality, half whitened as the aligners' are; kept fixed while learning."""
        self.base_rate.copy_(torch.from_numpy(base_rate))
        for m in features.modalities:
            rows = torch.from_numpy(features.arrays[m])[torch.from_numpy(features.present[m])]
            k = min(FEATURE_DIM, *rows.shape)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)  # it starts from random directions: the same each time
                _, scale, directions = torch.pca_lowrank(rows, q=k, niter=6)
            projection = torch.zeros_like(self.get_buffer(f"directions_{m.value}"))
            projection[:, :k] = directions / scale.clamp(min=1e-6).sqrt()
            self.get_buffer(f"directions_{m.value}").copy_(projection / (rows @ projection).std().clamp(min=1e-6))
        self.project()

    @torch.no_grad()
    def project(self) -> None:
        """Streamers and prototypes along the directions, once: they stand still. Call it after loading weights."""
        for name, (rows, prototypes) in self._raw.items():
            directions = self.get_buffer(f"directions_{name}").cpu()
            self.get_buffer(f"rows_{name}").copy_(rows @ directions)
            self.get_buffer(f"prototypes_{name}").copy_(prototypes @ directions)

    # --- embeddings ---------------------------------------------------------------------------------------------------

    def table(self) -> Float[Tensor, "n_tokens dim"]:
        """Embedding of every token: marks and words, then values by name, aspect and what they look like."""
        values = self.names.weight[: self.tokens.n_values] + self.aspects(self.aspect_of)
        for name, linear in self.look.items():
            values = values + linear(self.get_buffer(f"prototypes_{name}"))
        return torch.cat([self.words.weight, values])

    def statement_embeddings(self, value_idx: Int[Tensor, " n"], liked: Bool[Tensor, " n"]) -> Float[Tensor, "n dim"]:
        """A pass over (aspect and value, polarity) alone, without any tip: the same for every user."""
        marks = torch.where(liked, LIKES, AVOIDS)
        table = self.table()
        rows = torch.stack([table[self.tokens.first_value + value_idx], table[marks]], 1)
        return self.decoder(inputs_embeds=rows, use_cache=False).last_hidden_state[:, -1]

    def prefix(
        self, batch: Sequence[Entries], table: Tensor, hidden: Bool[Tensor, "batch n m"] | None = None
    ) -> Prefix:
        """Tip tokens, the oldest first, then an opening token. hidden: tokens left out, as of an absent modality."""
        n = max(1, max(len(e.streamer_idx) for e in batch))
        streamers = torch.zeros(len(batch), n, dtype=torch.long)
        facts = torch.zeros(len(batch), n, N_FACTS)
        filled = torch.zeros(len(batch), n, dtype=torch.bool)
        for row, entries in enumerate(batch):
            if k := len(entries.streamer_idx):
                streamers[row, n - k :] = torch.from_numpy(entries.streamer_idx)
                facts[row, n - k :] = torch.from_numpy(entries.facts)
                filled[row, n - k :] = True
        device = table.device
        streamers, facts, filled = streamers.to(device), facts.to(device), filled.to(device)
        rows, there = self._tip_tokens(streamers, facts, table)
        there = there & filled[..., None]
        if hidden is not None:
            there = there & ~hidden[:, -n:]
        entry = (torch.arange(n, device=device) - n + filled.sum(1, keepdim=True))[..., None].expand(-1, -1, 3)
        tip = torch.where(there, entry, -1)
        opening = (self.opening + table[1]).expand(len(batch), 1, -1)
        size = torch.tensor([[float(np.log1p(e.n_tipped)) / 4] for e in batch], device=device)
        opening = opening * (1 + size[..., None])
        flat = torch.cat([rows.flatten(1, 2), opening], 1)
        mask = torch.cat([there.flatten(1), torch.ones(len(batch), 1, dtype=torch.bool, device=device)], 1)
        none = torch.full((len(batch), 1), -1, device=device)
        return Prefix(flat, mask, torch.cat([tip.flatten(1), none], 1), self._counts(streamers, there))

    def _noisy(self, rows: Float[Tensor, "batch n k"]) -> Float[Tensor, "batch n k"]:
        """While learning, features are blurred: sharp ones name a streamer, and a few streamers name a user."""
        return rows + NOISE * torch.randn_like(rows) if self.training else rows

    def _counts(
        self, streamers: Int[Tensor, "batch n"], there: Bool[Tensor, "batch n 3"]
    ) -> Float[Tensor, "batch n_values 7"]:
        """Of the tips whose modality is read: with the value, in all, both against everyone's share; then what the
        teacher would make of them (Teacher: strength, and strength by the root of the gain).
        """
        read = there[:, :, self.owner].float()
        n, on_value = read.sum(1), (read * self.membership[streamers]).sum(1)
        base = self.base_rate.clamp(1e-4, 1 - 1e-4).expand_as(n)
        surprise = (on_value - n * base) / (n * base * (1 - base)).clamp_min(1e-6).sqrt()
        prior = (1 / base).clamp_min(PRIOR_TIPS)
        share = ((on_value + prior * base) / (n + prior)).clamp(1e-5, 1 - 1e-5)
        strength = torch.tanh((share.logit() - base.logit()) / 2) * surprise**2 / (surprise**2 + 1)
        gain = on_value * (share / base).log() + (n - on_value) * ((1 - share) / (1 - base)).log()
        told = strength * gain.clamp(0, 25).sqrt()
        counts = (on_value.log1p(), n.log1p() / 2, on_value / n.clamp_min(1), surprise.clamp(-6, 6) / 3, base.log() / 3)
        return torch.stack([*counts, strength, told], -1)

    def spoken(self, written: Int[Tensor, "batch m"], prefix: Prefix, table: Tensor) -> Float[Tensor, "batch m dim"]:
        """Embeddings of written tokens; a value brings along what the tips count of it."""
        rows = table[written]
        if not self.tokens.n_values:
            return rows
        value = (written - self.tokens.first_value).clamp(min=0)
        counted = self.counted(prefix.counts.gather(1, value[..., None].expand(-1, -1, N_COUNTS)))
        return rows + counted * (written >= self.tokens.first_value)[..., None]

    def _tip_tokens(
        self, streamers: Int[Tensor, "batch n"], facts: Float[Tensor, "batch n 6"], table: Tensor
    ) -> tuple[Float[Tensor, "batch n 3 dim"], Bool[Tensor, "batch n 3"]]:
        shared = self.facts(facts)
        values = table[self.tokens.first_value :]
        rows, there = [], []
        for i, m in enumerate(self.modalities):
            own = self.membership[streamers] * (self.owner == i)
            token = shared + self.modality.weight[i] + own @ values
            present = own.any(-1)
            if m.value in self.seen:
                token = token + self.seen[m.value](self._noisy(self.get_buffer(f"rows_{m.value}")[streamers]))
                present = present | self.get_buffer(f"present_{m.value}")[streamers]
            rows.append(token)
            there.append(present)
        return torch.stack(rows, 2), torch.stack(there, 2)

    # --- passes -------------------------------------------------------------------------------------------------------

    def forward(
        self, prefix: Prefix, written: Int[Tensor, "batch m"], table: Tensor
    ) -> tuple[Float[Tensor, "batch m n_tokens"], Float[Tensor, "batch m dim"], Float[Tensor, "batch length _"]]:
        """Logits of the token after each written one; hidden states of the written; keys that pointers compare with.

        written starts with START and is padded on the right with PAD.
        """
        rows = self.dropout(torch.cat([prefix.rows, self.spoken(written, prefix, table)], 1))
        mask = torch.cat([prefix.mask, written != PAD], 1)
        hidden = self.decoder(
            inputs_embeds=rows, attention_mask=mask.long(), position_ids=positions_of(mask), use_cache=False
        ).last_hidden_state
        length = prefix.mask.shape[1]
        after = hidden[:, length:]
        return self.logits(after, prefix, table), after, self.keys(prefix, hidden[:, :length])

    def logits(
        self, hidden: Float[Tensor, "batch m dim"], prefix: Prefix, table: Tensor
    ) -> Float[Tensor, "batch m n_tokens"]:
        """Of the next token. Values are lifted by what the tips count of them, where the model lets it through."""
        logits = hidden @ table.T + self.bias
        lift = self.gate(hidden).sigmoid() * self.lift(prefix.counts)[..., 0][:, None]
        return torch.cat([logits[..., : self.tokens.first_value], logits[..., self.tokens.first_value :] + lift], -1)

    def keys(self, prefix: Prefix, hidden: Float[Tensor, "batch length dim"]) -> Float[Tensor, "batch length _"]:
        """What pointers are compared with: a tip token before and after the model has read it."""
        return self.key(torch.cat([prefix.rows, hidden], -1))

    def pointers(
        self, hidden: Float[Tensor, "n dim"], value: Float[Tensor, "n dim"], keys: Float[Tensor, "n length _"]
    ) -> Float[Tensor, "n length"]:
        """Logits that a prefix token bears a statement out, from the state at its strength token and its value."""
        query = self.query(torch.cat([value, hidden], -1))
        return self.point[0] * (keys @ query[:, :, None])[..., 0] / POINTER_DIM**0.5 + self.point[1]

    def step(
        self, rows: Float[Tensor, "batch m dim"], mask: Bool[Tensor, "batch total"], cache: Any
    ) -> Float[Tensor, "batch m dim"]:
        """Hidden states of new tokens after those in the cache (transformers' DynamicCache); mask covers both."""
        positions = positions_of(mask)[:, -rows.shape[1] :]
        return self.decoder(
            inputs_embeds=rows,
            attention_mask=mask.long(),
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state


def tip_logits(
    pointers: Float[Tensor, "batch length"], tip: Int[Tensor, "batch length"], n: int
) -> Float[Tensor, "batch n"]:
    """Pointer logits of each tip entry, the largest over its tokens; -30 where a tip has no token."""
    pointers = pointers.float()
    found = torch.full((len(pointers), n + 1), -30.0, device=pointers.device)
    return found.scatter_reduce(1, torch.where(tip < 0, n, tip), pointers, "amax")[:, :n]


def positions_of(mask: Bool[Tensor, "batch total"]) -> Int[Tensor, "batch total"]:
    """Place of each token among those that are there, so that padding does not shift a text."""
    return (mask.long().cumsum(1) - 1).clamp(min=0)


def load_library() -> type:
    """transformers' LlamaModel: seconds to import, so not before there is a model to make. One thread imports at a
    time: of circular imports in two threads one may see modules half made.
    """
    with _LIBRARY:
        from transformers import DynamicCache, LlamaConfig, LlamaModel  # noqa: F401  all that is used of it

        return LlamaModel


def _llama(config: ComposerConfig) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=3,  # embeddings are ours: inputs_embeds; three, so that its marks lie inside
        hidden_size=config.dim,
        intermediate_size=int(2.5 * config.dim),
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        max_position_embeddings=2048,
        attention_dropout=config.dropout,
        tie_word_embeddings=True,
    )
