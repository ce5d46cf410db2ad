"""Many scenarios of one user at once: the scores of counterfactual.rescore as matrix products, nothing estimated."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from explain.counterfactual import candidates_of, edit_history, value_of
from explain.types import Edit
from mspa_model.data.ids import streamer_idx_of
from mspa_model.preference.statements import signed_strengths, tip_weights
from mspa_model.ranking.recency import places_of, weigh
from mspa_model.ranking.scorer import PreferenceTensors, deviation
from mspa_model.runs import Run
from mspa_model.types import SOURCES, CandidateScope, History, Source, Step

BYTES_AT_ONCE = 1 << 26  # of fits
TIP_EDITS = ("drop tip", "add tip")
Edits = tuple[Edit, ...]


class Rescorer:
    """A step of one user, scored under any edits; holds what does not change between them.

    allowed: who is ranked before any edit. n_scored: scenarios scored so far. staying: streamer_idx of those that stay
    in the list where a tip to them is added, whatever the scope.
    """

    def __init__(
        self, run: Run, step: Step, scope: CandidateScope = "new", staying: Collection[int] = frozenset()
    ) -> None:
        self.run, self.step, self.scope, self.n_scored = run, step, scope, 0
        self._staying = frozenset(staying)
        self.n_streamers = run.dataset.n_streamers
        self.allowed = candidates_of(step.ranking, self.n_streamers)
        self._values = {f"{v.aspect}: {v.name}": i for i, v in enumerate(run.vocabulary.values)}
        self._known: dict[str, int] = {}  # streamer_idx of the ids asked for: a look into the table takes far longer
        self._given = signed_strengths(step.preference.statements, len(run.vocabulary.values))
        self._own = {m: torch.as_tensor(step.preference.residual[m]) for m in run.features.modalities}
        self._at_once = max(1, BYTES_AT_ONCE // (4 * len(SOURCES) * self.n_streamers))

    def scores(self, scenarios: Sequence[Edits]) -> Float[Tensor, "batch n_streamers"]:
        """Score of every streamer under each scenario, -inf where it is not ranked. MspaError on unknown keys."""
        parts = [self._scores(scenarios[rows]) for rows in self._batches(len(scenarios))]
        self.n_scored += len(scenarios)
        return torch.cat(parts) if parts else torch.zeros(0, self.n_streamers)

    @torch.no_grad()
    def contributions(self, scenarios: Sequence[Edits]) -> Float[Tensor, "batch n_sources n_streamers"]:
        """weight x fit of every source and streamer under each scenario, whoever is ranked."""
        parts = [self._contributions(scenarios[rows]) for rows in self._batches(len(scenarios))]
        self.n_scored += len(scenarios)
        return torch.cat(parts) if parts else torch.zeros(0, len(SOURCES), self.n_streamers)

    def _contributions(self, scenarios: Sequence[Edits]) -> Float[Tensor, "batch n_sources n_streamers"]:
        scorer = self.run.recommender.scorer
        fits = scorer.fits(self._tensors(scenarios))
        emphasis = torch.stack([self._emphasis(edits) for edits in scenarios])
        return (scorer.weights_of(deviation(fits), None, emphasis)[..., None] * fits).cpu()

    def _batches(self, n: int) -> Iterator[slice]:
        return (slice(start, start + self._at_once) for start in range(0, n, self._at_once))

    @torch.no_grad()
    def _scores(self, scenarios: Sequence[Edits]) -> Float[Tensor, "batch n_streamers"]:
        scorer = self.run.recommender.scorer
        fits = scorer.fits(self._tensors(scenarios))
        emphasis = torch.stack([self._emphasis(edits) for edits in scenarios])
        weights = scorer.weights_of(deviation(fits), None, emphasis)
        scores = torch.bmm(weights[:, None], fits)[:, 0].cpu()
        return scores.masked_fill(~self._ranked(scenarios), -torch.inf)

    def _ranked(self, scenarios: Sequence[Edits]) -> Bool[Tensor, "batch n_streamers"]:
        ranked = torch.from_numpy(self.allowed).repeat(len(scenarios), 1)
        for row, edits in enumerate(scenarios):
            for edit in edits if self.scope == "new" else ():
                if edit.kind == "add tip" and self._idx_of(edit.key) not in self._staying:
                    ranked[row, self._idx_of(edit.key)] = False
        return ranked

    def _emphasis(self, edits: Edits) -> Float[Tensor, " n_sources"]:
        emphasis = self.step.emphasis.clone()
        for edit in edits:
            if edit.kind == "mute modality":
                emphasis[SOURCES.index(Source(edit.key))] = 0.0
        return emphasis.to(self.run.device)

    def _tensors(self, scenarios: Sequence[Edits]) -> PreferenceTensors:
        """What the scorer reads: each different history is read once, statements are then edited on top."""
        keys = [tuple(e for e in edits if e.kind in TIP_EDITS) for edits in scenarios]
        distinct = {key: row for row, key in enumerate(dict.fromkeys(keys))}
        histories = [edit_history(self.step.preference.history, key, self._idx_of) for key in distinct]
        tips, strengths, residual = self._read(histories, [bool(key) for key in distinct])
        rows = torch.tensor([distinct[key] for key in keys], dtype=torch.long)
        strengths = strengths[rows]
        for row, edits in enumerate(scenarios):
            for edit in edits:
                if edit.kind in ("set statement", "delete statement"):
                    signed = edit.polarity * edit.strength if edit.kind == "set statement" else 0.0
                    strengths[row, self._value(edit.key)] = signed
        device = self.run.device
        left = {m: r[rows].to(device) for m, r in residual.items()}
        return PreferenceTensors(tips[rows].to(device), strengths.to(device), left)

    def _idx_of(self, streamer_id: str) -> int:
        if streamer_id not in self._known:
            self._known[streamer_id] = streamer_idx_of(self.run.dataset, streamer_id)
        return self._known[streamer_id]

    def _value(self, key: str) -> int:
        return self._values[key] if key in self._values else value_of(self.run, key)

    def _read(self, histories: Sequence[History], edited: Sequence[bool]) -> tuple[Tensor, Tensor, dict]:
        """Weights of tips, strengths and residuals; a history without an edit keeps the step's own."""
        n, own = len(histories), self.step.preference
        tips = torch.zeros(n, self.n_streamers)
        among = np.unique(np.concatenate([h.streamer_idx for h in histories])).astype(np.int64)
        told = torch.zeros(n, len(among))
        for row, history in enumerate(histories):
            idx, places = places_of(history)
            tips[row, torch.from_numpy(idx.astype(np.int64))] = torch.from_numpy(places.astype(np.float32))
            np.maximum.at(told[row].numpy(), np.searchsorted(among, history.streamer_idx), history.counts)
        strengths = self._given.repeat(n, 1)
        residual = {m: row.repeat(n, 1) for m, row in self._own.items()}
        which = torch.tensor(edited, dtype=torch.bool)
        if which.any():
            drawn, left = self.run.composer.redrawn(own, told[which], torch.from_numpy(among))
            strengths[which] = drawn
            for m, rows in left.items():
                residual[m][which] = rows
        return self._weighed(tips, histories), strengths, residual

    def _weighed(self, places: Tensor, histories: Sequence[History]) -> Float[Tensor, "n n_streamers"]:
        """Places to weights, faded tips for less: as the recommender weighs them."""
        half_life = self.run.recommender.scorer.half_life
        if self.step.preference.history.faded_before is None:
            return weigh(places, half_life)
        counts = [tip_weights(history, self.n_streamers)[0] for history in histories]
        return torch.stack([weigh(row, half_life, each) for row, each in zip(places, counts, strict=True)])
