"""Which groups of looks and sounds a text names, and who shows best what such a group is."""

import re
from collections.abc import Iterable

import numpy as np

from mspa_model.preference.group_names import LONGEST_NAME, group_title, is_group
from mspa_model.runs import Run

__all__ = ["LONGEST_NAME", "group_title", "groups_named", "is_group", "typical_members"]

_TITLE = re.compile(r"\b(?:visual|audio) group \d+\b")


def groups_named(run: Run, texts: Iterable[str]) -> tuple[int, ...]:
    """value_idx of the groups that the texts name by their titles ("visual group 7"), each once, in their order."""
    by_title = {group_title(value): idx for idx, value in enumerate(run.vocabulary.values) if is_group(value)}
    titles = dict.fromkeys(title for text in texts for title in _TITLE.findall(text))
    return tuple(by_title[title] for title in titles if title in by_title)


def typical_members(run: Run, value_idx: int) -> tuple[int, ...]:
    """streamer_idx of a group's members, nearest to its mean feature row first (ties by row).

    Those that the run stored as its examples come first: they are nearest to the centre that made the group.
    """
    value = run.vocabulary.values[value_idx]
    members = np.flatnonzero(run.vocabulary.membership[:, value_idx] > 0)
    if value.modality not in run.features.arrays:
        return tuple(dict.fromkeys((*value.examples, *members.tolist())))
    rows = run.features.arrays[value.modality][members]
    distance = np.linalg.norm(rows - run.vocabulary.prototypes[value.modality][value_idx], axis=1)
    nearest_first = members[np.argsort(distance, kind="stable")]
    return tuple(dict.fromkeys((*value.examples, *(int(i) for i in nearest_first))))
