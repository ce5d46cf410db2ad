"""What-if edits: which are tried, in which order they are told, what is refused and in which words."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from explain import counterfactual, possible
from explain.counterfactual import (
    _limits,
    _positions,
    _single_edits,
    candidates_of,
    edit_history,
    edit_preference,
    headroom,
    rescore,
    suggest,
    value_of,
)
from explain.possible import around, edit_label, possible_edits, subject_of
from explain.types import Edit, Suggestion
from mspa_model import number_format
from mspa_model.errors import MspaError
from mspa_model.runs import Run
from mspa_model.types import SOURCES, History, Modality, RankingTrace, Source
from tests.explain.closed_form import trace_of


@pytest.fixture(scope="module")
def trace(closed: Run) -> RankingTrace:
    return trace_of(closed, "u000")


def id_of(run: Run, streamer_idx: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[streamer_idx])


def told(label: str, before: int | None, after: int | None, change: float) -> Suggestion:
    return Suggestion(Edit("drop tip", label), label, before, after, change)


@pytest.mark.parametrize(
    ("direction", "found", "n", "labels"),
    [
        ("up", [("a", 5, 4, 9.0), ("b", 5, 2, 0.1), ("c", 5, 2, 0.2), ("d", 5, 9, 5.0), ("e", 5, 5, 8.0)], 3, "cba"),
        ("up", [("a", 5, 4, 9.0), ("b", 5, 2, 0.1), ("c", 5, 2, 0.2)], 1, "c"),
        ("up", [("a", 5, 4, -9.0), ("b", 5, None, 9.0)], 3, "a"),
        ("down", [("a", 5, 6, -0.1), ("b", 5, 8, 3.0), ("c", 5, 8, -2.0), ("d", 5, 4, -9.0)], 3, "cba"),
        # Nothing moves its place: then by points, its way alone; a place lost is no way up.
        ("up", [("a", 5, 5, 0.1), ("b", 5, 5, 0.3), ("c", 5, 5, -0.2), ("d", 5, 6, 9.0), ("e", 5, 5, 0.0)], 3, "ba"),
        ("down", [("a", 5, 5, 0.1), ("b", 5, 5, -0.3), ("c", None, 5, -0.4), ("d", 5, 4, -9.0)], 3, "cb"),
        ("up", [("a", 5, 5, 0.0)], 3, ""),
    ],
)
def test_suggestions_go_by_places_then_by_points(
    closed: Run,
    trace: RankingTrace,
    monkeypatch: pytest.MonkeyPatch,
    direction: str,
    found: list[tuple],
    n: int,
    labels: str,
) -> None:
    by_label = {row[0]: told(*row) for row in found}
    monkeypatch.setattr(counterfactual, "_single_edits", lambda *_: [(s.edit, s.label) for s in by_label.values()])
    monkeypatch.setattr(counterfactual, "_try", lambda *given: by_label[given[-1]])
    assert "".join(s.label for s in suggest(closed, trace, "s001", direction, n)) == labels


def test_a_suggestion_tries_tips_statements_modalities_and_values(
    closed: Run, trace: RankingTrace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counterfactual, "SCANNED_TIPS", 2)
    monkeypatch.setattr(counterfactual, "told_parts", lambda parts: [])  # what an explanation takes away, tried too
    step, streamer = trace.final, int(trace.final.ranking.order[5])
    adds = closed.recommender.tip_fits(step.preference)[:, streamer].abs().tolist()
    largest = sorted(range(len(adds)), key=lambda i: -adds[i])[:2]
    stated = step.preference.statements
    values = closed.vocabulary.values
    new = [
        values[i]
        for i in np.flatnonzero(closed.vocabulary.membership[streamer])
        if i not in {s.value_idx for s in stated}
    ]
    edits = [edit for edit, _ in _single_edits(closed, step, streamer, None)]
    assert edits == [
        *(Edit("drop tip", str(i)) for i in largest),
        *(Edit("delete statement", f"{s.aspect}: {s.value}") for s in stated),
        Edit("mute modality", "visual"),
        Edit("mute modality", "text"),
        *(Edit("set statement", f"{v.aspect}: {v.name}", 0.6, 1) for v in new),
    ]
    assert new, "else the last line shows nothing"
    weights = step.ranking.weights.clone()
    weights[SOURCES.index(Source.COTIPS)] = 0.0
    silent = replace(step, ranking=replace(step.ranking, weights=weights))
    n = len(step.preference.history)
    newest = [edit.key for edit, _ in _single_edits(closed, silent, streamer, None) if edit.kind == "drop tip"]
    assert newest == [str(n - 2), str(n - 1)]


LEARNED = "What goes together was learned from everyone's tips and stays; only this user's list changes."
BACK = "A dropped tip does not bring its streamer back into the ranking, so places compare."
LEFT = "Edited statements leave the part that is not put into words as it was."


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ((), ()),
        (("mute modality",), ()),
        (("drop tip",), (LEARNED, BACK)),
        (("add tip",), (LEARNED,)),
        (("set statement",), (LEFT,)),
        (("delete statement",), (LEFT,)),
        (("drop tip", "set statement"), (LEARNED, BACK, LEFT)),
    ],
)
def test_what_a_scenario_does_not_do(closed: Run, kinds: tuple[str, ...], said: tuple[str, ...]) -> None:
    first = "The correction is not run again: each source keeps the emphasis of the last step."
    last = ("It says what this run would rank, not what a user would do.",) if kinds else ()
    assert _limits(closed, [Edit(kind, "0") for kind in kinds]) == (first, *said, *last)


@pytest.mark.parametrize(
    ("edit", "kept"),
    [
        (Edit("drop tip", "9" * 200), 40),
        (Edit("mute modality", "9" * 200), 40),
        (Edit("set statement", "9" * 200), 80),
        (Edit("delete statement", "9" * 200), 80),
    ],
)
def test_a_long_key_is_cut_where_it_is_refused(closed: Run, trace: RankingTrace, edit: Edit, kept: int) -> None:
    with pytest.raises(MspaError) as refused:
        rescore(closed, trace.final, (edit,))
    assert max(len(run) for run in re.findall("9+", str(refused.value))) == kept


def test_a_known_value_that_is_not_stated_cannot_be_deleted(closed: Run, trace: RankingTrace) -> None:
    preference = trace.final.preference
    stated = {s.value_idx for s in preference.statements}
    other = next(v for i, v in enumerate(closed.vocabulary.values) if i not in stated)
    with pytest.raises(MspaError) as refused:
        edit_preference(closed, preference, (Edit("delete statement", f"{other.aspect}: {other.name}"),))
    assert "; ".join(f"{s.aspect}: {s.value}" for s in preference.statements) in str(refused.value)
    assert value_of(closed, f"{other.aspect}: {other.name}") not in stated


@pytest.mark.parametrize(("key", "positions"), [("0", [0]), ("2", [2]), (" 1 , 0 ", [1, 0])])
def test_positions_of_tips(key: str, positions: list[int]) -> None:
    assert _positions(key, 3) == positions


@pytest.mark.parametrize(
    ("key", "n", "known"),
    [("3", 3, "positions from 0 to 2"), ("0,3", 3, "positions from 0 to 2"), ("", 3, "0 to 2"), ("0", 0, "no tips")],
)
def test_positions_that_are_not_there_are_refused(key: str, n: int, known: str) -> None:
    with pytest.raises(MspaError, match=known):
        _positions(key, n)


@pytest.mark.parametrize(("strength", "sound"), [(0.0, True), (1.0, True), (-0.001, False), (1.001, False)])
def test_a_strength_is_from_zero_to_one(closed: Run, trace: RankingTrace, strength: float, sound: bool) -> None:
    preference = trace.final.preference
    first = preference.statements[0]
    edit = Edit("set statement", f"{first.aspect}: {first.value}", strength)
    if sound:
        assert edit_preference(closed, preference, (edit,)).statements[0].strength == strength
    else:
        with pytest.raises(MspaError, match="a number from 0 to 1"):
            edit_preference(closed, preference, (edit,))


def history(n: int, amounts: list[float]) -> History:
    when = np.datetime64("2026-01-01", "us") + np.arange(n) * np.timedelta64(1, "D")
    return History("u", np.arange(n) + 10, np.array(amounts), when, np.arange(n) + 100)


def test_drops_mean_the_history_before_any_edit() -> None:
    given = history(4, [1.0, 2.0, 4.0, 9.0])
    edits = [Edit("drop tip", "1"), Edit("add tip", "x"), Edit("drop tip", "2,3")]
    edited = edit_history(given, edits, {"x": 77}.get)
    assert edited.streamer_idx.tolist() == [10, 77]
    assert edited.amount.tolist() == [1.0, 1.0]
    assert edited.tip_row.tolist() == [100, -1]
    assert edited.tipped_at.tolist() == [given.tipped_at[0].tolist()] * 2
    both = edit_history(given, [Edit("add tip", "x"), Edit("add tip", "y")], {"x": 77, "y": 78}.get)
    assert both.streamer_idx.tolist()[4:] == [77, 78]
    assert both.amount.tolist()[4:] == [3.0, 3.0], "the median of the even four, then of five"


def test_the_gap_is_to_place_k_or_the_last(closed: Run, trace: RankingTrace) -> None:
    ranking = trace.final.ranking
    order, scores = ranking.order.tolist(), ranking.scores
    n = len(order)
    above = headroom(closed, ranking, id_of(closed, order[0]), 3)
    assert (above.k, above.rank) == (3, 1)
    assert above.gap == pytest.approx(float(scores[order[0]] - scores[order[2]]))
    assert f"{above.gap:.3g} points above " in above.sentence
    assert above.sentence.endswith(", which holds the 3rd place.")
    below = headroom(closed, ranking, id_of(closed, order[3]), 3)
    assert below.gap < 0
    assert f"{-below.gap:.3g} points below " in below.sentence
    far = headroom(closed, ranking, id_of(closed, order[0]), n + 5)
    assert far.k == n
    assert far.gap == pytest.approx(float(scores[order[0]] - scores[order[-1]]))
    tied = replace(ranking, fits=torch.zeros_like(ranking.fits))
    assert " scores the same as " in headroom(closed, tied, id_of(closed, order[0]), 3).sentence


def test_candidates_are_those_that_were_ordered(closed: Run, trace: RankingTrace) -> None:
    mask = candidates_of(trace.final.ranking, closed.dataset.n_streamers)
    assert np.flatnonzero(mask).tolist() == sorted(trace.final.ranking.order.tolist())


def test_muting_takes_one_source_alone_and_a_tip_leaves_only_the_new(closed: Run, trace: RankingTrace) -> None:
    before = rescore(closed, trace.final, ())
    after = rescore(closed, trace.final, (Edit("mute modality", "text"),))
    changed = (before.contributions != after.contributions).any(1).tolist()
    assert changed == [source is Source.TEXT for source in SOURCES]
    first = int(before.order[0])
    tip = (Edit("add tip", id_of(closed, first)),)
    assert rescore(closed, trace.final, tip).rank_of(first) is not None
    assert rescore(closed, trace.final, tip, "new").rank_of(first) is None


# --- the edits of a search -------------------------------------------------------------------------------------------


def test_who_stands_around_a_streamer(closed: Run, trace: RankingTrace) -> None:
    ranking = trace.final.ranking
    order = ranking.by_score.tolist()
    assert around(ranking, order[0]) == ([], order[1:])
    assert around(ranking, order[4]) == (order[:4], order[5:])
    assert around(ranking, order[-1]) == (order[:-1], [])
    tipped = int(trace.final.preference.history.streamer_idx[0])
    assert around(ranking, tipped) == (order, [])


def test_a_search_tries_every_edit_once(closed: Run, trace: RankingTrace) -> None:
    step = trace.final
    target = int(step.ranking.order[4])
    edits = possible_edits(closed, step, target)
    stated = {s.value_idx for s in step.preference.statements}
    expected: list[Edit] = []
    for i, value in enumerate(closed.vocabulary.values):
        key = f"{value.aspect}: {value.name}"
        expected += [Edit("set statement", key, 1.0, 1), Edit("set statement", key, 1.0, -1)]
        expected += [Edit("delete statement", key)] * (i in stated)
    expected += [Edit("mute modality", "visual"), Edit("mute modality", "text")]
    expected += [Edit("drop tip", str(i)) for i in range(len(step.preference.history))]
    expected += [Edit("add tip", id_of(closed, i)) for i in step.ranking.order.tolist()[5:]]
    assert list(edits) == expected


def test_of_many_edits_the_newest_tips_the_nearest_streamers_and_never_fewer_than_fifty(
    closed: Run, trace: RankingTrace, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, target = trace.final, int(trace.final.ranking.order[4])
    n = len(step.preference.history)
    monkeypatch.setattr(possible, "MAX_DROPPED", 3)
    monkeypatch.setattr(possible, "MAX_ADDED", 5)
    edits = possible_edits(closed, step, target)
    assert [e.key for e in edits if e.kind == "drop tip"] == [str(n - 3), str(n - 2), str(n - 1)]
    fused = closed.recommender.streamer_fused
    like = fused @ fused[target] / np.maximum(np.linalg.norm(fused, axis=1) * np.linalg.norm(fused[target]), 1e-9)
    below = set(step.ranking.order.tolist()[5:])
    near = [i for i in np.argsort(-like, kind="stable").tolist() if i != target][:20]
    assert [e.key for e in edits if e.kind == "add tip"] == [id_of(closed, i) for i in near if i in below][:5]
    monkeypatch.setattr(possible, "MAX_ADDED", len(below))
    assert sum(e.kind == "add tip" for e in possible_edits(closed, step, target)) == len(below)
    n_streamers = closed.dataset.n_streamers
    for cells, room in ((7 * n_streamers, 9), (12 * n_streamers, 12), (13 * n_streamers - 1, 12)):
        monkeypatch.setattr(possible, "MIN_EDITS", 9)
        monkeypatch.setattr(possible, "MAX_CELLS", cells)
        assert len(possible_edits(closed, step, target)) == room


@pytest.mark.parametrize(
    ("edit", "subject"),
    [
        (Edit("set statement", "a: b"), ("statement", "a: b")),
        (Edit("delete statement", "a: b"), ("statement", "a: b")),
        (Edit("drop tip", "0"), ("drop tip", "0")),
        (Edit("mute modality", "text"), ("mute modality", "text")),
    ],
)
def test_what_an_edit_is_about(edit: Edit, subject: tuple[str, str]) -> None:
    assert subject_of(edit) == subject


def test_words_of_edits(closed: Run, trace: RankingTrace, make_closed: Callable[[str], Run]) -> None:
    preference = trace.final.preference
    stated = preference.statements[0]
    label = closed.vocabulary.values[stated.value_idx].label
    key = f"{stated.aspect}: {stated.value}"
    signed = stated.polarity * stated.strength
    assert edit_label(closed, preference, Edit("mute modality", "text")) == "without text"
    assert edit_label(closed, preference, Edit("delete statement", key)) == f"without the statement “{label}”"
    assert edit_label(closed, preference, Edit("set statement", key, 0.3, -1)) == (
        f"“{label}” from {number_format.signed(signed, 1)} to −0.3"
    )
    other = next(
        v for i, v in enumerate(closed.vocabulary.values) if i not in {s.value_idx for s in preference.statements}
    )
    other_key = f"{other.aspect}: {other.name}"
    said = edit_label(closed, preference, Edit("set statement", other_key, 1.0))
    assert said == f"“{other.label.partition(', like ')[0]}” taken up at +1.0"
    name = str(closed.dataset.streamers["name"].iloc[int(preference.history.streamer_idx[2])])
    assert edit_label(closed, preference, Edit("drop tip", "2")) == f"without the tip to {name}"
    assert edit_label(closed, preference, Edit("drop tip", "2,3")) == f"without the tip to {name} (2 times)"
    assert edit_label(closed, preference, Edit("add tip", "s003")) == (
        f"a tip to {closed.dataset.streamers['name'].iloc[3]}"
    )
    assert Modality.TEXT.value == "text"
