"""The edits of a user that a search may make, and how a sentence says one."""

import torch

from explain.contribution import LABEL_LIMIT, tip_label, tips_by_streamer
from explain.counterfactual import value_of
from explain.narrate import name_of, plain
from explain.types import Edit
from mspa_model.data.ids import streamer_idx_of
from mspa_model.number_format import signed
from mspa_model.preference.columns import quoted
from mspa_model.preference.statements import signed_strengths
from mspa_model.ranking.index import NeighborIndex
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Preference, Ranking, Source, Step
from mspa_model.words import with_article

MAX_DROPPED = 60  # tipped streamers whose tips may be dropped, the newest
MAX_ADDED = 400  # streamers that may be tipped; of more, those nearest to the one that is explained
MIN_EDITS = 50  # that are tried however large the set is
MAX_CELLS = 1 << 26  # scores of all single edits, edits x streamers: a quarter of a GB
FULL = 1.0  # strength that a search sets; what it finds is then made as weak as it may be

# What someone could act on first: a tip can still be given, words be corrected, a modality be switched off; what was
# tipped was tipped.
ACTS = {"add tip": 0, "set statement": 1, "delete statement": 1, "mute modality": 2, "drop tip": 3}


def possible_edits(run: Run, step: Step, streamer_idx: int) -> tuple[Edit, ...]:
    """Every single edit that a search tries. The streamer itself is never tipped.

    Nor is anyone who stands above it: that would only take them out of the list.
    """
    drops = [Edit("drop tip", key) for key in list(tips_by_streamer(step.preference.history).values())[-MAX_DROPPED:]]
    ids = run.dataset.streamers["streamer_id"]
    adds = [Edit("add tip", str(ids.iloc[idx])) for idx in _tippable(run, step, streamer_idx)]
    found = (*_statement_edits(run, step.preference), *_mutes(run, step), *drops, *adds)
    return found[: max(MIN_EDITS, MAX_CELLS // run.dataset.n_streamers)]


def around(ranking: Ranking, streamer_idx: int) -> tuple[list[int], list[int]]:
    """Who stands above the streamer by score, and who below it, best first; all above where it is not ranked."""
    order = ranking.by_score.tolist()
    place = order.index(streamer_idx) if streamer_idx in order else len(order)
    return order[:place], order[place + 1 :]


def _tippable(run: Run, step: Step, streamer_idx: int) -> list[int]:
    _, below = around(step.ranking, streamer_idx)
    if len(below) <= MAX_ADDED:
        return below
    near = NeighborIndex(run.recommender.streamer_fused).neighbors_of(streamer_idx, 4 * MAX_ADDED)[1].tolist()
    return sorted(set(near) & set(below), key=near.index)[:MAX_ADDED]


def _statement_edits(run: Run, preference: Preference) -> list[Edit]:
    stated = {s.value_idx: s for s in preference.statements}
    edits = []
    for idx, value in enumerate(run.vocabulary.values):
        key = f"{value.aspect}: {value.name}"
        edits += [Edit("set statement", key, FULL, polarity) for polarity in (1, -1)]
        if idx in stated:
            edits.append(Edit("delete statement", key))
    return edits


def _mutes(run: Run, step: Step) -> list[Edit]:
    weights = step.ranking.weights
    return [Edit("mute modality", m.value) for m in run.features.modalities if weights[SOURCES.index(Source(m.value))]]


def subject_of(edit: Edit) -> tuple[str, str]:
    """What an edit is about: two edits of the same subject are one edit made twice."""
    return ("statement" if "statement" in edit.kind else edit.kind, edit.key)


def edit_label(run: Run, preference: Preference, edit: Edit) -> str:
    """ "a tip to Lumi", "without the tip to Lumi", "“bright stage” from +0.2 to +0.8", "without audio"."""
    info = run.dataset.info
    if edit.kind == "add tip":
        return f"{with_article(info.tip_is)} to {name_of(run.dataset, streamer_idx_of(run.dataset, edit.key))}"
    if edit.kind == "drop tip":
        idx = int(preference.history.streamer_idx[int(edit.key.split(",")[0])])
        return f"without the {info.tip_is} to {tip_label(run, idx, edit.key)}"
    if edit.kind == "mute modality":
        return f"without {edit.key}"
    position = value_of(run, edit.key)
    label = plain(run.vocabulary.values[position].label, LABEL_LIMIT).partition(", like ")[0]
    if edit.kind == "delete statement":
        return f"without the statement {quoted(label)}"
    old, new = float(_signed(run, preference)[position]), edit.polarity * edit.strength
    if old == 0:
        return f"{quoted(label)} taken up at {signed(new, 1)}"
    return f"{quoted(label)} from {signed(old, 1)} to {signed(new, 1)}"


def _signed(run: Run, preference: Preference) -> torch.Tensor:
    return signed_strengths(preference.statements, len(run.vocabulary.values))
