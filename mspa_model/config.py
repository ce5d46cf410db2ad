"""What a run was trained with: one frozen dataclass per stage; an unknown key is an error."""

from dataclasses import field
from typing import Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class FeatureConfig:
    """Which encoder reads raw media and text; a registry name, or a path or hub id for machines that have it."""

    visual_encoder: str = "efficientnet-lite0"
    audio_encoder: str = "log-mel-statistics"
    text_encoder: str = "all-minilm-l6-v2"


@dataclass(frozen=True, config=_STRICT)
class PreferenceConfig:
    """How statements are found."""

    n_statements: int = 8  # at most this many a user
    shrinkage: float = 4.0  # pseudo-tips that pull a value's share towards everyone's
    threshold: float = 0.15  # strength below which nothing is said
    n_clusters: int = 10  # groups of visual and of audio features
    n_phrases: int = 40  # key phrases of texts
    min_streamers: int = 5  # a value that fewer streamers have is not in the vocabulary


@dataclass(frozen=True, config=_STRICT)
class ComposerConfig:
    """The language model that writes preferences."""

    active: Literal["compact", "teacher"] = "compact"  # whose preferences are ranked
    dim: int = 128
    layers: int = 3
    heads: int = 4
    dropout: float = 0.15
    max_tips: int = 48  # newest tipped streamers that it reads
    batch: int = 48
    learning_rate: float = 1.5e-3
    steps: int = 600  # batches that it is taught on, at most
    minutes: float = 15.0  # of teaching, at most
    patience: int = 4  # looks at the teaching users kept back, without a better one, before teaching stops
    synthetic_share: float = 0.5  # of the histories it is taught on
    retrain_without: bool = False  # teach it again without each modality, to measure what each is worth
    other: str | None = None  # a larger model, by path or hub id, that can be asked beside it


@dataclass(frozen=True, config=_STRICT)
class RankingConfig:
    """Step 0: co-tipping, towers, popularity and their weights."""

    dim: int = 64  # of the aligned embeddings
    hidden: int = 96  # of a streamer tower
    dropout: float = 0.2
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    batch: int = 256
    max_epochs: int = 90
    patience: int = 15  # epochs without a better val score before aligning stops
    cotips_ridge: tuple[float, ...] = (30.0, 5.0, 100.0, 300.0, 1000.0)  # tried on val, from the first
    cotips_degree_power: tuple[float, ...] = (0.5, 0.0)  # users weigh 1 / n_tips ** power; tried on val
    cotips_content: tuple[float, ...] = (0.0, 1.0, 3.0, 10.0)  # weight of content in co-tipping; tried on val
    cotips_half_life: tuple[float, ...] = (
        5.0,
        10.0,
        20.0,
        40.0,
        80.0,
        1e9,
    )  # in tips; tried on val where times are known
    max_dense_streamers: int = 20_000  # above: co-tipping is low-rank
    low_rank: int = 256
    latent_dim: int = 128  # of co-tipping's latent part
    latent_learning_rate: float = 3e-3
    latent_weight_decay: float = 0.01
    latent_batch: int = 512
    latent_epochs: int = 60


@dataclass(frozen=True, config=_STRICT)
class CorrectorConfig:
    """Self-correction after step 0."""

    max_steps: int = 3
    min_witnesses: int = 5
    max_witnesses: int = 40  # the newest are taken
    top_k: int = 10
    folds: int = 5  # of users, for weights that have not seen a witness
    hidden: int = 32
    learning_rate: float = 3e-3
    max_epochs: int = 12
    cautions: tuple[float, ...] = (
        0.5,
        1.0,
        1.64,
        2.5,
        4.0,
    )  # standard errors to beat; tried on val
    caution: float = 1.64  # the one that val chose


@dataclass(frozen=True, config=_STRICT)
class MapConfig:
    """The stored UMAP map."""

    n_neighbors: int = 15
    min_dist: float = 0.1
    max_points: int = 12_000  # streamers first, then a seeded draw of users
    seeds: int = 5  # maps that are held against each other, the stored one among them


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
