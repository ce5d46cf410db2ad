"""Metrics to sentences, groups and searches, on numbers whose answer is known."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from app import groups
from app.groups import MAX_USERS, groups_of
from app.search import matching_rows
from app.verdict import (
    arrived_reading,
    arrived_sentence,
    correction_sentence,
    repair_reading,
    repair_sentences,
)
from mspa_model.data import load_dataset
from mspa_model.runs import load_run
from mspa_model.training.metrics_words import repair_words


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.1, 0.3, "helps"), (-0.3, -0.1, "harms"), (-0.1, 0.1, "neither helps nor harms")]
)
def test_correction_is_judged_by_its_paired_interval(tiny_world: Path, low: float, high: float, word: str):
    paired = {"paired": {"final_minus_step0": {"ndcg@10": {"value": (low + high) / 2, "low": low, "high": high}}}}
    assert correction_sentence(paired, load_dataset(tiny_world).info).startswith(f"Self-correction {word}")


def repaired(
    back: tuple[float, float, float] | None = (0.9, 0.5, 1.2), less: tuple[float, float, float] = (0.01, -0.01, 0.03)
) -> dict:
    """metrics.json of false statements put in by two rules; back: what correction gives back, with its interval; less:
    its difference to leaving all statements out.
    """
    recovered, beside = (
        dict(zip(("value", "low", "high"), t or (None, None, None), strict=True)) for t in (back, less)
    )
    ignoring, cost = {"value": -0.1, "low": -0.4, "high": 0.2}, {"value": 0.14, "low": 0.1, "high": 0.2}
    found = {"n_users": 9, "cost": cost, "recovered": recovered, "recovered_by_ignoring": ignoring}
    found["corrected_minus_ignored"] = beside
    rules = {"similar user": {**found, "n_users": 5}, "modality swapped": None}
    return {"correction": {"false_statements": {"n_false": 3, "strength": 1.0, **found, "rules": rules}}}


def test_what_false_statements_cost_and_what_comes_back_is_said(tiny_world: Path):
    info = load_dataset(tiny_world).info
    sentence, similar = repair_sentences(repaired(), info)
    assert sentence.startswith(
        f"3 false statements put into the preferences of 9 {info.user_is}s, cost 14\u00a0% of ndcg@10"
    )
    assert "gives 90\u00a0% (50\u00a0% to 120\u00a0%) of that back, leaving all out −10\u00a0%." in sentence
    assert similar.startswith(f"As many that a similar {info.user_is} would make true, put into those of 5 ")
    sentence, _ = repair_sentences(repaired(None), info)
    assert "cost nothing beyond doubt, so there was nothing to repair." in sentence
    assert info.user_is in repair_reading(info)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-0.01, 0.03, "no better than"),
        (0.0, 0.03, "no better than"),
        (0.001, 0.03, "better than"),
        (-0.03, -0.01, "worse than"),
    ],
)
def test_correction_is_held_against_not_reading_the_text(tiny_world: Path, low: float, high: float, word: str):
    info, found = load_dataset(tiny_world).info, repaired(less=((low + high) / 2, low, high))
    for sentence in repair_sentences(found, info):
        assert f"Correction is {word} not reading the text: " in sentence
    assert all(f", {word} not reading the text." in s for s in repair_words(found["correction"]["false_statements"]))


def test_a_run_measured_before_says_that_recovery_was_not(tiny_world: Path):
    info, found = load_dataset(tiny_world).info, repaired()
    older = found["correction"]["false_statements"]
    del older["rules"], older["corrected_minus_ignored"]
    (sentence,) = repair_sentences(found, info)
    assert "cost 14\u00a0% of ndcg@10" in sentence
    assert sentence.endswith("was not measured in this run.")
    assert "90\u00a0%" not in sentence
    assert "was not measured" in repair_words(older)[0]


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.01, 0.03, "gains"), (-0.03, -0.01, "loses"), (-0.01, 0.01, "changes nothing beyond doubt")],
)
def test_what_correction_is_worth_after_a_shift_is_said(tiny_world: Path, low: float, high: float, word: str):
    info = load_dataset(tiny_world).info
    gain = {"value": (low + high) / 2, "low": low, "high": high}
    (sentence,) = repair_sentences(
        {"correction": {"shifted": {"n_users": 8, "kept_share": 0.5, "ndcg@10": gain}}}, info
    )
    assert f"For 8 {info.user_is}s" in sentence
    assert f"keeps a step for 50\u00a0% and {word}: ndcg@10" in sentence


def test_of_what_was_not_measured_nothing_is_said(tiny_world: Path):
    info = load_dataset(tiny_world).info
    nobody = {"n_users": 0, "kept_share": None, "ndcg@10": dict.fromkeys(("value", "low", "high"))}
    assert repair_sentences({}, info) == []
    assert repair_sentences({"correction": {"shifted": None, "false_statements": None}}, info) == []
    assert repair_sentences({"correction": {"shifted": nobody}}, info) == []


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.01, 0.03, "help"), (-0.03, -0.01, "harm"), (-0.01, 0.01, "change nothing beyond doubt")],
)
def test_new_tips_are_judged_by_their_paired_interval(tiny_world: Path, low: float, high: float, word: str):
    info = load_dataset(tiny_world).info
    means = {"train": {"ndcg@10": 0.1}, "train_val": {"ndcg@10": 0.1 + (low + high) / 2}}
    own = {**means, "gain": {"ndcg@10": {"value": (low + high) / 2, "low": low, "high": high}}}
    ease = {**means, "gain": {"ndcg@10": {"value": -0.0042, "low": -1.0, "high": 1.0}}}
    found = {"arrived": {"n_users": 3, "models": {"mspa@step0": own, "mspa": own, "ease": ease}}}
    said = arrived_sentence(found, info)
    assert said.startswith(f"Newly arrived tips {word} without any training: ndcg@10 0.100 to ")
    assert said.endswith("over 3 users; with the same, EASE −0.0042.")
    assert "train and val tips" in arrived_reading(info)
    assert arrived_sentence({}, info) == arrived_sentence({"arrived": None}, info) == ""


def test_groups_are_bounded_and_their_users_exist(tiny_run: Path):
    run = load_run(tiny_run)
    found = groups_of(run)
    assert found == groups_of(run)
    known = set(run.dataset.users["user_id"])
    assert all(0 < len(users) <= MAX_USERS and set(users) <= known for users in found.values())


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ([6, 6, 6, 6], ["all with ratings", "up to 6 ratings"]),  # before: also "7 to 6 ratings", "more than 6 ratings"
        ([1, 1, 2, 2, 9], ["all with ratings", "up to 1 rating", "2 ratings", "more than 2 ratings"]),
        ([], ["all with ratings"]),
    ],
)
def test_a_range_of_tips_has_a_sound_name_and_somebody_in_it(
    monkeypatch: pytest.MonkeyPatch, given: list[int], names: list[str]
):
    monkeypatch.setattr(groups, "_n_tips", lambda run: np.array([0, *given]))
    run = SimpleNamespace(dataset=SimpleNamespace(info=SimpleNamespace(tip_is="rating")))
    assert list(groups.tip_ranges(run)) == names


def test_a_search_puts_beginnings_first_and_is_bounded():
    columns = [pd.Series(["b room", "a room", "room a", "rom"])]
    assert matching_rows(columns, " ROOM ") == [2, 0, 1]
    assert matching_rows(columns, "room", limit=1) == [2]
    assert matching_rows(columns, "(") == []
