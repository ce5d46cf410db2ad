"""The teacher: statistics that write statements. How much more often is a value tipped here than by everyone?"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from safetensors.numpy import load_file, save_file
from torch import Tensor

from mspa_model.config import PreferenceConfig
from mspa_model.manifest import ListedFiles
from mspa_model.types import Dataset, Features, Modality, Vocabulary

MIN_PRIOR_TIPS = 1.0  # pseudo-tips that a value itself brings: one tip on a rare value must not read as a passion
MIN_EXPECTED = 2.5  # tips on a value to be expected before their absence says anything
MIN_TIPS_FOR_DISLIKE = 5.0
# Of the mean squared length of prototypes: near-equal prototypes share a coefficient, and a statement takes a part of
# what it explains out of the residual, not all, so that a wrong or a missing one costs less (docs/LOG.md).
RIDGE = 3.0
LinearMap = Callable[[Float[Tensor, "n feature_dim"]], Float[Tensor, "n dim"]]


class Teacher:
    """Signed strengths from tips (ours): shrunken log-odds of a value among a user's tips against everyone's.

    With n tips, c of them on the value, base rate b and k pseudo-tips (at least 1 / b):
        share = (c + k b) / (n + k)
        strength = tanh((logit(share) - logit(b)) / 2) * z^2 / (z^2 + 1),   z = (c - n b) / sqrt(n b (1 - b))
    The first factor says how much, the second how surely. "Less often" is said only where five tips were given and 2.5
    on the value were to be expected.
    """

    def __init__(
        self, vocabulary: Vocabulary, base_rate: Float[np.ndarray, " n_values"], config: PreferenceConfig
    ) -> None:
        self.vocabulary, self.config = vocabulary, config
        self.base_rate = np.asarray(base_rate, dtype=np.float32)
        self._membership = torch.from_numpy(vocabulary.membership)
        self._base = torch.from_numpy(self.base_rate)

    def strengths(
        self, tips: Float[Tensor, "batch n_streamers"], among: Int[Tensor, " n_streamers"] | None = None
    ) -> Float[Tensor, "batch n_values"]:
        """Signed strengths in [-1, 1]; at most n_statements of a row differ from zero, each at least the threshold.

        tips: weight >= 0 of each tipped streamer, 1 for "tipped" (amounts, repeats and times do not weigh); among: the
        streamers that its columns stand for, all of them where it is None.
        """
        shares = self._shares(tips, among)
        dense = self._all_strengths(*shares)
        if dense.shape[1] == 0:
            return dense
        dense = torch.where(dense.abs() >= self.config.threshold, dense, 0)
        k = min(self.config.n_statements, dense.shape[1])
        weight = dense.abs() * self._gain(*shares).sqrt()
        # A stable sort, for topk is free among equals: two values alike keep the order of the vocabulary.
        most_told = weight.sort(dim=1, descending=True, stable=True).indices[:, :k]
        return torch.zeros_like(dense).scatter(1, most_told, dense.gather(1, most_told))

    def all_strengths(
        self, tips: Float[Tensor, "batch n_streamers"], among: Int[Tensor, " n_streamers"] | None = None
    ) -> Float[Tensor, "batch n_values"]:
        """The same before threshold and selection, for every value of the vocabulary."""
        return self._all_strengths(*self._shares(tips, among))

    def _all_strengths(self, n: Tensor, on_value: Tensor, share: Tensor) -> Float[Tensor, "batch n_values"]:
        base = self._base
        effect = torch.tanh((torch.logit(share, 1e-6) - torch.logit(base)) / 2)
        expected = n * base
        squared_z = (on_value - expected) ** 2 / (expected * (1 - base)).clamp_min(1e-9)
        strength = effect * squared_z / (squared_z + 1)
        told = (strength > 0) | ((expected >= MIN_EXPECTED) & (n >= MIN_TIPS_FOR_DISLIKE))
        return torch.where(told, strength, 0)

    def _shares(self, tips: Tensor, among: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Tips of each user (batch, 1), those on each value and their shrunken share (batch, n_values)."""
        self._follow(tips.device)
        membership = self._membership if among is None else self._membership[among]
        n, on_value = tips.sum(1, keepdim=True), tips @ membership
        prior = (MIN_PRIOR_TIPS / self._base).clamp_min(self.config.shrinkage)
        return n, on_value, (on_value + prior * self._base) / (n + prior)

    def _gain(self, n: Tensor, on_value: Tensor, share: Tensor) -> Float[Tensor, "batch n_values"]:
        """How much likelier the tips are under the user's share than under everyone's, in nats, never below zero.

        Strength alone would fill the text with rare values that rest on one tip. On val of ml100k and ml1m this choice
        ranks as well, and a statement rests on 13 % and 28 % more tips.
        """
        share = share.clamp(1e-6, 1 - 1e-6)
        gain = on_value * (share / self._base).log() + (n - on_value) * ((1 - share) / (1 - self._base)).log()
        return gain.clamp_min(0)

    def _follow(self, device: torch.device) -> None:
        if self._membership.device != device:
            self._membership, self._base = self._membership.to(device), self._base.to(device)


def base_rates(dataset: Dataset, vocabulary: Vocabulary) -> Float[np.ndarray, " n_values"]:
    """The share of everyone's train tips (distinct pairs) that fall on each value, kept away from 0 and 1."""
    counts = np.bincount(train_pairs(dataset)["streamer_idx"], minlength=dataset.n_streamers).astype(np.float64)
    margin = 1 / (counts.sum() + 2)
    shares = counts @ vocabulary.membership / max(counts.sum(), 1)
    return np.clip(shares, margin, 1 - margin).astype(np.float32)


def train_pairs(dataset: Dataset) -> pd.DataFrame:
    """Who tipped whom before the split, each pair once: user_idx, streamer_idx."""
    return dataset.tips[dataset.tips["split"] == "train"][["user_idx", "streamer_idx"]].drop_duplicates()


def build_teacher(dataset: Dataset, vocabulary: Vocabulary, config: PreferenceConfig) -> Teacher:
    """The teacher of a dataset's train tips."""
    return Teacher(vocabulary, base_rates(dataset, vocabulary), config)


def save_teacher(folder: Path, teacher: Teacher) -> None:
    """Writes teacher.safetensors, the base rates, into an existing folder."""
    save_file({"base_rate": teacher.base_rate}, folder / "teacher.safetensors")


def load_teacher(folder: Path | ListedFiles, vocabulary: Vocabulary, config: PreferenceConfig) -> Teacher:
    """What save_teacher wrote, with the vocabulary it was made for."""
    return Teacher(vocabulary, load_file(folder / "teacher.safetensors")["base_rate"], config)


def residuals(
    tips: Float[Tensor, "batch n_streamers"],
    strengths: Float[Tensor, "batch n_values"],
    features: Features,
    vocabulary: Vocabulary,
    among: Int[Tensor, " n_streamers"] | None = None,
    maps: Mapping[Modality, LinearMap] | None = None,
) -> dict[Modality, Float[Tensor, "batch feature_dim"]]:
    """Per modality, what statements do not cover: pooled features of the tipped streamers less their ridge projection
    onto the span of the prototypes of the stated values. Zero for a user without tips that have the modality.

    maps: a linear map of each modality's features, which gives the rows that the map makes of these ("batch dim").
    Streamers are mapped before they are pooled: of hundreds of histories of a few streamers that is far less work.
    """
    rows = {m: _rows(features, m, among, tips.device) for m in features.modalities}
    totals = {m: _totals(tips, features, m, among) for m in features.modalities}
    # One user states a few of many values: only their prototypes are multiplied.
    used = (strengths != 0).any(0).nonzero()[:, 0]
    prototypes = {m: torch.as_tensor(vocabulary.prototypes[m], device=tips.device)[used] for m in rows}
    if maps is None:
        left = {m: (tips @ row) / totals[m] for m, row in rows.items()}
        products = {m: left[m] @ prototypes[m].T for m in rows}
    else:
        left = {m: (tips @ maps[m](row)) / totals[m] for m, row in rows.items()}
        products = {m: (tips @ (row @ prototypes[m].T)) / totals[m] for m, row in rows.items()}
        prototypes = {m: maps[m](row) for m, row in prototypes.items()}
    if not len(used) or not rows:
        return left
    covered = _covered(torch.stack(list(products.values())), strengths[:, used], used, tuple(rows), vocabulary)
    return {m: row - covered[i] @ prototypes[m] for i, (m, row) in enumerate(left.items())}


def pooled_features(
    tips: Float[Tensor, "batch n_streamers"], features: Features, modality: Modality
) -> Float[Tensor, "batch feature_dim"]:
    """Weighted mean feature row of the tipped streamers that have the modality; zero where none has."""
    return (tips @ _rows(features, modality, None, tips.device)) / _totals(tips, features, modality, None)


def _rows(
    features: Features, modality: Modality, among: Int[Tensor, " n_streamers"] | None, device: torch.device
) -> Float[Tensor, "n_streamers feature_dim"]:
    """Features of the streamers that columns of tips stand for: `among`, all of them where it is None."""
    which = slice(None) if among is None else among.cpu().numpy()
    return torch.as_tensor(features.arrays[modality][which], device=device)


def _totals(
    tips: Float[Tensor, "batch n_streamers"],
    features: Features,
    modality: Modality,
    among: Int[Tensor, " n_streamers"] | None,
) -> Float[Tensor, "batch 1"]:
    """What tips to streamers that have the modality weigh together; rows of all others are zero, so need no mask."""
    which = slice(None) if among is None else among.cpu().numpy()
    present = torch.as_tensor(features.present[modality][which], device=tips.device, dtype=tips.dtype)
    return (tips @ present).clamp_min(1e-9)[:, None]


def _covered(
    products: Float[Tensor, "n_modalities batch n_used"],
    told: Float[Tensor, "batch n_used"],
    used: Int[Tensor, " n_used"],
    modalities: Sequence[Modality],
    vocabulary: Vocabulary,
) -> Float[Tensor, "n_modalities batch n_used"]:
    """How much of each prototype the stated values cover: a ridge projection. products: of what is pooled with the
    prototypes of the used values; told: their strengths.

    Solved in the space of the values that a row states, in as many slots as any row needs, so the work does not grow
    with feature_dim; empty slots become rows of the identity. All modalities are solved at once: a trace asks this of
    hundreds of small systems.
    """
    slots = told.abs().topk(int((told != 0).sum(1).max()), dim=1).indices
    filled = told.gather(1, slots) != 0
    whole = torch.stack([torch.as_tensor(vocabulary.prototype_products[m], device=told.device) for m in modalities])
    ridge = RIDGE * whole.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-9)
    gram = whole[:, used[:, None], used]
    both = filled[:, :, None] & filled[:, None, :]
    system = torch.where(both, gram[:, slots[:, :, None], slots[:, None, :]], 0)
    system = system + torch.diag_embed(torch.where(filled, ridge[:, None, None], torch.ones_like(ridge)[:, None, None]))
    places = slots.expand(len(products), -1, -1)
    solved = torch.linalg.solve(system, torch.where(filled, products.gather(2, places), 0))
    return torch.zeros_like(products).scatter(2, places, solved)
