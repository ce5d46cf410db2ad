"""What each modality is worth to the composer: the same model, retrained without it, on the same users."""

from collections.abc import Mapping, Sequence
from typing import Any

from mspa_model.config import RunConfig
from mspa_model.preference.claims import MIDDLES, Claim
from mspa_model.preference.compact import CompactWriter
from mspa_model.preference.composer import Composer
from mspa_model.training.text.measure import COMPOSER, measure_text
from mspa_model.training.text.systems import TextSystem, system_of
from mspa_model.training.text.users import TextUsers
from mspa_model.types import Dataset, History, Modality, Preference, Statement, Vocabulary


def ablation_metrics(
    dataset: Dataset,
    teacher: Composer,
    composer: Composer,
    blind: Mapping[Modality, CompactWriter],
    users: TextUsers,
    config: RunConfig,
    progress: bool,
) -> dict[str, Any] | None:
    """metrics["text"] with the retrained models alone; None where no user can be scored."""
    if not len(users.scored):
        return None
    systems = [_system(f"{COMPOSER}-{m.value}", writer, teacher.vocabulary) for m, writer in blind.items()]
    own = system_of(COMPOSER, composer)
    found = measure_text(dataset, teacher.vocabulary, teacher, users, (own, *systems), config.seed, progress)
    return {name: found[name] for name in (*(s.name for s in systems), "paired")}


def _system(name: str, writer: CompactWriter, vocabulary: Vocabulary) -> TextSystem:
    """Nothing is checked: a check would tell a blind model which values its tips have."""

    def compose(histories: Sequence[History]) -> list[Preference]:
        written = writer.write(histories)
        return [
            Preference(h, tuple(_stated(c, vocabulary) for c in w.claims), w.prose or "", {}, name)
            for h, w in zip(histories, written, strict=True)
        ]

    return TextSystem(name, compose, writer.write_freely, writer.write)


def _stated(claim: Claim, vocabulary: Vocabulary) -> Statement:
    value = vocabulary.values[claim.value_idx]
    return Statement(value.aspect, value.name, claim.polarity, MIDDLES[claim.strength], claim.tips, claim.value_idx)
