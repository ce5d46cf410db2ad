"""The edits that mean the same for every user of a group, what they come to for one of them, and how they are said."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from explain.contribution import LABEL_LIMIT
from explain.counterfactual import value_of
from explain.narrate import plain, plural
from explain.possible import FULL
from explain.rescoring import Edits
from explain.types import Edit, GroupEdit
from mspa_model.preference.columns import quoted
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Preference, Source, Step

MAX_VALUES = 150  # of a vocabulary: those that the streamer has, then those that most of the group state

# What someone could act on first: what is stated be corrected, then something be taken up by all, then a modality be
# switched off.
KINDS = (
    ("set statement", "stating"),
    ("delete statement", "stating"),
    ("set statement", "all"),
    ("mute modality", "all"),
)


def kind_of(given: GroupEdit) -> int:
    """Its position in KINDS; a recipe is of one kind."""
    return KINDS.index((given.edit.kind, given.who))


def group_edits(run: Run, steps: Sequence[Step], streamer_idx: int) -> tuple[GroupEdit, ...]:
    """Every single edit that a search tries on these users. Nobody is tipped, so the streamer is not."""
    stating = _counts(steps)
    found = [GroupEdit(Edit("mute modality", m)) for m in _in_use(run, steps)]
    for key in _values(run, stating, streamer_idx):
        sets = [Edit("set statement", key, FULL, polarity) for polarity in (1, -1)]
        if stating[key]:
            found += [GroupEdit(edit, "stating") for edit in (*sets, Edit("delete statement", key))]
        if stating[key] < len(steps):
            found += [GroupEdit(edit) for edit in sets]
    return tuple(found)


def _in_use(run: Run, steps: Sequence[Step]) -> list[str]:
    rows = {m: SOURCES.index(Source(m.value)) for m in run.features.modalities}
    return [m.value for m, row in rows.items() if any(bool(step.ranking.weights[row]) for step in steps)]


def _values(run: Run, stating: Counter[str], streamer_idx: int) -> list[str]:
    keys = [f"{v.aspect}: {v.name}" for v in run.vocabulary.values]
    has = dict(zip(keys, np.asarray(run.vocabulary.membership[streamer_idx]).tolist(), strict=True))
    return sorted(keys, key=lambda key: (-has[key], -stating[key]))[:MAX_VALUES]


def _counts(steps: Sequence[Step]) -> Counter[str]:
    return Counter(key for step in steps for key in stated(step.preference))


def stated(preference: Preference) -> frozenset[str]:
    """Keys "aspect: name" of what a preference states."""
    return frozenset(f"{s.aspect}: {s.value}" for s in preference.statements)


def edits_for(preference: Preference, given: Sequence[GroupEdit]) -> Edits:
    """What the group's edits come to for one user; none where the user states none of it."""
    own = stated(preference)
    return tuple(each.edit for each in given if each.who == "all" or each.edit.key in own)


def group_label(run: Run, given: GroupEdit, n_stating: int) -> str:
    """ "“bright stage” set to +0.6 for the 12 users who state it", "“bright stage” set to +0.6 for all", "without the
    statement “bright stage” for the 12 users who state it", "without audio for all".
    """
    edit, info = given.edit, run.dataset.info
    if edit.kind == "mute modality":
        return f"without {edit.key} for all"
    said = quoted(plain(run.vocabulary.values[value_of(run, edit.key)].label, LABEL_LIMIT))
    of = f"one {info.user_is} who states" if n_stating == 1 else f"{n_stating:,} {plural(info.user_is)} who state"
    whom = f"for the {of} it"
    if edit.kind == "delete statement":
        return f"without the statement {said} {whom}"
    return f"{said} set to {edit.polarity * edit.strength:+.1f} {whom if given.who == 'stating' else 'for all'}"
