"""`recommend --add-tips` and `--at`: what comes in, what moves, who is live; one sentence on bad input."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explain.pipeline import explain
from explain.report import gather_evidence, to_json, verify
from explain.types import Case
from mspa_model.as_json import arrival_json, trace_json, trace_words
from mspa_model.config import RunConfig
from mspa_model.data.arrivals import read_arrivals
from mspa_model.data.rooms import moment_of
from mspa_model.pipeline import candidates_for, history_for, rank_arrivals, rank_tips, rank_user, why_absent
from mspa_model.runs import Run
from tests.command import Command
from tests.explain.closed_form import closed_form_run

USER, THEN = "u004", moment_of("2024-01-03T12:00")
ON = ("s001", "s002", "s003", "s008", "s020")  # those live THEN; s002 has a tip of the user


@pytest.fixture(scope="module")
def run(make_world: Callable[[str], Path], small_config: RunConfig) -> Run:
    """The checkerboard in closed form; ON are live until the third day, the others until the second."""
    made = closed_form_run(make_world("checkerboard"), small_config)
    rooms = made.dataset.rooms
    longer = np.where(rooms["streamer_id"].isin(ON), np.timedelta64(3, "D"), np.timedelta64(2, "D"))
    rooms = rooms.assign(ended_at=rooms["started_at"] + longer)
    return replace(made, dataset=replace(made.dataset, rooms=rooms))


def _ids(run: Run, ranking) -> list[str]:
    return run.dataset.streamers["streamer_id"].to_numpy()[ranking.order.numpy()].tolist()


def _new(run: Run, folder: Path, *ids: str, history: str = "all"):
    path = folder / "new.csv"
    path.write_text("streamer_id,amount\n" + "".join(f"{s},2\n" for s in ids), encoding="utf-8")
    return read_arrivals(path, run.dataset, history_for(run, USER, history))


def test_new_tips_are_composed_corrected_and_ranked_as_if_always_known(run: Run, tmp_path: Path):
    before = rank_user(run, USER)
    new = [s for s in _ids(run, before.final.ranking) if int(s[1:]) % 2][:3]  # of the half that the user never tipped
    arrival = rank_arrivals(run, USER, _new(run, tmp_path, *new))
    assert _ids(run, arrival.before.final.ranking) == _ids(run, before.final.ranking)
    joined = arrival.after.steps[0].preference.history
    assert [run.dataset.streamers["streamer_id"].iloc[i] for i in joined.streamer_idx[-3:]] == new
    again = rank_tips(run, joined, known="all")
    assert _ids(run, arrival.after.final.ranking) == _ids(run, again.final.ranking)
    assert not set(new) & set(_ids(run, arrival.after.final.ranking)), "tipped streamers are no candidates"
    # Three tips across make the other half's streamers stand higher than without them.
    other = [i for i in arrival.after.final.ranking.order.tolist() if i % 2]
    places = [(arrival.before.final.ranking.rank_of(i), arrival.after.final.ranking.rank_of(i)) for i in other]
    assert sum(after - was for was, after in places) < 0


def test_val_tips_that_arrive_give_the_trace_of_who_knew_them(run: Run, tmp_path: Path):
    everything, train = history_for(run, USER), history_for(run, USER, "train")
    later = everything.keep(~np.isin(everything.tip_row, train.tip_row))
    arrival = rank_arrivals(run, USER, replace(later, tip_row=np.full(len(later), -1)), "train")
    assert len(later) == 2
    assert _ids(run, arrival.after.final.ranking) == _ids(run, rank_user(run, USER).final.ranking)


def test_what_moved_is_told_with_places(run: Run, tmp_path: Path):
    first = _ids(run, rank_user(run, USER).final.ranking)[0]
    arrival = rank_arrivals(run, USER, _new(run, tmp_path, first))
    told = arrival_json(run, arrival, k=5)
    came = told["arrived"]
    assert came["tips"] == [{"streamer": first, "amount": 2.0, "tipped_at": None}]
    assert came["n_known"] == 10
    assert came["before"][0] == first
    assert came["after"] == [row["streamer"] for row in told["steps"][-1]["ranking"]]
    assert came["entered"] == [s for s in came["after"] if s not in came["before"]]
    assert [one["streamer"] for one in came["left"]] == [s for s in came["before"] if s not in came["after"]]
    assert {"streamer": first, "place": None, "tipped": True} in came["left"]
    said = trace_words(told, run.dataset.info)
    assert "1 new tip beside 10 known of this user; nothing was trained." in said
    called = came["names"][first]
    assert called.startswith("Comedy room")
    assert f"Left: {called} (has a tip now)" in said
    row = told["steps"][-1]["ranking"][0]
    assert f"  1. {row['streamer']}  {row['name']}  {row['score']:.3f}" in said


def test_new_tips_are_counted_in_the_datasets_own_words(run: Run, tmp_path: Path):
    ids = _ids(run, rank_user(run, USER).final.ranking)[:2]
    told = arrival_json(run, rank_arrivals(run, USER, _new(run, tmp_path, *ids)), k=5)
    info = replace(run.dataset.info, tip_is="rating of 4 or 5", user_is="viewer")
    said = trace_words(told, info)
    assert "2 new ratings of 4 or 5 beside 10 known of this viewer; nothing was trained." in said


def test_only_who_is_live_is_ranked_and_the_rest_of_the_trace_stays(run: Run):
    everyone, live = rank_user(run, USER), rank_user(run, USER, live_at=THEN)
    tipped = history_for(run, USER).streamer_idx
    free = [int(s[1:]) for s in ON if int(s[1:]) not in tipped]
    assert sorted(live.final.ranking.order.tolist()) == free
    assert live.final.ranking.order.tolist() == [i for i in everyone.final.ranking.order.tolist() if i in free]
    assert live.final.ranking.scores.equal(everyone.final.ranking.scores)
    assert live.live_at == THEN
    assert everyone.live_at is None
    told = trace_json(run, live)
    assert (told["live_at"], told["n_ranked"]) == ("2024-01-03T12:00:00+00:00", len(free))
    assert f"is ranked: {len(free)}." in trace_words(told, run.dataset.info)


def test_nobody_live_is_a_ranking_of_nobody_and_a_sentence(run: Run):
    trace = rank_user(run, USER, live_at=moment_of("2024-02-01"))
    assert len(trace.final.ranking.order) == 0
    said = trace_words(trace_json(run, trace), run.dataset.info)
    assert "No streamer that may be ranked is live at 2024-02-01T00:00:00+00:00" in said


def test_why_absent_tells_tipped_from_not_live(run: Run):
    trace = rank_user(run, USER, live_at=THEN)
    tipped = history_for(run, USER).streamer_idx
    ids = run.dataset.streamers["streamer_id"]
    off = next(s for i, s in enumerate(ids) if s not in ON and i not in tipped)
    assert "not live at 2024-01-03 12:00 UTC" in why_absent(run, trace, off)
    both = candidates_for(run, history_for(run, USER), "all", THEN)
    assert set(ids[both]) == set(ON)
    given = [s for s in ON if int(s[1:]) in tipped]
    assert given, "the world has such a user"
    assert "already given it a tip" in why_absent(run, trace, given[0])


def test_an_explanation_and_its_report_hold_who_is_live(run: Run, tmp_path: Path):
    order = _ids(run, rank_user(run, USER, candidates="all", live_at=THEN).final.ranking)
    case = Case(USER, order[0], candidates="all", live_at=THEN)
    told = explain(run, case)
    assert told.rival_name.endswith(f"room {int(order[1][1:])}"), "the next below among those live"
    assert told.sentences[0] == "Places count among 5 streamers live at 2024-01-03 12:00 UTC."
    evidence = gather_evidence(run, case)
    assert "at=2024-01-03T12%3A00%3A00Z" in evidence.link
    file = tmp_path / "report.json"
    file.write_text(to_json(evidence), encoding="utf-8")
    assert verify(file, run)[0]
    changed = to_json(evidence).replace("2024-01-03T12:00:00+00:00", "2024-01-01T12:00:00+00:00")
    file.write_text(changed, encoding="utf-8")
    assert not verify(file, run)[0]
    plain = json.loads(to_json(gather_evidence(run, replace(case, live_at=None))))
    assert "live_at" not in plain["case"], "what nobody asked is no part of the evidence, nor of its hash"


# --- commands --------------------------------------------------------------------------------------------------------


def test_the_command_tells_what_came_in_and_what_moved(tiny_run: Path, tmp_path: Path, mspa_model_command: Command):
    path = tmp_path / "new.csv"
    path.write_text("streamer_id,amount,user_id\ns001,5,u004\ns003,1,u004\n", encoding="utf-8")
    words = ("recommend", tiny_run, "--user", USER, "--add-tips", path, "--k", 5)
    told = json.loads(mspa_model_command(*words, "--json", "--at", "2024-01-03").out)
    assert [tip["streamer"] for tip in told["arrived"]["tips"]] == ["s001", "s003"]
    assert len(told["arrived"]["before"]) == len(told["arrived"]["after"]) == 5
    assert told["live_at"] == "2024-01-03T00:00:00+00:00"
    said = mspa_model_command(*words)
    assert said.status == 0
    assert "2 new tips beside 10 known of this user" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--user", USER, "--at", "tonight"), ("'tonight'", "iso 8601")),
        (("--user", USER, "--add-tips", "nowhere.csv"), ("nowhere.csv", "not there")),
        (("--user", "u0044", "--add-tips", "nowhere.csv"), ("u0044", "nearest")),
        (("--tip", "s001", "--add-tips", "nowhere.csv"), ("--add-tips for a new user", "--tip alone")),
    ],
)
def test_bad_input_is_one_sentence(
    words: tuple[str, ...], says: tuple[str, ...], tiny_run: Path, mspa_model_command: Command
):
    answer = mspa_model_command("recommend", tiny_run, *words)
    assert answer.status == 2
    assert answer.out == ""
    assert [s for s in says if s not in answer.said] == [], answer.said
    assert len(answer.err.strip().splitlines()) == 1


def test_a_set_without_rooms_cannot_say_who_is_live(make_run: Callable[[str], Path], mspa_model_command: Command):
    answer = mspa_model_command("recommend", make_run("no-features"), "--user", USER, "--at", "2024-01-03")
    assert answer.status == 2
    assert "which has no rooms" in answer.err
