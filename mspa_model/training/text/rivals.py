"""What a composer must beat: the tuned teacher, the most frequent statements, the text of the most similar user."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_matrix, diags
from torch import Tensor

from mspa_model.config import PreferenceConfig, RunConfig
from mspa_model.data import interaction_matrix
from mspa_model.preference.composer import Composer
from mspa_model.preference.statements import statements_of
from mspa_model.preference.teacher import Teacher, pooled_features
from mspa_model.training.text.systems import TextSystem
from mspa_model.training.text.tuning import dense, tuned_for_few, tuned_for_whole
from mspa_model.training.text.users import LONG, TextUsers
from mspa_model.types import Dataset, Features, History, Preference, Vocabulary

_BATCH = 256
Strengths = Float[Tensor, "batch n_values"]


def rivals(
    dataset: Dataset,
    vocabulary: Vocabulary,
    teacher_composer: Composer,
    users: TextUsers,
    features: Features,
    config: RunConfig,
) -> tuple[TextSystem, ...]:
    """ "teacher" (tuned), "frequent" and "nearest", all made from the teaching users' train tips alone."""
    telling, teacher = Telling(teacher_composer), teacher_composer.teacher
    tips = interaction_matrix(dataset, ("train",))[users.teaching]
    whole, few = tuned_for_whole(teacher, tips, config.seed), tuned_for_few(teacher, tips, config.seed)
    strengths = _in_batches(tips, teacher.strengths, len(vocabulary.values))
    long = np.diff(tips.indptr) >= LONG
    return (
        tuned_teacher(telling, teacher, whole, few),
        frequent(telling, strengths[torch.from_numpy(long)] if long.any() else strengths),
        nearest(telling, tips, strengths, features),
    )


@dataclass(frozen=True)
class Telling:
    """Turns strengths into a preference in plain sentences. Its residual is empty: nobody ranks by these texts."""

    composer: Composer

    def preference(self, strengths: Float[Tensor, " n_values"], history: History, name: str) -> Preference:
        """Statements with the evidence that this history has for them, and their prose."""
        statements = statements_of(strengths, history, self.composer.vocabulary)
        return Preference(history, statements, self.composer.prose(statements, history), {}, name)


def tuned_teacher(telling: Telling, teacher: Teacher, whole: PreferenceConfig, few: PreferenceConfig) -> TextSystem:
    """The teacher at its best: the setting for few tips below LONG tipped streamers, the other from there on."""
    of_whole = Teacher(teacher.vocabulary, teacher.base_rate, whole)
    of_few = Teacher(teacher.vocabulary, teacher.base_rate, few)

    def compose(histories: Sequence[History]) -> list[Preference]:
        tips = tips_of(histories, len(telling.composer.vocabulary.membership))
        long = tips.sum(1, keepdim=True) >= LONG
        strengths = torch.where(long, of_whole.strengths(tips), of_few.strengths(tips))
        return [telling.preference(row, h, "teacher") for row, h in zip(strengths, histories, strict=True)]

    setting = {
        part: {"shrinkage": config.shrinkage, "threshold": config.threshold}
        for part, config in (("whole", whole), ("sparse", few))
    }
    return TextSystem("teacher", compose, setting=setting)


def frequent(telling: Telling, strengths: Strengths) -> TextSystem:
    """The same for everyone: the most frequent statements, as many as the mean user has, at their mean strength.

    strengths: what the teacher says of each teaching user.
    """
    n_users, n_values = strengths.shape
    counts = Counter(
        {(int(v), sign): int((strengths[:, v] * sign > 0).sum()) for v in range(n_values) for sign in (1, -1)}
    )
    n_said = round(float((strengths != 0).sum(1).float().mean())) if n_users else 0
    row = torch.zeros(n_values)
    for (value, sign), count in counts.most_common():
        if int((row != 0).sum()) < n_said and count and row[value] == 0:
            column = strengths[:, value]
            row[value] = column[column * sign > 0].mean()
    return TextSystem("frequent", lambda histories: [telling.preference(row, h, "frequent") for h in histories])


def nearest(telling: Telling, tips: csr_matrix, strengths: Strengths, features: Features) -> TextSystem:
    """What the teacher says of the teaching user whose tips are most alike, with the evidence that one's own tips have.

    tips: 0/1 (n_teaching, n_streamers), strengths their rows. Alike: cosine over tipped streamers; where no teaching
    user tipped any of them, cosine of pooled features.
    """
    unit = _unit(tips)
    pooled = _in_batches(tips, lambda part: _pooled(part, features), sum(a.shape[1] for a in features.arrays.values()))

    def compose(histories: Sequence[History]) -> list[Preference]:
        if not tips.shape[0]:
            return [telling.preference(torch.zeros(strengths.shape[1]), h, "nearest") for h in histories]
        own = tips_of(histories, tips.shape[1])
        shared = torch.from_numpy((_unit(csr_matrix(own.numpy())) @ unit.T).toarray())
        alike = torch.where((shared > 0).any(1, keepdim=True), shared, _pooled(own, features) @ pooled.T)
        rows = strengths[alike.argmax(1)]
        return [telling.preference(row, h, "nearest") for row, h in zip(rows, histories, strict=True)]

    return TextSystem("nearest", compose)


def _unit(tips: csr_matrix) -> csr_matrix:
    """0/1 rows at length one; empty ones stay."""
    return diags(1 / np.sqrt(np.diff(tips.indptr).clip(min=1)).astype(np.float32)) @ tips


def _pooled(tips: Float[Tensor, "batch n_streamers"], features: Features) -> Float[Tensor, "batch dim"]:
    """Pooled features side by side, each modality of unit length; no column where the set has no features."""
    parts = [torch.nn.functional.normalize(pooled_features(tips, features, m), dim=1) for m in features.modalities]
    return torch.cat([torch.zeros(len(tips), 0), *parts], 1)


def _in_batches(tips: csr_matrix, of: Callable[[Tensor], Tensor], width: int) -> Float[Tensor, "n_users width"]:
    parts = [of(dense(tips[i : i + _BATCH])) for i in range(0, tips.shape[0], _BATCH)]
    return torch.cat([torch.zeros(0, width), *parts])


def tips_of(histories: Sequence[History], n_streamers: int) -> Float[Tensor, "batch n_streamers"]:
    """0/1 rows of the tipped streamers of each history."""
    tips = np.zeros((len(histories), n_streamers), dtype=np.float32)
    for row, history in zip(tips, histories, strict=True):
        row[history.streamer_idx] = 1
    return torch.from_numpy(tips)
