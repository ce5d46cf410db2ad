"""The edits that mean the same for every user of a group, what they come to for one of them, and how they are said."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float

from explain.contribution import LABEL_LIMIT, tips_by_streamer
from explain.counterfactual import value_of
from explain.narrate import name_of, plain, plural
from explain.possible import FULL, MAX_DROPPED, around
from explain.rescoring import Edits
from explain.types import Direction, Edit, GroupEdit
from mspa_model.number_format import signed
from mspa_model.preference.columns import quoted
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Preference, Source, Step

MAX_VALUES = 150  # of a vocabulary: those that the streamer has, then those that most of the group state
MAX_ADDED = 60  # streamers that may be tipped: those whose co-tipping moves the streamer most
ROWS = 1024  # of co-tipping at once

# What someone could act on first: a tip can still be given, what is stated be corrected, then something be taken up by
# all, a modality be switched off; what was tipped was tipped.
KINDS = (
    ("add tip", "untipped"),
    ("set statement", "stating"),
    ("delete statement", "stating"),
    ("set statement", "all"),
    ("mute modality", "all"),
    ("drop tip", "tipped"),
)


def kind_of(given: GroupEdit) -> int:
    """Its position in KINDS; a recipe is of one kind."""
    return KINDS.index((given.edit.kind, given.who))


def group_edits(
    run: Run, steps: Sequence[Step], streamer_idx: int, direction: Direction = "up"
) -> tuple[GroupEdit, ...]:
    """Every single edit that a search tries on these users; the streamer itself is never tipped.

    direction: which way the streamer is to move, and so whose tips are tried.
    """
    stating = _counts(steps)
    found = [GroupEdit(Edit("mute modality", m)) for m in _in_use(run, steps)]
    for key in _values(run, stating, streamer_idx):
        sets = [Edit("set statement", key, FULL, polarity) for polarity in (1, -1)]
        if stating[key]:
            found += [GroupEdit(edit, "stating") for edit in (*sets, Edit("delete statement", key))]
        if stating[key] < len(steps):
            found += [GroupEdit(edit) for edit in sets]
    ids = run.dataset.streamers["streamer_id"]
    found += [GroupEdit(Edit("drop tip", str(ids.iloc[idx])), "tipped", idx) for idx in _most_tipped(steps)]
    tippable = _tippable(run, steps, streamer_idx, direction)
    return (*found, *(GroupEdit(Edit("add tip", str(ids.iloc[idx])), "untipped", idx) for idx in tippable))


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


def _most_tipped(steps: Sequence[Step]) -> list[int]:
    """The streamers that most of them tipped; of one user alone, the newest."""
    tipped = Counter(idx for step in steps for idx in reversed(tips_by_streamer(step.preference.history)))
    return [idx for idx, _ in tipped.most_common(MAX_DROPPED)]


def _tippable(run: Run, steps: Sequence[Step], streamer_idx: int, direction: Direction) -> list[int]:
    """Of the streamers below it in a ranking of these, those whose co-tipping moves it most, the most first.

    Who stands above it with everyone is left out: a tip would do little but take them out of the list.
    """
    below = sorted({idx for step in steps for idx in around(step.ranking, streamer_idx)[1]})
    lift = dict(zip(below, cotips_lift(run, below, streamer_idx).tolist(), strict=True))
    sign = 1 if direction == "up" else -1
    return sorted(below, key=lambda idx: (-sign * lift[idx], idx))[:MAX_ADDED]


def cotips_lift(run: Run, tipped: Sequence[int], streamer_idx: int) -> Float[np.ndarray, " n"]:
    """What one tip to each of these (streamer_idx) adds to the streamer's co-tipping fit, less the mean over all."""
    parts = []
    for start in range(0, len(tipped), ROWS):
        idx = torch.tensor(tipped[start : start + ROWS], device=run.device)
        rows = run.recommender.scorer.cotips.rows(idx)
        parts.append((rows[:, streamer_idx] - rows.mean(1)).cpu().numpy())
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def edits_for(preference: Preference, given: Iterable[GroupEdit]) -> Edits:
    """What the group's edits come to for one user; none where none of it is about this user."""
    return each_edits_for(preference, (given,))[0]


def each_edits_for(preference: Preference, combos: Iterable[Iterable[GroupEdit]]) -> list[Edits]:
    """edits_for() of each combination."""
    own, tipped = stated(preference), tips_by_streamer(preference.history)
    return [tuple(edit for each in combo if (edit := _own(each, own, tipped)) is not None) for combo in combos]


def _own(given: GroupEdit, own: frozenset[str], tipped: dict[int, str]) -> Edit | None:
    """The edit as this user's: positions of the tips that it drops; None where it is not about this user."""
    if given.who == "tipped":
        positions = tipped.get(given.streamer_idx)
        return None if positions is None else Edit("drop tip", positions)
    if given.who == "untipped":
        return None if given.streamer_idx in tipped else given.edit
    return given.edit if given.who == "all" or given.edit.key in own else None


CLAUSES = {"stating": "state it", "tipped": "gave it any", "untipped": "gave it none"}


def group_label(run: Run, given: GroupEdit, n_edited: int) -> str:
    """ "“bright stage” set to +0.6 for the 12 users who state it", "without audio for all", "a tip to Lumi from the one
    user who gave it none". n_edited: users whom it is about.
    """
    what, user = what_of(run, given), run.dataset.info.user_is
    if given.who == "all":
        return f"{what} for all"
    users = f"one {user}" if n_edited == 1 else f"{n_edited:,} {plural(user)}"
    return f"{what} {'for' if given.streamer_idx is None else 'from'} the {users} who {_clause(given, n_edited)}"


def whom_of(given: GroupEdit, n_edited: int) -> str:
    """ "all", "12 who state it", "1 who gave it none"."""
    return "all" if given.who == "all" else f"{n_edited:,} who {_clause(given, n_edited)}"


def _clause(given: GroupEdit, n_edited: int) -> str:
    return "states it" if n_edited == 1 and given.who == "stating" else CLAUSES[given.who]


def what_of(run: Run, given: GroupEdit) -> str:
    """ "“bright stage” set to +0.6", "without the statement “bright stage”", "without audio", "a tip to Lumi", "without
    the tips to Lumi".
    """
    edit, tip = given.edit, run.dataset.info.tip_is
    if given.streamer_idx is not None:
        name = name_of(run.dataset, given.streamer_idx)
        return f"a {tip} to {name}" if edit.kind == "add tip" else f"without the {plural(tip)} to {name}"
    if edit.kind == "mute modality":
        return f"without {edit.key}"
    said = quoted(plain(run.vocabulary.values[value_of(run, edit.key)].label, LABEL_LIMIT))
    if edit.kind == "delete statement":
        return f"without the statement {said}"
    return f"{said} set to {signed(edit.polarity * edit.strength, 1)}"
