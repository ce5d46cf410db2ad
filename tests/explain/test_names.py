"""Streamers of one name carry their ids wherever they are named: sentences, neighbours, charts, reports."""

from dataclasses import replace
from pathlib import Path

import pytest

from explain.figures_style import distinct, shown
from explain.neighbors import neighbors
from explain.pipeline import explain
from explain.report.gather import gather_evidence
from explain.report.page import page_of
from explain.types import Case
from mspa_model.as_json import trace_json, trace_words
from mspa_model.pipeline import rank_user, why_absent
from mspa_model.runs import Run, load_run


@pytest.fixture(scope="module")
def live_run(tiny_run: Path) -> Run:
    """The checkerboard, all of whose streamers go by one name."""
    run = load_run(tiny_run, device="cpu")
    return replace(run, dataset=replace(run.dataset, streamers=run.dataset.streamers.assign(name="Live")))


def ids_in(text: str, run: Run) -> set[str]:
    return {known for known in run.dataset.streamers["streamer_id"] if f"Live ({known})" in text}


def test_every_sentence_of_a_case_says_who_is_meant(live_run: Run):
    trace = rank_user(live_run, "u000")
    ids = live_run.dataset.streamers["streamer_id"]
    first, second = (str(ids.iloc[int(i)]) for i in trace.final.ranking.order[:2])
    told = explain(live_run, Case("u000", first, second), trace)
    assert ids_in(told.answer, live_run) >= {first, second}
    tips = [part.label for part in told.tips]
    assert all(ids_in(label, live_run) for label in tips)
    assert len(set(tips)) == len(tips)
    said = " ".join([told.answer, *told.sentences, *(check.sentence for check in told.checks)])
    assert "Live " not in said.replace("Live (", "")
    evidence = gather_evidence(live_run, told.case, trace=trace)
    page = page_of(evidence)
    assert (first in page.right, second in page.left) == (True, True)
    assert ids_in(evidence.question, live_run) == {first, second}


def test_neighbours_and_the_command_line_say_who_is_meant(live_run: Run):
    near = [neighbour.name for neighbour in neighbors(live_run, 0)]
    assert len(set(near)) == len(near)
    assert all(ids_in(name, live_run) for name in near)
    trace = rank_user(live_run, "u000")
    last = str(live_run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[-1])])
    assert why_absent(live_run, trace, last, 3).startswith(f"Live ({last}) stands at place")
    assert last in trace_words(trace_json(live_run, trace, 100), live_run.dataset.info)


def test_labels_of_an_axis_say_who_is_meant_as_far_as_they_can():
    assert shown("A very long name of a channel (s12)").endswith("… (s12)")
    long = [f"{'x' * 50} ({known}), 3 tips" for known in ("s1", "s2")]
    assert all(f"({known})" in label for known, label in zip(("s1", "s2"), distinct(long, 30), strict=True))
    assert distinct(["Live"] * 2) == ["Live", "Live (2)"], "equal to the end: parts of one streamer"
