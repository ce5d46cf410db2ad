"""Teaching the compact composer: next-token learning on parts of histories, stopped on users kept back."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from mspa_model.config import ComposerConfig
from mspa_model.preference.claims import Claim
from mspa_model.preference.compact import CompactWriter, new_model
from mspa_model.preference.decoding import Grammar
from mspa_model.preference.language_model import CompactModel, tip_logits
from mspa_model.preference.tokens import PAD
from mspa_model.training.teach.examples import Example, Examples, Told, part_of
from mspa_model.training.teach.unfinished import Progress, Unfinished
from mspa_model.types import Features, Modality

POINTER_WEIGHT, PROSE_WEIGHT = 0.5, 0.3
PROSE_EVERY = 3  # batches: prose is easier to learn than taste, and three times as long
LONG_EVERY = 4  # batches: a batch of long parts takes as long as five of small ones
LOOK_EVERY = 200  # batches, at most
PASSES = 20  # over the histories taught on, after which a small set is looked at sooner
EARLIEST = 200  # batches before which teaching never stops for want of gain: the first hundred only warm up
DROPPED = 0.05  # chance that a token is left out, so that a missing modality is nothing new
RELUCTANCES = (-8.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0)
N_DRAWS = 6  # three-tip draws of each user kept back
LOOKING = -4.0  # reluctance while teaching goes on; the best is chosen at the end
WARM = 100


@dataclass(frozen=True)
class TeachingReport:
    """What was seen while teaching. looks: (step, F1 on sparse draws of users kept back); best_step: the one kept;
    reached: the F1 of the writer that came out, at the reluctance that is best for it.
    """

    looks: tuple[tuple[int, float], ...]
    best_step: int
    n_real: int
    seconds: float
    histories_a_second: float
    reluctance: float
    synthetic_strength: float | None
    reached: float


class Teaching:
    """One teaching of one model. without: a modality that it never reads."""

    def __init__(
        self,
        examples: Examples,
        kept_back: Sequence[Told],
        features: Features,
        config: ComposerConfig,
        seed: int,
        device: torch.device,
        without: Modality | None = None,
    ) -> None:
        self.examples, self.config, self.seed, self.device, self.without = examples, config, seed, device, without
        self.rng = np.random.default_rng(seed)
        self.look_every = look_every(len(examples.real), config.batch)
        self.model = new_model(config, examples.vocabulary, features, seed)
        self.model.start_from(features, examples.teacher.base_rate)
        self.model.to(device)
        self.membership = torch.from_numpy(examples.vocabulary.membership).to(device)
        draws = np.random.default_rng(seed + 1)
        self.kept_back = [
            (part_of(t.history, 3, draws), _liked(t.strengths)) for t in kept_back for _ in range(N_DRAWS)
        ]

    def run(self, unfinished: Unfinished, progress: bool) -> tuple[CompactWriter, TeachingReport]:
        """Teaches until the users kept back gain no more; the writer in its best state. Goes on from `unfinished`."""
        torch.manual_seed(self.seed)
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.learning_rate, weight_decay=0.02)
        done, best = unfinished.load(self.rng, self.model, optimizer)
        bar = tqdm(total=self.config.steps, initial=done.step, desc=self._title(), unit="batch", disable=not progress)
        while not self._is_over(done):
            began = time.monotonic()
            self._set_rate(optimizer, done)
            loss = self._learn(optimizer, done.step + 1)
            done.step, done.seconds = done.step + 1, done.seconds + time.monotonic() - began
            bar.update()
            if done.step % self.look_every == 0 or self._is_over(done):
                found = round(self._look(self._writer(LOOKING)), 5)
                if found >= max((f for _, f in done.looks), default=0.0):
                    best = _copy(self.model)
                done.looks = (*done.looks, (done.step, found))
                bar.set_postfix(loss=f"{loss:.2f}", f1=f"{found:.3f}")
                unfinished.save(done, self.rng, self.model, best, optimizer)
        bar.close()
        self.model.load_state_dict(best or self.model.state_dict())
        reluctance, reached = self._best_reluctance()
        return self._writer(reluctance), self._report(done, reluctance, reached)

    def _is_over(self, done: Progress) -> bool:
        """Out of steps or minutes, or no better look among the last `patience`."""
        if done.step >= self.config.steps or done.seconds >= 60 * self.config.minutes:
            return True
        if done.step < EARLIEST:
            return False
        best = max(range(len(done.looks)), key=lambda i: done.looks[i][1], default=0)
        return len(done.looks) - 1 - best >= self.config.patience

    def _report(self, done: Progress, reluctance: float, reached: float) -> TeachingReport:
        best = max(done.looks, key=lambda look: look[1], default=(0, 0.0))
        strength = None if self.examples.synthetic is None else self.examples.synthetic.strength
        speed = done.step * self.config.batch / max(done.seconds, 1e-6)
        n_real, seconds = len(self.examples.real), round(done.seconds, 1)
        return TeachingReport(
            done.looks, best[0], n_real, seconds, round(speed, 1), reluctance, strength, round(reached, 5)
        )

    def _title(self) -> str:
        return "teaching the composer" + (f" without {self.without.value}" if self.without else "")

    def _writer(self, reluctance: float) -> CompactWriter:
        examples = self.examples
        return CompactWriter(self.model, examples.vocabulary, examples.scale, self.config, reluctance, self.without)

    def _set_rate(self, optimizer: torch.optim.Optimizer, done: Progress) -> None:
        """Warm-up, then a cosine over the steps, or over the minutes where these end first."""
        share = max(done.step / self.config.steps, done.seconds / 60 / self.config.minutes)
        rate = min(1.0, (done.step + 1) / WARM) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
        for group in optimizer.param_groups:
            group["lr"] = max(self.config.learning_rate * rate, 1e-5)

    def _learn(self, optimizer: torch.optim.Optimizer, step: int) -> float:
        self.model.train()
        batch = self.examples.draw(self.rng, self.config.batch, sparse=step % LONG_EVERY != 0)
        loss = self.loss(batch, with_prose=step // LONG_EVERY % PROSE_EVERY == 0)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        optimizer.step()
        return float(loss.detach())

    def loss(self, batch: Sequence[Example], with_prose: bool) -> Float[Tensor, ""]:
        """Mean cross-entropy a text over statement tokens, prose tokens by a lesser weight, and pointers."""
        model = self.model
        table = model.table()
        prefix = model.prefix([e.entries for e in batch], table, self._hidden(batch))
        written, told = self._written(batch, with_prose)
        logits, hidden, keys = model(prefix, written[:, :-1], table)
        targets = written[:, 1:]
        logits = logits.masked_fill(~self._allowed(batch, targets), -torch.inf)
        each = functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=PAD, reduction="none")
        place = torch.arange(targets.shape[1], device=self.device)
        weight = torch.where(place[None] < told[:, None] - 1, 1.0, PROSE_WEIGHT)
        loss = (each * weight).sum() / len(batch)
        return loss + POINTER_WEIGHT * self._pointer_loss(batch, hidden, keys, prefix.tip, table)

    def _written(
        self, batch: Sequence[Example], with_prose: bool
    ) -> tuple[Int[Tensor, "batch m"], Int[Tensor, " batch"]]:
        rows = [e.target.tokens if with_prose else e.target.tokens[: e.target.told] for e in batch]
        written = torch.full((len(rows), max(map(len, rows))), PAD)
        for row, tokens in zip(written, rows, strict=True):
            row[: len(tokens)] = torch.tensor(tokens)
        return written.to(self.device), torch.tensor([e.target.told for e in batch], device=self.device)

    def _allowed(self, batch: Sequence[Example], targets: Int[Tensor, "batch m"]) -> Bool[Tensor, "batch m n_tokens"]:
        """What the grammar allows at each place: chances are learnt among what can be written, as they will be used."""
        tokens = self.model.tokens
        allowed = np.ones((*targets.shape, len(tokens)), dtype=bool)
        for row, example, written in zip(allowed, batch, targets.tolist(), strict=True):
            supported = self._supported(example.entries.streamer_idx)
            grammar = Grammar(tokens, supported, example.entries.n_tipped)
            for place, token in zip(row, written, strict=True):
                if token == PAD:
                    break
                place[:] = False
                place[grammar.allowed()] = True
                grammar.push(token)
        return torch.from_numpy(allowed).to(self.device)

    def _supported(self, streamer_idx: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n_values"]:
        return self.examples.vocabulary.membership[streamer_idx].any(axis=0)

    def _pointer_loss(
        self, batch: Sequence[Example], hidden: Tensor, keys: Tensor, tip: Tensor, table: Tensor
    ) -> Float[Tensor, ""]:
        """Binary cross-entropy of each statement's pointer to each tip: has the tipped streamer the value?"""
        where = [
            (row, end, value)
            for row, e in enumerate(batch)
            for end, value in zip(e.target.ends, e.target.values, strict=True)
        ]
        if not where:
            return hidden.sum() * 0
        rows, ends, values = (torch.tensor(column, device=self.device) for column in zip(*where, strict=True))
        n = max(1, max(len(e.entries.streamer_idx) for e in batch))
        spoken = table[self.model.tokens.first_value + values]
        logits = tip_logits(self.model.pointers(hidden[rows, ends], spoken, keys[rows]), tip[rows], n)
        streamers = torch.full((len(batch), n), -1)
        for row, example in zip(streamers, batch, strict=True):
            row[: len(example.entries.streamer_idx)] = torch.from_numpy(example.entries.streamer_idx)
        streamers = streamers.to(self.device)[rows]
        has = self.membership[streamers.clamp(min=0), values[:, None]]
        there = (streamers >= 0) & (logits > -29)
        each = functional.binary_cross_entropy_with_logits(logits, has, reduction="none")
        # A mean over tips, or long histories would teach pointing and little else.
        return ((each * there).sum(1) / there.sum(1).clamp(min=1)).sum() / len(batch)

    def _hidden(self, batch: Sequence[Example]) -> Bool[Tensor, "batch n m"]:
        n = max(1, max(len(e.entries.streamer_idx) for e in batch))
        hidden = torch.from_numpy(self.rng.random((len(batch), n, len(Modality))) < DROPPED)
        if self.without is not None:
            hidden[..., tuple(Modality).index(self.without)] = True
        return hidden.to(self.device)

    def _look(self, writer: CompactWriter) -> float:
        """Mean F1 of (value, polarity) on sparse draws of users kept back, against the teacher's long-history ones."""
        if not self.kept_back:
            return 0.0
        written = writer.write([history for history, _ in self.kept_back])
        return float(np.mean([_f1(w.claims, told) for w, (_, told) in zip(written, self.kept_back, strict=True)]))

    def _best_reluctance(self) -> tuple[float, float]:
        """The reluctance that is best for the users kept back, and the F1 that it reaches."""
        if not self.kept_back:
            return 0.0, 0.0
        reached = {r: self._look(self._writer(r)) for r in RELUCTANCES}
        best = max(reached, key=lambda r: reached[r])
        return best, reached[best]


def look_every(n_histories: int, batch: int) -> int:
    """Batches between two looks: few histories are soon read often enough to see whether anything is learnt."""
    return min(LOOK_EVERY, max(1, math.ceil(PASSES * n_histories / batch)))


def _liked(strengths: Float[np.ndarray, " n_values"]) -> frozenset[tuple[int, int]]:
    return frozenset((int(v), int(np.sign(strengths[v]))) for v in np.flatnonzero(strengths))


def _f1(claims: Sequence[Claim], told: frozenset[tuple[int, int]]) -> float:
    said = {(c.value_idx, c.polarity) for c in claims}
    return 2 * len(said & told) / max(len(said) + len(told), 1)


def _copy(model: CompactModel) -> dict[str, Tensor]:
    return {k: v.detach().clone() for k, v in model.state_dict().items()}
