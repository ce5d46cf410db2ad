"""Which groups a text names, and who shows them best."""

from pathlib import Path

import numpy as np
import pytest

from explain.group_examples import group_title, groups_named, is_group, typical_members
from mspa_model.runs import Run, load_run


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return load_run(tiny_run, device="cpu")


def test_groups_are_found_by_their_titles_in_the_order_of_the_text(run: Run):
    groups = [idx for idx, value in enumerate(run.vocabulary.values) if is_group(value)]
    titles = [group_title(run.vocabulary.values[idx]) for idx in groups]
    assert len(groups) >= 2
    text = f"Likes calm ({titles[1]}), then {titles[0]}; {titles[1]} again, but no visual group 999."
    assert groups_named(run, [text]) == (groups[1], groups[0])
    assert groups_named(run, ["visual groups", "group 1", f"{titles[0]}7"]) == ()


def test_members_come_nearest_to_the_groups_mean_first(run: Run):
    for idx, value in enumerate(run.vocabulary.values):
        if not is_group(value):
            continue
        members = typical_members(run, idx)
        assert set(members) == set(np.flatnonzero(run.vocabulary.membership[:, idx]).tolist())
        assert members[: len(value.examples)] == value.examples
        rows = run.features.arrays[value.modality][list(members)]
        distance = np.linalg.norm(rows - run.vocabulary.prototypes[value.modality][idx], axis=1)
        assert (np.diff(distance[len(value.examples) :]) >= 0).all()
