"""What all systems are scored on: the same histories, the same draws of them, and what each is held against."""

from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from mspa_model.data import history_of
from mspa_model.preference.composer import Composer
from mspa_model.training.text.draws import N_DRAWS, sparse_draws
from mspa_model.training.text.references import reference_prose
from mspa_model.training.text.systems import TextSystem
from mspa_model.training.text.truth import Truth, load_truth
from mspa_model.training.text.users import TextUsers
from mspa_model.types import Dataset, History, Preference, Statement, Vocabulary

_BATCH = 128  # histories composed at once


@dataclass(frozen=True)
class Ground:
    """Per scored user, in order: the train history, sparse draws of it, what the teacher says of the history and that
    in reference prose. truth: None where the set has none.
    """

    vocabulary: Vocabulary
    users: TextUsers
    whole: tuple[History, ...]
    sparse: tuple[tuple[History, ...], ...]
    told: tuple[tuple[Statement, ...], ...]
    references: tuple[tuple[str, ...], ...]
    truth: Truth | None


@dataclass(frozen=True)
class Texts:
    """What one system made of the ground's histories: of the whole ones, and of each user's draws."""

    whole: tuple[Preference, ...]
    sparse: tuple[tuple[Preference, ...], ...]


def ground_of(
    dataset: Dataset, vocabulary: Vocabulary, teacher_composer: Composer, users: TextUsers, seed: int
) -> Ground:
    """Histories are of split train alone; truth/ is read here, to score by."""
    scored = [int(u) for u in users.scored]
    whole = tuple(history_of(dataset, u, "train") for u in scored)
    told = tuple(p.statements for p in teacher_composer.compose_many(whole))
    return Ground(
        vocabulary,
        users,
        whole,
        tuple(tuple(sparse_draws(h, N_DRAWS, seed, u)) for h, u in zip(whole, scored, strict=True)),
        told,
        tuple(reference_prose(statements, vocabulary, dataset.info) for statements in told),
        load_truth(dataset, vocabulary),
    )


def texts_of(system: TextSystem, ground: Ground, progress: bool) -> Texts:
    """Every history of the ground composed, in batches."""
    drawn = [history for own in ground.sparse for history in own]
    made = _composed(system, [*ground.whole, *drawn], progress)
    n = len(ground.whole)
    sparse = tuple(tuple(made[n + i * N_DRAWS : n + (i + 1) * N_DRAWS]) for i in range(n))
    return Texts(tuple(made[:n]), sparse)


def _composed(system: TextSystem, histories: Sequence[History], progress: bool) -> list[Preference]:
    starts = range(0, len(histories), _BATCH)
    steps = tqdm(starts, f"texts of {system.name}", unit="batch", disable=not progress, leave=False)
    return [preference for s in steps for preference in system.compose(histories[s : s + _BATCH])]
