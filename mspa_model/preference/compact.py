"""The compact composer at work: greedy writing along the grammar, in batches; its folder in a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from safetensors.torch import load_file, save_file
from torch import Tensor

from mspa_model.config import ComposerConfig
from mspa_model.manifest import ListedFiles
from mspa_model.preference.claims import Claim, Writing
from mspa_model.preference.decoding import Grammar
from mspa_model.preference.entries import AmountScale, Entries, entries_of
from mspa_model.preference.language_model import CompactModel, Prefix, tip_logits
from mspa_model.preference.lift import Lifts
from mspa_model.preference.precomputed import Tokenized
from mspa_model.preference.tokens import LIKES, PAD, START, TOLD, tokens_of
from mspa_model.types import Features, History, Modality, Vocabulary

FILE = "composer.safetensors"
BATCH = 64
MAX_TOKENS = 400
POINTED = 0.0  # logit


@dataclass
class _Text:
    """One text being written."""

    entries: Entries
    grammar: Grammar
    claims: list[Claim]


class CompactWriter:
    """Writes with a trained CompactModel; greedy, so the same history gives the same text.

    reluctance: added to the logit of ending the statements; teaching chose it on users kept back.
    without: modalities that this model does not read; values of these are not held to what the tips show.
    """

    def __init__(
        self,
        model: CompactModel,
        vocabulary: Vocabulary,
        scale: AmountScale,
        config: ComposerConfig,
        reluctance: float = 0.0,
        without: Modality | None = None,
    ) -> None:
        self.model, self.vocabulary, self.scale, self.config = model.eval(), vocabulary, scale, config
        self.reluctance, self.without = reluctance, without

    def write(self, histories: Sequence[History], lifts: Sequence[Lifts] | None = None) -> list[Writing]:
        """Statements, pointing only at tips whose streamer has the value, and prose no surer than the lifts allow."""
        return self._spelled(self.write_tokens(histories, lifts))

    def write_tokens(self, histories: Sequence[History], lifts: Sequence[Lifts] | None) -> list[Tokenized]:
        """As write(), prose as tokens."""
        return self._write(histories, constrained=True, lifts=lifts)

    def write_freely(self, histories: Sequence[History]) -> list[Writing]:
        """The same with pointers as the model sets them, right or wrong."""
        return self._spelled(self._write(histories, constrained=False))

    def _spelled(self, written: Sequence[Tokenized]) -> list[Writing]:
        return [tokenized.spell(self.model.tokens, self.vocabulary) for tokenized in written]

    @torch.no_grad()
    def statement_rows(self) -> Float[Tensor, "n_values dim"]:
        """A row a value: half the difference between its embeddings as liked and as avoided, to unit mean square."""
        values = torch.arange(len(self.vocabulary.values), device=self.model.bias.device)
        liked = self.model.statement_embeddings(values, torch.ones_like(values, dtype=torch.bool))
        avoided = self.model.statement_embeddings(values, torch.zeros_like(values, dtype=torch.bool))
        rows = (liked - avoided).cpu() / 2
        return rows / rows.square().mean().sqrt().clamp(min=1e-6)

    def read(self, history: History) -> Entries:
        """The history as the model reads it."""
        return entries_of(history, self.scale, self.config.max_tips)

    @torch.no_grad()
    def _write(
        self, histories: Sequence[History], constrained: bool, lifts: Sequence[Lifts] | None = None
    ) -> list[Tokenized]:
        # Texts of like length together, so that little is padding.
        order = sorted(range(len(histories)), key=lambda i: len(histories[i]))
        found: dict[int, Tokenized] = {}
        table = self.model.table()
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = [self.read(histories[i]) for i in rows]
            earned = [None if lifts is None else lifts[i] for i in rows]
            for i, text in zip(rows, self._write_batch(batch, earned, table, constrained), strict=True):
                found[i] = Tokenized(tuple(text.claims), tuple(text.grammar.prose), text.grammar.done)
        return [found[i] for i in range(len(histories))]

    def _write_batch(
        self, batch: Sequence[Entries], lifts: Sequence[Lifts | None], table: Tensor, constrained: bool
    ) -> list[_Text]:
        from transformers import DynamicCache  # seconds to import: not before something is written

        model = self.model
        texts = [
            _Text(e, Grammar(model.tokens, self._supported(e), e.n_tipped, earned), [])
            for e, earned in zip(batch, lifts, strict=True)
        ]
        prefix = model.prefix(batch, table, self._hidden(batch))
        cache = DynamicCache()
        keys = model.keys(prefix, model.step(prefix.rows, prefix.mask, cache))
        mask, current = prefix.mask, torch.full((len(batch), 1), START, device=table.device)
        completed: list[int | None] = [None] * len(batch)
        for _ in range(MAX_TOKENS):
            mask = torch.cat([mask, current != PAD], 1)
            hidden = model.step(model.spoken(current, prefix, table), mask, cache)
            if any(value is not None for value in completed):
                # Pointers are read off the strength token, which completes a statement.
                values = torch.tensor([model.tokens.value(v or 0) for v in completed], device=table.device)
                self._point(texts, completed, model.pointers(hidden[:, 0], table[values], keys), prefix, constrained)
            chosen = self._choose(model.logits(hidden, prefix, table)[:, 0], texts)
            completed = [None if t.grammar.done else t.grammar.push(c) for t, c in zip(texts, chosen, strict=True)]
            if all(t.grammar.done for t in texts):
                break
            current = torch.tensor(chosen, device=table.device)[:, None]
        return texts

    def _point(
        self,
        texts: Sequence[_Text],
        completed: Sequence[int | None],
        pointers: Float[Tensor, "batch length"],
        prefix: Prefix,
        constrained: bool,
    ) -> None:
        n = max(1, max(len(t.entries.streamer_idx) for t in texts))
        logits = tip_logits(pointers, prefix.tip, n)
        for row, (text, value) in enumerate(zip(texts, completed, strict=True)):
            if value is not None:
                polarity, bucket = text.grammar.stated[value]
                entries = self._pointed(text.entries, value, logits[row], constrained) if polarity == LIKES else []
                tips = tuple(p for e in entries for p in text.entries.positions[e])
                text.claims.append(Claim(value, 1 if polarity == LIKES else -1, bucket, tips))

    def _pointed(self, entries: Entries, value: int, logits: Float[Tensor, " n"], constrained: bool) -> list[int]:
        """Entries pointed at: those more likely than not, at least the likeliest; of those that may be."""
        may = np.arange(len(entries.streamer_idx))
        if constrained:
            may = may[self.vocabulary.membership[entries.streamer_idx, value] > 0]
        if not len(may):
            return []
        own = logits.numpy(force=True)[may]
        chosen = may[own > POINTED] if (own > POINTED).any() else may[[int(own.argmax())]]
        return chosen.tolist()

    def _supported(self, entries: Entries) -> Bool[np.ndarray, " n_values"]:
        supported = self.vocabulary.membership[entries.streamer_idx].any(axis=0)
        unread = np.array([self.without is not None and v.modality == self.without for v in self.vocabulary.values])
        return supported | unread.astype(bool)

    def _hidden(self, batch: Sequence[Entries]) -> Bool[Tensor, "batch n m"] | None:
        if self.without is None:
            return None
        n = max(1, max(len(e.streamer_idx) for e in batch))
        hidden = torch.zeros(len(batch), n, len(Modality), dtype=torch.bool)
        hidden[..., tuple(Modality).index(self.without)] = True
        return hidden.to(self.model.bias.device)

    def _choose(self, logits: Float[Tensor, "batch n_tokens"], texts: Sequence[_Text]) -> list[int]:
        allowed = torch.zeros(logits.shape, dtype=torch.bool)
        for row, text in enumerate(texts):
            allowed[row, [PAD] if text.grammar.done else text.grammar.allowed()] = True
        at_start = torch.tensor([t.grammar.at_start and not t.grammar.done for t in texts], device=logits.device)
        logits = logits.clone()
        logits[:, TOLD] += self.reluctance * at_start
        return logits.masked_fill(~allowed.to(logits.device), -torch.inf).argmax(1).tolist()


def save_writer(folder: Path, writer: CompactWriter) -> None:
    """Writes composer.safetensors into an existing folder."""
    state = {k: v.detach().cpu().contiguous() for k, v in writer.model.state_dict().items()}
    extra = {"amount": torch.tensor([writer.scale.mean, writer.scale.deviation])}
    save_file(state | extra | {"reluctance": torch.tensor([writer.reluctance])}, folder / FILE)


def load_writer(
    folder: Path | ListedFiles,
    vocabulary: Vocabulary,
    features: Features,
    config: ComposerConfig,
    device: torch.device,
) -> CompactWriter:
    """What save_writer wrote; RuntimeError where vocabulary, features or configuration are others."""
    state = load_file(folder / FILE)
    scale = AmountScale(*(float(x) for x in state.pop("amount")))
    reluctance = float(state.pop("reluctance")[0])
    model = new_model(config, vocabulary, features, 0)
    model.load_state_dict(state)
    model.project()
    return CompactWriter(model.to(device), vocabulary, scale, config, reluctance)


def new_model(config: ComposerConfig, vocabulary: Vocabulary, features: Features, seed: int) -> CompactModel:
    """An untaught model, the same for the same seed; random state outside stays as it was."""
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    model = CompactModel(config, vocabulary, features, tokens_of(vocabulary))
    torch.random.set_rng_state(state)
    return model
