"""Step 0: score(user, streamer) = sum over sources of weight[user, source] x fit[source](user, streamer).

weight[user, source] is the run's base weight over the source's typical spread (standard deviation of a fit over
streamers, mean over users), so that base weights compare standardised sources. It is the same for every user until a
correction changes it: a source that says little of a user then also moves little.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mspa_model.ranking.cotipping import CoTips
from mspa_model.ranking.recency import NO_DECAY
from mspa_model.ranking.tip_rows import Content
from mspa_model.ranking.towers import Aligner, feature_tensors, value_rows
from mspa_model.types import SOURCES, Features, Modality, Source, Vocabulary

# A spread below this is a fit that says nothing (no tips, one streamer): its weight is zero, not a division by it.
MIN_SPREAD = 1e-6
POPULARITY = SOURCES.index(Source.POPULARITY)


@dataclass(frozen=True)
class PreferenceTensors:
    """The numbers of a batch of preferences.

    tips: weight of each distinct tipped streamer (recency.py), else 0; strengths: signed strength of each value.
    """

    tips: Float[Tensor, "batch n_streamers"]
    strengths: Float[Tensor, "batch n_values"]
    residual: Mapping[Modality, Float[Tensor, "batch feature_dim"]]


class Scorer:
    """Frozen fits of every source for any preference; base weights chosen on val."""

    def __init__(
        self,
        cotips: CoTips,
        aligners: nn.ModuleDict,
        popularity: Float[Tensor, " n_streamers"],
        base_weights: Float[Tensor, " n_sources"],
        fold_weights: Float[Tensor, "n_folds n_sources"],
        features: Features,
        vocabulary: Vocabulary,
        device: torch.device,
        half_life: float = NO_DECAY,
        statements: Float[Tensor, "n_values _"] | None = None,
        spreads: Float[Tensor, " n_sources"] | None = None,
    ) -> None:
        """aligners: trained; popularity: log1p of train tippers; fold_weights: fitted without each fold of users.

        half_life: in tips, of how much a tip counts in co-tipping; statements: the composer's embeddings of values;
        spreads: typical deviation of each source's fit, one where not yet known.
        """
        self.half_life = half_life
        self.cotips, self.aligners, self.device = cotips, aligners.eval().to(device), device
        self.popularity = (popularity - popularity.mean()).to(device)
        self.base_weights, self.fold_weights = base_weights.to(device), fold_weights.to(device)
        self.spreads = (torch.ones(len(SOURCES)) if spreads is None else spreads).to(device)
        self.modalities = features.modalities
        self.value_rows = {m: value_rows(vocabulary, m, statements).to(device) for m in self.modalities}
        self.features = feature_tensors(features, device)
        with torch.no_grad():
            self.embeddings = {m: self.aligner(m).embed(*self.features[m]) for m in self.modalities}
            self.value_vectors = {m: self.aligner(m).statements(self.value_rows[m]) for m in self.modalities}
            # A missing modality is zero, so that centring over all streamers leaves it at its own mean fit.
            self.means = {m: rows.mean(0) for m, rows in self.embeddings.items()}
        self._content: tuple[CoTips, Content] | None = None

    def aligner(self, modality: Modality) -> Aligner:
        """The trained pair of sides of one modality."""
        aligner = self.aligners[modality.value]
        assert isinstance(aligner, Aligner)
        return aligner

    def user_vectors(
        self,
        modality: Modality,
        strengths: Float[Tensor, "batch n_values"],
        residual: Float[Tensor, "batch feature_dim"],
    ) -> Float[Tensor, "batch dim"]:
        """What streamers' embeddings of this modality are multiplied with."""
        return strengths @ self.value_vectors[modality] + self.aligner(modality).residual(residual)

    def vector_fit(
        self,
        modality: Modality,
        vectors: Float[Tensor, "batch dim"],
        into: Float[Tensor, "batch n_streamers"] | None = None,
    ) -> Float[Tensor, "batch n_streamers"]:
        """Centred fit of every streamer to user vectors of one modality; into: where it is to be written."""
        centre = -(vectors @ self.means[modality])[:, None]
        return torch.addmm(centre, vectors, self.embeddings[modality].T, out=into)

    @property
    def content(self) -> Content:
        """What inner products over streamers are taken with; made once for a co-tipping model."""
        if self._content is None or self._content[0] is not self.cotips:
            plain = Content(self.embeddings, self.means, self.popularity)
            self._content = self.cotips, self.cotips.joined(plain.with_crowd())
        return self._content[1]

    @cached_property
    @torch.no_grad()
    def content_gram(self) -> Float[Tensor, "width width"]:
        """Inner products, over all streamers, of the centred embeddings of all modalities and of popularity."""
        content = Content(self.embeddings, self.means, self.popularity)
        blocks = [content.of(rows.T) for rows in self.embeddings.values()]
        return torch.cat([*blocks, content.of(self.popularity[None])])

    @torch.no_grad()
    def residual_fit(
        self, modality: Modality, residual: Float[Tensor, "batch feature_dim"]
    ) -> Float[Tensor, "batch n_streamers"]:
        """The part of a modality's fit that no statement covers."""
        return self.vector_fit(modality, self.aligner(modality).residual(residual))

    @torch.no_grad()
    def fits(
        self, preference: PreferenceTensors, cotips_fit: Float[Tensor, "batch n_streamers"] | None = None
    ) -> Float[Tensor, "batch n_sources n_streamers"]:
        """Centred fit of each source; cotips_fit takes the place of the model's own where a witness is held out."""
        # Each source is written where it belongs: of a million streamers a copy costs as much as its product.
        fits = torch.empty(len(preference.tips), len(SOURCES), preference.tips.shape[1], device=self.device)
        for m in Modality:
            into = fits[:, SOURCES.index(Source(m.value))]
            if m in self.modalities:
                self.vector_fit(m, self.user_vectors(m, preference.strengths, preference.residual[m]), into)
            else:
                into.zero_()
        cotips = self.cotips.fit(preference.tips) if cotips_fit is None else cotips_fit
        torch.sub(cotips, cotips.mean(-1, keepdim=True), out=fits[:, SOURCES.index(Source.COTIPS)])
        fits[:, POPULARITY] = self.popularity
        return fits

    def weights(
        self,
        fits: Float[Tensor, "batch n_sources n_streamers"],
        base: Float[Tensor, " n_sources"] | None = None,
        emphasis: Float[Tensor, " n_sources"] | None = None,
    ) -> Float[Tensor, "batch n_sources"]:
        """weight[user, source] = base x emphasis / typical spread; zero where a fit has no spread.

        A user of whom no source in use says anything (no tips) is ranked by popularity, whatever val chose for others.
        """
        return self.weights_of(deviation(fits), base, emphasis)

    def weights_of(
        self,
        spread: Float[Tensor, "batch n_sources"],
        base: Float[Tensor, " n_sources"] | None = None,
        emphasis: Float[Tensor, "#batch n_sources"] | Float[Tensor, " n_sources"] | None = None,
    ) -> Float[Tensor, "batch n_sources"]:
        """The same from each fit's deviation over streamers."""
        scale = (spread > MIN_SPREAD) / self.spreads
        weights = scale * (self.base_weights if base is None else base)
        unknown = weights.sum(-1) == 0
        weights[unknown, POPULARITY] = scale[unknown, POPULARITY]
        return weights if emphasis is None else weights * emphasis


def deviation(fits: Float[Tensor, "*rows n_streamers"]) -> Float[Tensor, "*rows"]:
    """Standard deviation over streamers of centred fits: a norm reads them once, where torch's std takes 40 times as
    long on a hundred thousand.
    """
    return torch.linalg.vector_norm(fits, dim=-1) / fits.shape[-1] ** 0.5
