"""A smallest recipe is proven by ranking every pair: what the proof says is what ranking one by one says."""

from dataclasses import replace
from itertools import combinations

import pytest

from explain.audit import counterfactual
from explain.audit.counterfactual import no_pair_does, search_recipes
from explain.audit.draw import TOP, AuditCase
from explain.counterfactual import rescore
from explain.possible import possible_edits, subject_of
from explain.types import Case, Edit
from mspa_model.runs import Run
from tests.explain.closed_form import trace_of


def case_at(run: Run, place: int) -> AuditCase:
    """u000's case, with the streamer at this place to be brought up."""
    trace = trace_of(run, "u000")
    order, ids = trace.final.ranking.order.tolist(), run.dataset.streamers["streamer_id"]
    return AuditCase(Case("u000", str(ids.iloc[order[0]])), trace, 0, order[0], str(ids.iloc[order[place - 1]]))


@pytest.mark.parametrize("n_edits", [3, 6, 9])
def test_the_proof_says_what_ranking_one_by_one_says(closed: Run, monkeypatch: pytest.MonkeyPatch, n_edits: int):
    said = set()
    for place in (11, 14, 20):
        each = case_at(closed, place)
        step, target = each.trace.final, each.trace.final.ranking.order.tolist()[place - 1]
        few: tuple[Edit, ...] = possible_edits(closed, step, target)[:: 60 // n_edits][:n_edits]
        monkeypatch.setattr(counterfactual, "possible_edits", lambda *_, few=few: few)
        pairs = [pair for pair in combinations(few, 2) if subject_of(pair[0]) != subject_of(pair[1])]
        ranks = [rescore(closed, step, pair, each.trace.candidate_scope).rank_of(target) for pair in pairs]
        assert no_pair_does(closed, each) == (min(ranks) > TOP)
        said.add(no_pair_does(closed, each))
    assert said == {True, False} or n_edits == 3


def test_one_and_two_edits_are_the_smallest_by_the_search_itself(closed: Run):
    (found,) = search_recipes(closed, [case_at(closed, 11)], lambda: None)
    assert found.edits in (1, 2)
    assert found.proven
    nobody = replace(case_at(closed, 11), below_id=None)
    assert search_recipes(closed, [nobody], lambda: None) == []
