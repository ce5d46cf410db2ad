"""The whole way from a case to its explanation, on every odd world."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from explain.pipeline import explain
from explain.rival import find_pair
from explain.types import Case
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.pipeline import history_of_tips, rank_tips, rank_user
from mspa_model.runs import Run
from mspa_model.types import Ranking, RankingTrace

WORLDS = ("checkerboard", "no-features", "no-audio", "some-lack-audio", "matrix", "hostile", "few-users")


def nth(run: Run, trace: RankingTrace, place: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[place])])


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("place", [0, 2, -1])
def test_every_world_is_explained_and_adds_up(make_closed: Callable[[str], Run], world: str, place: int) -> None:
    run = make_closed(world)
    trace = rank_user(run, "u001")
    explanation = explain(run, Case("u001", nth(run, trace, place)), trace)
    rival = {0: 1, 2: 3, -1: -2}[place]
    assert explanation.case.rival_id == nth(run, trace, rival)
    assert explanation.margin >= 0 or place == -1
    assert sum(part.margin for part in explanation.sources) == pytest.approx(explanation.margin, abs=1e-5)
    additive = [c for c in explanation.checks if " to " in c.name]
    assert additive
    assert all(c.verdict != "fail" for c in additive)
    grave = any(c.verdict == "fail" and c.grave for c in explanation.checks)
    assert explanation.seal.colour == ("red" if grave else "amber")  # amber at best: this run was never audited
    assert explanation.checks[-1].name == "Run audited"
    for sentence in (explanation.answer, *explanation.sentences):
        assert sentence.strip()
        assert "\n" not in sentence
        assert len(sentence) < 700


def test_user_without_tips_and_user_of_one_tip(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("user-without-tips")
    told = explain(run, Case("u060", nth(run, rank_user(run, "u060"), 0)))
    assert told.tips == told.deletions == ()
    assert "mostly because of its popularity" in told.answer
    assert "knows no tip" in told.evidence.sentence
    assert told.seal.colour == "amber"
    run = make_closed("one-tip-users")
    told = explain(run, Case("u060", nth(run, rank_user(run, "u060"), 0)))
    assert len(told.tips) == 1
    order = next(c for c in told.checks if c.name == "Deletion order of the history")
    assert order.verdict == "not applicable"
    assert told.leading is not None
    assert told.leading.held is None
    assert told.evidence.value is None


def test_new_user_by_tips_alone(closed: Run) -> None:
    trace = rank_tips(closed, history_of_tips(closed, [("s001", 1.0), ("s003", 2.0), ("s001", 1.0)]))
    told = explain(closed, Case("new user", nth(closed, trace, 0)), trace)
    assert {t.label for t in told.tips} == {"Music room 1 (2 times)", "Music room 3"}
    assert not told.evidence.in_test


def test_named_rival_turns_the_margin_round(closed: Run) -> None:
    trace = rank_user(closed, "u000")
    high, low = nth(closed, trace, 1), nth(closed, trace, 5)
    down = explain(closed, Case("u000", low, high), trace)
    up = explain(closed, Case("u000", high, low), trace)
    assert down.margin == pytest.approx(-up.margin)
    assert "below" in down.answer


def test_streamer_already_tipped_is_compared_with_the_next_lower_score(closed: Run) -> None:
    trace = rank_user(closed, "u000")
    tipped = int(trace.final.preference.history.streamer_idx[0])
    told = explain(closed, Case("u000", str(closed.dataset.streamers["streamer_id"].iloc[tipped])), trace)
    assert told.streamer_rank is None
    assert told.rival_rank is not None
    assert "not in this ranking" in told.answer


def test_only_one_candidate_gets_a_rival_outside_the_ranking(closed: Run) -> None:
    trace = rank_user(closed, "u000")
    ranking = trace.final.ranking
    alone = Ranking(ranking.weights, ranking.fits, ranking.order[:1])
    step = replace(trace.final, ranking=alone)
    told = explain(closed, Case("u000", nth(closed, trace, 0)), replace(trace, steps=(*trace.steps[:-1], step)))
    assert told.rival_rank is None
    assert told.rival_idx != told.streamer_idx


def test_no_candidate_at_all(closed: Run) -> None:
    ranking = rank_user(closed, "u000").final.ranking
    none = Ranking(ranking.weights, ranking.fits, torch.zeros(0, dtype=torch.int64))
    streamer, rival = find_pair(closed, Case("u000", "s000"), none)
    assert streamer == 0
    assert ranking.scores[rival] <= ranking.scores[streamer]


def test_unknown_names_are_refused(closed: Run) -> None:
    with pytest.raises(UnknownIdError, match="u000"):
        explain(closed, Case("u0000", "s000"))
    with pytest.raises(UnknownIdError, match="s000"):
        explain(closed, Case("u000", "s0000"))
    with pytest.raises(MspaError, match="Name one"):
        explain(closed, Case("u000", "s000", "s000"))
    with pytest.raises(MspaError, match="step 7"):
        explain(closed, Case("u000", "s000", step=7))


def test_evidence_line(closed: Run) -> None:
    tested = explain(closed, Case("u000", "s001"))
    assert (tested.evidence.value, tested.evidence.n_users, tested.evidence.in_test) == (0.25, 60, True)
    assert "was among the tested" in tested.evidence.sentence
    last = closed.dataset.users["user_id"].iloc[-1]
    assert "was not among the tested" in explain(closed, Case(last, "s001")).evidence.sentence
