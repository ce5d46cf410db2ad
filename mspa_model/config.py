"""What a run was trained with: one frozen dataclass per stage; an unknown key is an error."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid")
_FINITE = {"allow_inf_nan": False}
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, **_FINITE)]
NotNegative = Annotated[float, Field(ge=0, **_FINITE)]
Share = Annotated[float, Field(ge=0, le=1)]
Tried = Annotated[tuple[NotNegative, ...], Field(min_length=1)]  # on val
TriedPositive = Annotated[tuple[Positive, ...], Field(min_length=1)]


@dataclass(frozen=True, config=_STRICT)
class FeatureConfig:
    """Which encoder reads raw media and text; a registry name, or a path or hub id for machines that have it."""

    visual_encoder: str = "efficientnet-lite0"
    audio_encoder: str = "log-mel-statistics"
    text_encoder: str = "all-minilm-l6-v2"


@dataclass(frozen=True, config=_STRICT)
class PreferenceConfig:
    """How statements are found."""

    n_statements: Count = 8  # at most this many a user
    shrinkage: Positive = 4.0  # pseudo-tips that pull a value's share towards everyone's
    threshold: NotNegative = 0.15  # strength below which nothing is said
    n_clusters: Count = 10  # groups of visual and of audio features
    n_phrases: Count = 40  # key phrases of texts
    min_streamers: Count = 5  # a value that fewer streamers have is not in the vocabulary


@dataclass(frozen=True, config=_STRICT)
class ComposerConfig:
    """The language model that writes preferences."""

    active: Literal["compact", "teacher"] = "compact"  # whose preferences are ranked
    dim: Count = 128
    layers: Count = 3
    heads: Count = 4
    dropout: Share = 0.15
    max_tips: Count = 48  # newest tipped streamers that it reads
    batch: Count = 48
    learning_rate: Positive = 1.5e-3
    steps: Count = 600  # batches that it is taught on, at most
    minutes: Positive = 15.0  # of teaching, at most
    patience: Count = 4  # looks at the teaching users kept back, without a better one, before teaching stops
    synthetic_share: Share = 0.5  # of the histories it is taught on
    retrain_without: bool = False  # teach it again without each modality, to measure what each is worth
    other: str | None = None  # a larger model, by path or hub id, that can be asked beside it


@dataclass(frozen=True, config=_STRICT)
class RankingConfig:
    """Step 0: co-tipping, towers, popularity and their weights."""

    dim: Count = 64  # of the aligned embeddings
    hidden: Count = 96  # of a streamer tower
    dropout: Share = 0.2
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.1
    batch: Count = 256
    max_epochs: Count = 90
    patience: Count = 15  # epochs without a better val score before aligning stops
    cotips_ridge: TriedPositive = (30.0, 5.0, 100.0, 300.0, 1000.0)  # tried on val, from the first
    cotips_degree_power: Tried = (0.5, 0.0)  # users weigh 1 / n_tips ** power; tried on val
    cotips_content: Tried = (0.0, 1.0, 3.0, 10.0)  # weight of content in co-tipping; tried on val
    cotips_half_life: TriedPositive = (
        5.0,
        10.0,
        20.0,
        40.0,
        80.0,
        1e9,
    )  # in tips; tried on val where times are known
    max_dense_streamers: Annotated[int, Field(ge=0)] = 20_000  # above: co-tipping is low-rank
    low_rank: Count = 256
    latent_dim: Count = 128  # of co-tipping's latent part
    latent_learning_rate: Positive = 3e-3
    latent_weight_decay: NotNegative = 0.01
    latent_batch: Count = 512
    latent_epochs: Count = 60


@dataclass(frozen=True, config=_STRICT)
class CorrectorConfig:
    """Self-correction after step 0."""

    max_steps: Annotated[int, Field(ge=0)] = 3
    min_witnesses: Count = 5
    max_witnesses: Count = 40  # the newest are taken
    top_k: Count = 10
    folds: Count = 5  # of users, for weights that have not seen a witness
    hidden: Count = 32
    learning_rate: Positive = 3e-3
    max_epochs: Count = 12
    cautions: Tried = (
        0.5,
        1.0,
        1.28,
        1.64,
        2.5,
        4.0,
    )  # standard errors to beat; tried on val
    caution: float = 1.64  # the one that val chose
    fade_caution: float = 1.64  # the same for a step that fades what was tipped before a taste shifted


@dataclass(frozen=True, config=_STRICT)
class MapConfig:
    """The stored UMAP map."""

    n_neighbors: Count = 15
    min_dist: NotNegative = 0.1
    max_points: Count = 12_000  # streamers first, then a seeded draw of users
    seeds: Count = 5  # maps that are held against each other, the stored one among them


@dataclass(frozen=True, config=_STRICT)
class RunConfig:
    """Everything that a run depends on, beside the data."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    preference: PreferenceConfig = field(default_factory=PreferenceConfig)
    composer: ComposerConfig = field(default_factory=ComposerConfig)
    ranking: RankingConfig = field(default_factory=RankingConfig)
    corrector: CorrectorConfig = field(default_factory=CorrectorConfig)
    map: MapConfig = field(default_factory=MapConfig)
    seed: int = 7


def config_to_json(config: RunConfig) -> str:
    """The configuration as indented JSON."""
    return TypeAdapter(RunConfig).dump_json(config, indent=2).decode()


def config_from_json(text: str) -> RunConfig:
    """The inverse of config_to_json; raises pydantic.ValidationError on an unknown key or a wrong type."""
    return TypeAdapter(RunConfig).validate_json(text)
