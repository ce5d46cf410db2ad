"""Teaching the corrector to repair preferences that are wrong, after step 0 is frozen (ours).

A user's train tips are parted: the preference is composed from one part, spoilt, and corrected with that part's
witnesses; the loss asks for the other part, and for the preference as it was before it was spoilt. The user is taken
out of the co-tipping model, so it has seen neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from mspa_model.ranking.cases import own_tips
from mspa_model.ranking.correction import Bench, SelfCorrection, Stance
from mspa_model.ranking.recency import weigh
from mspa_model.types import SOURCES

WITNESS_SHARE = 0.7
MAX_CASES = 300
MAX_CASES_BYTES = 1_500_000_000
MAX_TAUGHT_WITNESSES = 24
HELD_OUT_USERS = 120
UNROLLED_STEPS = 2
MUTED = 0.1
CLEAN = 0.3  # of the cases
PULL = 0.5  # of what was spoilt towards what it was
ODDS = (0.2, 0.2, 0.2, 0.2, 0.2)  # of false statements, true ones missing, wrong strengths, a muted source, old tips


@dataclass(frozen=True)
class RepairReport:
    """Mean loss of users set aside, spoilt, before and after correction; lower is better."""

    n_users: int
    spoilt: float
    corrected: float
    clean: float
    clean_corrected: float


@dataclass(frozen=True)
class Case:
    """A preference to repair: on its bench, what it was before it was spoilt, and the tips set aside."""

    bench: Bench
    sound: Stance
    wanted: Float[Tensor, " n_streamers"]


class RepairTraining:
    """One training of a corrector; `run` leaves it in its best state."""

    def __init__(self, correction: SelfCorrection, train: sp.csr_matrix, seed: int) -> None:
        """train: places (recency.py) of every user's train tips."""
        self.correction, self.train = correction, train
        self.rng = np.random.default_rng(seed)
        needed = int(np.ceil(correction.config.min_witnesses / WITNESS_SHARE)) + 1
        users = self.rng.permutation(np.flatnonzero(np.diff(train.indptr) >= needed))
        n_aside = min(HELD_OUT_USERS, len(users) // 4)
        self.aside, self.users = users[:n_aside], users[n_aside:]
        self.log_sharpness = torch.zeros((), device=correction.scorer.device, requires_grad=True)

    def run(self, progress: bool) -> RepairReport | None:
        """Trains on all but the users set aside; None (nothing learnt) where fewer than 8 users have enough tips."""
        if len(self.aside) < 2:
            return None
        corrector, config = self.correction.corrector, self.correction.config
        # Scores have no temperature of their own; without one the corrector would learn to scale them, not to repair.
        optimizer = torch.optim.AdamW(
            [{"params": corrector.parameters()}, {"params": [self.log_sharpness], "lr": 0.03}],
            lr=config.learning_rate,
            weight_decay=1e-4,
        )
        judged = list(self._cases(self.aside, np.random.default_rng(0)))
        taught = list(self._cases(self.rng.permutation(self.users)[: self._n_cases()], self.rng))
        best, best_state = float("inf"), {k: v.clone() for k, v in corrector.state_dict().items()}
        bar = tqdm(range(config.max_epochs), "teaching the corrector", disable=not progress)
        for _ in bar:
            for case in (taught[i] for i in self.rng.permutation(len(taught))):
                optimizer.zero_grad()
                self._loss(case, UNROLLED_STEPS).backward()
                torch.nn.utils.clip_grad_norm_(corrector.parameters(), 1.0)
                optimizer.step()
            reached = self._mean(judged, UNROLLED_STEPS)
            bar.set_postfix(loss=f"{reached:.4f}")
            if reached < best:
                best, best_state = reached, {k: v.clone() for k, v in corrector.state_dict().items()}
        corrector.load_state_dict(best_state)
        clean = list(self._cases(self.aside, np.random.default_rng(0), spoil=False))
        return RepairReport(
            len(self.aside), self._mean(judged, 0), self._mean(judged, 1), self._mean(clean, 0), self._mean(clean, 1)
        )

    def _n_cases(self) -> int:
        """As many as are kept in memory through all epochs: spoiling a preference costs more than correcting it."""
        rows = MAX_TAUGHT_WITNESSES + len(SOURCES) + 2  # a row of co-tipping each; own fits; what is wanted, and others
        each = rows * self.train.shape[1] * 4
        return max(8, min(MAX_CASES, MAX_CASES_BYTES // each))

    @torch.no_grad()
    def _mean(self, cases: list[Case], n_steps: int) -> float:
        return float(np.mean([float(self._loss(case, n_steps)) for case in cases]))

    def _loss(self, case: Case, n_steps: int) -> Float[Tensor, ""]:
        """Cross entropy of the tips set aside under the ranking after n_steps corrections, and what is still spoilt."""
        bench, wanted, stance = case.bench, case.wanted, case.bench.given
        everyone = torch.ones(len(bench.witnesses), dtype=torch.bool, device=wanted.device)
        for _ in range(n_steps):
            stance = self.correction.advance(bench, stance, everyone, snap=False)
        scores = self.correction.scores(self.correction.move(bench, stance).fits, stance.emphasis)
        scores = (scores * self.log_sharpness.exp()).masked_fill(~bench.others, -1e9)
        return -(scores.log_softmax(0) * wanted).sum() / wanted.sum() + PULL * _apart(stance, case.sound)

    def _cases(self, users: np.ndarray, rng: np.random.Generator, spoil: bool = True) -> Iterator[Case]:
        device = self.correction.scorer.device
        for user in users:
            mine, places = self._drawn(int(user), rng)
            n = max(self.correction.config.min_witnesses, int(WITNESS_SHARE * len(mine)))
            n = min(n, MAX_TAUGHT_WITNESSES)
            tips = torch.zeros(self.train.shape[1], device=device)
            tips[torch.from_numpy(mine[:n].astype(np.int64))] = torch.from_numpy(places[:n])
            tips = weigh(tips, self.correction.scorer.half_life)
            wanted = torch.zeros_like(tips)
            wanted[torch.from_numpy(mine[n:].astype(np.int64))] = 1.0
            sound = self._composed(tips)
            given = self._spoilt(sound, tips, rng) if spoil else sound
            trained_on = torch.from_numpy(self.train[user].indices.astype(np.int64)).to(device)
            base = self.correction.scorer.fold_weights[user % len(self.correction.scorer.fold_weights)]
            own = own_tips(self.correction.scorer, tips.nonzero()[:, 0], trained_on)
            bench = self.correction.bench(tips, given, own.streamer_idx, own, base)
            yield Case(bench, sound, wanted)

    def _drawn(self, user: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Tipped streamers and their places, oldest first where times are known: what is asked for came later."""
        row = self.train[user]
        drawn = rng.permutation(len(row.indices))[: 2 * MAX_TAUGHT_WITNESSES]
        drawn = drawn[np.argsort(-row.data[drawn], kind="stable")]
        return row.indices[drawn], row.data[drawn]

    def _composed(self, tips: Float[Tensor, " n_streamers"]) -> Stance:
        strengths, residual = self.correction.composer.taught((tips[None] > 0).float())
        return Stance(strengths[0], residual, torch.ones(len(SOURCES), device=tips.device))

    def _spoilt(self, stance: Stance, tips: Tensor, rng: np.random.Generator) -> Stance:
        """One or two faults, or none for three users in ten: a corrector must also learn to leave things alone."""
        if rng.random() < CLEAN:
            return stance
        faults = (self._lies, self._omissions, self._wrong_strengths, self._muted, self._stale)
        for i in rng.choice(len(faults), rng.integers(1, 3), replace=False, p=ODDS):
            stance = faults[i](stance, tips, rng)
        return stance

    def _lies(self, stance: Stance, tips: Tensor, rng: np.random.Generator) -> Stance:
        n = len(stance.strengths)
        strengths = stance.strengths.clone()
        chosen = torch.from_numpy(rng.choice(n, min(n, int(rng.integers(2, 5))), replace=False))
        signed = rng.choice([-1.0, 1.0], len(chosen), p=[0.2, 0.8]) * rng.uniform(0.5, 1.0, len(chosen))
        strengths[chosen] = torch.from_numpy(signed.astype(np.float32)).to(strengths.device)
        return replace(stance, strengths=strengths)

    def _omissions(self, stance: Stance, tips: Tensor, rng: np.random.Generator) -> Stance:
        kept = torch.from_numpy((rng.random(len(stance.strengths)) < 0.4).astype(np.float32))
        return replace(stance, strengths=stance.strengths * kept.to(stance.strengths.device))

    def _wrong_strengths(self, stance: Stance, tips: Tensor, rng: np.random.Generator) -> Stance:
        factor = torch.from_numpy(rng.uniform(-0.5, 1.5, len(stance.strengths)).astype(np.float32))
        return replace(stance, strengths=(stance.strengths * factor.to(stance.strengths.device)).clamp(-1.0, 1.0))

    def _muted(self, stance: Stance, tips: Tensor, rng: np.random.Generator) -> Stance:
        used = self.correction.scorer.base_weights.nonzero()[:, 0].tolist()
        emphasis = stance.emphasis.clone()
        emphasis[rng.choice(used)] = MUTED
        return replace(stance, emphasis=emphasis)

    def _stale(self, stance: Stance, tips: Tensor, rng: np.random.Generator) -> Stance:
        """Composed from half of the tips only, as before the other half arrived."""
        half = tips * torch.from_numpy((rng.random(len(tips)) < 0.5).astype(np.float32)).to(tips.device)
        old = self._composed(half)
        return Stance(old.strengths, old.residual, stance.emphasis)


def _apart(stance: Stance, sound: Stance) -> Float[Tensor, ""]:
    """How far from sound: squares of strengths and of log weights, and of the residuals' relative distance."""
    strengths = (stance.strengths - sound.strengths).square().sum()
    weights = (stance.emphasis.log() - sound.emphasis.log()).square().sum()
    shifts = [
        (stance.residual[m] - r).square().sum() / r.square().sum().clamp(min=1e-6) for m, r in sound.residual.items()
    ]
    return strengths + weights + torch.stack([*shifts, torch.zeros_like(strengths)]).clamp(max=4.0).sum()
