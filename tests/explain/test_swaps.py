"""Swap accounting: parts are the Shapley values of the changes, by hand and by every order of making them."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch

from explain.counterfactual import candidates_of
from explain.swaps import swap_account
from mspa_model.errors import MspaError
from mspa_model.preference.statements import make_statement
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Preference, RankingTrace, Source, Step
from tests.explain.closed_form import trace_of

COTIPS, VISUAL = SOURCES.index(Source.COTIPS), SOURCES.index(Source.VISUAL)


def step_from(run: Run, first: Step, preference: Preference, emphasis: torch.Tensor, kept: bool = True) -> Step:
    """What the recommender ranks from this preference and emphasis, as the step after `first`."""
    candidates = candidates_of(first.ranking, run.dataset.n_streamers)
    ranking = run.recommender.score(preference, candidates, emphasis)
    return replace(first, index=1, kept=kept, preference=preference, emphasis=emphasis, ranking=ranking)


def trace_with(trace: RankingTrace, later: Step) -> RankingTrace:
    first = trace.steps[0]
    return replace(trace, steps=(first, later) if later.kept else (first,), rejected=None if later.kept else later)


@pytest.fixture(scope="module")
def trace(closed: Run) -> RankingTrace:
    return trace_of(closed, "u000")


@pytest.fixture(scope="module")
def states(closed: Run, trace: RankingTrace) -> dict:
    """Five changes: a weight, a strength, a statement dropped and one taken up, a shift; each a function of before."""
    given = trace.steps[0].preference
    strength, dropped = given.statements[:2]
    new = next(i for i in range(len(closed.vocabulary.values)) if i not in {s.value_idx for s in given.statements})
    noise = np.random.default_rng(0).normal(0, 3, given.residual[Modality.VISUAL].shape).astype(np.float32)

    def statements(preference: Preference, change) -> Preference:
        return replace(preference, statements=change(preference.statements))

    taken = make_statement(new, -1, 0.9, given.history, closed.vocabulary)
    return {
        ("source weight", "visual"): lambda p, e: (
            p,
            e * torch.tensor([3.0 if i == VISUAL else 1.0 for i in range(5)]),
        ),
        ("statement strength", f"{strength.aspect}: {strength.value}"): lambda p, e: (
            statements(p, lambda all_: (replace(strength, strength=0.1), *(s for s in all_ if s is not strength))),
            e,
        ),
        ("statement dropped", f"{dropped.aspect}: {dropped.value}"): lambda p, e: (
            statements(p, lambda all_: tuple(s for s in all_ if s is not dropped)),
            e,
        ),
        ("statement taken up", f"{taken.aspect}: {taken.value}"): lambda p, e: (
            statements(p, lambda all_: (*all_, taken)),
            e,
        ),
        ("residual shift", "visual"): lambda p, e: (
            replace(p, residual={**p.residual, Modality.VISUAL: p.residual[Modality.VISUAL] + noise}),
            e,
        ),
    }


def scores_after(run: Run, trace: RankingTrace, states: dict, made: tuple) -> torch.Tensor:
    """Scores once these changes are made, by the recommender itself."""
    preference, emphasis = trace.steps[0].preference, trace.steps[0].emphasis
    for change in made:
        preference, emphasis = states[change](preference, emphasis)
    return step_from(run, trace.steps[0], preference, emphasis).ranking.scores.double()


def test_parts_are_the_mean_over_every_order_of_making_the_changes(closed: Run, trace: RankingTrace, states: dict):
    preference, emphasis = trace.steps[0].preference, trace.steps[0].emphasis
    for change in states.values():
        preference, emphasis = change(preference, emphasis)
    account = swap_account(closed, trace_with(trace, step_from(closed, trace.steps[0], preference, emphasis)), 0, 1)
    assert account.swaps
    orders = list(permutations(states))
    cache = {}
    worth = dict.fromkeys(states, 0.0)
    for order in orders:
        for n, change in enumerate(order):
            for made in (frozenset(order[:n]), frozenset(order[: n + 1])):
                if made not in cache:
                    cache[made] = scores_after(closed, trace, states, tuple(c for c in states if c in made))
            worth[change] = worth[change] + (cache[frozenset(order[: n + 1])] - cache[frozenset(order[:n])]) / 120
    everything = frozenset(states)
    for swap in account.swaps:
        assert {(p.kind, p.subject) for p in swap.parts} == set(states)
        assert swap.off < 1e-5
        for part in swap.parts:
            key = (part.kind, part.subject)
            row = worth[key]
            assert part.margin == pytest.approx(float(row[swap.riser_idx] - row[swap.faller_idx]), abs=1e-5)
            left = cache.get(everything - {key})
            assert part.without == pytest.approx(float(left[swap.riser_idx] - left[swap.faller_idx]), abs=1e-5)
            assert part.needed == (part.without < 0)
        assert [abs(p.margin) for p in swap.parts] == sorted((abs(p.margin) for p in swap.parts), reverse=True)
    turns = [swap.margin_after - swap.margin_before for swap in account.swaps]
    assert turns == sorted(turns, reverse=True)
    assert account.off == max(swap.off for swap in account.swaps)


def test_every_pair_that_changed_places_is_there_and_no_other(closed: Run, trace: RankingTrace, states: dict):
    preference, emphasis = states[("residual shift", "visual")](trace.steps[0].preference, trace.steps[0].emphasis)
    later = step_from(closed, trace.steps[0], preference, emphasis, kept=False)
    account = swap_account(closed, trace_with(trace, later), 0, 1, k=4)
    before, after = trace.steps[0].ranking.order.tolist(), later.ranking.order.tolist()
    tops = {*before[:4], *after[:4]}
    expected = {
        (a, b) for a in tops for b in tops if before.index(a) > before.index(b) and after.index(a) < after.index(b)
    }
    assert expected
    assert {(s.riser_idx, s.faller_idx) for s in account.swaps} == expected
    for swap in account.swaps:
        assert swap.margin_before < 0 < swap.margin_after
        pair = {swap.riser_idx, swap.faller_idx}
        assert (swap.edge == "inside") == (pair <= set(before[:4]) and pair <= set(after[:4]))
        assert [p.kind for p in swap.parts] == ["residual shift"]
        assert swap.parts[0].without == pytest.approx(swap.margin_before, abs=1e-5)
    assert "proposed and not kept" in account.sentence
    assert f"{len(account.swaps)} pair" in account.sentence


def test_a_muted_source_is_its_old_part_alone(closed: Run, trace: RankingTrace):
    """By hand: co-tipping goes from w to 0, so a pair's part is -w x its fit's margin, and undoing it undoes all."""
    first = trace.steps[0]
    emphasis = first.emphasis.clone()
    emphasis[COTIPS] = 0.0
    account = swap_account(closed, trace_with(trace, step_from(closed, first, first.preference, emphasis)), 0, 1)
    assert account.swaps
    adds = first.ranking.contributions[COTIPS].double()
    for swap in account.swaps:
        (part,) = swap.parts
        assert (part.kind, part.subject) == ("source weight", "cotips")
        assert part.margin == pytest.approx(float(adds[swap.faller_idx] - adds[swap.riser_idx]), abs=1e-6)
        assert part.without == pytest.approx(swap.margin_before, abs=1e-6)
        assert part.needed
        assert "no longer counts" in part.label


def test_what_first_says_something_is_the_statements_doing_not_a_weights(closed: Run, trace: RankingTrace):
    """Step 0 says nothing of looks: no statement, no residual; then the weight of looks in the ranking is zero."""
    first, given = trace.steps[0], trace.steps[0].preference
    nothing = {m: np.zeros_like(row) for m, row in given.residual.items()}
    silent = step_from(closed, first, replace(given, statements=(), residual=nothing), first.emphasis)
    assert silent.ranking.weights[VISUAL] == 0
    spoken = replace(given, residual=nothing)
    later = replace(step_from(closed, first, spoken, first.emphasis), index=1)
    account = swap_account(closed, replace(trace, steps=(replace(silent, index=0), later), rejected=None), 0, 1)
    assert account.swaps
    assert {p.kind for s in account.swaps for p in s.parts} == {"statement taken up"}
    assert account.off < 1e-5


def test_the_same_step_twice_turns_nobody(closed: Run, trace: RankingTrace):
    account = swap_account(closed, trace, 0, 0)
    assert (account.swaps, account.off) == ((), 0.0)
    assert "turns no pair" in account.sentence
    with pytest.raises(MspaError, match="a step of this trace"):
        swap_account(closed, trace, 0, 7)
